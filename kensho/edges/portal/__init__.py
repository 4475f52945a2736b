"""Films that managers publish: windows, sources, captions, and the tickets that play them."""
