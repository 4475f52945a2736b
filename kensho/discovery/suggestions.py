"""Type-ahead: what a half-typed query may become, works and franchises together.

Guarantees: titles that begin with what was typed come first, each group best first.

Performance: the search itself and some 0.2 ms; 5 ms for a text of few letters, which may find tens
of thousands of titles.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from kensho.discovery.adult import hits_shown
from kensho.discovery.hit_serializer import Hit, HitSerializer, chosen_hits
from kensho.discovery.query_interpretation import check_text
from kensho.discovery.search_views import Completions
from kensho.domain import ranking
from kensho.read_model.encoded import Encoded, encoded
from kensho.read_model.holder import Snapshot
from kensho.search.highlights import begins
from kensho.search.index import Hits

MOST: Final = 20
_LOOKED_AT: Final = 400
"""Hits among which those that begin with the query are looked for."""
_AT_ONCE: Final = 40
_LOWEST_TIE: Final = 0.01
"""A synonym of an unknown work loses less by it."""


def completions(snapshot: Snapshot, text: str, limit: int, *, safe: bool) -> Encoded[Completions]:
    """Return what a text may become.

    Raises:
        InvalidInputError: the text is empty.
    """
    check_text(text)
    found = snapshot.titles.index.search(text, is_typing=True)
    shown = _shown(snapshot, found.hits, safe=safe)
    serializer = HitSerializer(snapshot, found.interpretations, shown)
    hits = _beginning_first(serializer, limit)
    return encoded(Completions([serializer.completion(hit) for hit in hits]))


def _shown(snapshot: Snapshot, hits: Hits, *, safe: bool) -> Hits:
    return chosen_hits(hits, hits_shown(snapshot, hits)) if safe else hits


def _beginning_first(serializer: HitSerializer, limit: int) -> Iterator[Hit]:
    """Yield the best `limit` hits, those before the others whose title begins with the query."""
    others: list[Hit] = []
    yielded = 0
    for hit in _looked_at(serializer):
        if _may_begin(hit) and begins(serializer.matched_title(hit), hit.reading.key):
            yield hit
            yielded += 1
            if yielded == limit:
                return
        elif len(others) < limit:
            others.append(hit)
    yield from others[: limit - yielded]


def _looked_at(serializer: HitSerializer) -> Iterator[Hit]:
    most = min(len(serializer), _LOOKED_AT)
    for first in range(0, most, _AT_ONCE):
        yield from serializer.hits(np.arange(first, min(first + _AT_ONCE, most)))


def _may_begin(hit: Hit) -> bool:
    """Tell by its score whether a title may begin with the query, without comparing them."""
    return hit.score + hit.reading.handicap >= ranking.PREFIX - _LOWEST_TIE
