"""The graph in memory: mapped arrays of works, relations, tags and seasons, and walks over them."""
