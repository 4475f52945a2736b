"""The `kensho` command: our own commands, and whatever the entry points "kensho.commands" add.

An error we raise on purpose becomes one line on standard error and an exit code of its own; only a
bug shows a traceback. Ingestion is found by entry point and never imported: it is a second program
on the same core.

Performance: a command is imported when it runs. `kensho --help` and `kensho version` load neither
the server nor the engine nor numpy; see kensho/platform/lazy_commands.py.
"""

import contextlib
import json
import sys
from collections.abc import Generator
from importlib.metadata import entry_points
from typing import Any, Final

import click
from rich_click import RichGroup
from typing_extensions import override

from kensho.errors import KenshoError
from kensho.platform.installation import installed_version
from kensho.platform.lazy_commands import LazyCommand
from kensho.platform.secret_values import masked

_GROUP: Final = "kensho.commands"
_OWN: Final = (
    LazyCommand("serve", "kensho.cli.serve:serve", "Serve the API until interrupted."),
    LazyCommand(
        "mcp",
        "kensho.cli.mcp:mcp",
        "Serve the graph to language models, by the Model Context Protocol.",
    ),
    LazyCommand(
        "migrate", "kensho.cli.graph:migrate", "Bring the store's schema up to this version's."
    ),
    LazyCommand(
        "compact",
        "kensho.cli.compact:compact",
        "Rewrite an embedded store, so that it takes no more room than what it holds.",
    ),
    LazyCommand(
        "store-user",
        "kensho.cli.store_user:store_user",
        "Make the user of least rights that Kenshō signs in to a graph server as.",
    ),
    LazyCommand(
        "snapshot",
        "kensho.cli.snapshots:snapshot",
        "Publish, list, push and fetch the snapshots that are served.",
    ),
    LazyCommand(
        "runs",
        "kensho.cli.runs:runs",
        "List the runs of ingestion, and say what changed between two publications.",
    ),
    LazyCommand(
        "managers",
        "kensho.cli.managers:managers",
        "Make, list and remove the managers, who may curate by API and pages.",
    ),
    LazyCommand(
        "queue",
        "kensho.cli.queue:queue",
        "List, show and settle the work items of curators.",
    ),
    LazyCommand(
        "webhooks",
        "kensho.cli.webhooks:webhooks",
        "Tell other servers what changes: add, list, test and remove their addresses.",
    ),
    LazyCommand(
        "show",
        "kensho.cli.graph:show",
        "Print what the graph holds of WORK: a UUID, an id such as mal:20, or a URL.",
    ),
    LazyCommand(
        "search",
        "kensho.cli.search:search",
        "Print the works that TEXT may mean, best first; exits with 1 if there are none.",
    ),
    LazyCommand(
        "match",
        "kensho.cli.match:match",
        "Say which work and episode each file of FOLDER is, or of a list; renames nothing.",
    ),
    LazyCommand(
        "path",
        "kensho.cli.path:path",
        "Say how ONE and OTHER are connected; each is a title, an id such as mal:20, or a UUID.",
    ),
    LazyCommand(
        "hub",
        "kensho.cli.franchise:hub",
        "Print the works of FRANCHISE, a slug or a title, each with its role.",
    ),
    LazyCommand(
        "watch-order",
        "kensho.cli.franchise:watch_order",
        "Print in which order to watch FRANCHISE, a slug or a title, and why.",
    ),
    LazyCommand(
        "kernel",
        "kensho.cli.kernel:kernel",
        "Compile the inner loops of the search, if there is a C compiler.",
    ),
    LazyCommand(
        "export",
        "kensho.cli.export:export",
        "Write the graph of FRANCHISE, a slug or a title, or the whole graph.",
    ),
)
"""Our own commands; the one line of each is the first sentence of its docstring."""


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

    @override
    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Parse the arguments; a refusal shows no sign-in of a URL."""
        with _masking():
            return super().make_context(*args, **extra)

    @override
    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that is asked for; a refusal shows no sign-in of a URL."""
        with _masking():
            return super().invoke(ctx)


@contextlib.contextmanager
def _masking() -> Generator[None]:
    try:
        yield
    except click.ClickException as error:
        vars(error)["message"] = masked(error.message)  # final, to type checkers
        raise


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Kenshō: a graph of anime and films."""


@commands.command()
@click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")
def version(as_json: bool) -> None:
    """Show the version."""
    text = installed_version()
    click.echo(json.dumps({"version": text}) if as_json else f"kensho {text}")


for _command in _OWN:
    commands.add_command(_command)


def main() -> None:
    """Run the command line; exits with the code of the error, if any."""
    try:
        commands(prog_name="kensho")
    except KenshoError as error:
        click.echo(f"kensho: {masked(error.message)}", err=True)
        sys.exit(error.exit_code)
