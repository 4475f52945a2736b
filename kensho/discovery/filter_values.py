"""Reads the filters of a request, given as texts, into `Filters`.

Guarantees: words are taken in any case and several by commas; a word, tag or studio that there is
not is an error that names the field, the value, and what is known or nearest.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, cast

import msgspec
from rapidfuzz import fuzz, process

from kensho.discovery.filters import (
    Filters,
    InFranchise,
    Length,
    studio_numbers,
    tag_number,
)
from kensho.domain.works import SEASONS, AnimeType, Season, Status, WorkKind
from kensho.errors import FieldProblem, InvalidInputError
from kensho.read_model.columns import ANIME_TYPES, STATUSES
from kensho.read_model.model import ReadModel

_NEAREST: Final = 3
_NEAR_FROM: Final = 60.0
"""rapidfuzz's ratio of 0..100: "advnture" is 94 near "adventure", and "zzz" 0 near any tag."""
_SHOWN_CHARS: Final = 80
_MOST_TOLD: Final = 5
"""Problems of one list that are told: thousands would make a large answer of a small request."""


class FilterTexts(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of a request as they were given; `type` and `status` may be several words.

    Of the tags of a tuple, works bear all.
    """

    kind: WorkKind | None = None
    type: str | None = None
    status: str | None = None
    season: str | None = None
    year: int | None = None
    since: int | None = None
    until: int | None = None
    score: int | None = None
    length: Length | None = None
    franchise: InFranchise | None = None
    tag: str | tuple[str, ...] | None = None
    studio: str | None = None
    safe: bool


def filters_of(model: ReadModel, texts: FilterTexts) -> Filters:
    """Return the filters that the texts name, in one spelling each.

    Raises:
        InvalidInputError: a word is not known, or there is no such tag or studio; names each.
    """
    problems: list[FieldProblem] = []
    types = _words("type", texts.type, ANIME_TYPES, problems)
    statuses = _words("status", texts.status, STATUSES, problems)
    season = None if texts.season is None else _season(texts.season, problems)
    problems += (
        FieldProblem("tag", unknown("tag", tag, model.tag_names))
        for tag in ((texts.tag,) if isinstance(texts.tag, str) else texts.tag or ())[:_MOST_TOLD]
        if tag_number(model, tag) is None
    )
    if texts.studio is not None and not studio_numbers(model, texts.studio):
        problems.append(FieldProblem("studio", unknown("studio", texts.studio, model.studios)))
    if problems:
        raise InvalidInputError(problems)
    return Filters(
        type=cast("tuple[AnimeType, ...] | None", types),
        status=cast("tuple[Status, ...] | None", statuses),
        season=season,
        kind=texts.kind,
        year=texts.year,
        since=texts.since,
        until=texts.until,
        score=texts.score,
        length=texts.length,
        franchise=texts.franchise,
        tag=texts.tag,
        studio=texts.studio,
        safe=texts.safe,
    )


def season_named(text: str) -> Season:
    """Return the season of this name, in any case.

    Raises:
        InvalidInputError: there is none.
    """
    problems: list[FieldProblem] = []
    season = _season(text, problems)
    if season is None:
        raise InvalidInputError(problems)
    return season


def unknown(what: str, text: str, known: Sequence[str]) -> str:
    """Return that there is no tag or studio of this name, and which names are nearest."""
    found: Iterable[Any] = process.extract(
        text[:_SHOWN_CHARS].casefold(),
        known,
        scorer=fuzz.ratio,
        processor=str.casefold,
        limit=_NEAREST,
        score_cutoff=_NEAR_FROM,
    )
    names = ", ".join(str(name) for name, *_ in found)
    said = f"there is no {what} {text[:_SHOWN_CHARS]!r}"
    return f"{said}; nearest are {names}" if names else said


def _words(
    field: str, text: str | None, known: Sequence[str], problems: list[FieldProblem]
) -> tuple[str, ...] | None:
    """Return the words of a list, each once, in the order of `known`; note those not known."""
    if text is None:
        return None
    given = dict.fromkeys(word.strip().lower() for word in text.split(","))
    problems += (
        FieldProblem(field, f"{word[:_SHOWN_CHARS]!r} is not one of {', '.join(known)}")
        for word in [word for word in given if word not in known][:_MOST_TOLD]
    )
    return tuple(word for word in known if word in given)


def _season(text: str, problems: list[FieldProblem]) -> Season | None:
    """Return the season of this name, in any case; note a name that is none."""
    name = text.strip().lower()
    for season in SEASONS:
        if season == name:
            return season
    known = ", ".join(SEASONS)
    problems.append(FieldProblem("season", f"{text[:_SHOWN_CHARS]!r} is not one of {known}"))
    return None
