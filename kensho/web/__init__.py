"""Pages for viewers. Empty until their issue."""
