"""What a snapshot itself shows to be doubtful: conflicts of sources, and kinds that are inferred.

Guarantees: items are functions of the snapshot. The id of one depends on its two works alone, and
its digest on who says what, so that it is the same item in the next snapshot.

Performance: half a second for 76,000 relations.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from heapq import nlargest
from typing import Final

import msgspec

from kensho.discovery.conflicts import conflicts_in
from kensho.domain import ids
from kensho.domain.relations import KIND_FACTS, Assertion
from kensho.domain.work_items import FoundItem, ItemKind, ItemWork
from kensho.read_model.holder import Snapshot
from kensho.read_model.model import ReadModel
from kensho.read_model.wording import PHRASES, SOURCE_NAMES

SNAPSHOT_KINDS: Final[Sequence[ItemKind]] = ("conflict", "inferred")
DOUBTFUL: Final = 0.9
"""An inferred kind is an item below this confidence: one in ten of these is expected to be wrong,
and a curator who looks at ten finds one."""
MOST_INFERRED: Final = 2_000
"""The inferred kinds of the best-known works: more than a month of curators, and a queue of which
the rest is found again next time."""
_ASSERTIONS: Final = msgspec.json.Decoder(tuple[Assertion, ...])
_PAGES: Final = ("mal", "anilist", "anidb", "kitsu", "tmdb", "imdb")
"""Providers whose page of a work is shown, the first that has one."""


class _Source(msgspec.Struct):
    provider: str
    url: str


class _Titled(msgspec.Struct):
    title: str
    sources: tuple[_Source, ...] = ()


_TITLED: Final = msgspec.json.Decoder(_Titled)


def snapshot_items(snapshot: Snapshot) -> Iterator[FoundItem]:
    """Yield the items of a snapshot: all conflicts, and the best-known doubtful kinds."""
    for conflict in conflicts_in(snapshot.model):
        yield relation_item(
            snapshot, "conflict", (conflict.source, conflict.target), conflict.assertions
        )
    best_known = nlargest(
        MOST_INFERRED,
        _doubtful_edges(snapshot.model),
        key=lambda one: (weight_of(snapshot, one[0]), one[0]),
    )
    for ends, assertions in best_known:
        yield relation_item(snapshot, "inferred", ends, assertions)


def relation_item(
    snapshot: Snapshot, kind: ItemKind, ends: tuple[int, int], assertions: Sequence[Assertion]
) -> FoundItem:
    """Return the item about a relation between two nodes, of which so much is asserted."""
    works = work_of(snapshot.model, ends[0]), work_of(snapshot.model, ends[1])
    said = sorted({(one.source, one.kind, one.method, one.denied) for one in assertions})
    return FoundItem(
        kind=kind,
        about=tuple(sorted(str(work.id) for work in works)),
        facts=tuple(f"{' '.join(map(str, one))}" for one in said),
        sentence=_question(kind, works, assertions),
        evidence=tuple(_line(one, works) for one in assertions),
        works=works,
        weight=weight_of(snapshot, ends),
        adult=any(snapshot.model.columns.adult.item(node) for node in ends),
    )


def work_of(model: ReadModel, node: int) -> ItemWork:
    """Return a work as items name it."""
    read = _TITLED.decode(model.detail(node))
    folder = "movies" if model.kind(node) == "movie" else "anime"
    own = {source.provider: source.url for source in reversed(read.sources)}
    names = [name for name in (*_PAGES, *sorted(own)) if name in own and name in ids.PROVIDERS]
    work = model.id(node)
    return ItemWork(work, read.title, f"/{folder}/{work}", own[names[0]] if names else None)


def weight_of(snapshot: Snapshot, nodes: Iterable[int]) -> float:
    """Return how well known the best known of some works is, from 0 to 1."""
    return round(max((float(snapshot.titles.popularity.item(n)) for n in nodes), default=0.0), 4)


def _doubtful_edges(
    model: ReadModel,
) -> Iterator[tuple[tuple[int, int], tuple[Assertion, ...]]]:
    for edge in range(model.relations_total):
        read = _doubtful(model.assertions(edge))
        if read is not None:
            source, target, _ = model.edge(edge)
            yield (source, target), read


@lru_cache(maxsize=4096)
def _doubtful(assertions: bytes) -> tuple[Assertion, ...] | None:
    """Return what is asserted if its kind is inferred without being sure."""
    read = _ASSERTIONS.decode(assertions)
    told = [one for one in read if not one.denied and not KIND_FACTS[one.kind].vague]
    is_doubtful = bool(told) and all(
        one.method == "inferred" and one.confidence < DOUBTFUL for one in told
    )
    return read if is_doubtful else None


def _question(
    kind: ItemKind, works: tuple[ItemWork, ItemWork], assertions: Sequence[Assertion]
) -> str:
    """Return what a curator is asked: is the target what is asserted of the source?"""
    told = [one for one in assertions if not one.denied and not KIND_FACTS[one.kind].vague]
    kinds = " or ".join(dict.fromkeys(PHRASES[one.kind] for one in told))
    question = f"Is {works[1].title} {kinds} {works[0].title}?"
    if kind == "conflict":
        return question
    best = max(one.confidence for one in told)
    return f"{question} It is inferred with a probability of {best:.2f}"


def _line(one: Assertion, works: tuple[ItemWork, ItemWork]) -> str:
    """Return an assertion as a sentence: the target of the edge is the kind of its source."""
    says = SOURCE_NAMES.get(one.source, one.source)
    dated = f" ({one.snapshot})" if one.snapshot else ""
    how = "" if one.method == "stated" else f", {one.method}"
    sure = "" if one.confidence >= 1 else f" at {one.confidence:.2f}"
    denied = "not " if one.denied else ""
    told = f"{works[1].title} is {denied}{PHRASES[one.kind]} {works[0].title}"
    because = f" ({one.because})" if one.because else ""
    return f"{says}{dated}{how}{sure}: {told}{because}"
