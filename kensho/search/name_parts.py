"""Takes names apart: paths into their parts, names into text and brackets.

Guarantees: every letter of a name is in one of its segments. A slash separates folders only where a
text is a path by its other signs, since "Fate/Zero" and "Ranma 1/2" have one; readers of names try
the whole as well.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import unquote

from kensho.domain import ids

_LANGUAGE: Final = (
    r"\.(?:ar|ara|cs|de|deu|ger|el|en|eng|es|spa|fr|fra|fre|he|hu|id|ind|it|ita|ja|jp|jpn|ko|kor|ms|nl|pl|pol"
    r"|pt|por|ro|ru|rus|sv|th|tha|tr|tur|uk|vi|vie|zh|zho|chi)(?:[-_][a-z0-9]{2,4})?"
    r"(?:\.(?:forced|sdh|cc|hi|default)|\[cc\])*"
)
EXTENSION: Final = re.compile(
    r"(?:\.(?:mkv|mp4|avi|ogm|ogv|wmv|asf|m4v|webm|rmvb|flv|mov|m2ts|mts|ts|vob|iso|3gp|divx|mpg|mpeg|strm"
    r"|nfo|zip|rar|7z|torrent)"
    r"(?:\.(?:[0-9]{3}|part|![a-z]{2}|crdownload|aria2|download|tmp))?"
    rf"|(?:{_LANGUAGE})?\.(?:ass|ssa|srt|sup|sub|idx|vtt|mka)"
    r"|(?:-(?:thumb|poster|fanart|banner|landscape|logo|clearart))?\.(?:jpe?g|png|webp|tbn))$",
    re.IGNORECASE,
)
"""The end of the name of a video, of its subtitles, or of a picture or a note beside it."""
_DRIVE: Final = re.compile(r"^(?:[a-z]:[\\/]|\\\\|//|[~.]{0,2}/)", re.IGNORECASE)
_FOLDER: Final = re.compile(
    r"[\\/](?:season|saison|staffel|temporada|specials?|extras?|s[0-9]{1,2}|ova|nc)\b[^\\/]*[\\/]"
    r"|[\\/][^\\/]*\.[a-z0-9]{2,4}$",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile("%[0-9A-Fa-f]{2}")
_SEPARATORS: Final = re.compile(r"[\\/]+")
_PROVIDERS: Final = (
    "tvdb|tmdb|themoviedb|imdb|anidb|anilist|mal|myanimelist|kitsu|bangumi|ann|simkl"
)
_NAMES: Final = {"themoviedb": "tmdb", "myanimelist": "mal", "ann": "animenewsnetwork"}
_TAG: Final = re.compile(
    rf"[\[({{]\s*({_PROVIDERS})[0-9]?(?:[-_ ]?id)?\s*[-=:_ ]\s*(tt[0-9]+|[0-9]+)\s*[\])}}]",
    re.IGNORECASE,
)
_UNKNOWN_TAG: Final = re.compile(
    r"[\[{]\s*[a-z]{2,16}[0-9]?(?:[-_ ]?id)?\s?[-=]\s?(?:tt)?[0-9]+\s*[\]}]|\{[a-z]{2,16}-[^{}]*\}",
    re.IGNORECASE,
)
"""Ids of catalogues that are not known here, and what media servers note in braces."""
_ID: Final = re.compile(rf"^({_PROVIDERS})[\s:#-]\s?([0-9]+)$|^()(tt[0-9]{{7,9}})$", re.IGNORECASE)
_BRACKETED: Final = re.compile(
    r"\[([^\[\]]*)\]|\(([^()]*)\)|\{([^{}]*)\}|【([^【】]*)】|《([^《》]*)》|「([^「」]*)」|『([^『』]*)』|<([^<>]*)>"
)
_OPENING: Final = re.compile(r"[\[({]")
_QUOTES: Final = frozenset("「『《")
_KEPT_TEXTS: Final = 64
"""The texts of a few searches, each of which asks for its own several times."""
_FEWEST_WORDS: Final = 3
"""So many words make dots or hyphens stand for spaces: "Dr.Stone" and "Spider-Man" have two."""


class Segment(NamedTuple):
    """A piece of a name: text, or what stands between brackets of a kind (`"["`, `"「"`)."""

    text: str
    bracket: str = ""


class Identified(NamedTuple):
    """The source ids that a text holds, and the text without them and without unknown tags."""

    ids: tuple[str, ...]
    text: str


def unquoted(text: str) -> str:
    """Return a name as it was before it was written for an address, if it was: "Kimi%20ni"."""
    is_quoted = "%" in text and " " not in text and _QUOTED.search(text) is not None
    return unquote(text) if is_quoted else text


@lru_cache(_KEPT_TEXTS)
def normalised(text: str) -> str:
    """Return a text in NFKC, with dashes, tildes and the digits of all scripts as in ASCII."""
    if text.isascii():
        return text.strip()
    return unicodedata.normalize("NFKC", text).translate(_ONE_WRITING).strip()


_ONE_WRITING: Final = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014", "-")
    | dict.fromkeys("〜\u301c", "~")
    | {
        chr(code): str(unicodedata.decimal(chr(code)))
        for code in range(0x0660, 0xFF10)
        if chr(code).isdecimal()
    }
)


def identified(text: str) -> Identified:
    """Return the ids of known providers in a text, which may be one, or the address of a page."""
    whole = text.strip()
    page = ids.from_url(whole) if "://" in whole else None
    if page is not None:
        return Identified((page,), "")
    alone = _ID.match(whole)
    if alone:
        found = _source_id(alone[1] or "imdb", alone[2] or alone[4])
        return Identified((found,), "")
    if _OPENING.search(whole) is None:
        return Identified((), whole)
    found_ids = tuple(dict.fromkeys(_source_id(m[1], m[2]) for m in _TAG.finditer(whole)))
    rest = _UNKNOWN_TAG.sub(" ", _TAG.sub(" ", whole))
    return Identified(found_ids, rest.strip() or whole)


def folders_and_name(text: str) -> list[str]:
    """Return the parts of a path, outermost first; a text that is no path is its only part."""
    if not is_path(text):
        return [text]
    parts = [part.strip() for part in _SEPARATORS.split(text)]
    if len(parts[0]) == 2 and parts[0].endswith(":"):  # noqa: PLR2004  # a drive
        del parts[0]
    return [part for part in parts if part and part not in (".", "..", "~")] or [text]


def is_path(text: str) -> bool:
    """Tell whether the slashes of a text separate folders."""
    return bool(_DRIVE.match(text) or _FOLDER.search(text))


def segments(name: str) -> list[Segment]:
    """Return the pieces of a name in their order, without empty ones."""
    found: list[Segment] = []
    at = 0
    for match in _BRACKETED.finditer(name):
        found += [Segment(name[at : match.start()].strip()), Segment(_inner(match), match[0][0])]
        at = match.end()
    found.append(Segment(name[at:].strip()))
    return [one for one in found if one.text.strip(" ._-") or (one.bracket and one.text.strip())]


def spaced(name: str) -> str:
    """Return a name with spaces where only dots, underscores, pluses or hyphens part its words.

    Underscores within brackets stay: there they part names of several kinds.
    """
    outside = _BRACKETED.sub("\0", name)
    if "_" in outside:
        name = "".join(
            part if number % 2 else part.replace("_", " ")
            for number, part in enumerate(_apart(name))
        )
    outside = _BRACKETED.sub("", name).strip()
    if " " in outside:
        return name
    counts = {between: len([w for w in outside.split(between) if w]) for between in "+.-"}
    between = max(counts, key=lambda one: counts[one])
    if counts[between] < (2 if between == "+" else _FEWEST_WORDS):
        return name
    part = r"(?<![0-9])\.|\.(?![0-9])" if between == "." else re.escape(between)
    return re.sub(part, " ", name)


def _apart(name: str) -> list[str]:
    """Return the text outside of brackets, and each pair of brackets, in turn."""
    found, at = list[str](), 0
    for match in _BRACKETED.finditer(name):
        found += [name[at : match.start()], match[0]]
        at = match.end()
    return [*found, name[at:]]


def is_quoted(segment: Segment) -> bool:
    """Tell whether a segment stands in quotation marks, as a title does."""
    return segment.bracket in _QUOTES


def _inner(match: re.Match[str]) -> str:
    return next((group for group in match.groups() if group is not None), "")


def _source_id(provider: str, local: str) -> str:
    name = provider.lower()
    return f"{_NAMES.get(name, name)}:{local.lower()}"
