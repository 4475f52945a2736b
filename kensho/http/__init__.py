"""What API, pages and edges share of HTTP: pipeline, response cache, errors, metrics."""
