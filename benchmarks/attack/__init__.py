"""Attacks on a running server, and what others notice of them (`make attack`)."""
