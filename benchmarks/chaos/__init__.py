"""Experiments in which something fails beside a server that is read all the time."""
