"""The edge of generation: videos that people describe and a generator makes."""
