"""Ingestion: the second program on Kenshō's core, which turns dumps of many sources into the graph."""
