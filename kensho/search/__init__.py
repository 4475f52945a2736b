"""The title index. Empty until its issue."""
