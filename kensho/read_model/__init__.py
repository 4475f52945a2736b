"""The snapshot of the graph that is served: memory-mapped arrays, ready documents, walks."""
