"""`kensho snapshot`: publish, list, push, fetch; and the snapshot that other commands read."""

import asyncio
import datetime as dt
from pathlib import Path
from typing import Final

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich_click import RichCommand, RichGroup

from kensho.errors import ReadModelError
from kensho.platform import environment, logs
from kensho.platform.bucket_places import bucket_of
from kensho.platform.secret_values import address_given
from kensho.platform.settings import Settings
from kensho.read_model import publications
from kensho.read_model.building.fetching import fetch
from kensho.read_model.building.history_writing import HistoryLimits
from kensho.read_model.building.publishing_process import publish_apart
from kensho.read_model.building.pushing import push
from kensho.read_model.folder_lives import MANIFEST
from kensho.read_model.holder import Snapshot
from kensho.read_model.identity import is_identity, revision_of
from kensho.read_model.publications import Publication
from kensho.read_model.snapshot_folder import FileFacts
from kensho.storage.store_settings import StoreSettings

_MIB: Final = 1 << 20
_STORE: Final = click.option(
    "--store", metavar="URL", help="The graph's store; default KENSHO_STORE_URL, or var/kensho.db."
)
_JSON: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


class ListedSnapshot(msgspec.Struct, frozen=True):
    """A snapshot in a folder; this Kenshō opens those of its own version."""

    identity: str
    revision: int
    version: int
    size_bytes: int
    built_at: str
    age_s: int
    current: bool


class _Built(msgspec.Struct, frozen=True):
    """What the manifest of any version says."""

    version: int = 0
    built_at_s: int = 0
    files: dict[str, FileFacts] = {}


@click.group(cls=RichGroup)
def snapshot() -> None:
    """Publish, list, push and fetch the snapshots that are served."""


@snapshot.command(cls=RichCommand)
@_STORE
@_JSON
def publish(store: str | None, as_json: bool) -> None:
    """Build the snapshot of the store's graph, where it is missing, and let servers follow it."""
    settings = _settings(store)
    published = asyncio.run(publish_apart(StoreSettings.of(settings), settings.snapshot))
    _print_published(published, as_json=as_json)


@snapshot.command("list", cls=RichCommand)
@_JSON
def list_(as_json: bool) -> None:
    """List the snapshots of KENSHO_READ_MODEL_DIR, the newest revision first."""
    listed = _listed(_settings(None).snapshot.read_model_dir, dt.datetime.now(dt.UTC))
    if as_json:
        click.echo(msgspec.json.encode(listed))
        return
    table = Table("snapshot", "revision", "version", "size", "age", "", box=None)
    for one in listed:
        size = f"{one.size_bytes / _MIB:,.1f} MiB"
        age = str(dt.timedelta(seconds=one.age_s))
        mark = "current" if one.current else ""
        table.add_row(one.identity, str(one.revision), str(one.version), size, age, mark)
    Console().print(table)


@snapshot.command("fetch", cls=RichCommand)
@click.argument("location", metavar="URL|FOLDER|@FILE")
@_JSON
def fetch_(location: str, as_json: bool) -> None:
    """Take over what is published at an https address, in a bucket or another folder; serve it.

    An address with a sign-in stands in a file, which `@FILE` names. A bucket is
    `s3://bucket/prefix`, and keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
    """
    settings = _settings(None)
    location = address_given(location, "URL")
    store = StoreSettings.of(settings).fingerprint
    limits = HistoryLimits.of(settings.snapshot)
    root, endpoint = settings.snapshot.read_model_dir, settings.snapshot.snapshot_s3_endpoint
    published = asyncio.run(fetch(location, root, store, limits, s3_endpoint=endpoint))
    _print_published(published, as_json=as_json)


@snapshot.command("push", cls=RichCommand)
@click.argument("location", metavar="s3://BUCKET/PREFIX")
@_JSON
def push_(location: str, as_json: bool) -> None:
    """Put the snapshot that is served into a bucket, from where replicas fetch it.

    Keys come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.
    """
    settings = _settings(None)
    bucket = bucket_of(location, settings.snapshot.snapshot_s3_endpoint)
    store = StoreSettings.of(settings).fingerprint
    pushed = asyncio.run(push(settings.snapshot.read_model_dir, store, bucket, location))
    _print_published(pushed, as_json=as_json, verb="pushed")


def open_snapshot(store: str | None, folder: Path | None = None) -> Snapshot:
    """Return what is published of a store, by default the one that the settings name.

    `folder` is where snapshots are published, if not where the settings say. Where nothing usable
    is, it is published from the store.

    Raises:
        ReadModelError: nothing usable is published, and the store is not there.
        StorageError, PublicationError: it can't be built.
    """
    settings = environment.with_changes(_settings(store), read_model_dir=folder)
    known, root = StoreSettings.of(settings), settings.snapshot.read_model_dir
    try:
        return _published(root, known.fingerprint, or_latest=store is None and known.is_absent)
    except ReadModelError:
        if known.is_absent:
            raise
    asyncio.run(publish_apart(known, settings.snapshot))
    return _published(root, known.fingerprint, or_latest=False)


def _settings(store: str | None) -> Settings:
    settings = environment.with_changes(environment.load(), store_url=store)
    logs.configure("warning", settings.logs.format)
    return settings


def _listed(root: Path, now: dt.datetime) -> list[ListedSnapshot]:
    found = publications.read(root)
    current = {one.snapshot for one in found.stores.values()} if found else set[str]()
    folders = [path for path in root.glob("*") if is_identity(path.name)]
    listed = [_of_folder(folder, now, is_current=folder.name in current) for folder in folders]
    return sorted(listed, key=lambda one: (-one.revision, one.identity))


def _of_folder(folder: Path, now: dt.datetime, *, is_current: bool) -> ListedSnapshot:
    try:
        built = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=_Built)
    except (OSError, msgspec.DecodeError):
        built = _Built()
    built_at = dt.datetime.fromtimestamp(built.built_at_s, dt.UTC)
    return ListedSnapshot(
        identity=folder.name,
        revision=revision_of(folder.name),
        version=built.version,
        size_bytes=sum(facts.size_bytes for facts in built.files.values()),
        built_at=built_at.isoformat(),
        age_s=int((now - built_at).total_seconds()),
        current=is_current,
    )


def _print_published(published: Publication, *, as_json: bool, verb: str = "published") -> None:
    if as_json:
        click.echo(msgspec.json.encode({"snapshot": published.snapshot}))
    else:
        click.echo(f"{verb} {published.snapshot}")


def _published(root: Path, store: str, *, or_latest: bool) -> Snapshot:
    found = publications.read(root)
    publication = found.of(store, or_latest=or_latest) if found else None
    if publication is None:
        raise ReadModelError(publications.nothing_in(root))
    return Snapshot.published(root, publication)
