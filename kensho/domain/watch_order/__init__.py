"""Watch orders of franchises, with the reason for the place of each work."""
