"""The only writer of snapshots: rows of the graph store in, a snapshot folder out."""
