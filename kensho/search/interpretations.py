"""The ways in which a query may be interpreted, each a text of its own to look for.

Guarantees: the text as typed comes first, and no other interpretation is tried if it is a title as
it stands. A release name is read without its group and codecs; a year, a type or an episode is read
as a fact about the work rather than as a word of its title. Only if nothing is found but what is
doubtful, the text is read as typed on the wrong keyboard layout, or transliterated.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
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

_HANDICAP: Final[Mapping[Via, float]] = {
    "text": 0.0,
    "release": 0.0,
    "slots": 0.10,
    "abbreviation": 0.02,
    "keyboard": 0.01,
    "transliteration": 0.03,
}
"""Subtracted from scores, so that the text itself wins over guesses of equal likeness. A bare name
("slots") drops words that were typed, which costs more than ties can add (0.035)."""

_SURE: Final = 0.95
"""A release whose whole title scores so much is not searched for by a part of it."""

_EXPANDED_BELOW: Final = 0.90
"""If the text as typed scores this much, its first word is not read as an abbreviation."""


class Interpretation(msgspec.Struct, frozen=True):
    """A text to search for in place of what was typed, and what it says of the work.

    `handicap` is subtracted from its scores, so that other interpretations come after the text
    itself, and by `doubt` guesses come after what is stated.
    """

    via: Via
    text: str
    key: Key
    title_parts: TitleParts
    release: ReleaseName | None = None
    doubt: float = 0.0

    @property
    def handicap(self) -> float:
        """Return what is subtracted from the scores of this interpretation."""
        return _HANDICAP[self.via] + self.doubt


def as_typed(text: str) -> Interpretation:
    """Return the interpretation of a text as typed, cut at `MAX_CHARS`."""
    return _by_itself("text", text[:MAX_CHARS])


def alternatives(typed: Interpretation, best: float) -> Iterator[Interpretation]:
    """Yield interpretations that may score above `best`, the score of the text as typed."""
    if best >= ranking.BEST_INEXACT:
        return
    if release_names.looks_like_release(typed.text):
        release = release_names.parsed(typed.text)
        if release is not None and release.title.strip():
            yield _of_release(release)
            return
    core = typed.key.parsed.core
    if core != typed.key.parsed.stem and best < ranking.SAME_MEANING - _HANDICAP["slots"]:
        yield _bare_name(core, typed.title_parts)


def by_alternative_titles(release: Interpretation, best: float) -> Iterator[Interpretation]:
    """Yield interpretations by single names in a release's title, if the whole scored only `best`.

    They keep the season that the whole title states.
    """
    if release.release is None or best >= _SURE:
        return
    for name, doubt in release_titles.other_names(release.text):
        name_key, wanted = keys.key_of(name), release.title_parts
        season = TitleParts(season=wanted.season, final=wanted.final, part=wanted.part)
        key = keys.key_with(name_key.parsed.stem, season)
        yield Interpretation("release", name, key, wanted, release.release, doubt)


def with_expanded_abbreviation(
    typed: Interpretation, best: float, names_of: Callable[[str], Sequence[str]]
) -> Iterator[Interpretation]:
    """Yield interpretations of "dbs broly" with the titles that "dbs" stands for by `names_of`.

    A first word that is not in Latin letters is the beginning of a title, not an abbreviation.
    """
    first, _, rest = typed.key.words.partition(" ")
    if rest and best < _EXPANDED_BELOW and first.isascii():
        for title in names_of(first):
            yield _by_itself("abbreviation", f"{title} {rest}")


def fallbacks(typed: Interpretation) -> Iterator[Interpretation]:
    """Yield the interpretations of a text by which nothing sure was found."""
    for text in keyboard_layouts.from_other_layouts(typed.text):
        yield _by_itself("keyboard", text)
    latin = keyboard_layouts.transliterated(typed.text)
    if latin is not None:
        yield _by_itself("transliteration", latin)


def _by_itself(via: Via, text: str) -> Interpretation:
    """Return the interpretation of a text by itself."""
    key = keys.key_of(text)
    return Interpretation(via, text, key, key.parsed.parts)


def _bare_name(core: str, wanted: TitleParts) -> Interpretation:
    """Return the interpretation of a bare name with the season that is asked for."""
    season = TitleParts(season=wanted.season, final=wanted.final, part=wanted.part)
    return Interpretation("slots", core, keys.key_with(core, season), wanted)


def _of_release(release: ReleaseName) -> Interpretation:
    key = keys.key_of(release.title)
    parts = key.parsed.parts
    wanted = TitleParts(
        season=release.season or parts.season,
        final=parts.final,
        part=release.part or parts.part,
        year=release.year or parts.year,
        type=release.type or parts.type,
        episode=release.episode,
    )
    if (release.season and parts.season is None) or (release.part and parts.part is None):
        instalment = TitleParts(season=wanted.season, part=wanted.part)
        key = keys.key_with(key.parsed.stem, instalment)
    return Interpretation("release", release.title, key, wanted, release)
