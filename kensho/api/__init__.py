"""The HTTP API: Litestar controllers, one per resource, thin; errors become problems in one place."""
