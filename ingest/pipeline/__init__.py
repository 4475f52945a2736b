"""From records to the graph: identity, composition, comparison, and one writer."""
