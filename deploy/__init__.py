"""How Kenshō is run with what stands around it."""
