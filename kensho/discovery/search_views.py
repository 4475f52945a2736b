"""The documents of a search: results, facets, how the query was read, and why a title is a hit.

A result is the ready summary of its work with further members. A member with a default is left out
of the JSON where it has no meaning.
"""

from typing import Literal, TypeAlias
from uuid import UUID

import msgspec

from kensho.discovery.confidence import Match
from kensho.domain.works import AnimeType, Season, WorkKind
from kensho.read_model.views import FranchiseRef, Summary
from kensho.search.interpretations import Via
from kensho.search.name_marks import Extra
from kensho.search.release_names import ReleaseName

Fold: TypeAlias = Literal[
    "width",
    "case",
    "diacritics",
    "script",
    "han_variants",
    "punctuation",
    "spacing",
    "long_vowels",
    "season_marker",
]
Spans: TypeAlias = list[tuple[int, int]]
"""Ranges of code points of the matched title: first included, end not."""


class ScorePart(msgspec.Struct, frozen=True):
    """A piece of evidence and what it adds to the score."""

    name: str
    value: float


class Explanation(msgspec.Struct, frozen=True):
    """Why a title scores what it scores; the parts add up to the score.

    `folds` are the differences between what was typed and the title that were overlooked; `edits`
    counts the letters to change, insert, leave out or swap from one to the other.
    """

    via: Via
    matched_title: str
    folds: list[Fold]
    edits: int
    parts: list[ScorePart]
    score: float


class FoundTitle(msgspec.Struct, frozen=True, kw_only=True):
    """A hit in brief."""

    id: UUID
    title: str
    matched_title: str
    score: float


class SearchGroup(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The hits of one franchise: how many works, and the best after the first; or a work alone."""

    works: int
    more: list[FoundTitle]
    franchise: FranchiseRef | None = None


class SearchResult(Summary, frozen=True, kw_only=True, omit_defaults=True):
    """A work that the query may mean, best first; score 0..1.

    Year and season are null where they are not known.
    """

    kind: WorkKind
    year: int | None
    season: Season | None
    matched_title: str
    score: float
    highlights: Spans
    franchise: FranchiseRef | None = None
    explain: Explanation | None = None
    group: SearchGroup | None = None


class FranchiseHit(msgspec.Struct, frozen=True, kw_only=True):
    """A franchise that the query may mean, and how many works belong to it."""

    slug: str
    title: str
    matched_title: str
    works: int
    score: float
    highlights: Spans


class HiddenCounts(msgspec.Struct, frozen=True, omit_defaults=True):
    """Hits that are left out because `safe` is on; `best` tells that the best is one of them."""

    adult: int
    best: bool = False


class TagFacet(msgspec.Struct, frozen=True):
    """A tag, and how many hits have it."""

    name: str
    count: int


class Facets(msgspec.Struct, frozen=True):
    """How many hits there are of each value, under all filters but the facet's own.

    A year or season that is not known is not counted.
    """

    type: dict[str, int]
    status: dict[str, int]
    season: dict[str, int]
    year: dict[str, int]
    tag: list[TagFacet]


class RedirectedEpisode(msgspec.Struct, frozen=True):
    """Where an episode really is that was asked for by its number in another work.

    `inferred` tells that no catalogue says so: the number was counted on along the sequels.
    """

    from_id: UUID
    from_episode: int
    id: UUID
    episode: int
    inferred: bool = False


class Rival(FoundTitle, frozen=True, kw_only=True, omit_defaults=True):
    """Another work with the title that was read, which nothing in the text tells from the best."""

    year: int | None = None
    type: AnimeType | None = None


class QueryInterpretation(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the query was understood where the best hit was found.

    `beyond` tells that the work has no such episode, nor any that continues it; `extra` that an
    opening, a trailer or the like was meant. `match` says how the text led to the best hit: by an
    id, an equal title, the title of a series and a season of it, an episode's number, the beginning
    of a title or of a word in it, or likeness. `explained` is the share of the text, 0..1, that is
    title, mark or known noise; `ambiguous` are works that may be meant as well.
    """

    via: Via
    text: str
    season: int | None = None
    final: bool = False
    part: int | None = None
    year: int | None = None
    type: AnimeType | None = None
    episode: int | None = None
    extra: Extra | None = None
    release: ReleaseName | None = None
    redirected: RedirectedEpisode | None = None
    beyond: bool = False
    match: Match | None = None
    explained: float = 0.0
    ambiguous: list[Rival] = []


class Suggestion(FoundTitle, frozen=True, kw_only=True):
    """A title near the query, of a work of this kind."""

    kind: WorkKind


class SearchPage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A page of hits; totals and facets count all pages.

    `total` counts works, or groups where they are grouped; then `total_works` counts works.
    `suggestions` and `reason` are there when `total` is 0, `facets` unless they were refused.
    `confidence` is the probability, 0..1, that the best hit is the work that was meant; 0 where
    there is none.
    """

    results: list[SearchResult]
    franchises: list[FranchiseHit]
    total: int
    hidden: HiddenCounts
    read_as: QueryInterpretation
    confidence: float
    next_cursor: str | None
    facets: Facets | None = None
    total_works: int | None = None
    suggestions: list[Suggestion] | None = None
    reason: str | None = None


class ItemError(msgspec.Struct, frozen=True):
    """Why one of many texts was not searched for."""

    field: str
    message: str


class SearchAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to one of many texts: what `/api/search` answers to it, or why there is none."""

    found: SearchPage | None = None
    error: ItemError | None = None


class SearchAnswers(msgspec.Struct, frozen=True):
    """The answers to many texts, one each, in their order."""

    answers: list[SearchAnswer]


class Completion(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a half-typed query may become: a work by its id, or a franchise by its slug."""

    id: UUID | None = None
    slug: str | None = None
    title: str
    matched_title: str
    kind: Literal["anime", "movie", "franchise"]
    highlights: Spans


class Completions(msgspec.Struct, frozen=True):
    """What a half-typed query may become: titles that begin with it first, then best first."""

    suggestions: list[Completion]
