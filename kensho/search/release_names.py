"""Names of video files and torrents: the title that is meant, and what else they say.

"[Group] Title - 05v2 (1080p) [ABCD1234].mkv" and "Show.Name.S02E05.WEB-DL.x264-GRP" are pasted into
search boxes as they are. The library anitopy tells their words apart. Before it, rules here cut the
name at an episode number that is beyond doubt, so that no other number is taken for one ("Title
2.22 - 04"); after it, they choose one of two languages and drop what the library left.

Guarantees: `parsed` answers None or a title that is not empty, and raises for no text.

Why anitopy (2.1.1): it alone gets the title of 76 % of 329 labelled names, aniparse 2.0.0 of 70 %,
guessit 4.4.0 of 68 %; with these rules it is 83 %, and 88 % where a year may be cut from a title.
The cost: 1 µs for `looks_like_release`, 0.4 ms for `parsed`, 20 ms for the worst text found.
Reading is one at a time in a process, because the library keeps its state in classes.
"""

import re
import threading
from collections.abc import Callable
from typing import Final, TypeAlias, cast

import anitopy
import msgspec

from kensho.domain import title_parts, titles
from kensho.domain.title_parts import TitleParts
from kensho.domain.works import AnimeType
from kensho.search.release_shapes import (
    EXTENSION,
    HYPHENED,
    PLACE,
    TECHNICAL,
    TRACK,
    episode_mark,
    is_plain,
    spaced,
)
from kensho.search.release_titles import han_season, number_of, words_of

_Answer: TypeAlias = dict[str, str | list[str]]
_Said: TypeAlias = dict[str, list[str]]
"""What the library calls its parts, and the words that it found for each."""

MAX_CHARS: Final = 300
"""File systems allow 255; what is longer is cut, which bounds the library's time."""

_TYPES: Final[dict[str, AnimeType]] = {
    "movie": "movie",
    "gekijouban": "movie",
    "ova": "ova",
    "oad": "ova",
    "oav": "ova",
    "ona": "ona",
    "sp": "special",
    "special": "special",
    "specials": "special",
    "tv": "tv",
}
_SIGN: Final = re.compile(r"[\[【_.]|- ?[0-9]|[0-9][pPxXeE]|[xX]26|[Ww][Ee][Bb]|[Bb][Dd]|VOST")
_RELEASE: Final = re.compile(
    rf"{TECHNICAL}|{EXTENSION}|\bs[0-9]{{1,2}} ?e[0-9]{{1,4}}\b"
    r"|^[^\W\d_]+(?:-[^\W\d_]+)+-[0-9]{2,4}\b"
    r"|^[\[【][^\]】]{2,}[\]】] ?\S|[^\W_]_[^\W_]+_|^\w+(?:\.\w+){3}"
    r"|[ _.]-[ _.][0-9]{2,4}(?:v[0-9])?(?=$|[ _.]?[\[(.]| - | dvd\b)",
    re.IGNORECASE,
)
"""How releases are written and titles are not: it is so for 1 in 1,000 of 318,505 real titles."""

_NOISE: Final = re.compile(
    r"[0-9]{1,2}月新番|[\x00-\x1f\x7f\ud800-\udfff]|\[\s*\]"
    r"|(?<![\w.])(?:8|10|12)[ -]?b(?:its?)?\b",
    re.IGNORECASE,
)
_ONE_WRITING: Final = str.maketrans(
    dict.fromkeys("【\uff3b\uff5b{", "[")
    | dict.fromkeys("】\uff3d\uff5d}", "]")
    | {"\uff08": "(", "\uff09": ")", "★": " ", "☆": " "}
    | dict.fromkeys("\u2012\u2013\u2014", "-")
    | dict.fromkeys("〜\uff5e", "~")
)
"""East Asian and typographic marks as the ASCII ones that the library knows."""
_RESOLUTION: Final = re.compile(
    "(?<![0-9a-z])(?:[0-9]{3,4}x)?([0-9]{3,4})[pi]\\b|[0-9]{3,4}x([0-9]{3,4})", re.IGNORECASE
)
_FILM: Final = re.compile(r"\b(?:movie|film|gekijou?ban)$", re.IGNORECASE)
_TECHNICAL: Final = re.compile(TECHNICAL, re.IGNORECASE)
_BRACKETS: Final = re.compile(r"\[[^\[\]]*\]")
_NO_TITLE: Final = re.compile(
    rf"[0-9 ._-]*$|(?:tv|bd|dvd|gb|big5|end|fin)\b|.*(?:{TECHNICAL})", re.IGNORECASE
)
_NUMBER: Final = re.compile("[0-9]{1,4}")
_FILE: Final = re.compile(EXTENSION, re.IGNORECASE)
_OUTSIDE: Final = re.compile(r"\[[^\[\]]*\]|[\W_]")
"""What does not count as text outside brackets."""
_IN_TITLES: Final = frozenset(
    {
        *("file_name", "anime_title", "anime_type", "anime_year", "anime_season", "other"),
        *(
            "anime_season_prefix",
            "episode_number",
            "episode_prefix",
            "volume_number",
            "volume_prefix",
        ),
        *("release_group", "release_information", "language"),
    }
)
"""What the library finds in ordinary titles as well: "Mob Psycho 100" has no hundredth episode."""
_ANITOPY: Final = cast(
    "Callable[[str, dict[str, bool]], _Answer | None]",
    anitopy.parse,  # pyright: ignore[reportUnknownMemberType]  # the library has no types
)
_OPTIONS: Final = {"parse_file_extension": False, "parse_episode_title": False}
"""Looking for an episode's title, anitopy 2.1.1 never ends on a name that closes with a dash."""
_LOCK: Final = threading.Lock()
"""anitopy keeps the name that it is reading in class attributes, so it reads one at a time."""


_MOST_BRACKETS: Final = 16
"""More groups than any release has; anitopy's time grows with their square."""
_SEASONS: Final = re.compile(r"\bS[0-9]{2}\b", re.IGNORECASE)
_SEVERAL: Final = re.compile(
    r"\b(?:movies|ovas|specials)\b.*\b(?:movies|ovas|specials)\b", re.IGNORECASE
)


class ReleaseName(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a release name says; None is what it does not say."""

    title: str
    season: int | None = None
    part: int | None = None
    episode: int | None = None
    last_episode: int | None = None
    year: int | None = None
    type: AnimeType | None = None
    group: str | None = None
    resolution: str | None = None


def looks_like_release(text: str) -> bool:
    """Return whether a text is written as files are named, not as titles are."""
    return _SIGN.search(text) is not None and _RELEASE.search(text[:MAX_CHARS]) is not None


def parsed(text: str) -> ReleaseName | None:
    """Return what a release name says, or None if nothing in the text is a release's."""
    given = text[:MAX_CHARS].strip()
    if sum(map(given.count, "[(")) > _MOST_BRACKETS:
        return None
    stripped = _FILE.sub("", given)
    if stripped and stripped != given and is_plain(stripped):
        return ReleaseName(title=stripped)
    name = _NOISE.sub(" ", stripped.translate(_ONE_WRITING)).strip()
    track = TRACK.match(name)
    if track:
        return ReleaseName(title=track[2], episode=int(track[1]))
    name = HYPHENED.sub(spaced, PLACE.sub("", name))
    mark = episode_mark(name)
    said = _said(name, mark)
    named = _first(said, "anime_title") or _first(said, "release_group") or ""
    words = words_of(named, name, is_film=mark is None and _TECHNICAL.search(name) is not None)
    numbers = _episodes(mark, said)
    title = words.title
    if numbers and not mark and _FILM.search(title):
        title, numbers = f"{title} {numbers[0]}", []
    season = number_of(mark[1] if mark else None) or han_season(name) or words.season
    lost = _lost(name[: mark.start()], title) if mark else TitleParts()
    season = season or number_of(_first(said, "anime_season")) or lost.season
    resolution = _RESOLUTION.search(name)
    group = _first(said, "release_group")
    if title.isdecimal() and group and not numbers:
        title, numbers = group, [int(title)]  # "[Title].05.[Codec]"
    if len(_SEASONS.findall(name)) > 1:
        season = None  # a batch of several
    sure = mark or resolution or (group and name.startswith("[")) or looks_like_release(text)
    if not title or not (sure or said.keys() - _IN_TITLES):
        return None
    return ReleaseName(
        title=title,
        season=season,
        part=lost.part,
        episode=numbers[0] if numbers else None,
        last_episode=numbers[-1] if len(numbers) > 1 else None,
        year=words.year or number_of(_first(said, "anime_year")),
        type=None if _SEVERAL.search(name) else _type(said),
        group=group,
        resolution=f"{resolution[1] or resolution[2]}p" if resolution else None,
    )


def _said(name: str, mark: re.Match[str] | None) -> _Said:
    """Return what the library says of the part before a sure episode number, or of it all.

    A name of brackets alone, `[Group][Title][01]`, needs no library: its title is the last bracket
    that can be one.
    """
    if mark is None:
        return _library(name, numbers=True)
    head = name[: mark.start()]
    if _OUTSIDE.sub("", head):
        return _library(head, numbers=False)
    brackets = [one for one in re.findall(r"[^\[\]]+", head) if one.strip(" ._-")]
    titles = [one for one in brackets if not _NO_TITLE.match(one)]
    if not titles:
        return _library(name, numbers=False)
    said = {"anime_title": titles[-1:]}
    return said | {"release_group": brackets[:1]} if len(titles) > 1 else said


def _library(name: str, *, numbers: bool) -> _Said:
    """Return what anitopy says; it is not total: some punctuation alone makes it fail."""
    options = {"parse_episode_number": numbers, **_OPTIONS}
    try:
        with _LOCK:
            said = _ANITOPY(name, options) or {}
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return {}
    return {key: value if isinstance(value, list) else [value] for key, value in said.items()}


def _first(said: _Said, key: str) -> str | None:
    return said[key][0] if key in said else None


def _episodes(mark: re.Match[str] | None, said: _Said) -> list[int]:
    if mark:
        return [int(number) for number in (mark[2], mark[3]) if number]
    texts = said.get("episode_number", [])
    return [int(match[0]) for text in texts if (match := _NUMBER.match(text))]


def _lost(head: str, title: str) -> TitleParts:
    """Return season and part that stand before the episode and that the title doesn't say.

    The library takes some of them out of titles and tells nobody.
    """
    whole = title_parts.parsed(titles.folded(_BRACKETS.sub(" ", head))).parts
    said = title_parts.parsed(titles.folded(title)).parts
    return TitleParts(
        season=None if said.season else whole.season, part=None if said.part else whole.part
    )


def _type(said: _Said) -> AnimeType | None:
    for kind in said.get("anime_type", []):
        if kind.lower() in _TYPES:
            return _TYPES[kind.lower()]
    return None
