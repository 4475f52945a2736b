"""Use cases: the only room that joins storage, graph, search and edges. There is no HTTP in it."""
