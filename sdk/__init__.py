"""What clients are made of: the kept documents of the API, and what may not change in them."""
