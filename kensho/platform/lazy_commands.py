"""Commands of the command line that are imported when they run.

`kensho --help` shows every command with one line of help; to import the server, the engine and
numpy for that takes two seconds. A lazy command knows its name and that line, and imports the real
command as soon as anything else is asked of it. The line repeats the first sentence of the
command's docstring; a test compares them.
"""

from importlib import import_module
from typing import Any

import click
from typing_extensions import override


class LazyCommand(click.Command):
    """A command by its name, its one line of help, and where the real one is."""

    def __init__(self, name: str, where: str, short_help: str) -> None:
        super().__init__(name, short_help=short_help)
        self._where = where

    def load(self) -> click.Command:
        """Import the real command; `where` is `module:attribute`."""
        module, _, attribute = self._where.partition(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{self._where} is not a command")
        return command

    @override
    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Return the context of the real command, which is what is then invoked."""
        return self.load().make_context(info_name, args, parent, **extra)
