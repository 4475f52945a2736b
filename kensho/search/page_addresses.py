"""Reads the addresses of pages: which name they hold, of which episode of which season.

"/watch/mushishi-12345?ep=12", "/mushishi/7/", "/anime/mushishi/season-1/episode-7" and
"/search?q=mushishi+episode+7" name the work in a part of the path, or in what was searched for.

Guarantees: raises for no text; a number before the name is the id of a page, not an episode.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from kensho.search import name_marks

_KEPT_TEXTS: Final = 64
"""The texts of a few searches, each of which asks for its own several times."""
_URL: Final = re.compile(r"^(?:https?://|www\.)\S+$", re.IGNORECASE)
_GENERIC: Final = re.compile(
    r"(?:watch|animes?|series?|videos?|tv|shows?|stream(?:ing)?|titles?|episodes?|seasons?|play|view|ver"
    r"|details?|info|dramas?|movies?|films?|category|catalogue|online|index|hd|full|search|wiki|results"
    r"|(?:sub|dub)(?:bed)?|vostfr|[a-z]{1,2}|v[0-9])(?:\.(?:php|html?))?",
    re.IGNORECASE,
)
"""Parts of addresses that name a kind of page, or a language, and no work."""
_CODE: Final = re.compile(r"^(?=.*[0-9])[A-Za-z0-9]{5,}$|^[0-9]+$|^[A-Z0-9]{6,}$")
_TAIL: Final = re.compile(r"(?:-[0-9]{3,}|[-.](?=[a-z0-9]*[0-9])(?=[a-z0-9]*[a-z])[a-z0-9]{3,8})$")
_HEAD: Final = re.compile(r"^[0-9]{3,}-(?=[^\W\d_])")
"""Numbers of pages behind or before a name."""
_PLACE: Final = re.compile("[0-9]{1,4}")
_EPISODE_KEYS: Final = frozenset(("ep", "episode", "e", "episodio"))
_SEARCH_KEYS: Final = frozenset(("q", "query", "search", "search_query", "keyword", "s", "term"))
_BETWEEN: Final = re.compile("[-_+.]+")
_WORD: Final = re.compile(r"[^\W\d_]{2,}")


class PageAddress(NamedTuple):
    """The names that an address may hold, likeliest first, and what it states beside them."""

    names: tuple[str, ...]
    season: int | None
    episode: int | None


@lru_cache(_KEPT_TEXTS)
def address(text: str) -> PageAddress | None:
    """Return what the address of a page names, or `None` for any other text."""
    whole = text.strip()
    if not _URL.match(whole):
        return None
    try:
        parts = urlsplit(whole if "://" in whole else f"https://{whole}")
    except ValueError:  # "http://[": no address after all
        return None
    found = _of_path(unquote(f"{parts.path}/{parts.fragment}").split("/"))
    asked = [(key.lower(), value) for key, value in parse_qsl(parts.query)]
    searched = [value for key, value in asked if key in _SEARCH_KEYS]
    names = dict.fromkeys(_spaced(name) for name in (*searched, *found.names))
    episodes = [
        int(value) for key, value in asked if key in _EPISODE_KEYS and _PLACE.fullmatch(value)
    ]
    return PageAddress(
        tuple(name for name in names if name), found.season, next(iter(episodes), found.episode)
    )


def _of_path(segments: list[str]) -> PageAddress:
    """Return what the parts of a path name and state."""
    season, episode = None, None
    named = dict[str, None]()
    for segment in segments:
        words = _spaced(segment)
        mark = name_marks.first_mark(words)
        stated = name_marks.season_alone(words)
        if stated is not None:
            season = stated
        elif mark is not None and mark.start == 0:  # "episode-7-the-name"
            episode = mark.episode or episode
        elif named and _PLACE.fullmatch(words):
            episode = int(words)
        elif words and not _GENERIC.fullmatch(words) and not _CODE.match(segment):
            named[segment] = None
    names = list[str]()
    for segment in sorted(named, key=_word_count, reverse=True):
        if name_marks.first_mark(_spaced(segment)) is None:  # else its end is no number of a page
            names.append(_TAIL.sub("", _HEAD.sub("", segment)))
        names.append(segment)
    return PageAddress(tuple(names), season, episode)


def _spaced(segment: str) -> str:
    return _BETWEEN.sub(" ", segment).strip()


def _word_count(segment: str) -> int:
    return len(_WORD.findall(segment))
