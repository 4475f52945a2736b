"""One adapter per upstream: each reads a file and yields records, and knows no other adapter."""
