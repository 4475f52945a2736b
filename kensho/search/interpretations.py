"""The ways in which a query may be read, each a text of its own to look for.

Guarantees: the text as typed comes first, and no other reading is tried where it is a title as it
stands. A release name is read without its groups and codecs; a year, a type or an episode is read
as a wish about the work rather than a word of its title. Only where nothing is found but what is
doubtful is the text read as typed on the wrong keyboard, or letter by letter in Latin ones.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal, TypeAlias

import msgspec

from kensho.domain import ranking
from kensho.domain.title_parts import TitleParts
from kensho.search import keyboard_layouts, keys, release_names, release_titles
from kensho.search.keys import Key
from kensho.search.release_names import ReleaseName

MAX_CHARS: Final = 300
"""Longer than any title; what is longer is cut, which bounds the time of a search."""
Via: TypeAlias = Literal["text", "release", "slots", "abbreviation", "keyboard", "transliteration"]

_HANDICAP: Final[dict[Via, float]] = {
    "text": 0.0,
    "release": 0.0,
    "slots": 0.10,
    "abbreviation": 0.02,
    "keyboard": 0.01,
    "transliteration": 0.03,
}

_SURE: Final = 0.95
"""A release whose whole title scores so much is not looked for by a part of it."""

_SPELT_OUT_BELOW: Final = 0.90
"""Where the text as it stands scores as much, its first word need not be an abbreviation."""


class Interpretation(msgspec.Struct, frozen=True):
    """A text to look for in place of what was typed, and what it says of the work looked for.

    `handicap` is taken off its scores: other readings come after the text itself, and by `doubt`
    what is a guess comes after what isn't.
    """

    via: Via
    text: str
    key: Key
    title_parts: TitleParts
    release: ReleaseName | None = None
    doubt: float = 0.0

    @property
    def handicap(self) -> float:
        """Return what is taken off the scores of this reading."""
        return _HANDICAP[self.via] + self.doubt


def as_typed(text: str) -> Interpretation:
    """Return the reading of a text as it stands, as far as `MAX_CHARS`."""
    return _read("text", text[:MAX_CHARS])


def alternatives(typed: Interpretation, best: float) -> Iterator[Interpretation]:
    """Yield the readings that may do better than `best`, what the text as it stands has scored."""
    if best >= ranking.BEST_INEXACT:
        return
    if release_names.looks_like_release(typed.text):
        release = release_names.parsed(typed.text)
        if release is not None and release.title.strip():
            yield _of_release(release)
            return
    core = typed.key.parsed.core
    if core != typed.key.parsed.stem and best < ranking.SAME_MEANING - _HANDICAP["slots"]:
        yield _named(core, typed.title_parts)


def by_alternative_titles(read: Interpretation, best: float) -> Iterator[Interpretation]:
    """Yield readings by the single names in a release's title, where it found no more than `best`.

    They keep the season that the whole title says.
    """
    if read.release is None or best >= _SURE:
        return
    for name, doubt in release_titles.other_names(read.text):
        said, wanted = keys.key_of(name), read.title_parts
        season = TitleParts(season=wanted.season, final=wanted.final, part=wanted.part)
        key = keys.key_with(said.parsed.stem, season)
        yield Interpretation("release", name, key, wanted, read.release, doubt)


def with_expanded_abbreviation(
    typed: Interpretation, best: float, names_of: Callable[[str], Sequence[str]]
) -> Iterator[Interpretation]:
    """Yield readings of "dbs broly" with the titles that `names_of` says "dbs" stands for.

    A first word in another script than Latin is a title's beginning rather than an abbreviation.
    """
    first, _, rest = typed.key.words.partition(" ")
    if rest and best < _SPELT_OUT_BELOW and first.isascii():
        for title in names_of(first):
            yield _read("abbreviation", f"{title} {rest}")


def fallbacks(typed: Interpretation) -> Iterator[Interpretation]:
    """Yield the readings of a text of which nothing was found."""
    for text in keyboard_layouts.from_other_layouts(typed.text):
        yield _read("keyboard", text)
    latin = keyboard_layouts.transliterated(typed.text)
    if latin is not None:
        yield _read("transliteration", latin)


def _read(via: Via, text: str) -> Interpretation:
    """Return the reading of a text by itself."""
    key = keys.key_of(text)
    return Interpretation(via, text, key, key.parsed.parts)


def _named(core: str, wanted: TitleParts) -> Interpretation:
    """Return the reading of a bare name with the season that is wanted of it."""
    season = TitleParts(season=wanted.season, final=wanted.final, part=wanted.part)
    return Interpretation("slots", core, keys.key_with(core, season), wanted)


def _of_release(release: ReleaseName) -> Interpretation:
    key = keys.key_of(release.title)
    said = key.parsed.parts
    wanted = TitleParts(
        season=release.season or said.season,
        final=said.final,
        part=release.part or said.part,
        year=release.year or said.year,
        type=release.type or said.type,
        episode=release.episode,
    )
    if (release.season and said.season is None) or (release.part and said.part is None):
        instalment = TitleParts(season=wanted.season, part=wanted.part)
        key = keys.key_with(key.parsed.stem, instalment)
    return Interpretation("release", release.title, key, wanted, release)
