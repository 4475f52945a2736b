"""What must hold of the graph and of its franchises: `kensho check`."""
