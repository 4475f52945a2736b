"""Figures that Kenshō claims, each measured against a named peer in the same run."""
