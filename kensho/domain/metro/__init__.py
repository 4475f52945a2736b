"""The metro map of a franchise: `layout.metro_map` makes it, everything else serves that."""
