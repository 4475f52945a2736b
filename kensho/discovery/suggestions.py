"""Type-ahead: what a half-typed query may become, works and franchises together.

Guarantees: titles that begin with what was typed come first, each group best first.

Performance: the search itself and some 0.2 ms; what may find tens of thousands of titles runs on a
thread.
"""

import asyncio
from collections.abc import Iterator
from typing import Final

import numpy as np

from kensho.discovery import splicing
from kensho.discovery.hit_serializer import Hit, HitSerializer, taken
from kensho.discovery.search import check, is_short
from kensho.domain import ranking
from kensho.read_model.holder import Snapshot
from kensho.search.highlights import begins
from kensho.search.index import Hits

MOST: Final = 20
_LOOKED_AT: Final = 400
"""Hits among which those that begin with the query are looked for."""
_AT_ONCE: Final = 40
_LOWEST_TIE: Final = 0.01
"""A synonym of an unknown work loses less by it."""


async def answer(held: Snapshot, text: str, limit: int, *, safe: bool) -> bytes:
    """Return `Completions` as JSON, without keeping the event loop for long.

    Raises:
        InvalidInputError: the text is empty.
    """
    if not is_short(text):
        return completions(held, text, limit, safe=safe)
    return await asyncio.to_thread(completions, held, text, limit, safe=safe)


def completions(held: Snapshot, text: str, limit: int, *, safe: bool) -> bytes:
    """Return `Completions` as JSON.

    Raises:
        InvalidInputError: the text is empty.
    """
    check(text)
    found = held.titles.index.search(text)
    shelf = HitSerializer(held, found.interpretations, _shown(held, found.hits, safe=safe))
    hits = _beginning_first(shelf, limit)
    return splicing.assembled(suggestions=splicing.array(map(shelf.completion, hits)))


def _shown(held: Snapshot, hits: Hits, *, safe: bool) -> Hits:
    if not safe:
        return hits
    adult, total = held.model.columns.adult, held.model.works_total
    works = np.minimum(hits.entries, total - 1)
    return taken(hits, (hits.entries >= total) | ~adult[works])


def _beginning_first(shelf: HitSerializer, limit: int) -> Iterator[Hit]:
    """Yield the best `limit` hits, those before the others whose title begins with the query."""
    others: list[Hit] = []
    yielded = 0
    for hit in _looked_at(shelf):
        if _may_begin(hit) and begins(shelf.matched_title(hit), hit.reading.key):
            yield hit
            yielded += 1
            if yielded == limit:
                return
        elif len(others) < limit:
            others.append(hit)
    yield from others[: limit - yielded]


def _looked_at(shelf: HitSerializer) -> Iterator[Hit]:
    most = min(len(shelf), _LOOKED_AT)
    for first in range(0, most, _AT_ONCE):
        yield from shelf.hits(np.arange(first, min(first + _AT_ONCE, most)))


def _may_begin(hit: Hit) -> bool:
    """Tell by its score whether a title may begin with the query; spares most a closer look."""
    return hit.score + hit.reading.handicap >= ranking.PREFIX - _LOWEST_TIE
