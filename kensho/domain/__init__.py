"""What Kenshō knows about anime and films, as pure values and functions: no I/O, no clock."""
