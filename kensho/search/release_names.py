"""Parses names of video files and torrents: the title that is meant, and what else they state.

"[Group] Title - 05v2 (1080p) [ABCD1234].mkv" and "Show.Name.S02E05.WEB-DL.x264-GRP" are pasted into
search boxes as they are. The library anitopy tells their words apart. Before it, rules here cut the
name at an episode number that is beyond doubt, so that no other number is taken for one ("Title
2.22 - 04"); after it, they choose one of two languages and drop what the library left.

Guarantees: `parsed` returns None or a title that is not empty, and raises for no text. Parsing is
one at a time in a process, because the library keeps its state in classes.
Performance: 1 µs for `looks_like_release`, 0.4 ms for `parsed`, 20 ms for the worst text found.

Why anitopy (2.1.1): it alone gets the title of 76 % of 329 labelled names, aniparse 2.0.0 of 70 %,
guessit 4.4.0 of 68 %; with these rules it is 83 %, and 88 % where a year may be cut from a title.
"""

import re
import threading
from collections.abc import Callable, Iterable
from typing import Final, TypeAlias, cast

import anitopy
import msgspec

from kensho.domain import title_parts, titles
from kensho.domain.title_parts import TitleParts
from kensho.domain.works import AnimeType
from kensho.search.name_marks import Extra
from kensho.search.release_titles import han_season, number_of, words_of

_EXTENSION: Final = r"\.(?:mkv|mp4|avi|ogm|wmv|m4v|webm|rmvb|flv|mov)$"
_TECHNICAL_WORDS: Final = (
    r"\b(?:(?:480|540|576|720|1080|1440|2160)[pi]|[0-9]{3,4}x[0-9]{3,4}|[xh]\.?26[45]|hevc|xvid|divx"
    r"|web-?dl|web-?rip|blu-?ray|bd-?rip|bd-?remux|dvd-?rip|hdtv|hi10p?|vostfr|10-?bits?)\b"
)
_COUNT: Final = r"([0-9]{1,4})(?:v[0-9]|[a-c])?(?: ?[-~] ?([0-9]{1,4}))?(?![0-9])"
_EPISODES: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?<![^\W_])S([0-9]{1,2})[ .]?E([0-9]{1,4})(?:-?E?([0-9]{1,4}))?(?![0-9])",
        r"(?<=[ _.-])()(?:ep|eps|episode|episodio|#)[ _.-]?" + _COUNT,
        r"(?<= - )()(?:session|act|chapter|stage|phase|mission|lesson|scene|page)[ _.]" + _COUNT,
        r"(?<=[0-9]\)) ()" + _COUNT + r"(?= *$| *[\[(])",
        r"()第? ?([0-9]{1,4})(?:-([0-9]{1,4}))?[话話集]",
        r"(?<=[ _.])([0-9]{1,2})x([0-9]{2})()(?![0-9])",
        r"[ _.-]()-[ _.]?\(?"
        + _COUNT
        + r"(?=\)|$|[_\[(]|\.(?![0-9])| +(?:[-\[(]|$|dvd|bd|vost|end))",
        r"\[()(?:TV |EP?)?(?!(?:(?:19|20)[0-9]{2}|480|540|576|720|1080|1440|2160)\])"
        + _COUNT
        + r" ?\(?(?:END|fin|完)?\)?\]",
    )
)
"""Season, first and last episode; the surest spelling comes first."""
_SIGNS: Final = re.compile(rf"[\[\](){{}}_]| - |\.\w|[0-9]$|{_TECHNICAL_WORDS}", re.IGNORECASE)
_TRACK: Final = re.compile(r"(0[0-9]{1,2}) - (.+?) - ")
"""A position in a folder before the names of the work and of the episode."""
_PLACE: Final = re.compile(r"^[0-9]{1,3} (?=\[)")
_HYPHENED: Final = re.compile(r"^[^\W\d_]+(?:-[^\W\d_]+)+-[0-9]{2,4}(?![0-9])")


def is_plain(name: str) -> bool:
    """Tell whether a name is nothing but a title: no number in it is an episode's."""
    return _SIGNS.search(name) is None and episode_mark(name) is None


def spaced(hyphened: re.Match[str]) -> str:
    """Return "Detective-Conan-656" as "Detective Conan - 656"."""
    words, _, number = hyphened.group().rpartition("-")
    return f"{words.replace('-', ' ')} - {number}"


def episode_mark(name: str) -> re.Match[str] | None:
    """Return the match of season and episode, if it is beyond doubt."""
    for pattern in _EPISODES:
        for match in pattern.finditer(name):
            if match.start() > 0:
                return match
    return None


_AnitopyParts: TypeAlias = dict[str, str | list[str]]
_Parts: TypeAlias = dict[str, list[str]]
"""The words that the library found, by its names for the parts of a release name."""

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
    rf"{_TECHNICAL_WORDS}|{_EXTENSION}|\bs[0-9]{{1,2}} ?e[0-9]{{1,4}}\b"
    r"|^[^\W\d_]+(?:-[^\W\d_]+)+-[0-9]{2,4}\b"
    r"|^[\[【][^\]】]{2,}[\]】] ?\S|[^\W_]_[^\W_]+_|^\w+(?:\.\w+){3}"
    r"|[ _.]-[ _.][0-9]{2,4}(?:v[0-9])?(?=$|[ _.]?[\[(.]| - | dvd\b)",
    re.IGNORECASE,
)
"""How releases are written and titles are not: 1 in 1,000 of 318,505 real titles matches."""

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
_TECHNICAL: Final = re.compile(_TECHNICAL_WORDS, re.IGNORECASE)
_BRACKETS: Final = re.compile(r"\[[^\[\]]*\]")
_NO_TITLE: Final = re.compile(
    rf"[0-9 ._-]*$|(?:tv|bd|dvd|gb|big5|end|fin)\b|.*(?:{_TECHNICAL_WORDS})", re.IGNORECASE
)
_NUMBER: Final = re.compile("[0-9]{1,4}")
_FILE: Final = re.compile(_EXTENSION, re.IGNORECASE)
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
"""Parts that the library finds in ordinary titles too: an episode in "Mob Psycho 100"."""
_ANITOPY: Final = cast(
    "Callable[[str, dict[str, bool]], _AnitopyParts | None]",
    anitopy.parse,  # pyright: ignore[reportUnknownMemberType]  # the library has no types
)
_OPTIONS: Final = {"parse_file_extension": False, "parse_episode_title": False}
"""Looking for an episode's title, anitopy 2.1.1 never ends on a name that closes with a dash."""
_LOCK: Final = threading.Lock()
"""anitopy keeps the name that it is reading in class attributes, so it reads one at a time."""


_MAX_BRACKETS: Final = 16
"""More than any release has; the time of anitopy grows with their square."""
_WORD: Final = re.compile(r"[^\W_]+")
_MOST_WORDS: Final = 48
"""More than a release has: one with the tags of twenty languages has 44. The time of anitopy grows
with their square as well, to 3 ms."""
_SEASONS: Final = re.compile(r"\bS[0-9]{2}\b", re.IGNORECASE)
_SEVERAL: Final = re.compile(
    r"\b(?:movies|ovas|specials)\b.*\b(?:movies|ovas|specials)\b", re.IGNORECASE
)


class ReleaseName(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a release name states; None is what it does not state."""

    title: str
    season: int | None = None
    part: int | None = None
    episode: int | None = None
    last_episode: int | None = None
    year: int | None = None
    type: AnimeType | None = None
    group: str | None = None
    resolution: str | None = None
    extra: Extra | None = None


def looks_like_release(text: str) -> bool:
    """Return whether a text is written like the name of a file, not like a title."""
    return _SIGN.search(text) is not None and _RELEASE.search(text[:MAX_CHARS]) is not None


def parsed(text: str) -> ReleaseName | None:
    """Return what a release name states, or None if nothing in the text is a release's."""
    given = text[:MAX_CHARS].strip()
    if sum(map(given.count, "[(")) > _MAX_BRACKETS:
        return None
    stripped = _FILE.sub("", given)
    if stripped and stripped != given and is_plain(stripped):
        return ReleaseName(title=stripped)
    name = _NOISE.sub(" ", stripped.translate(_ONE_WRITING)).strip()
    track = _TRACK.match(name)
    if track:
        return ReleaseName(title=track[2], episode=int(track[1]))
    name = _HYPHENED.sub(spaced, _PLACE.sub("", name))
    mark = episode_mark(name)
    parts = _parts(name, mark)
    found = _release(name, mark, parts)
    is_sure = (
        mark is not None
        or found.resolution is not None
        or (found.group is not None and name.startswith("["))
        or looks_like_release(text)
    )
    return found if found.title and (is_sure or parts.keys() - _IN_TITLES) else None


def _release(name: str, mark: re.Match[str] | None, parts: _Parts) -> ReleaseName:
    """Return what a name states, given its episode number and the parts that the library found."""
    group = _first(parts, "release_group")
    is_film = mark is None and _TECHNICAL.search(name) is not None
    words = words_of(_first(parts, "anime_title") or group or "", name, is_film=is_film)
    title, numbers = words.title, _episodes(mark, parts)
    if numbers and not mark and _FILM.search(title):
        title, numbers = f"{title} {numbers[0]}", []
    if title.isdecimal() and group and not numbers:
        title, numbers = group, [int(title)]  # "[Title].05.[Codec]"
    dropped = _dropped_markers(name[: mark.start()], words.title) if mark else TitleParts()
    resolution = _RESOLUTION.search(name)
    return ReleaseName(
        title=title,
        season=_season(
            name,
            (
                number_of(mark[1] if mark else None),
                han_season(name),
                words.season,
                number_of(_first(parts, "anime_season")),
                dropped.season,
            ),
        ),
        part=dropped.part,
        episode=numbers[0] if numbers else None,
        last_episode=numbers[-1] if len(numbers) > 1 else None,
        year=words.year or number_of(_first(parts, "anime_year")),
        type=None if _SEVERAL.search(name) else _type(parts),
        group=group,
        resolution=f"{resolution[1] or resolution[2]}p" if resolution else None,
    )


def _season(name: str, stated: Iterable[int | None]) -> int | None:
    """Return the first season that is stated, surest first; a batch of several seasons has none."""
    return None if len(_SEASONS.findall(name)) > 1 else next(filter(None, stated), None)


def _parts(name: str, mark: re.Match[str] | None) -> _Parts:
    """Return the parts of what comes before a sure episode number, or of the whole name.

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
    found = {"anime_title": titles[-1:]}
    return found | {"release_group": brackets[:1]} if len(titles) > 1 else found


def _library(name: str, *, numbers: bool) -> _Parts:
    """Return the parts that anitopy finds: none where it fails, as it does on some punctuation.

    It is not asked about what can be no name of a release.
    """
    if len(_WORD.findall(name)) > _MOST_WORDS:
        return {}
    options = {"parse_episode_number": numbers, **_OPTIONS}
    try:
        with _LOCK:
            found = _ANITOPY(name, options) or {}
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return {}
    return {key: value if isinstance(value, list) else [value] for key, value in found.items()}


def _first(parts: _Parts, key: str) -> str | None:
    return parts[key][0] if key in parts else None


def _episodes(mark: re.Match[str] | None, parts: _Parts) -> list[int]:
    if mark:
        return [int(number) for number in (mark[2], mark[3]) if number]
    texts = parts.get("episode_number", [])
    return [int(match[0]) for text in texts if (match := _NUMBER.match(text))]


def _dropped_markers(head: str, title: str) -> TitleParts:
    """Return the season and part before the episode that the title does not state.

    The library drops some of them from titles without reporting them.
    """
    whole = title_parts.parsed(titles.folded(_BRACKETS.sub(" ", head))).parts
    stated = title_parts.parsed(titles.folded(title)).parts
    return TitleParts(
        season=None if stated.season else whole.season, part=None if stated.part else whole.part
    )


def _type(parts: _Parts) -> AnimeType | None:
    for kind in parts.get("anime_type", []):
        if kind.lower() in _TYPES:
            return _TYPES[kind.lower()]
    return None
