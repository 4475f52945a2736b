"""Why a step of a watch order stands where it does, in words: "continues Fate/Zero, says AniList".

Guarantees: the words complete "this work …" and say no more than is known: a date stands in the
precision in which it is known, an inferred relation is told as such. Titles stand as in
`sentences`.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from kensho.domain.relations import Method, RelationKind
from kensho.domain.watch_order.order import Rule
from kensho.domain.works import Season
from kensho.read_model.sentences import PHRASES, cited

SOURCE_NAMES: Final[Mapping[str, str]] = {
    "anidb-titles": "AniDB",
    "anifillerpedia": "Anifillerpedia",
    "anilist": "AniList",
    "anilist-recommendations": "AniList's viewers",
    "anime-films": "the anime films catalogue",
    "anime-lists": "Anime-Lists",
    "anime-relations": "Taiga's anime-relations",
    "aodb": "anime-offline-database",
    "bangumi": "bangumi-data",
    "dead-entries": "anime-offline-database",
    "imdb-basics": "IMDb",
    "imdb-franchises": "IMDb",
    "imdb-ratings": "IMDb",
    "jikan": "MyAnimeList",
    "kensho-episodes": "the curators",
    "kensho-films": "the curators",
    "kensho-relations": "the curators",
    "kensho-works": "Kenshō's catalogue",
    "kometa": "Kometa",
    "mal-episodes": "MyAnimeList",
    "tmdb-collections": "TMDB",
}
"""What sources are called in a sentence, by the names under which assertions state them."""

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_FIXED: Final[Mapping[Rule, str]] = {
    "season": "came out together with the step before; its title counts a later season or part",
    "number": "came out together with the step before; by number, form and title",
    "undated": "nobody says when it came out",
    "apart": "begins another line of the story",
    "after": "goes with what comes before",
    "before": "leads up to what comes after",
    "curated": "stands where the curators put it",
}
_CURATORS: Final = "the curators"
_YEAR, _MONTH = 1, 2


class Speaker(msgspec.Struct, frozen=True):
    """Who says a relation: by which method, and the sources by the names of `SOURCE_NAMES`."""

    method: Method
    sources: tuple[str, ...] = ()


def placed(rule: Rule) -> str:
    """Return the words for a rule that went by no relation and no date."""
    return _FIXED.get(rule, _FIXED["undated"])


def released(date: str | None, year: int | None, season: Season | None) -> str:
    """Return when a work came out, as exactly as is known; `date` is of YYYY-MM-DD what is known.

    A work of which a year and season are known has no month.
    """
    if date is None:
        if year is None:
            return _FIXED["undated"]
        return f"released in {season} {year}" if season else f"released in {year}"
    parts = date.split("-")
    if len(parts) == _YEAR:
        return f"released in {season} {date}" if season else f"released in {date}"
    month = f"{_MONTHS[int(parts[1]) - 1]} {parts[0]}"
    return (
        f"released in {month}" if len(parts) == _MONTH else f"released on {int(parts[2])} {month}"
    )


def follows(kind: RelationKind, title: str, voice: Speaker) -> str:
    """Return why a work comes after the one of this title: it is its `kind`."""
    other = cited(title)
    if kind == "joined":
        return f"{_joiners(voice)} with {other}"
    does = f"continues {other}" if kind == "sequel" else f"is {PHRASES[kind]} {other}"
    return does + _said(voice)


def leads_to(title: str, voice: Speaker) -> str:
    """Return why a work comes before the one of this title, which continues it."""
    return f"leads up to {cited(title)}{_said(voice)}"


def decided(title: str, reason: str, *, is_before: bool) -> str:
    """Return that curators put a work after, or before, the one of this title, and their reason."""
    place = "leads up to" if is_before else "comes after"
    return f"{place} {cited(title)}, {_CURATORS} say: {reason}"


def _joiners(voice: Speaker) -> str:
    return "the curators put it" if voice.method == "curated" else "stands in a collection"


def _said(voice: Speaker) -> str:
    if voice.method == "inferred":
        return ", as Kenshō infers"
    named = list(dict.fromkeys(SOURCE_NAMES.get(name, name) for name in voice.sources))
    if voice.method == "curated":
        named = [_CURATORS]
    if not named:
        return ""
    verb = "says" if len(named) == 1 and named != [_CURATORS] else "say"
    return f", {verb} {_listed(named)}"


def _listed(names: Sequence[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
