"""`kensho managers`: who may curate over HTTP, and their tokens."""

import datetime as dt
import sys
from typing import Final

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich_click import RichCommand, RichGroup

from kensho.platform import environment
from kensho.platform.managers import ManagerFile

_FILE_WIDTH: Final = 200
"""Off a terminal, a table is as wide as it needs to be."""


class ListedManager(msgspec.Struct, frozen=True):
    """A manager as `kensho managers list --json` tells of one."""

    name: str
    since: str


@click.group(cls=RichGroup)
def managers() -> None:
    """Make, list and remove the managers, who may curate by API and pages."""


@managers.command(cls=RichCommand)
@click.argument("name")
def add(name: str) -> None:
    """Make the manager NAME, and print the token to sign in with; it is not told again."""
    token = _file().add(name, dt.datetime.now(dt.UTC).date())
    click.echo(token)
    click.echo(
        f"This is the token of {name}: keep it, it is not told again. Sign in at /login, or send"
        " it as `Authorization: Bearer TOKEN`.",
        err=True,
    )


@managers.command("list", cls=RichCommand)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(as_json: bool) -> None:
    """List the managers."""
    found = [ListedManager(one.name, one.since) for one in _file().all()]
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    table = Table("manager", "since", box=None)
    for one in found:
        table.add_row(one.name, one.since)
    Console(width=None if sys.stdout.isatty() else _FILE_WIDTH).print(table)


@managers.command(cls=RichCommand)
@click.argument("name")
def remove(name: str) -> None:
    """Remove the manager NAME: the token, and where it is signed in, end at once."""
    _file().remove(name)
    click.echo(f"{name} is no manager any more")


def _file() -> ManagerFile:
    return ManagerFile(environment.load().managers.file)
