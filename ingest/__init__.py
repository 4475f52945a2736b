"""Ingestion: the second program on Kenshō's core; it turns dumps of many sources into the graph."""
