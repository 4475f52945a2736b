"""Search by title: the works that a text may mean, best first, with facets over all of them.

Guarantees: the list is the hits of the index in their order; filters leave hits out and change
nothing else, totals and facets are exact, and a cursor walks every hit once. What an episode number
leads to comes first.

Performance: the search itself, 0.2 ms, and some 0.2 ms for facets and twenty results. A text of few
letters may find tens of thousands of titles, which takes up to 15 ms; reasons take up to 30 ms.
"""

from itertools import compress, islice
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.discovery import suggestions
from kensho.discovery.adult import exact_titles, is_franchise_shown
from kensho.discovery.best_hits import BestHit, FoundHits, best_hit, rivals_of, why_not_strict
from kensho.discovery.browse import Calendar
from kensho.discovery.cursors import Cursors, ListSlice, OrderedList
from kensho.discovery.episode_numbers import EpisodeAsked, with_episode_first
from kensho.discovery.facets import FacetCounter
from kensho.discovery.field_selection import Fields
from kensho.discovery.filter_values import FilterTexts, filters_of
from kensho.discovery.filters import FilterMasks, Filters
from kensho.discovery.hit_serializer import Hit, HitSerializer, chosen_hits, concatenated
from kensho.discovery.identified_works import identified, identified_first, works_of
from kensho.discovery.query_interpretation import (
    check_text,
    interpretation_of,
    why_no_work,
)
from kensho.discovery.search_views import (
    Completions,
    FranchiseHit,
    HiddenCounts,
    QueryInterpretation,
    SearchPage,
    SearchResult,
    Suggestion,
)
from kensho.discovery.snapshot_service import PerSnapshot, SnapshotService
from kensho.errors import FieldProblem, InvalidInputError
from kensho.read_model.encoded import Encoded, encoded
from kensho.read_model.holder import Snapshot
from kensho.read_model.model import ReadModel
from kensho.search.index import Hits, TitleMatches
from kensho.search.interpretations import Interpretation

MAX_OFFSET: Final = 10_000
_MOST_FRANCHISES: Final = 3
_MOST_SUGGESTIONS: Final = 5
_SUGGESTED_FROM: Final = 50
"""Nearer ones are looked at until enough are found that may be shown."""

Places = npt.NDArray[np.intp]
HitSorting: TypeAlias = Literal["match", "popularity", "score", "year"]
"""By how well the title matches, how well known the work is, its score, or the latest first; what
is not known comes last, and ties stand as they match."""


class SearchRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched for, and which part of the answer is wanted."""

    text: str
    filters: Filters
    limit: int
    cursor: str | None = None
    offset: int | None = None
    by_franchise: bool = False
    explain: bool = False
    facets: bool = True
    strict: bool = False
    fields: Fields | None = None
    sort: HitSorting = "match"

    @property
    def query(self) -> str:
        """Return what names the list of hits: the text, the filters, the grouping and the order."""
        asked = f"search?{self.text}?{self.filters}?{self.by_franchise}?{self.strict}"
        return asked if self.sort == "match" else f"{asked}?{self.sort}"


class _Found(NamedTuple):
    """What a search found in a snapshot: works, places of franchises, and which works pass."""

    snapshot: Snapshot
    text: str
    matches: TitleMatches
    franchises: Places
    works: Hits
    episode: EpisodeAsked
    is_redirected: bool
    filters: Filters
    masks: FilterMasks

    @property
    def typed(self) -> Interpretation:
        """Return the query as it was typed."""
        return self.matches.interpretations[0]

    @property
    def is_best_hidden(self) -> bool:
        """Return whether the best hit is left out because it is adult."""
        return len(self.works.entries) > 0 and self.masks.is_adult_hidden(0)

    @property
    def judged(self) -> FoundHits:
        """Return what passes the filters, of which the best hit is judged."""
        kept = self.masks.kept
        return FoundHits(
            text=self.text,
            interpretations=self.matches.interpretations,
            works=self.works if kept is None else chosen_hits(self.works, kept),
            episode=self.episode,
            is_best_hidden=self.is_best_hidden,
        )

    def only(self, best: bool) -> "_Found":
        """Return this with the best hit that passes the filters alone, or with none."""
        works = self.judged.works
        works = chosen_hits(works, np.arange(min(int(best), len(works.entries))))
        return self._replace(works=works, masks=_masks(self.snapshot, self.filters, works))

    def serializer(self, hits: Hits) -> HitSerializer:
        """Return what makes documents of these hits."""
        return HitSerializer(self.snapshot, self.matches.interpretations, hits)


class _Listed(NamedTuple):
    """Hits in their order as they are walked: one place for each item, its group where grouped."""

    places: Places
    groups: npt.NDArray[np.int32] | None
    works: int


class TitleSearch:
    """Answers searches in any snapshot; `safe` is the default for hiding adult works."""

    def __init__(self, cursors: Cursors, *, safe: bool) -> None:
        self.safe: Final = safe
        self._cursors = cursors
        self.facets: Final = PerSnapshot(FacetCounter)

    def page(self, snapshot: Snapshot, request: SearchRequest) -> Encoded[SearchPage]:
        """Return a page of hits.

        Raises:
            InvalidInputError: the text is empty, cursor and offset come together, or the cursor is
                not one of this query.
        """
        _check(request)
        found = _found(snapshot, request)
        best = best_hit(snapshot, found.judged)
        refused = _refused(found, best) if request.strict else None
        answered = found.only(refused is None) if request.strict else found
        model = snapshot.model
        listed = _listed(answered, request.sort, by_franchise=request.by_franchise)
        part = self._cursors.cut(
            OrderedList(
                answered.works.entries[listed.places], model.identity, model.id, model.node
            ),
            *(request.query, request.cursor, request.limit),
            skip=request.offset or 0,
        )
        page = SearchPage(
            results=_results(answered, request, listed, part),
            franchises=_franchises(found, request) if part.first == 0 else [],
            total=part.total,
            hidden=HiddenCounts(found.masks.adult_hidden, best=found.is_best_hidden),
            read_as=_read_as(found, best),
            confidence=best.confidence if best else 0.0,
            next_cursor=part.next_cursor,
            facets=self.facets.of(model).facets(answered.masks) if request.facets else None,
            total_works=listed.works if request.by_franchise else None,
            suggestions=None if part.total else _suggestions(found, safe=request.filters.safe),
            reason=None if part.total else refused or _why_none(found),
        )
        return encoded(page)


def found_hits(snapshot: Snapshot, request: SearchRequest) -> FoundHits:
    """Return the works that a text may mean, as `best_hits` judges them.

    Raises:
        InvalidInputError: the text is empty.
    """
    _check(request)
    return _found(snapshot, request).judged


class SearchService(SnapshotService):
    """Search and type-ahead, in one snapshot."""

    def __init__(self, snapshot: Snapshot, search: TitleSearch, calendar: Calendar) -> None:
        super().__init__(snapshot, safe=search.safe)
        self._search = search
        self._calendar = calendar

    def page(self, request: SearchRequest) -> Encoded[SearchPage]:
        """Return a page of hits.

        Raises:
            InvalidInputError: as `TitleSearch.page`, or no work can have the year.
        """
        if request.filters.year is not None:
            self._calendar.check(request.filters.year)
        return self._search.page(self.snapshot, request)

    def filters(self, texts: FilterTexts) -> Filters:
        """Return the filters that a request names.

        Raises:
            InvalidInputError: as `filters_of`, or no work can have the year.
        """
        if texts.year is not None:
            self._calendar.check(texts.year)
        return filters_of(self.model, texts)

    def suggestions(self, text: str, limit: int, *, safe: bool) -> Encoded[Completions]:
        """Return what a half-typed title may become.

        Raises:
            InvalidInputError: the text is empty.
        """
        return suggestions.completions(self.snapshot, text, limit, safe=safe)


def _check(request: SearchRequest) -> None:
    check_text(request.text)
    if request.cursor is not None and request.offset is not None:
        problem = "give either a cursor or an offset"
        raise InvalidInputError([FieldProblem("cursor", problem), FieldProblem("offset", problem)])


def _found(snapshot: Snapshot, request: SearchRequest) -> _Found:
    """Return what the index finds, with the work first that an episode leads to."""
    named = identified(request.text)
    matches = snapshot.titles.index.search(named.text)
    is_franchise = matches.hits.entries >= snapshot.model.works_total
    franchises = is_franchise.nonzero()[0]
    hits = chosen_hits(matches.hits, ~is_franchise) if len(franchises) else matches.hits
    known = works_of(snapshot.model, named.ids)
    works, episode = with_episode_first(snapshot, matches, identified_first(hits, known))
    return _Found(
        snapshot=snapshot,
        text=named.text,
        matches=matches,
        franchises=franchises,
        works=works,
        episode=episode._replace(by_id=True) if known else episode,
        is_redirected=works is not hits,
        filters=request.filters,
        masks=_masks(snapshot, request.filters, works),
    )


def _masks(snapshot: Snapshot, filters: Filters, works: Hits) -> FilterMasks:
    model, nodes = snapshot.model, works.entries
    is_adult = filters.safe and np.count_nonzero(model.columns.adult[nodes])
    return FilterMasks(model, filters, nodes, exact_titles(model, works) if is_adult else None)


def _refused(found: _Found, best: BestHit | None) -> str | None:
    """Return why a strict search has no answer, or `None` where it has one or found nothing."""
    if found.is_best_hidden:
        return "the best hit is adult and safe is on"
    return None if best is None else why_not_strict(best)


def _read_as(found: _Found, best: BestHit | None) -> QueryInterpretation:
    rivals = rivals_of(found.snapshot, best, found.works)
    return interpretation_of(found.matches, found.works, found.episode, best, rivals)


def _why_none(found: _Found) -> str:
    return why_no_work(found.typed, len(found.works.entries), found.masks.adult_hidden)


def _listed(found: _Found, sort: HitSorting, *, by_franchise: bool) -> _Listed:
    """Return the hits that pass, or the best hit of each group, sorted."""
    works, kept = found.works, found.masks.kept
    places = np.arange(len(works.entries)) if kept is None else np.flatnonzero(kept)
    if not by_franchise:
        return _Listed(_sorted(found, places, sort), None, len(places))
    groups = found.snapshot.titles.groups[works.entries[places]]
    _, first = np.unique(groups, return_index=True)
    first.sort()
    of_place = np.full(len(works.entries), -1, dtype=np.int32)
    of_place[places] = groups
    return _Listed(_sorted(found, places[first], sort), of_place, len(places))


def _sorted(found: _Found, places: Places, sort: HitSorting) -> Places:
    if sort == "match":
        return places
    nodes, snapshot = found.works.entries[places], found.snapshot
    if sort == "popularity":
        key = snapshot.titles.popularity[nodes].astype(np.float64)
    elif sort == "score":
        key = np.nan_to_num(snapshot.model.columns.score[nodes], nan=-1.0)
    else:
        key = snapshot.model.columns.year[nodes].astype(np.float64)
    return places[np.argsort(-key, kind="stable")]


def _results(
    found: _Found, request: SearchRequest, listed: _Listed, part: ListSlice
) -> list[SearchResult]:
    """Return the results of a page, ready to be encoded."""
    serializer = found.serializer(found.works)
    places = listed.places[part.first : part.first + len(part.nodes)]
    results: list[SearchResult] = []
    for place, hit in zip(places.tolist(), serializer.hits(places), strict=True):
        more: dict[str, object] = {}
        if request.explain:
            is_redirected = found.is_redirected and place == 0
            more["explain"] = serializer.explanation(hit, is_redirected=is_redirected)
        if listed.groups is not None:
            number = int(listed.groups[place])
            more["group"] = serializer.group(number, np.flatnonzero(listed.groups == number))
        results.append(serializer.result(hit, request.fields, **more).as_raw())
    return results


def _franchises(found: _Found, request: SearchRequest) -> list[FranchiseHit]:
    if request.strict:
        return []
    places, hits = found.franchises, found.matches.hits
    if not len(places):
        return []
    if request.filters.safe:
        # One by one: a text of few letters finds a thousand, and to look one up takes 3 µs.
        entries = hits.entries[places].tolist()
        shown = (is_franchise_shown(found.snapshot, entry) for entry in entries)
        places = np.fromiter(islice(compress(places, shown), _MOST_FRANCHISES), dtype=np.intp)
    serializer = found.serializer(hits)
    return [serializer.franchise(hit) for hit in serializer.hits(places[:_MOST_FRANCHISES])]


def _suggestions(found: _Found, *, safe: bool) -> list[Suggestion]:
    """Return the nearest titles that may be shown: what filters left out, then what is no hit."""
    serializer = found.serializer(concatenated(found.works, found.matches.near_misses))
    hits = serializer.hits(np.arange(min(len(serializer), _SUGGESTED_FROM)))
    shown = [hit for hit in hits if _may_be_shown(found.snapshot.model, hit, safe=safe)]
    return [serializer.suggestion(hit) for hit in shown[:_MOST_SUGGESTIONS]]


def _may_be_shown(model: ReadModel, hit: Hit, *, safe: bool) -> bool:
    return hit.entry < model.works_total and not (safe and model.columns.adult[hit.entry])
