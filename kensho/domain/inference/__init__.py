"""Inference of the kind of an untyped relation from titles, dates and related works."""
