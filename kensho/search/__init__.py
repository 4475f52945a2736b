"""The title index: building it, opening it, and searching it."""
