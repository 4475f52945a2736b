"""What players tell of playing, episodes and films alike, and the figures that follow."""
