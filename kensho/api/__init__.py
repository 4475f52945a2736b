"""The HTTP API: thin Litestar controllers, one per resource; one place for problems."""
