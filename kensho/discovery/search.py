"""Search by title: the works that a text may mean, best first, with facets over all of them.

Guarantees: the list is the hits of the index in their order; filters leave hits out and change
nothing else, totals and facets are exact, and a cursor walks every hit once. What an episode number
leads to comes first.

Performance: the search itself, 0.2 ms, and some 0.2 ms for facets and twenty results; what may find
tens of thousands of titles runs on a thread.
"""

import asyncio
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.discovery import episode_redirects, splicing
from kensho.discovery.cursors import Cursors, ListSlice, OrderedList
from kensho.discovery.facets import FilterMasks, Filters, TagCounts
from kensho.discovery.hit_serializer import Hit, HitSerializer, joined, taken
from kensho.discovery.query_interpretation import read_as, reason
from kensho.discovery.search_views import RedirectedEpisode
from kensho.discovery.splicing import Fields
from kensho.errors import FieldProblem, InvalidInputError
from kensho.read_model.holder import Snapshot
from kensho.search.index import Hits, TitleMatches
from kensho.search.interpretations import MAX_CHARS

MAX_OFFSET: Final = 10_000
SHORT_LETTERS: Final = 3
"""A text of no more may begin every other title: its search takes up to 10 ms, or 30 without the
compiled kernel."""
_MOST_FRANCHISES: Final = 3
_MOST_SUGGESTIONS: Final = 5
_SUGGESTED_FROM: Final = 50
"""Nearer ones are looked at until enough are found that may be shown."""

Places = npt.NDArray[np.intp]


class SearchRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched for, and which part of the answer is wanted."""

    text: str
    filters: Filters
    limit: int
    cursor: str | None = None
    offset: int | None = None
    by_franchise: bool = False
    explain: bool = False
    fields: Fields | None = None

    @property
    def query(self) -> str:
        """Return what names the list of hits: the text, the filters and the grouping."""
        return f"search?{self.text}?{self.filters}?{self.by_franchise}"


class _Listed(NamedTuple):
    """Hits in their order as they are walked: one place for each item, its group where grouped."""

    places: Places
    groups: npt.NDArray[np.int32] | None
    works: int


class TitleSearch:
    """Answers searches; holds what is made once for a revision, to count tags by."""

    def __init__(self, cursors: Cursors, *, safe: bool) -> None:
        self.safe: Final = safe
        """Whether adult works are hidden from who says nothing about it."""
        self._cursors = cursors
        self._taggings: tuple[str, TagCounts] | None = None

    async def answer(self, held: Snapshot, asked: SearchRequest) -> bytes:
        """Return `SearchPage` as JSON, without keeping the event loop for long.

        Raises:
            InvalidInputError: as `page`.
        """
        if not asked.explain and not is_short(asked.text):
            return self.page(held, asked)
        return await asyncio.to_thread(self.page, held, asked)

    def page(self, held: Snapshot, asked: SearchRequest) -> bytes:
        """Return `SearchPage` as JSON.

        Raises:
            InvalidInputError: the text is empty, cursor and offset come together, or the cursor is
                not one of this query.
        """
        _check(asked)
        found = held.titles.index.search(asked.text)
        total = held.model.works_total
        is_work = found.hits.entries < total
        hits = taken(found.hits, is_work)
        works, redirect = _redirected(held, found, hits)
        sieve = FilterMasks(held.model, asked.filters, works.entries)
        listed = _listed(held, works, sieve.kept, by_franchise=asked.by_franchise)
        model = held.model
        ordered = OrderedList(works.entries[listed.places], model.identity, model.id, model.node)
        part = self._cursors.cut(
            ordered, asked.query, asked.cursor, asked.limit, skip=asked.offset or 0
        )
        shelf = HitSerializer(held, found.interpretations, works)
        members = {
            "results": _results(shelf, asked, listed, part, is_redirected=works is not hits),
            "franchises": _franchises(held, found, is_work) if part.first == 0 else b"[]",
            "total": b"%d" % part.total,
            "hidden": b'{"adult":%d}' % sieve.adult_hidden,
            "facets": sieve.facets(self._taggings_of(held)),
            "read_as": splicing.encoded(read_as(found, works, redirect)),
            "next_cursor": splicing.encoded(part.next_cursor),
        }
        if asked.by_franchise:
            members["total_works"] = b"%d" % listed.works
        if not part.total:
            members["suggestions"] = _suggestions(held, found, works, safe=asked.filters.safe)
            members["reason"] = splicing.encoded(
                reason(found.interpretations[0], len(works.entries), sieve.adult_hidden)
            )
        return splicing.assembled(**members)

    def _taggings_of(self, held: Snapshot) -> TagCounts:
        kept = self._taggings
        if kept is None or kept[0] != held.model.identity:
            kept = self._taggings = (held.model.identity, TagCounts(held.model))
        return kept[1]


def is_short(text: str) -> bool:
    """Tell whether a text has so few letters that it may begin every other title."""
    return sum(map(str.isalnum, text)) <= SHORT_LETTERS


def _is_text(text: str) -> bool:
    """Tell a text from one with lone surrogates, as Python reads bytes that are no UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check(text: str) -> None:
    """Raise `InvalidInputError` for a text that nothing can be looked for by."""
    if not _is_text(text):
        raise InvalidInputError.of("q", "it is not UTF-8")
    if not text.strip():
        raise InvalidInputError.of("q", "type a title, or the beginning of one")
    if len(text) > MAX_CHARS:
        raise InvalidInputError.of(
            "q", f"it has {len(text)} characters; at most {MAX_CHARS} are read"
        )


def _check(asked: SearchRequest) -> None:
    check(asked.text)
    if asked.cursor is not None and asked.offset is not None:
        problem = "give either a cursor or an offset"
        raise InvalidInputError([FieldProblem("cursor", problem), FieldProblem("offset", problem)])


def _redirected(
    held: Snapshot, found: TitleMatches, works: Hits
) -> tuple[Hits, RedirectedEpisode | None]:
    """Return the hits with the work first that the asked-for episode of the best one really is."""
    if not len(works.entries):
        return works, None
    best = int(works.entries[0])
    episode = found.interpretations[int(works.interpretations[0])].title_parts.episode
    target = None if episode is None else episode_redirects.episode_target(held, best, episode)
    if target is None:
        return works, None
    if not target.is_season:
        return works, target.told
    first = taken(works, works.entries == target.node)
    if not len(first.entries):  # by no title of its own
        first = taken(works, np.array([0]))._replace(
            entries=np.array([target.node], dtype=works.entries.dtype),
            rows=np.array([-1], dtype=works.rows.dtype),
        )
    first = first._replace(scores=works.scores[:1])
    rest = taken(works, works.entries != target.node)
    return joined(first, rest), target.told


def _listed(
    held: Snapshot, works: Hits, kept: npt.NDArray[np.bool_] | None, *, by_franchise: bool
) -> _Listed:
    """Return the hits that pass, or the best hit of each group in the order of those."""
    places = np.arange(len(works.entries)) if kept is None else np.flatnonzero(kept)
    if not by_franchise:
        return _Listed(places, None, len(places))
    groups = held.titles.groups[works.entries[places]]
    _, first = np.unique(groups, return_index=True)
    first.sort()
    of_place = np.full(len(works.entries), -1, dtype=np.int32)
    of_place[places] = groups
    return _Listed(places[first], of_place, len(places))


def _results(
    shelf: HitSerializer,
    asked: SearchRequest,
    listed: _Listed,
    part: ListSlice,
    *,
    is_redirected: bool,
) -> bytes:
    documents: list[bytes] = []
    places = listed.places[part.first : part.first + len(part.nodes)]
    for place, hit in zip(places.tolist(), shelf.hits(places), strict=True):
        more: list[bytes] = []
        if asked.explain:
            more.append(shelf.explanation(hit, is_redirected=is_redirected and place == 0))
        if listed.groups is not None:
            number = int(listed.groups[place])
            more.append(shelf.group(number, np.flatnonzero(listed.groups == number)))
        documents.append(splicing.selected(shelf.result(hit, *more), asked.fields))
    return splicing.array(documents)


def _franchises(held: Snapshot, found: TitleMatches, is_work: npt.NDArray[np.bool_]) -> bytes:
    places = np.flatnonzero(~is_work)[:_MOST_FRANCHISES]
    shelf = HitSerializer(held, found.interpretations, found.hits)
    return splicing.array(map(shelf.franchise, shelf.hits(places)))


def _suggestions(held: Snapshot, found: TitleMatches, works: Hits, *, safe: bool) -> bytes:
    """Return the nearest titles that may be shown: what filters left out, then what is no hit."""
    near = joined(works, found.near_misses)
    shelf = HitSerializer(held, found.interpretations, near)
    hits = shelf.hits(np.arange(min(len(shelf), _SUGGESTED_FROM)))
    shown = [hit for hit in hits if _may_be_shown(held, hit, safe=safe)]
    return splicing.array(shelf.suggestion(hit) for hit in shown[:_MOST_SUGGESTIONS])


def _may_be_shown(held: Snapshot, hit: Hit, *, safe: bool) -> bool:
    model = held.model
    return hit.entry < model.works_total and not (safe and model.columns.adult[hit.entry])
