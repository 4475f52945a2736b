"""Which kind of relation an untyped pair has, inferred from titles, dates and neighbours."""
