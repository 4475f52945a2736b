"""Put the snapshot that is served into a bucket, from where replicas fetch it.

Guarantees: `current.json` is written last, over the one that was read before, so that a replica
never learns of a snapshot that is not there as a whole, and of two who push at once one is told.
What the former publication names stays until the next push, for those who fetch it just now.
"""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from kensho.errors import PublicationError, ReadModelError, UpstreamError
from kensho.read_model import publications
from kensho.read_model.folder_lives import MANIFEST
from kensho.read_model.history import HISTORY_VERSION
from kensho.read_model.holder import Snapshot
from kensho.read_model.identity import is_history, is_identity
from kensho.read_model.publications import CURRENT, Publication, Publications
from kensho.read_model.snapshot_folder import Manifest
from kensho.read_model.version import SNAPSHOT_VERSION

if TYPE_CHECKING:  # obstore comes with an extra
    from kensho.platform.buckets import Bucket, KeptText

_TEXT_BYTES: Final = 1 << 20


async def push(root: Path, store: str, bucket: "Bucket", place: str) -> Publication:
    """Put what is published of a store in `root` into a bucket; return what is offered there.

    Raises:
        PublicationError: nothing is published, it is damaged, or the bucket can't be written.
        ChangedMeanwhileError: somebody else pushed at the same time.
    """
    try:
        return await asyncio.to_thread(_pushed, root, store, bucket)
    except (ReadModelError, UpstreamError, OSError) as error:
        raise PublicationError(f"can't push the snapshot to {place}: {error}") from error


def _pushed(root: Path, store: str, bucket: "Bucket") -> Publication:
    found = publications.read(root)
    publication = found.of(store, or_latest=True) if found else None
    if publication is None:
        raise ReadModelError(publications.nothing_in(root))
    former_text = bucket.text(CURRENT, _TEXT_BYTES)
    former = _former(former_text)
    before = former.stores.get(store) if former else None
    offered = msgspec.structs.replace(
        publication, previous=before.snapshot if before else None, earlier=()
    )
    sizes = bucket.sizes()
    snapshot = Snapshot.published(root, publication)  # looked at, and held while it is read
    if offered.history is not None and snapshot.history is None:
        offered = msgspec.structs.replace(offered, history=None)
    _put_folder(bucket, root / snapshot.identity, SNAPSHOT_VERSION, sizes)
    if offered.history is not None:
        _put_folder(bucket, root / offered.history, HISTORY_VERSION, sizes)
    others = dict(former.stores) if former else {}
    now = Publications(store, {**others, store: offered})
    bucket.put_over(CURRENT, msgspec.json.encode(now), former_text)
    kept = {*_named(now), *(_named(former) if former else ())}
    bucket.delete(name for name in sizes if _is_ours(name) and name.partition("/")[0] not in kept)
    return offered


def _put_folder(bucket: "Bucket", folder: Path, version: int, sizes: Mapping[str, int]) -> None:
    """Put the files of a folder there, its manifest last; one that is there already is left."""
    name = f"{folder.name}/{MANIFEST}"
    text = (folder / MANIFEST).read_bytes()
    manifest = Manifest.of(text, name, version)
    there = bucket.text(name, _TEXT_BYTES) if name in sizes else None
    is_same = there is not None and there.content == text
    for file, facts in manifest.files.items():
        if not is_same or sizes.get(f"{folder.name}/{file}") != facts.size_bytes:
            bucket.put_file(f"{folder.name}/{file}", folder / file)
    if not is_same:
        bucket.put_file(name, folder / MANIFEST)


def _former(text: "KeptText | None") -> Publications | None:
    return None if text is None else publications.decoded(text.content, CURRENT)


def _named(found: Publications) -> Iterator[str]:
    """Yield the folders that a publication offers: what was before is offered by the former one."""
    for one in found.stores.values():
        yield one.snapshot
        if one.history is not None:
            yield one.history


def _is_ours(name: str) -> bool:
    folder = name.partition("/")[0]
    return is_identity(folder) or is_history(folder)
