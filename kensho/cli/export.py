"""`kensho export`: the graph, or that of one franchise, as a file for other programs.

Guarantees: no more than a piece of the file is held, whatever the size of the graph. A file that
was not written to its end is removed.
"""

import contextlib
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import BinaryIO

import click
from rich_click import RichCommand

from kensho.cli.franchise import STORE
from kensho.cli.snapshots import open_snapshot
from kensho.discovery import exports, franchises
from kensho.errors import InvalidInputError
from kensho.read_model.holder import Snapshot


@click.command(cls=RichCommand)
@click.argument("franchise", required=False)
@click.option(
    "--format",
    "format_",
    type=click.Choice([*exports.FORMATS]),
    default="json",
    help="How to write it.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; standard output without it.",
)
@click.option("--safe/--no-safe", default=True, help="Leave adult works out of the whole graph.")
@STORE
def export(
    franchise: str | None, format_: str, output: Path | None, safe: bool, store: str | None
) -> None:
    """Write the graph of FRANCHISE, a slug or a title, or the whole graph."""
    pieces = _pieces(open_snapshot(store), franchise, format_, safe=safe)
    with _opened(output) as file:
        for piece in pieces:
            file.write(piece)


def _pieces(snapshot: Snapshot, franchise: str | None, name: str, *, safe: bool) -> Iterator[bytes]:
    """Return the graph of a franchise, or the whole, in the format of this name."""
    model = snapshot.model
    if franchise is None:
        return exports.export(exports.whole(model, safe=safe), name)
    return exports.export(
        franchises.graph(model, franchises.find_franchise(snapshot, franchise)), name
    )


@contextlib.contextmanager
def _opened(output: Path | None) -> Generator[BinaryIO]:
    """Open `output` for writing; a file that is not written to its end is removed.

    Raises:
        InvalidInputError: it can't be written.
    """
    if output is None:
        yield sys.stdout.buffer
        return
    try:
        with output.open("wb") as file:
            yield file
    except BaseException as error:
        if output.is_file():  # and not a device or a pipe
            output.unlink()
        if isinstance(error, OSError):
            raise InvalidInputError.of("--output", f"{output}: {error.strerror}") from error
        raise
