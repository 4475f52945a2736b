"""The marks in names of files and pages: which episode of which season, or which extra, is meant.

"S01E05", "Season 1 Episode 5", "1x05", "第5話", "5 серия", "#5", "- 05 END" and "NCOP1" are marks:
what stands before one is the title, and what follows is not. Texts are expected in NFKC, which
writes full-width digits and signs as ASCII does.

Guarantees: a mark never stands where a number belongs to the title by its spelling ("1/2",
"100-nin", "17-26", "2.22", "1080p").
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

from kensho.search.name_vocabulary import (
    COUNTED_EPISODE_WORDS,
    EPISODE_WORDS,
    MISTYPED_SEASON,
    NUMBER_WORDS,
    SEASON_WORDS,
)

Extra: TypeAlias = Literal["opening", "ending", "trailer", "menu", "special"]

_KEPT_TEXTS: Final = 128
"""The texts of a few searches, each of which looks at its own several times."""
_HAN_DIGITS: Final = {han: number for number, han in enumerate("一二三四五六七八九", start=1)}


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))


_N: Final = r"([0-9]{1,4})(?:v[0-9]|[a-c](?![\w]))?"
_SPELT: Final = _any(NUMBER_WORDS)
_N_OR_SPELT: Final = rf"([0-9]{{1,4}}|(?:{_SPELT})(?![^\W_]))(?:v[0-9]|[a-c](?![\w]))?"
_NUMBER_END: Final = r"(?![0-9]|[.,][0-9]|[^\W\d_])"
_TO: Final = r"(?:\s?[-~+&]\s?(?:ep?\.?\s?)?([0-9]{1,4})(?![0-9]))?"
_BEGIN: Final = r"(?<![^\W_])"
_SEASON_WORDS: Final = _any(SEASON_WORDS)
_EPISODE_WORDS: Final = _any(EPISODE_WORDS)
_ORDINAL_END: Final = r"(?:st|nd|rd|th|ra|da|ta|er|re|ère|[èe]?me|e|a|o|\.|-?[йяе])"
_EAST: Final = "[話话集回화회]"
_HAN_NUMBER: Final = "([0-9]{1,4}|[一二三四五六七八九十百]{1,5})"
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_NUMBER_OR_ORDINAL: Final = re.compile("[0-9]|第")
"""What every mark of a season or an episode has but a spelt one: Han numerals are read only behind
第."""
_PAIR_HINTS: Final = frozenset(("s", "ss", "t", "x"))
_EAST_HINT: Final = re.compile(_EAST)
_COMBINING: Final = re.compile("[\u0900-\u0eff]")
"""Scripts whose vowels are no letters for regular expressions, which part their words."""


class Mark(NamedTuple):
    """What a mark states, and where it begins and ends in the text."""

    start: int
    end: int
    season: int | None = None
    episode: int | None = None
    last_episode: int | None = None
    extra: Extra | None = None


def _compiled(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)


_SHORT_PAIRS: Final = _compiled(
    rf"{_BEGIN}[st]s?\.?([0-9]{{1,2}})[\s._:-]{{0,3}}ep?[\s._-]?{_N}(?:\s?[-~&]?\s?e([0-9]{{1,4}})|-([0-9]{{1,4}}))?",
    rf"{_BEGIN}([0-9]{{1,2}})x([0-9]{{2,3}})()(?![0-9])",
    r"(?<=[\s\[(._-])([0-9]{1,2})x([1-9])()(?![^\W_])",
    rf"{_BEGIN}s([0-9]{{1,2}})(?:p[0-9]{{1,2}})?\s-\s{_N}{_TO}{_NUMBER_END}",
    rf"{_BEGIN}s([1-9])-([0-9]{{2,3}})(){_NUMBER_END}",
    r"(?<=\s)s([0-9]{1,2})\s([0-9]{1,3})()(?=\s*(?:$|[\[(]))",
)
"""Season and episode; the groups of the last episode may be empty."""
_A_SEASON: Final = (
    rf"(?:(?:{_SEASON_WORDS})[\s.:#-]*([0-9]{{1,2}}|(?:{_SPELT})(?![^\W_]))"
    rf"|([0-9]{{1,2}}){_ORDINAL_END}?\s?(?:{_SEASON_WORDS}))"
)
_WORDED_PAIR: Final = re.compile(
    rf"{_BEGIN}{_A_SEASON}[\s,._()\[\]-]*(?:(?:{_EPISODE_WORDS})[\s._:#-]*{_N_OR_SPELT}{_TO}"
    rf"|제?([0-9]{{1,4}})(?:{_ORDINAL_END}?\s?(?:{_EPISODE_WORDS})|\s?{_EAST}))",
    re.IGNORECASE,
)
"""The season is the first or second group, the episode the third or fifth, the last the fourth."""
_EASTERN: Final = _compiled(
    rf"第\s?{_HAN_NUMBER}(?:\s?[-~]\s?([0-9]{{1,4}}))?\s?{_EAST}",
    rf"제?(?<![0-9])([0-9]{{1,4}})()\s?{_EAST}(?![^\W\d_]|[0-9])",
)
_WORDED: Final = _compiled(
    rf"{_BEGIN}(?:{_EPISODE_WORDS})(?![^\W\d_])[\s._:#-]*{_N_OR_SPELT}{_TO}(?![0-9])",
    rf"{_BEGIN}([0-9]{{1,4}})(){_ORDINAL_END}?\s?(?:{_any(COUNTED_EPISODE_WORDS)})(?![^\W\d_]|\s*[0-9])",
    rf"{_BEGIN}([0-9]{{1,4}})(){_ORDINAL_END}\s?(?:{_EPISODE_WORDS})(?![^\W\d_]|[\s._:#-]*[0-9])",
)
_SURE: Final = _compiled(
    rf"{_BEGIN}([0-9]{{1,4}})()\s?(?:из|of)\s?[0-9]{{1,4}}(?![0-9])",
    r"(?<=\S\s)([0-9]{1,4})()/[1-9][0-9]{1,3}(?=\s*$)",
    rf"{_BEGIN}(?:e|ep)([0-9]{{2,4}})(?:v[0-9])?{_TO}(?![0-9]|[^\W\d_])",
    r"(?<=\S\s)e([1-9])()(?=\s*(?:$|[\[(]|-\s)|:\s)",
    rf"[#№]\s?{_N}{_TO}{_NUMBER_END}",
    r"(?<=[^\W\d_])ep(?:isode)?([0-9]{2,4})()(?![^\W_])",
)
_SEASON_ONLY: Final = re.compile(
    r"(?<=[\s\])_-])(?:s|tv-|тв-)([0-9]{1,2})(?:\s?[-~+]\s?s([0-9]{1,2}))?(?:p[0-9]{1,2})?(?![^\W_])",
    re.IGNORECASE,
)
_MISTYPED_ONLY: Final = re.compile(
    rf"{_BEGIN}(?:{_any(MISTYPED_SEASON)})\s?([0-9]{{1,2}})()(?![^\W_])", re.IGNORECASE
)
_DASHED: Final = re.compile(
    rf"(?<=[\s\])_])-\s?\(?{_N}{_TO}(?![0-9]|[.,][0-9]|-[^\W\d_])"
    r"(?=\)?\s*(?:$|[\[(|_-]|(?:end|fin|final|完|eng|dvd|bd|vost|raw)(?![^\W\d_])|\.(?:\s|$)))",
    re.IGNORECASE,
)
_FRACTION: Final = re.compile(r"(?<=[\s\])_])-\s?[0-9]{1,4}\.5(?![0-9])")
_ACTS: Final = re.compile(
    rf"(?<= - )()(?:session|act|chapter|stage|phase|mission|lesson|scene|page)[ _.]{_N}()",
    re.IGNORECASE,
)
_CREDITLESS: Final = r"(?:nc|creditless\s|clean\s|ノンクレジット|ノンテロップ)?"
_EXTRA_WORDS: Final[tuple[tuple[Extra, str], ...]] = (
    (
        "opening",
        rf"{_CREDITLESS}(?:op|opening)(?:\s?[0-9]{{1,2}}[a-z]?)?(?=\W*$|\s?[\[(])",
    ),
    (
        "ending",
        rf"{_CREDITLESS}(?:ed|ending)(?:\s?[0-9]{{1,2}}[a-z]?)?(?=\W*$|\s?[\[(])",
    ),
    ("trailer", r"(?:pv|cm|trailer|teaser|preview)s?\s?第?[0-9]{0,2}弾?(?=\W*$|\s?[\[(])"),
    ("menu", r"(?:bd\s|dvd\s)?menus?\s?[0-9]{0,2}(?=\W*$|\s?[\[(])"),
)
_EXTRAS: Final[tuple[tuple[Extra, re.Pattern[str]], ...]] = tuple(
    (extra, re.compile(rf"{_BEGIN}(?:{words})(?![^\W\d_])", re.IGNORECASE))
    for extra, words in _EXTRA_WORDS
)
_EXTRA_NAMES: Final = (
    "op", "opening", "ed", "ending", "pv", "cm", "trailer", "teaser", "preview", "menu",
)  # fmt: skip
_BEFORE_EXTRAS: Final = ("", "nc", "ノンクレジット", "ノンテロップ")
_EXTRA_HINTS: Final = frozenset(
    f"{before}{name}{end}"
    for name in _EXTRA_NAMES for before in _BEFORE_EXTRAS for end in ("", "s", "第")
)  # fmt: skip
"""Runs of letters, one of which stands in every text that has an extra."""
_MARK_WORD: Final = re.compile(
    r"[0-9]+(?:st|nd|rd|th|v[0-9]|x[0-9]+)?|e[0-9]+|[st][0-9]+(?:e[0-9]+)?|(?:nc)?(?:op|ed)[0-9]*|pv[0-9]*|из"
    rf"|(?:{_SEASON_WORDS})[0-9]*|(?:{_EPISODE_WORDS})[0-9]*|第?[0-9一二三四五六七八九十]*(?:[期季部]|{_EAST})",
    re.IGNORECASE,
)
_BARE: Final = re.compile(
    r"(?:(?<=\S)\s|(?<=[^\W\d_])[-.]|(?<=[^\w\s-])[-.]|(?<=[0-9])-(?=0))([0-9]{1,4})(?:v[0-9])?(?:\s?[-~]\s?([0-9]{1,4}))?$"
)
_COUNTED: Final = re.compile(
    rf"{_BEGIN}(?:movie|film|part|parte|cour|ova|oad|ona|special|season|saison|vol(?:ume)?|book|act"
    r"|chapter|no|phase|type|version|ver)\.?$",
    re.IGNORECASE,
)
"""A number behind these counts something else than episodes."""
_YEAR_FIRST: Final = re.compile(r"^\W?((?:19[1-9]|20[0-3])[0-9])\W?(?:\s-|[\s.:])\s?(?=\S)")
_YEAR_LAST: Final = re.compile(r"(?<=\S)\s((?:19[1-9]|20[0-3])[0-9])$")
_LEADING: Final = re.compile(r"^\[?([0-9]{1,4})(?:\]\s*|[.)]\s+|\s*-\s+|\s-\s?)(?=\S)")


@lru_cache(_KEPT_TEXTS)
def first_mark(text: str) -> Mark | None:
    """Return the surest mark of a text; of several equally sure ones, the first.

    A pair of season and episode is surer than an episode, and that surer than a number behind a
    dash; but a mark ends the title wherever it stands, so the start is that of the first of all.
    """
    if _has_number(text):
        marks = [_pair(text), _sure(text), _dashed(text), _extra(text), _season_only(text)]
    elif _may_state(text):
        marks = [_pair(text), _sure(text), _extra(text)]
    else:
        marks = [_extra(text)]
    found = [mark for mark in marks if mark]
    if not found:
        return None
    return found[0]._replace(start=min(mark.start for mark in found))


@lru_cache(_KEPT_TEXTS)
def is_sure(text: str) -> bool:
    """Tell whether a text states an episode by a word or a sign, not by a number alone."""
    return _may_state(text) and (_pair(text) or _sure(text)) is not None


def _may_state(text: str) -> bool:
    """Tell whether a text may state an episode: it has a number, or a word for an episode."""
    return _has_number(text) or _may_have(EPISODE_WORDS, text)


def _has_number(text: str) -> bool:
    """Tell whether a text has a number, without which only an extra and a spelt episode has one."""
    return _NUMBER_OR_ORDINAL.search(text) is not None


@lru_cache(_KEPT_TEXTS)
def _words(text: str) -> frozenset[str]:
    """Return the runs of letters of a text, by which patterns that cannot match are left out."""
    return frozenset(_LETTERS.findall(text.lower()))


def _may_have(words: frozenset[str], text: str) -> bool:
    """Tell whether a text may have one of these words."""
    if not words.isdisjoint(_words(text)):
        return True
    return not text.isascii() and _COMBINING.search(text) is not None


def is_mark_word(word: str) -> bool:
    """Tell whether a word may be part of a mark: a number, "s01e05", "season", "話", "NCOP1"."""
    return _MARK_WORD.fullmatch(word) is not None


def number_alone(text: str) -> Mark | None:
    """Return the mark that a text between brackets is, such as "05v2", "01-12 END" or "TV 03"."""
    match = _ALONE.fullmatch(text.strip())
    if match is None or _NO_EPISODE.fullmatch(match[1]):
        return None
    whole = _whole(text)
    if whole is not None:
        return Mark(0, len(text), None, 1, whole)
    return Mark(0, len(text), None, int(match[1]), _number(match[2]))


def _whole(text: str) -> int | None:
    """Return the number of all episodes, if a text says that all are there: "12 of 12"."""
    match = _OF_ALL.search(text)
    return int(match[1]) if match and int(match[1]) == int(match[2]) > 1 else None


_OF_ALL: Final = re.compile(r"(?<![0-9])([0-9]{1,4})\s?(?:из|of|/)\s?([0-9]{1,4})(?![0-9])")
_ALONE: Final = re.compile(
    r"(?:tv\s|ep?\.?\s?|第|#)?([0-9]{1,4})(?:v[0-9]|[a-c])?(?:\s?[-~]\s?([0-9]{1,4}))?(?:[話话集回])?"
    r"(?:\s?(?:of|из|/)\s?[0-9]{1,4})?(?:\s?\(?(?:end|fin|final|完|全)\)?(?:\s?\+.*)?)?(?:_.*)?",
    re.IGNORECASE,
)
_NO_EPISODE: Final = re.compile("(?:19|20)[0-9]{2}|480|540|576|720|1080|1440|2160")


_NO_BARE_EPISODE: Final = re.compile(f"{_NO_EPISODE.pattern}|[2-9][0-9]{{3}}")
"""No episode of so high a number is written without a mark: "Yamato 2202" is a title."""


def bare_number(text: str) -> Mark | None:
    """Return the number at the end of a text, which may be an episode or part of the title."""
    match = _BARE.search(text)
    if match is None or _NO_BARE_EPISODE.fullmatch(match[1]):
        return None
    if _COUNTED.search(text[: match.start()]):
        return None
    first, last = int(match[1]), _number(match[2])
    if last is not None and last <= first:
        return None
    return Mark(match.start(), match.end(), None, first, last)


def leading_number(text: str) -> Mark | None:
    """Return the number at the beginning of a text, which may be a place in a folder."""
    match = _LEADING.match(text)
    if match is None or _NO_EPISODE.fullmatch(match[1]):
        return None
    return Mark(0, match.end(), None, int(match[1]))


def year_at_an_end(text: str) -> tuple[int, str] | None:
    """Return the year at an end of a text, and the rest: "2011 - Mushishi", "Bleach anime 2004"."""
    match = _YEAR_FIRST.match(text) or _YEAR_LAST.search(text)
    if match is None:
        return None
    return int(match[1]), text[: match.start()] + text[match.end() :]


def number_of(text: str) -> int:
    """Return the number that digits, a word or Han numerals below a thousand write."""
    if text.isdecimal():
        return int(text)
    spelt = NUMBER_WORDS.get(text.lower())
    if spelt is not None:
        return spelt
    hundreds, hundred, rest = text.rpartition("百")
    tens, ten, ones = rest.rpartition("十")
    total = (_HAN_DIGITS.get(hundreds, 1) * 100) if hundred else 0
    total += (_HAN_DIGITS.get(tens, 1) * 10) if ten else 0
    return total + _HAN_DIGITS.get(ones, 0)


def _pair(text: str) -> Mark | None:
    return _earliest((*_short_pairs(text), *_worded_pairs(text)))


def _short_pairs(text: str) -> Iterator[Mark]:
    if _PAIR_HINTS.isdisjoint(_words(text)):
        return
    for pattern in _SHORT_PAIRS:
        match = pattern.search(text)
        if match:
            last = next(filter(None, map(_number, match.groups()[2:])), None)
            yield Mark(*match.span(), int(match[1]), int(match[2]), last)


def _worded_pairs(text: str) -> Iterator[Mark]:
    is_episode = _EAST_HINT.search(text) is not None or _may_have(EPISODE_WORDS, text)
    if is_episode and _may_have(SEASON_WORDS, text):
        match = _WORDED_PAIR.search(text)
        if match:
            season, episode = match[1] or match[2], match[3] or match[5]
            yield Mark(*match.span(), number_of(season), number_of(episode), _number(match[4]))


def _sure(text: str) -> Mark | None:
    patterns = _SURE if _has_number(text) else ()
    if _EAST_HINT.search(text):
        patterns += _EASTERN
    if _may_have(EPISODE_WORDS, text):
        patterns += _WORDED
    found = [m for pattern in patterns if (m := pattern.search(text))]
    return _earliest(
        Mark(*m.span(), None, 1 if whole else number_of(m[1]), whole or _number(m[2]))
        for m in found
        for whole in [_whole(m[0])]
    )


def _dashed(text: str) -> Mark | None:
    """Return the last number behind a dash: before it may stand "Title - 2nd - 05"."""
    fraction = _FRACTION.search(text)
    if fraction:
        return Mark(*fraction.span(), extra="special")
    marks = [
        Mark(m.start(), m.end(), None, int(m[1]), _number(m[2]))
        for m in _DASHED.finditer(text)
        if m.start() and not _NO_EPISODE.fullmatch(m[1])
    ]
    act = _ACTS.search(text)
    if act:
        marks.append(Mark(act.start(), act.end(), None, int(act[2])))
    return marks[0] if marks else None


def _season_only(text: str) -> Mark | None:
    """Return a season without an episode, as a folder or a torrent of many states it."""
    match = _SEASON_ONLY.search(text)
    if match is None and _may_have(MISTYPED_SEASON, text):
        match = _MISTYPED_ONLY.search(text)
    if match is None:
        return None
    return Mark(match.start(), match.end(), None if match[2] else int(match[1]))


def _extra(text: str) -> Mark | None:
    if _EXTRA_HINTS.isdisjoint(_words(text)):
        return None
    return _earliest(
        Mark(*m.span(), extra=extra)
        for extra, pattern in _EXTRAS
        if (m := pattern.search(text)) and m.start()
    )


def _earliest(marks: Iterable[Mark]) -> Mark | None:
    return min(marks, key=lambda mark: mark.start, default=None)


def _number(text: str | None) -> int | None:
    return int(text) if text else None


_SEASON_ALONE: Final = re.compile(
    rf"{_A_SEASON}|(?:s|tv-|тв-)([0-9]{{1,2}})|第\s?{_HAN_NUMBER}\s?[季期]|([0-9]{{1,2}})\s?기",
    re.IGNORECASE,
)
_EXTRA_FOLDER: Final = re.compile(
    r"(?:specials?|extras?|sp|sps|nc(?:op|ed)?|bonus|ova|oad|menus?|trailers?|featurettes|season\s?0+|特典.*|映像特典)",
    re.IGNORECASE,
)


def season_alone(text: str) -> int | None:
    """Return the season that a text is, such as "Season 02", "S2" or "第二季"."""
    match = _SEASON_ALONE.fullmatch(text.strip())
    if match is None:
        return None
    return number_of(next(group for group in match.groups() if group))


def extra_alone(text: str) -> Extra | None:
    """Return the extra that a text is, such as "NCED1"."""
    for extra, pattern in _EXTRAS:
        if pattern.fullmatch(text.strip()):
            return extra
    return None


def extra_folder(text: str) -> str | None:
    """Return the name of a folder that holds no episodes of a series, or `None`."""
    return text if _EXTRA_FOLDER.fullmatch(text.strip()) else None
