"""The title in a release name: without its year and season, and its alternative names.

File names have a title in two languages, with the year of a film or with another name in brackets:
"不死者之王 OVERLORD IV", "Shingeki no Kyojin (Attack on Titan)", "Alien 1979 Cut".

Guarantees: a title never gets longer. A year or a season is cut at its end only, or, for a film,
together with all that follows the year.
"""

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Final, NamedTuple

_HAN_NUMBERS: Final = {han: number for number, han in enumerate("一二三四五六七八九十", start=1)}
_HAN_SEASON: Final = re.compile("第 ?([0-9]{1,2}|[一二三四五六七八九十]) ?[季期]")
_SEASON: Final = re.compile(
    r"(?: -)? [(\[]?(?:(?:S|Season|Saison|Temporada|Staffel) ?([0-9]{1,2})"
    r"|([0-9]{1,2})(?:st|nd|rd|th) Season)[)\]]?$",
    re.IGNORECASE,
)
_TAIL: Final = re.compile(
    r"(?:(?: -)? (?:multi|dual|dub(?:bed)?|sub(?:bed)?|complete|batch|extended|remastered|uncut"
    r"|french|raw|vostfr|vf(?:/vostfr)?|audio|dvd|bd|uhd|4k|3d|tv|\(tv\)|\[tv\]|end|fin))+$",
    re.IGNORECASE,
)
_A_YEAR: Final = "((?:19[1-9]|20[0-3])[0-9])"
_YEAR: Final = re.compile(rf"(?<=\S) \(?{_A_YEAR}\)?$")
_DATED: Final = re.compile(rf"(?<=\S) \(?{_A_YEAR}\)? (?!.*\b{_A_YEAR}\b).+$")
"""The last year, with everything behind it."""
_DOT: Final = re.compile(r"\.(?![0-9])|(?<![0-9])\.")
_NUMBER: Final = re.compile("[0-9]{1,4}")
_MANY_DOTS: Final = re.compile(r"\w\.\w+\.\w")
_LATIN: Final = re.compile(r"^[\x20-\u024f]*[a-z][\x20-\u024f]*$", re.IGNORECASE)
_NAMES: Final = (
    (re.compile(r"[|/\u2044]| AKA "), 0.03),
    (re.compile("[()]"), 0.08),
    (re.compile(r" - |\+"), 0.25),
)
"""What separates two names of one work, or a work and a part of it, and how doubtful either side is
by itself. After a dash often comes what names the instalment: "Title - Zero" is not "Title"."""
_EAST_ASIAN: Final = re.compile("[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_LETTER: Final = re.compile(r"[^\W\d_]")
_MIN_LETTERS: Final = 4
"""A shorter Latin name is as often a codec or a type; a name in Han characters may have two."""
_MAX_NAMES: Final = 4
"""Each name that is tried takes a search."""


class ReleaseWords(NamedTuple):
    """A title without its year and season, and these."""

    title: str
    year: int | None
    season: int | None


def words_of(text: str, name: str, *, is_film: bool) -> ReleaseWords:
    """Split `text`, the title in the release `name`; `is_film` tells whether it may be a film."""
    title = text
    if _MANY_DOTS.search(name):
        title = _DOT.sub(" ", title)
    title = " ".join(_HAN_SEASON.sub(" ", title.replace("_", " ")).split())
    title = _TAIL.sub("", _in_one_language(title.split(" AKA ")[0]))
    year = season = None
    if is_film:
        title, year = _cut(title, _DATED)
    for _ in range(2):  # either may stand last
        if year is None:
            title, year = _cut(title, _YEAR)
        if season is None:
            title, season = _cut(title, _SEASON)
    return ReleaseWords(title.strip(" -~_.|/\\"), number_of(year), number_of(season))


def han_season(name: str) -> int | None:
    """Return the season that a name writes in Chinese or Japanese."""
    match = _HAN_SEASON.search(name)
    return _HAN_NUMBERS.get(match[1]) or int(match[1]) if match else None


def number_of(text: str | None) -> int | None:
    """Return the number that a text is, if it is one."""
    return int(text) if text and _NUMBER.fullmatch(text) else None


def other_names(title: str) -> list[tuple[str, float]]:
    """Return the names that a title may consist of, each with its doubt, the surest first."""
    found: dict[str, float] = {}
    for between, doubt in _NAMES:
        parts = [part.strip(" .-") for part in between.split(title)]
        for name in (*parts, *(run for part in parts for run in _by_script(part))):
            if name != title and _is_name(name):
                found.setdefault(name, doubt)
    return list(found.items())[:_MAX_NAMES]


def _by_script(text: str) -> Iterator[str]:
    """Yield the runs of words in one script, where there are several; the Latin ones first."""
    runs = [
        (is_eastern, " ".join(words))
        for is_eastern, words in groupby(text.split(), lambda word: bool(_EAST_ASIAN.search(word)))
    ]
    if len(runs) > 1:
        yield from (run for _, run in sorted(runs, key=lambda run: run[0]))


def _is_name(name: str) -> bool:
    """Tell whether a part of a title has enough letters to be a name."""
    letters = len(_LETTER.findall(name))
    return letters >= (2 if _EAST_ASIAN.search(name) else _MIN_LETTERS)


def _cut(title: str, tail: re.Pattern[str]) -> tuple[str, str | None]:
    """Return the title without a tail, and the number or the word that was in the tail."""
    match = tail.search(title)
    if match is None:
        return title, None
    return title[: match.start()], next(filter(None, match.groups()))


def _in_one_language(title: str) -> str:
    """Return the Latin half of "葬送的芙莉莲 / Sousou no Frieren"; "Fate/Zero" stays whole."""
    halves = [half.strip() for half in title.split("/")]
    latin = [half for half in halves if _LATIN.match(half)]
    return latin[-1] if latin and len(latin) < len(halves) else title
