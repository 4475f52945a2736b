"""Build, publish and fetch snapshots: rows of the graph store in, a snapshot folder out."""
