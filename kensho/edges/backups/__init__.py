"""Backups of what can't be made again: the store of the edges, and the files beside it."""
