"""The English text of documents: paths as sentences, and the reasons of watch orders.

The domain gives reasons as data (kinds, works, sources, dates, rules); all words that leave it are
written here, so that they can be changed or translated in one place.

A path reads "A is the prequel of B, an alternative version of C.": each part after a comma tells
what the work named just before it is of the work named next. A reason of a step completes "this
work …": "continues Fate/Zero, says AniList".

Guarantees: no more is said than is known: a date stands in the precision in which it is known, an
inferred relation is told as such. Titles stand as they are; one that could be taken for a part of
the sentence (it has a comma, a quotation mark or the word "is") is put between quotation marks.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

import msgspec

from kensho.domain.relations import KIND_FACTS, Method, RelationKind, inverse
from kensho.domain.watch_order.order import Rule
from kensho.domain.works import Role, Season

PHRASES: Final[Mapping[RelationKind, str]] = {
    "sequel": "the sequel of",
    "prequel": "the prequel of",
    "side_story": "a side story of",
    "parent_story": "the parent story of",
    "summary": "a summary of",
    "full_story": "the full story summarised in",
    "spin_off": "a spin-off of",
    "spun_off_from": "the origin of the spin-off",
    "alternative_version": "an alternative version of",
    "alternative_setting": "a story in an alternative setting to",
    "same_setting": "a story in the same setting as",
    "adaptation": "an adaptation of",
    "source": "the source of the adaptation",
    "compilation": "a compilation from",
    "contains": "a work contained in the compilation",
    "character": "a work sharing characters with",
    "crossover": "a work crossing over with",
    "music_video": "a music video for",
    "promotes": "the work promoted by the music video",
    "other": "a work connected in some other way with",
    "related": "related to",
    "joined": "a work collected together with",
    "same_work": "another record of",
}
"""What a work is, by its kind, before the title of the work that it is that of."""

_MISREAD: Final = re.compile(r"[,“”]|\bis\b", re.IGNORECASE)


def sentence(titles: Sequence[str], kinds: Sequence[RelationKind]) -> str:
    """Return the path through the works of these titles as a sentence.

    `titles[i + 1]` is the `kinds[i]` of `titles[i]`, as an edge is walked: read from the side of
    the first work, the sentence says what that work is of the next. A path of no edges is no
    sentence: there are at least two titles.
    """
    if len(kinds) != len(titles) - 1 or not kinds:
        raise ValueError(f"{len(kinds)} edges do not join {len(titles)} works")
    steps = zip(pairwise(map(cited, titles)), kinds, strict=True)
    parts = [f"{PHRASES[inverse(kind)]} {after}" for (_, after), kind in steps]
    return f"{cited(titles[0])} is {', '.join(parts)}."


def cited(title: str) -> str:
    """Return a title as it stands in a sentence."""
    return f"“{title}”" if _MISREAD.search(title) else title


# Reasons of members.

_LISTED: Final[Mapping[Role, str]] = {
    "main": "another series",
    "film": "a film",
    "side": "an extra",
    "spin_off": "a spin-off",
    "summary": "a recap",
    "alternative": "another telling",
    "crossover": "a meeting with another franchise",
    "music": "a song",
    "promotion": "a promotion",
}
"""What a member is by its role, where no source says of what kind its relation is."""


def belonging(role: Role, kind: RelationKind, title: str) -> str:
    """Return in one line why a work is a member: what it is to the fellow of this title."""
    if KIND_FACTS[kind].vague:
        return f"{_LISTED[role]} listed with {cited(title)}"
    return f"{PHRASES[kind]} {cited(title)}"


# Reasons of watch orders.

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
    "curator": "the curators",
    "curator-works": "the curators",
    "dead-entries": "anime-offline-database",
    "imdb-basics": "IMDb",
    "imdb-franchises": "IMDb",
    "imdb-ratings": "IMDb",
    "jikan": "MyAnimeList",
    "kensho-curation": "the curators",
    "kensho-episodes": "the curators",
    "kensho-films": "the curators",
    "kensho-relations": "the curators",
    "kensho-works": "Kenshō's catalogue",
    "kitsu": "Kitsu",
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
    "season": "came out together with the step before; its title counts a later season",
    "number": "came out together with the step before; by form, part, number and title",
    "undated": "nobody says when it came out",
    "apart": "begins another line",
    "after": "goes with what comes before",
    "before": "leads up to what comes after",
    "curated": "stands where the curators put it",
}
_CURATORS: Final = "the curators"
_YEAR, _MONTH = 1, 2


class Speaker(msgspec.Struct, frozen=True):
    """Who states a relation: by which method, and the sources by the names of `SOURCE_NAMES`."""

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


def decided(title: str, *, is_before: bool) -> str:
    """Return that curators put a work after, or before, the one of this title."""
    place = "leads up to" if is_before else "comes after"
    return f"{place} {cited(title)} in the chronology of {_CURATORS}"


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


def set_aside_for_parent() -> str:
    """Return why a side story does not wait for a parent that came out later than another."""
    return "another parent came out earlier than this one"


def set_aside_for_release() -> str:
    """Return why an order by release does not keep a relation."""
    return "the essential goes by release, and what this puts later came out earlier"


def set_aside_for_curators() -> str:
    """Return that curators say the opposite of a relation."""
    return f"{_CURATORS} say the opposite"


def set_aside_for_surer(relations: Iterable[tuple[str, RelationKind, str]]) -> str:
    """Return which surer relations say the opposite: of two titles the first is the kind."""
    said = (f"{cited(one)} is the {kind} of {cited(other)}" for one, kind, other in relations)
    return f"surer ties say the opposite: {', '.join(said)}"
