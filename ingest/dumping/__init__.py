"""Dumps of the graph: written for others and for other installations, and loaded again."""
