"""What a composed graph was derived from, kept in one file, so that a small change costs little.

Records, works and edges are read whole by a large run. Of what it found, the next one takes up what
it needs: who owns each id, the heads of works, the components, and how rare words are. The file
stands beside an embedded store, as `<store>.standing`, and is a copy, never a source: whoever takes
it away makes one run slower, and nothing else.

Guarantees: it is used only where the store is just as it was when the file was written (its
lineage, which every write changes), and code, rules and sources are the same. A file that is
missing, damaged or of another state is as none.

Performance: written in 0.7 s and read in 0.9 s for the full catalogue; 18 MB.
"""

import contextlib
import hashlib
import uuid
import weakref
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final, TypeAlias

import msgspec
import zstandard

from ingest.curation import CompositionRules
from ingest.pipeline.franchises.inputs import WorkCollection
from ingest.pipeline.franchises.relation_table import RelationColumns
from ingest.pipeline.identity import IdentityState
from ingest.pipeline.projection import NodeHead
from kensho.domain.franchise.work_groups import GroupKeys
from kensho.platform import private_files
from kensho.platform.memory import without_cycle_collection
from kensho.storage import tables
from kensho.storage.gateway import Gateway
from kensho.storage.rows import GraphState

Pair: TypeAlias = tuple[uuid.UUID, uuid.UUID]
"""Two works, the smaller id first."""

_LEVEL: Final = 1
"""Of zstd: a third of the size in 0.1 s; higher levels cost more than they save."""
_MOST_BYTES: Final = 1 << 30
_DIGEST_BYTES: Final = 12
_CODE: Final = ("ingest", "kensho.domain")
in_memory: Final[weakref.WeakKeyDictionary[Gateway, bytes]] = weakref.WeakKeyDictionary()
"""What is kept of stores in memory, which end with their gateway, packed."""


class EdgeState(msgspec.Struct, array_like=True):
    """What edges and franchises were derived from, beside records and works.

    `home` is the key of the component of each work that is in one, `crossing` are pairs of works of
    two components of which a record of either speaks, `collections` what sources collect.
    `stated`, `apart` and `one_work` are the pairs by which it was decided which records are one
    work, `kin` as `kensho.domain.same_works.groups.kin_of` says, and `rare` the rarity of words.
    `decided` is what decisions that name a work say of it (`FranchiseRules.decisions`), `digests`
    are those of each work in a component (`work_digests`), `votes` how many recommend a work, and
    `groups` those that works of large components came into, so far as they are known.
    """

    home: dict[uuid.UUID, uuid.UUID]
    crossing: set[Pair]
    collections: dict[str, WorkCollection]
    stated: dict[uuid.UUID, dict[uuid.UUID, str]]
    apart: set[Pair]
    one_work: set[Pair]
    kin: dict[uuid.UUID, uuid.UUID]
    rare: dict[str, float]
    decided: dict[uuid.UUID, bytes]
    relations: RelationColumns
    digests: dict[uuid.UUID, bytes]
    votes: dict[uuid.UUID, int]
    groups: dict[uuid.UUID, GroupKeys]


class Standing(msgspec.Struct, array_like=True):
    """All that is kept of a composed graph.

    `made_by` tells code and sources, `rules` is the digest of the rules of franchises, without the
    decisions that name works.
    """

    made_by: str
    rules: str
    graph: GraphState
    identities: IdentityState
    heads: dict[uuid.UUID, NodeHead]
    edges: EdgeState


def pair_of(one: uuid.UUID, other: uuid.UUID) -> Pair:
    """Return two works as a pair."""
    return (one, other) if one < other else (other, one)


def made_by(sources: Iterable[object], rules: CompositionRules) -> str:
    """Return a digest of the code, of what is asked of sources, and of how works are composed."""
    digest = hashlib.blake2b(_code(), digest_size=_DIGEST_BYTES)
    for part in (*map(repr, sources), repr(rules)):
        digest.update(part.encode())
    return digest.hexdigest()


@cache
def _code() -> bytes:
    """Return a digest of the code that derives the graph."""
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for package in _CODE:
        root = Path(str(files(package)))
        for path in sorted(root.rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    return digest.digest()


async def taken_up(gateway: Gateway, made: str) -> Standing | None:
    """Return what was kept of the graph as it is now, if there is such."""
    body = _read(gateway)
    if body is None:
        return None
    with without_cycle_collection():
        try:
            plain = zstandard.ZstdDecompressor().decompress(body, max_output_size=_MOST_BYTES)
            found = msgspec.msgpack.decode(plain, type=Standing)
        except (zstandard.ZstdError, msgspec.MsgspecError):
            return None
    is_current = found.made_by == made and found.graph == await tables.state(gateway)
    return found if is_current and found.graph.composed else None


def keep(gateway: Gateway, standing: Standing) -> None:
    """Keep what a graph was derived from; a file that can't be written is left out."""
    plain = msgspec.msgpack.Encoder(uuid_format="bytes").encode(standing)
    body = zstandard.ZstdCompressor(level=_LEVEL).compress(plain)
    path = gateway.settings.standing_path
    if path is None:
        if gateway.settings.is_in_memory:
            in_memory[gateway] = body
        return
    part = path.with_name(path.name + ".part")
    with contextlib.suppress(OSError):
        private_files.write_bytes(part, body)
        part.replace(path)


def _read(gateway: Gateway) -> bytes | None:
    path = gateway.settings.standing_path
    if path is None:
        return in_memory.get(gateway)
    try:
        return path.read_bytes()
    except OSError:
        return None
