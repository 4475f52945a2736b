"""`kensho ingest` and `kensho forget`: what curators type.

The `kensho` command finds these by entry point, and turns errors into one line and an exit code.
Results go to standard output (one JSON object with `--json`), progress to standard error. Exit
codes: 0 done (an ordinary week: rejects within the quota of the source, notices), 2 wrong
use or wrong curated files, 4 a source was refused (its file, or a guard), 5 the store failed, 8 the
graph is written but its snapshot is not published, 9 a source waits for approval (`--hold`).
"""

import asyncio
import contextlib
import datetime as dt
import sys
import time
from collections.abc import Awaitable, Callable, Generator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeVar, cast

import click
import msgspec
from rich.console import Console
from rich_click import RichCommand

from ingest import report
from ingest.curation_layers import LayeredCuration, layered
from ingest.dry_run import dry_run
from ingest.folder import UnusedFile, jobs_in, unused_in, with_curation
from ingest.pipeline.forget_plan import ForgetPlan, forget_plan
from ingest.pipeline.guards import guards_named
from ingest.pipeline.jobs import IngestJob, RunOptions, RunReport
from ingest.pipeline.run import Pipeline
from ingest.pipeline.source_dates import is_believed
from ingest.progress import Progress
from ingest.queue_refreshing import refresh_queue
from ingest.reading.standard_input import STANDARD_INPUT, input_as_file
from ingest.registry import SOURCES
from ingest.source import Source
from ingest.source_policies import GUARDS
from kensho.errors import (
    InvalidInputError,
    KenshoError,
    PublicationError,
    ReadModelError,
    StorageError,
)
from kensho.platform import downloads, environment, logs, memory
from kensho.platform.installation import data_root
from kensho.platform.secret_values import address_given, masked
from kensho.read_model import last_ingest, publications
from kensho.read_model.building.publishing_process import publish_apart
from kensho.read_model.last_ingest import LastIngest
from kensho.storage import migrations
from kensho.storage.gateway import Gateway
from kensho.storage.opening import run_on_store
from kensho.storage.store_settings import StoreSettings

EXIT_REFUSED: Final = 4
EXIT_WAITS: Final = 9
EXIT_UNPUBLISHED: Final = PublicationError.exit_code
T = TypeVar("T")

_CACHE_DIR: Final = Path("var/downloads")
_REJECTS_DIR: Final = Path("var/rejects")
_WAIT_S: Final = 30.0
"""For whoever opened the store between the run and the look for work items; acts take seconds."""
_FILE_WIDTH: Final = 160
"""Characters; the widest table, of sources, takes some 140."""

_STORE = click.option(
    "--store", metavar="URL", help="The graph's store; default KENSHO_STORE_URL, or var/kensho.db."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_PATH = click.Path(path_type=Path)


@click.command(cls=RichCommand)
@click.argument("source", required=False)
@click.argument("locations", nargs=-1, metavar="[PATH|URL|@FILE|-]...")
@click.option(
    "--all",
    "folder",
    type=_PATH,
    help="Run every source whose files this folder or manifest names.",
)
@click.option(
    "--list",
    "list_sources",
    is_flag=True,
    help="List the sources, and the files they are known by.",
)
@click.option("--snapshot", metavar="DATE", help="The date the files stand for (YYYY-MM-DD).")
@click.option(
    "--force",
    multiple=True,
    is_flag=False,
    flag_value="",
    metavar="GUARD",
    help=f"Lift a guard for the one SOURCE; repeatable. Guards: {', '.join(GUARDS)}.",
)
@click.option(
    "--dry-run", is_flag=True, help="Do all of it on a copy, and say what changes; write nothing."
)
@click.option(
    "--hold",
    is_flag=True,
    help="Keep what guards stop for `kensho approve` or `kensho reject`, instead of refusing it.",
)
@click.option(
    "--partial",
    is_flag=True,
    help="The files hold a part of SOURCE, such as pages of a harvest: keep the rest as it is.",
)
@click.option(
    "--no-curation",
    is_flag=True,
    help="Leave the relations that come with Kenshō as they are in the graph, or out of it.",
)
@click.option(
    "--rejects",
    type=_PATH,
    default=_REJECTS_DIR,
    show_default=True,
    help="Folder for rejected values.",
)
@_STORE
@_JSON
def ingest(
    locations: tuple[str, ...],
    list_sources: bool,
    store: str | None,
    as_json: bool,
    **given: object,
) -> None:
    """Bring dumps of other catalogues into the graph.

    `kensho ingest aodb FILE` runs one source (`-` is standard input); `kensho ingest --all DIR`
    runs every source whose files are there, in the right order. A repeated run changes nothing; a
    newer dump updates, adds and retires. An address with a sign-in stands in a file, which `@FILE`
    names, or in the manifest that `--all` reads. The relations that come with Kenshō are brought in
    line with every run.
    """
    if list_sources:
        report.print_sources(SOURCES, output(), as_json=as_json)
        return
    snapshot = _date(given["snapshot"])
    limits = environment.load().ingest
    lifted = guards_named(cast("tuple[str, ...]", given["force"]))
    options = RunOptions(Path(str(given["rejects"])), snapshot, lifted, bool(given["hold"]), limits)
    folder = Path(str(given["folder"])) if given["folder"] is not None else None
    source = str(given["source"]) if given["source"] is not None else None
    progress = Progress(Console(stderr=True), quiet=as_json)
    if lifted and source is None:
        raise InvalidInputError.of(
            "--force", "lifts guards of one source: name it and its files, without --all"
        )
    if given["partial"] and source is None:
        raise InvalidInputError.of("--partial", "is for one source: name it, without --all")
    jobs = _jobs(source, locations, folder, progress)
    unused = [] if folder is None else unused_in(folder, SOURCES, jobs)
    if given["partial"]:
        jobs = [msgspec.structs.replace(job, partial=True) for job in jobs]
    layers = layered(environment.load().curation.dir)
    if not given["no_curation"]:
        jobs = with_curation(jobs, layers)
    asked = Request(store, progress, as_json=as_json, dry=bool(given["dry_run"]))
    carry_out(
        lambda gateway: _pipeline(gateway, options, progress, layers).run(jobs),
        asked,
        layers,
        unused,
    )


@click.command(cls=RichCommand)
@click.argument("source")
@click.option("--yes", is_flag=True, help="Do not ask: for scripts.")
@click.option("--dry-run", "plan_only", is_flag=True, help="Say what would go; take nothing back.")
@_STORE
@_JSON
def forget(source: str, store: str | None, as_json: bool, yes: bool, plan_only: bool) -> None:
    """Take back all that SOURCE has said; what other sources and curators said stays.

    Says first which works, relations, franchises and titles go, the best-known of them by name, and
    asks. Off a terminal it refuses unless `--yes` is given.
    """
    progress = Progress(Console(stderr=True), quiet=as_json)
    job = IngestJob(_source(source), ())
    if not yes or plan_only:
        plan = _plan_to_forget(source, store, progress)
        if plan_only and as_json:
            report.print_forget_plan(plan, output(), as_json=True)
        else:
            report.print_forget_plan(plan, asked_on(as_json), as_json=False)
        question = f"Take back all that {source} said?"
        if plan_only or plan.is_empty or not is_agreed(question, f"forgetting {source}"):
            return
    options = RunOptions(_REJECTS_DIR)
    asked = Request(store, progress, as_json=as_json)
    layers = layered(environment.load().curation.dir)
    carry_out(
        lambda gateway: _pipeline(gateway, options, progress, layers).run([job]), asked, layers
    )


def _plan_to_forget(source: str, store: str | None, progress: Progress) -> ForgetPlan:
    async def run(gateway: Gateway) -> ForgetPlan:
        if await migrations.applied(gateway):
            await migrations.require_current(gateway, _migrations())
        else:
            await migrations.migrate(gateway, _migrations())
        with progress.stage("what would go"):
            return await forget_plan(gateway, source, SOURCES)

    return run_on_store(store, run)


def asked_on(as_json: bool) -> Console:
    """Return where a plan is shown: beside the question, not among the results for machines."""
    return Console(stderr=True) if as_json else output()


def is_agreed(question: str, what: str) -> bool:
    """Ask whether to go on with `what`; where nobody can answer, refuse."""
    if not sys.stdin.isatty():
        raise InvalidInputError.of("--yes", f"{what} needs it where no terminal is there to ask")
    return click.confirm(question, default=False, err=True)


class Request(msgspec.Struct, frozen=True):
    """How a command is carried out: on which store, or on a copy of it where it is `dry`."""

    store: str | None
    progress: Progress
    as_json: bool = False
    dry: bool = False


def carry_out(
    run: Callable[[Gateway], Awaitable[RunReport]],
    asked: Request,
    layers: LayeredCuration,
    unused: Sequence[UnusedFile] = (),
) -> None:
    """Let `run` have the store, publish what it makes, and print how it ended.

    Files of curators in `layers` that are wrong are named.

    Exits with the code that says how, unless all is well. A dry run has a copy of the store instead
    and publishes nothing; what would differ is printed.
    """
    memory.return_early(shares_heap=False)
    for slip in layers.slips:
        asked.progress.say(f"KENSHO_CURATION_DIR: {slip}")
    with _ending_noted(asked):
        if asked.dry:
            done = dry_run(asked.store, run, asked.progress, as_json=asked.as_json)
            result = done.report
            result.slips = list(layers.slips)
            for source in result.sources:
                source.state = "planned" if source.state == "finished" else source.state
            report.print_report(result, output(), as_json=asked.as_json, unused=unused, dry=done)
        else:
            result = run_on_store(asked.store, lambda gateway: migrated(gateway, run))
            result.slips = list(layers.slips)
            served = publish(asked.store, asked.progress)
            result.snapshot, result.unpublished = served.snapshot, served.unpublished
            if served.is_new:
                refresh_queue(asked.store, asked.progress, wait_s=_WAIT_S)
            report.print_report(result, output(), as_json=asked.as_json, unused=unused)
        _exit_with(result)


def _exit_with(result: RunReport) -> None:
    """Exit with the code that says how a run ended, unless all is well."""
    if result.unpublished is not None:
        click.echo(f"kensho: the graph is written, but {result.unpublished}", err=True)
        sys.exit(EXIT_UNPUBLISHED)
    if result.failed:
        sys.exit(EXIT_REFUSED)
    if result.waits:
        sys.exit(EXIT_WAITS)


@contextlib.contextmanager
def _ending_noted(asked: Request) -> Generator[None]:
    """Keep beside the snapshots how the run ended, for whoever serves them and raises alarms.

    What waits for a manager has not failed. Of dry runs, and of stores in memory, nothing is kept.
    """
    code = 1
    try:
        yield
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
        raise
    except KenshoError as error:
        code = error.exit_code
        raise
    finally:
        settings = environment.with_changes(environment.load(), store_url=asked.store)
        if not asked.dry and not StoreSettings.of(settings).is_in_memory:
            ended_well = code in {0, EXIT_WAITS}
            ending = LastIngest(int(time.time()), 0 if ended_well else code)
            with contextlib.suppress(OSError):  # a folder that can't be written is told as such
                last_ingest.note(settings.snapshot.read_model_dir, ending)


async def migrated(gateway: Gateway, run: Callable[[Gateway], Awaitable[T]]) -> T:
    """Bring the schema of a store up to this version's, and let `run` have it."""
    await migrations.migrate(gateway, _migrations())
    return await run(gateway)


def _pipeline(
    gateway: Gateway, options: RunOptions, progress: Progress, layers: LayeredCuration
) -> Pipeline:
    return Pipeline(gateway, SOURCES, options, progress, layers.decisions)


class PublishedResult(NamedTuple):
    """What is served from now on, or why it could not be published.

    `is_new` tells whether something else was served before.
    """

    snapshot: str | None = None
    unpublished: str | None = None
    is_new: bool = False


def publish(store: str | None, progress: Progress) -> PublishedResult:
    """Publish the snapshot of what a run made; a failure is told, for the graph is fine.

    The store is closed by now, and the memory of the run given back, for the process that builds.
    """
    configured = environment.with_changes(environment.load(), store_url=store)
    written = StoreSettings.of(configured)
    if written.is_in_memory:
        return PublishedResult()
    logs.configure("warning", configured.logs.format)  # or a line stands among the results
    memory.release()
    try:
        known = publications.read(configured.snapshot.read_model_dir)
        before = known.of(written.fingerprint, or_latest=False) if known else None
        with progress.stage("snapshot"):
            now = asyncio.run(publish_apart(written, configured.snapshot)).snapshot
            return PublishedResult(now, is_new=before is None or before.snapshot != now)
    except (PublicationError, ReadModelError, StorageError) as error:
        return PublishedResult(unpublished=error.message)


def output() -> Console:
    """Return standard output; off a terminal its tables are as wide as they need to be."""
    return Console(width=None if sys.stdout.isatty() else _FILE_WIDTH)


def _migrations() -> tuple[migrations.Migration, ...]:
    return migrations.load(data_root("graph_schema"))


def _jobs(
    source: str | None, locations: tuple[str, ...], folder: Path | None, progress: Progress
) -> list[IngestJob]:
    if folder is not None:
        if source is not None:
            raise InvalidInputError.of("--all", f"takes no source beside it, not {source!r}")
        return jobs_in(folder, SOURCES, lambda address: _local(address, progress))
    if source is None or not locations:
        raise InvalidInputError.of(
            "SOURCE", "name a source and its files, or use --all; --list shows the sources"
        )
    given = [address_given(location, "URL") for location in locations]
    return [IngestJob(_source(source), tuple(_local(location, progress) for location in given))]


def _source(name: str) -> Source:
    if name not in SOURCES:
        raise InvalidInputError.of(
            "SOURCE", f"{name!r} is not a source; known are {', '.join(SOURCES)}"
        )
    return SOURCES[name]


def _local(location: str, progress: Progress) -> Path:
    """Return the local file of a path, of an address after fetching it, or of standard input."""
    if location == STANDARD_INPUT:
        return input_as_file(sys.stdin.buffer, environment.load().ingest)
    if "://" not in location:
        return Path(location)
    with progress.stage(f"fetching {masked(location)}") as advance:
        so_far = 0

        def tell(done_bytes: int, _total_bytes: int | None) -> None:
            nonlocal so_far
            advance(done_bytes - so_far)
            so_far = done_bytes

        limits = downloads.FetchLimits(size_bytes=environment.load().ingest.max_file_bytes)
        return downloads.fetch(location, _CACHE_DIR, progress=tell, limits=limits)


def _date(text: object) -> str | None:
    if text is None:
        return None
    try:
        date = dt.date.fromisoformat(str(text))
    except ValueError as error:
        raise InvalidInputError.of("--snapshot", f"{text!r} is not a date (YYYY-MM-DD)") from error
    if not is_believed(date.isoformat(), dt.datetime.now(dt.UTC).date()):
        raise InvalidInputError.of("--snapshot", f"{text!r} lies in the future")
    return date.isoformat()
