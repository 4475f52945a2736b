"""Hubs: kinds inferred for untyped relations, and franchises grown from all ties, as rows."""
