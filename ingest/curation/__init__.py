"""The curators' decisions, kept as data with their reasons."""
