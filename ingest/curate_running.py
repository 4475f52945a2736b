"""What the commands of curators share: to make acts on the store, publish them, and say what came.

Acts wait for whoever has the store open, and so does their publication.
"""

import asyncio
import datetime as dt
import os
import pwd
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import click
import msgspec
from rich.console import Console

from ingest.cli import EXIT_UNPUBLISHED, PublishedResult, publish
from ingest.curating.acting import ActContext
from ingest.curating.session import act_on, on_store
from ingest.curating.wording import outcome_lines
from ingest.curation_layers import layered
from ingest.progress import Progress
from ingest.queue_refreshing import refresh_queue
from kensho.domain.curation_documents import ActDraft, ActOutcome
from kensho.errors import InvalidInputError
from kensho.platform import environment
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings


def make_acts(drafts: Sequence[ActDraft], common: dict[str, Any]) -> None:
    """Make acts under the common options of the commands, publish them and print what came of it.

    Exits with another code than 0 where they could not be published; raises as `act_on` does.
    """
    settings = environment.with_changes(environment.load(), store_url=common["store"])
    progress = Progress(Console(stderr=True), quiet=common["as_json"])
    layers = layered(settings.curation.dir)
    for slip in layers.slips:
        progress.say(f"KENSHO_CURATION_DIR: {slip}")
    context = ActContext(
        dt.datetime.now(dt.UTC),
        progress,
        settings.ingest,
        layers.decisions,
        is_trial=common["dry_run"],
    )
    store = StoreSettings.of(settings)
    outcome = asyncio.run(act_on(store, common["wait"], drafts, context))
    if common["publish"] and not outcome.is_trial:
        done = _published(common, progress)
        outcome = msgspec.structs.replace(
            outcome, snapshot=done.snapshot, unpublished=done.unpublished
        )
        if done.unpublished is None:
            refresh_queue(common["store"], progress, outcome.works, common["wait"])
    _print(outcome, as_json=common["as_json"])
    if outcome.unpublished is not None:
        click.echo(f"kensho: the act is made, but {outcome.unpublished}", err=True)
        sys.exit(EXIT_UNPUBLISHED)


def _published(common: dict[str, Any], progress: Progress) -> PublishedResult:
    """Publish; where another curator has the store open, after they are done."""
    until = time.monotonic() + common["wait"]
    while True:
        done = publish(common["store"], progress)
        is_busy = done.unpublished is not None and " is in use by " in done.unpublished
        if not is_busy or time.monotonic() >= until:
            return done
        time.sleep(0.2)


def _print(outcome: ActOutcome, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(outcome))
        return
    for line in outcome_lines(outcome):
        say(line)


def answer_of(common: dict[str, Any], run: Callable[[Gateway], Any]) -> Any:
    """Return what `run` reads in the store; raises as `on_store` does."""
    settings = environment.with_changes(environment.load(), store_url=common["store"])
    return asyncio.run(on_store(StoreSettings.of(settings), common["wait"], run))


def drafts_in(content: bytes, author: str) -> Iterator[ActDraft]:
    """Yield the drafts of a file; raises `InvalidInputError` with the number of the line."""
    for number, line in enumerate(content.split(b"\n"), 1):
        if line.strip():
            try:
                fields = {"author": author, **msgspec.json.decode(line, type=dict[str, Any])}
                yield msgspec.convert(fields, ActDraft)
            except msgspec.DecodeError as error:
                raise InvalidInputError.of(f"line {number}", str(error)) from error


def login() -> str:
    """Return the name of who runs this; raises `InvalidInputError` where it has none."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError as error:
        raise InvalidInputError.of("--author", "say who you are: this login has no name") from error


def say(text: str) -> None:
    """Print a line as it is."""
    Console().print(text, markup=False, highlight=False, soft_wrap=True)
