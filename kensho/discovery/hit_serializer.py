"""Hits as the documents of a search: the ready summary of a work, with what a search adds to it.

Performance: 5 µs for a hit, of which 3 are its highlights.
"""

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from kensho.discovery import explanations
from kensho.discovery.field_selection import Fields, selected
from kensho.discovery.related_works import id_of, summary_of, title_in, title_of
from kensho.discovery.search_views import (
    Completion,
    Explanation,
    FoundTitle,
    FranchiseHit,
    SearchGroup,
    SearchResult,
    Spans,
    Suggestion,
)
from kensho.discovery.works import dated, listed_work
from kensho.read_model.encoded import Encoded
from kensho.read_model.holder import Snapshot
from kensho.read_model.views import FranchiseRef
from kensho.search.highlights import highlights
from kensho.search.index import Hits
from kensho.search.interpretations import Interpretation

_PLACES: Final = 4
MOST_FURTHER: Final = 5


class Hit(NamedTuple):
    """A hit to be shown; a work that an episode leads to may have no row."""

    entry: int
    score: float
    row: int
    reading: Interpretation


class HitSerializer:
    """Makes documents of the hits of one search in one snapshot."""

    def __init__(
        self, snapshot: Snapshot, interpretations: tuple[Interpretation, ...], hits: Hits
    ) -> None:
        self._model, self._titles = snapshot.model, snapshot.titles
        self._interpretations = interpretations
        self._hits = hits
        self._highlights: dict[tuple[str, str], Spans] = {}

    def __len__(self) -> int:
        """Return how many hits there are."""
        return len(self._hits.entries)

    def hits(self, places: npt.NDArray[np.intp]) -> list[Hit]:
        """Return the hits at these places of the list."""
        chosen = chosen_hits(self._hits, places)
        return [
            Hit(entry, score, row, self._interpretations[number])
            for entry, score, row, number in zip(
                chosen.entries.tolist(),
                chosen.scores.tolist(),
                chosen.rows.tolist(),
                chosen.interpretations.tolist(),
                strict=True,
            )
        ]

    def matched_title(self, hit: Hit) -> str:
        """Return the title by which a hit was found; its own where it was not found by one."""
        if hit.row < 0:
            return title_of(self._model, hit.entry)
        return self._titles.index.title(hit.row, hit.reading)

    def result(
        self, hit: Hit, fields: Fields | None = None, **more: object
    ) -> Encoded[SearchResult]:
        """Return a work that was found, with `more` members, or only `fields` of all it has."""
        title = self.matched_title(hit)
        members = dated(self._model, hit.entry)
        members["matched_title"] = title
        members["score"] = round(hit.score, _PLACES)
        members["highlights"] = self._marked(title, hit.reading) if hit.row >= 0 else []
        franchise = self._franchise_of(self._titles.group(hit.entry))
        if franchise is not None:
            members["franchise"] = franchise
        listed = listed_work(self._model, hit.entry, fields)
        return selected(listed.extended(SearchResult, **members, **more), fields)

    def explanation(self, hit: Hit, *, is_redirected: bool) -> Explanation:
        """Return why a work is a hit."""
        title = self.matched_title(hit)
        if is_redirected:
            return explanations.redirected(hit.reading, title, hit.score)
        evidence = self._titles.index.evidence(hit.reading, hit.row)
        return explanations.explained(
            self._model, hit.entry, hit.reading, title, evidence, hit.score
        )

    def suggestion(self, hit: Hit) -> Suggestion:
        """Return a work as a title near the query."""
        summary = summary_of(self._model, hit.entry)
        return Suggestion(
            id=id_of(summary).as_raw(),
            title=title_in(summary),
            matched_title=self.matched_title(hit),
            score=round(hit.score, _PLACES),
            kind=self._model.kind(hit.entry),
        )

    def group(self, number: int, places: npt.NDArray[np.intp]) -> SearchGroup:
        """Return a group, whose hits are at these places of the list."""
        further = self.hits(places[1 : 1 + MOST_FURTHER])
        return SearchGroup(
            works=len(places),
            more=[self._found_title(hit) for hit in further],
            franchise=self._franchise_of(number),
        )

    def franchise(self, hit: Hit) -> FranchiseHit:
        """Return a franchise that was found."""
        name = self._titles.franchise(hit.entry)
        title = self.matched_title(hit)
        return FranchiseHit(
            slug=name.slug,
            title=name.title,
            matched_title=title,
            works=name.works,
            score=round(hit.score, _PLACES),
            highlights=highlights(title, hit.reading.key),
        )

    def completion(self, hit: Hit) -> Completion:
        """Return a work or a franchise as what a half-typed query may become."""
        title = self.matched_title(hit)
        spans = self._marked(title, hit.reading)
        if hit.entry < self._model.works_total:
            summary = summary_of(self._model, hit.entry)
            return Completion(
                id=id_of(summary).as_raw(),
                title=title_in(summary),
                matched_title=title,
                kind=self._model.kind(hit.entry),
                highlights=spans,
            )
        name = self._titles.franchise(hit.entry)
        return Completion(
            slug=name.slug,
            title=name.title,
            matched_title=title,
            kind="franchise",
            highlights=spans,
        )

    def _found_title(self, hit: Hit) -> FoundTitle:
        summary = summary_of(self._model, hit.entry)
        return FoundTitle(
            id=id_of(summary).as_raw(),
            title=title_in(summary),
            matched_title=self.matched_title(hit),
            score=round(hit.score, _PLACES),
        )

    def _franchise_of(self, group: int) -> FranchiseRef | None:
        franchise = self._titles.group_franchise(group)
        return None if franchise is None else FranchiseRef(franchise.slug, franchise.title)

    def _marked(self, title: str, reading: Interpretation) -> Spans:
        """Return the highlights of a title; works of one story often share it."""
        key = title, reading.text
        known = self._highlights.get(key)
        if known is None:
            known = self._highlights[key] = highlights(title, reading.key)
        return known


def chosen_hits(hits: Hits, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.intp]) -> Hits:
    """Return the chosen hits, in order."""
    entries, scores, rows, readings = hits
    return Hits(entries[chosen], scores[chosen], rows[chosen], readings[chosen])


def concatenated(first: Hits, then: Hits) -> Hits:
    """Return the hits of both, in order."""
    return Hits(
        np.concatenate((first.entries, then.entries)),
        np.concatenate((first.scores, then.scores)),
        np.concatenate((first.rows, then.rows)),
        np.concatenate((first.interpretations, then.interpretations)),
    )
