"""The pages of a franchise, at `/hub/{slug}`: one module a page, and what they share."""
