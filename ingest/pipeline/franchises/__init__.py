"""Kinds inferred for untyped relations, and franchises computed from all relations, as rows."""
