"""`kensho backup` and `kensho restore`: what can't be made again, in one sealed file.

Run where the settings of the server are. A server has its embedded store for itself: stop it for a
backup, or keep the edges on a server (`KENSHO_EDGES_STORE_URL=ws://…`), which is backed up while
Kenshō serves. For a restore nothing may run that uses what is restored. Exit codes: 2 without a
key, with another one, or where something is there already; 3 where edges are on and there is no
store; 4 where a backup is damaged; 5 where a store can't be opened, or is of a newer version.
"""

import asyncio
import datetime as dt
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich_click import RichCommand

from kensho.edges.backups import backing_up
from kensho.edges.backups.messages import Contents
from kensho.errors import InvalidInputError
from kensho.platform import environment, private_files

_FILE_WIDTH: Final = 200
_DIGEST_CHARS: Final = 16


@click.command(cls=RichCommand)
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print what it has as JSON.")
def backup(target: Path, as_json: bool) -> None:
    """Write what can't be made again into one sealed file: accounts, films, videos.

    TARGET is the file, or a folder that there is, in which it is named by the time. The store of
    the edges is of one point in time. With it go the queue of work items, webhooks, managers, keys
    of tickets, links to the provider, the secret and what curators stated here. It is sealed with
    the key of KENSHO_BACKUP_KEY_FILE, and read again and compared before it gets its name.
    """
    settings = environment.load()
    now = dt.datetime.now(dt.UTC)
    path = target / f"kensho-{now:%Y%m%dT%H%M%SZ}.backup" if target.is_dir() else target
    if not path.parent.is_dir():
        raise InvalidInputError.of("target", f"there is no folder {str(path.parent)!r}")
    with private_files.waited_lock(path.parent / ".kensho-backup.lock"):
        contents = asyncio.run(backing_up.back_up(settings, path, now))
    _show(path, contents, as_json=as_json)


@click.command(cls=RichCommand)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--check", "only_check", is_flag=True, help="Open and compare it; restore nothing.")
@click.option("--replace", is_flag=True, help="Put it in the place of what is there.")
@click.option("--store-only", is_flag=True, help="Restore the store of the edges, and no files.")
@click.option("--json", "as_json", is_flag=True, help="Print what it has as JSON.")
def restore(file: Path, only_check: bool, replace: bool, store_only: bool, as_json: bool) -> None:
    """Check a backup, or put it back.

    All of FILE is opened and compared before anything is touched. The store is put back whole or
    not at all, into one without rows unless --replace is given. Sessions are in no backup: who was
    signed in signs in again.
    """
    settings = environment.load()
    key = backing_up.key_of(settings)
    contents = backing_up.check(file, key)
    _show(file, contents, as_json=as_json)
    if only_check:
        return
    done = asyncio.run(
        backing_up.restore(settings, file, replace=replace, files_too=not store_only)
    )
    click.echo(
        f"restored {done.rows:,} rows and {done.files} files; {done.unchanged} files were there",
        err=True,
    )


def _show(path: Path, contents: Contents, *, as_json: bool) -> None:
    for note in contents.notes:
        click.echo(f"not in it: {note}", err=True)
    if as_json:
        click.echo(msgspec.json.encode(contents))
        return
    console = Console(width=_FILE_WIDTH)
    table = Table("what", "size", "digest", box=None)
    for one in contents.tables:
        table.add_row(one.name, f"{one.rows:,} rows", one.digest[:_DIGEST_CHARS])
    for file in contents.files:
        table.add_row(file.name, f"{file.size:,} bytes", file.digest[:_DIGEST_CHARS])
    console.print(table)
    size = path.stat().st_size
    click.echo(f"{path}: {size:,} bytes, of {contents.made_at} by Kenshō {contents.kensho}")
