"""The graph for language models: read-only tools of the Model Context Protocol.

It serves the published snapshot from a process of its own and opens no store. The SDK comes with
the extra `kensho[mcp]`; only `server` and `serving` import it.
"""
