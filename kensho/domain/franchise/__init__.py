"""Which works form a franchise, what each is in it, and what the franchise is called."""
