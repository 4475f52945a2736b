"""The `kensho` command."""

from kensho.cli.main import commands, main

__all__ = ["commands", "main"]
