"""Which records of the catalogue are one work: pairs that may be one, and groups that are."""
