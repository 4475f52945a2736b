"""The `kensho` command: our own commands, and whatever the entry points "kensho.commands" add.

An error we raise on purpose becomes one line on standard error and an exit code of its own; only a
bug shows a traceback. Ingestion is found by entry point and never imported: it is a second program
on the same core.
"""

import sys
from importlib.metadata import entry_points
from typing import Final

import click
import msgspec
from rich_click import RichGroup
from typing_extensions import override

from kensho.app import installed_version
from kensho.cli.export import export
from kensho.cli.franchise import hub, watch_order
from kensho.cli.graph import migrate, show
from kensho.cli.path import path
from kensho.cli.search import search
from kensho.cli.serve import serve
from kensho.errors import KenshoError

_GROUP: Final = "kensho.commands"


class Commands(RichGroup):
    """Our own commands, and those that entry points add; those are loaded when asked for."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands, ours first."""
        own = super().list_commands(ctx)
        return own + sorted(
            point.name for point in entry_points(group=_GROUP) if point.name not in own
        )

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by name."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        for point in entry_points(group=_GROUP, name=cmd_name):
            command = point.load()
            if isinstance(command, click.Command):
                return command
        return None


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Kenshō: a graph of anime and films."""


@commands.command()
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def version(as_json: bool) -> None:
    """Show the version."""
    text = installed_version()
    click.echo(msgspec.json.encode({"version": text}).decode() if as_json else f"kensho {text}")


commands.add_command(serve)
commands.add_command(migrate)
commands.add_command(show)
commands.add_command(search)
commands.add_command(path)
commands.add_command(hub)
commands.add_command(watch_order)
commands.add_command(export)


def main() -> None:
    """Run the command line; exits with the code of the error, if any."""
    try:
        commands(prog_name="kensho")
    except KenshoError as error:
        click.echo(f"kensho: {error.message}", err=True)
        sys.exit(error.exit_code)
