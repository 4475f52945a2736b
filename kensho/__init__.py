"""Kenshō: a graph of anime and films, and the service that answers questions about it."""
