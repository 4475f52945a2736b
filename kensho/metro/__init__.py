"""The layout of metro maps: works and relations in, the geometry of a map out."""
