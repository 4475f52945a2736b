"""Acts of curators: what a person states of works and franchises, with author, time and reason.

An act is one statement. It is kept for good: a later act that says otherwise overrules it, an act
of undoing takes it back, and either is an act itself. Works are named by source ids (`"mal:20"`),
as in the records of all other sources, so an act means the same whatever else is in the graph.

Statements of facts have a rank, as on Wikidata: of several values the preferred ones count, else
the normal ones; what is deprecated never counts, whoever states it.
"""

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Final, Literal, TypeAlias, cast

import msgspec
from msgspec import Meta

from kensho.domain import ids
from kensho.domain.relations import Kind
from kensho.domain.works import (
    MIN_YEAR,
    AnimeType,
    Count,
    Fraction,
    Season,
    Status,
    TagCategory,
    TagName,
    TenScore,
    TitleKind,
    TitleText,
    WorkKind,
)
from kensho.errors import FieldProblem, InvalidInputError

ActSourceId: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z][a-z-]*:[^\s:]{1,200}$")]
ActReason: TypeAlias = Annotated[str, Meta(min_length=3, max_length=1000, pattern=r"\S{2}")]
Author: TypeAlias = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"^\S(.*\S)?$")]
PageUrl: TypeAlias = Annotated[
    str, Meta(max_length=2000, pattern=r"^https?://[^\s\x00-\x1f\x7f]+$")
]
Rank: TypeAlias = Literal["preferred", "normal", "deprecated"]
ManyWorks: TypeAlias = Annotated[tuple[ActSourceId, ...], Meta(min_length=2, max_length=200)]
SomeWorks: TypeAlias = Annotated[tuple[ActSourceId, ...], Meta(min_length=1, max_length=200)]
FactField: TypeAlias = Literal[
    "anime_type",
    "episode_count",
    "status",
    "year",
    "season",
    "start_date",
    "end_date",
    "duration_s",
    "poster_url",
    "synopsis",
    "score",
    "studios",
    "producers",
    "adult",
]
FactValue: TypeAlias = str | int | float | bool | tuple[str, ...]

_Text: TypeAlias = Annotated[str, Meta(min_length=1, max_length=10_000)]
_Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
FACT_TYPES: Final[dict[FactField, Any]] = {
    "anime_type": AnimeType,
    "episode_count": Count,
    "status": Status,
    "year": Annotated[int, Meta(ge=MIN_YEAR)],
    "season": Season,
    "start_date": dt.date,
    "end_date": dt.date,
    "duration_s": Count,
    "poster_url": PageUrl,
    "synopsis": _Text,
    "score": TenScore,
    "studios": tuple[_Name, ...],
    "producers": tuple[_Name, ...],
    "adult": bool,
}
"""The type of each fact that can be stated, as records hold it."""
_LISTS: Final = frozenset(("studios", "producers"))
_DATED: Final = frozenset(("year", "start_date", "end_date"))
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
ACT_KEY: Final = "act:"
"""What the keys of kept records of acts begin with; the id of the act follows."""


class _Form(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag_field="act",
):
    """What all statements have in common."""


class FactStatement(_Form, frozen=True, kw_only=True, tag="fact"):
    """A fact of a work has this value; in rank `deprecated`, it has not."""

    work: ActSourceId
    field: FactField
    value: FactValue
    rank: Rank = "normal"


class TitleStatement(_Form, frozen=True, kw_only=True, tag="title"):
    """A work bears this title; a preferred one is what it is called, a deprecated one is none."""

    work: ActSourceId
    text: TitleText
    language: Annotated[str, Meta(max_length=35)] | None = None
    kind: TitleKind = "official"
    rank: Rank = "normal"


class TagStatement(_Form, frozen=True, kw_only=True, tag="tag"):
    """A work bears this tag, by its folded name; a deprecated one it does not."""

    work: ActSourceId
    name: TagName
    relevance: Fraction = 1.0
    category: TagCategory | None = None
    rank: Rank = "normal"


class IdStatement(_Form, frozen=True, kw_only=True, tag="id"):
    """A provider's page is about this work; a deprecated id is not.

    `beside` are the ids that the work had when its id was deprecated, which tell the two apart.
    """

    work: ActSourceId
    id: ActSourceId
    rank: Rank = "normal"
    beside: tuple[ActSourceId, ...] = ()


class MappingStatement(_Form, frozen=True, kw_only=True, tag="mapping"):
    """An id that covers several works or some episodes covers these episodes of this one."""

    work: ActSourceId
    id: ActSourceId
    season: int | None = None
    first: int | None = None
    last: int | None = None
    offset: int | None = None
    rank: Rank = "normal"


class EpisodeStatement(_Form, frozen=True, kw_only=True, tag="episode"):
    """Facts of one episode; a deprecated one is no episode of the work."""

    work: ActSourceId
    number: Annotated[int, Meta(ge=1, le=100_000)]
    title: TitleText | None = None
    language: Annotated[str, Meta(max_length=35)] | None = None
    air_date: dt.date | None = None
    duration_s: Count | None = None
    filler: bool | None = None
    canon: Literal["canon", "mixed", "filler"] | None = None
    recap: bool | None = None
    rank: Rank = "normal"


class RelationStatement(_Form, frozen=True, kw_only=True, tag="relation"):
    """`other` is the `kind` of `work`; denied, it is not, and not `related` denies every kind."""

    work: ActSourceId
    kind: Kind
    other: ActSourceId
    denied: bool = False


class SameWorkStatement(_Form, frozen=True, kw_only=True, tag="same"):
    """Two records of the graph are one work; denied, they are two."""

    work: ActSourceId
    other: ActSourceId
    denied: bool = False


class NewWork(_Form, frozen=True, kw_only=True, tag="work"):
    """A work that no source lists, named by the ids of its pages; what else is known of it."""

    ids: SomeWorks
    title: TitleText
    kind: WorkKind = "anime"
    language: Annotated[str, Meta(max_length=35)] | None = None
    anime_type: AnimeType | None = None
    year: Annotated[int, Meta(ge=MIN_YEAR)] | None = None
    start_date: dt.date | None = None
    episode_count: Count | None = None


class FranchiseMove(_Form, frozen=True, kw_only=True, tag="move"):
    """Works are of the franchise of `to`, and not of that of `away_from`."""

    works: SomeWorks
    to: ActSourceId
    away_from: tuple[ActSourceId, ...] = ()


class FranchiseJoin(_Form, frozen=True, kw_only=True, tag="join"):
    """The franchises of these works are one."""

    works: ManyWorks


class FranchiseSplit(_Form, frozen=True, kw_only=True, tag="split"):
    """Each of `works` is of another franchise than each of `others`."""

    works: SomeWorks
    others: SomeWorks


class FranchiseRename(_Form, frozen=True, kw_only=True, tag="rename"):
    """What the franchise of `work` is called; `members` were its works when that was said."""

    work: ActSourceId
    title: TitleText
    members: tuple[ActSourceId, ...] = ()


class StoryOrder(_Form, frozen=True, kw_only=True, tag="order"):
    """Works in the order in which their story runs."""

    works: ManyWorks


class Undoing(_Form, frozen=True, kw_only=True, tag="undo"):
    """An earlier act, named by its id, is taken back; `works` are those that it names."""

    of: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$")]
    works: tuple[ActSourceId, ...] = ()


CuratorStatement: TypeAlias = (
    FactStatement
    | TitleStatement
    | TagStatement
    | IdStatement
    | MappingStatement
    | EpisodeStatement
    | RelationStatement
    | SameWorkStatement
    | NewWork
    | FranchiseMove
    | FranchiseJoin
    | FranchiseSplit
    | FranchiseRename
    | StoryOrder
    | Undoing
)
RankedStatement: TypeAlias = (
    FactStatement
    | TitleStatement
    | TagStatement
    | IdStatement
    | MappingStatement
    | EpisodeStatement
)


class CuratorAct(msgspec.Struct, frozen=True, omit_defaults=True):
    """An act as it is kept: what is stated, by whom, when (ISO 8601, UTC), why, on what page.

    Ids sort by time. `undone_by` and `overruled_by` name the acts because of which it does not
    count any more; neither is part of what the curator said, and both follow from all acts.
    """

    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$")]
    at: str
    author: Author
    reason: ActReason
    says: CuratorStatement
    source: PageUrl | None = None
    undone_by: str | None = None
    overruled_by: str | None = None

    @property
    def stands(self) -> bool:
        """Tell whether the act counts."""
        return self.undone_by is None and self.overruled_by is None

    @property
    def key(self) -> str:
        """The key of its kept record."""
        return ACT_KEY + self.id


def works_named(says: CuratorStatement) -> tuple[str, ...]:
    """Return the source ids of works that a statement names, each once, the first its subject."""
    found: list[str] = []
    for field in ("work", "other", "works", "to", "away_from", "others"):
        value = getattr(says, field, ())
        found += (value,) if isinstance(value, str) else value
    if isinstance(says, NewWork):
        found += says.ids
    return tuple(dict.fromkeys(found))


def problems_of_statement(says: CuratorStatement, latest: int) -> list[FieldProblem]:
    """Return what is wrong with a statement beyond its form; `latest` is the last year believed."""
    found = [*_id_problems(says), *_pair_problems(says)]
    for name in ("works", "others"):
        given: Sequence[str] = getattr(says, name, ())
        twice = sorted({work for work in given if given.count(work) > 1})
        found += [FieldProblem(name, f"{one!r} stands twice in this list") for one in twice]
    if isinstance(says, FactStatement):
        found += _fact_problems(says, latest)
    if isinstance(says, NewWork):
        found += _year_problems("year", says.year, latest)
    for name, text in _texts(says):
        if text != text.strip() or _CONTROL.search(text) or (name != "value" and "\n" in text):
            found.append(FieldProblem(name, f"{text[:80]!r} is no clean line of text"))
    return found


def _id_problems(says: CuratorStatement) -> list[FieldProblem]:
    named = [*works_named(says)]
    if isinstance(says, IdStatement | MappingStatement):
        named.append(says.id)
    return [
        FieldProblem("work", f"{one!r}: no known provider has such an id")
        for one in dict.fromkeys(named)
        if ids.parse(one) != one
    ]


def _pair_problems(says: CuratorStatement) -> list[FieldProblem]:
    if isinstance(says, RelationStatement | SameWorkStatement) and says.work == says.other:
        return [FieldProblem("other", f"{says.other!r}: is the same as the work itself")]
    if isinstance(says, FranchiseSplit):
        both = sorted({*says.works} & {*says.others})
        return [FieldProblem("others", f"{one!r} can't be cut from itself") for one in both]
    return []


def typed_value(says: FactStatement) -> Any:
    """Return the value of a fact as records hold it.

    Raises:
        InvalidInputError: it is no value of the field.
    """
    value: object = says.value
    if says.field in _LISTS and isinstance(value, str):
        value = [part.strip() for part in value.split(",") if part.strip()]
    try:
        return msgspec.convert(value, FACT_TYPES[says.field], strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInputError.of(
            "value", f"{says.value!r} is no {says.field}: {error}"
        ) from error


def canonical_value(says: FactStatement) -> object:
    """Return the value in one form for all spellings of it, to be compared."""
    return cast("object", msgspec.to_builtins(typed_value(says)))


def _fact_problems(says: FactStatement, latest: int) -> list[FieldProblem]:
    try:
        value = typed_value(says)
    except InvalidInputError as error:
        return list(error.problems)
    if says.field in _DATED:
        year = value if isinstance(value, int) else value.year
        return _year_problems("value", year, latest)
    return []


def _year_problems(field: str, year: int | None, latest: int) -> list[FieldProblem]:
    if year is None or MIN_YEAR <= year <= latest:
        return []
    return [FieldProblem(field, f"{year} lies outside of {MIN_YEAR}..{latest}")]


def _texts(says: CuratorStatement) -> Iterable[tuple[str, str]]:
    for name in ("text", "title", "name", "value"):
        value = getattr(says, name, None)
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, tuple):
            yield from ((name, one) for one in value)
