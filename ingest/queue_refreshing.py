"""Bring the queue of curators up to date after a run or an act, by `kensho queue refresh`.

Guarantees: what was run or acted stands whatever becomes of this: a failure is told, and the next
one that changes the graph makes up for it.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

import click

from ingest.progress import Progress
from kensho.errors import KenshoError, StoreInUseError
from kensho.platform import environment, memory
from kensho.platform.lazy_commands import LazyCommand

_PATH: Final = ("queue", "refresh")
_PAUSE_S: Final = 0.2
_MOST_WORKS: Final = 500
"""Of one act or file of acts. To look around each takes 10 ms, and all of them 13 s."""


def refresh_queue(
    store: str | None, progress: Progress, works: Sequence[UUID] | None = None, wait_s: float = 0.0
) -> None:
    """Look for work items in what was published, and in the store: around `works`, or everywhere.

    The store is not open in this process. For `wait_s` seconds it is waited for where another
    process has it open.
    """
    refresh = _command()
    if refresh is None or not environment.load().queue.refresh:
        return
    around = [] if works is None or len(works) > _MOST_WORKS else [str(one) for one in works]
    memory.release()
    until = time.monotonic() + wait_s
    try:
        with progress.stage("queue of curators"):
            while True:
                try:
                    _run(refresh, store, around)
                except StoreInUseError:
                    if time.monotonic() >= until:
                        raise
                    time.sleep(_PAUSE_S)
                else:
                    return
    except (KenshoError, OSError) as error:
        told = error.message if isinstance(error, KenshoError) else str(error)
        progress.say(f"the queue of curators is not refreshed: {told}")


def _command() -> click.Command | None:
    """Return the command of the service, which ingestion calls by its name and never imports."""
    found: click.Command | None = click.get_current_context().find_root().command
    for name in _PATH:
        if isinstance(found, LazyCommand):
            found = found.load()
        if not isinstance(found, click.Group):
            return None  # the command was run without those of `kensho`
        found = found.get_command(click.get_current_context(), name)
    return found.load() if isinstance(found, LazyCommand) else found


def _run(refresh: click.Command, store: str | None, works: Iterable[str]) -> None:
    """Run the command within the present one, which has the other commands that it needs."""
    arguments = ["--store", store] if store else []
    arguments += [part for work in works for part in ("--work", work)]
    with refresh.make_context(
        " ".join(_PATH), arguments, parent=click.get_current_context()
    ) as context:
        refresh.invoke(context)
