"""The ways in which a query may be interpreted, each a text of its own to look for.

Guarantees: the text as typed comes first, and no other interpretation is tried if it is a title as
it stands; one that ends with a year in brackets is, where it is the main title of a work. A release
name is read without its group and codecs; a year, a type or an episode is read as a fact about the
work rather than as a word of its title. Only if nothing is found but what is doubtful, the text is
read as typed on the wrong keyboard layout, or transliterated.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Literal, Protocol, TypeAlias

import msgspec

from kensho.domain import ranking, title_parts
from kensho.domain.title_parts import TitleParts
from kensho.domain.titles import NATIVE
from kensho.search import (
    keyboard_layouts,
    keys,
    name_marks,
    name_parts,
    name_readings,
    name_words,
    release_names,
    release_titles,
    titles_within,
)
from kensho.search.keys import Key
from kensho.search.name_readings import NameReading
from kensho.search.release_names import ReleaseName

MAX_CHARS: Final = 300
"""Longer than any title; what is longer is cut, which bounds the time of a search."""
Via: TypeAlias = Literal[
    "text", "id", "release", "slots", "abbreviation", "keyboard", "transliteration"
]
Score: TypeAlias = Callable[[], float]
"""Returns a score that takes a search."""

_HANDICAP: Final[Mapping[Via, float]] = {
    "text": 0.0,
    "id": 0.0,
    "release": 0.0,
    "slots": 0.10,
    "abbreviation": 0.02,
    "keyboard": 0.01,
    "transliteration": 0.03,
}
"""Subtracted from scores, so that the text itself wins over guesses of equal likeness. A bare name
("slots") drops words that were typed, which costs more than ties can add (0.035)."""

_FEWEST: Final = 10
"""The lowest bare number that is an episode, whatever titles go on so: 2 to 9 may be seasons."""
_YEAR_LETTERS: Final = 5
"""One more than a year has, so that the same title without it is longer."""
_GUESS: Final = 0.05
"""The doubt of a bare number as an episode where no title equals the rest: it may be a season."""
_MAX_INEXACT_READINGS: Final = 2
"""Readings that equal no title are looked for one by one, which takes 0.4 ms each."""
_BY_CHANCE: Final = 0.35
"""A text of which a title is a share s, and the rest is talk, is like another title by s ** 0.35 at
most: so were 593 of 675 texts in a dozen languages, and 11 of 2,300 corrupted titles."""
_FEWEST_LETTERS: Final = 4
"""Of words that are surely talk, and of what they leave of a text, where that equals no title."""
_SURE: Final = 0.95
"""A release whose whole title scores so much is not searched for by a part of it."""

_LAST_BRACKET: Final = re.compile(r"[(\[【]([^()\[\]【】]+)[)\]】]\s*$")
_LIKE_YEAR: Final = re.compile("[0-9]{3,}")
"""A number in brackets that may be a year with a slip, rather than an episode."""
_ROMAN: Final = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")
_NUMBER_AT_END: Final = re.compile(f"(.+) ({'|'.join(_ROMAN[1:])})")
_LEAST_BEGUN: Final = 12
"""Letters of a text that is no beginning of a title by chance; not measured."""
_WORDS_BEHIND: Final = 2
"""Words behind a title, the mark among them, by which a text goes on: "episode:0 Ing"."""
_BESIDE: Final = 0.01
"""The handicap of a title beside which its type stands in brackets: "Jujutsu Kaisen (TV)" is the
series rather than "Jujutsu Kaisen PV", but a title that is written so comes first."""
_NEARLY: Final = 0.9
"""A text that is so like a title is typed, though its brackets are as those of a release."""
_EXPANDED_BELOW: Final = 0.90
"""If the text as typed scores this much, its first word is not read as an abbreviation."""


class KnownTitles(Protocol):
    """What is asked of the titles of an index, to tell which interpretation is meant."""

    def equals(self, key: Key) -> int:
        """Return how many letters of a key equal a title, its season apart; 0 where none does."""
        ...

    def begins(self, key: Key) -> bool:
        """Tell whether any title begins with all letters of a key, as typed."""
        ...

    def has_season(self, key: Key) -> bool:
        """Tell whether there is a work of the season that a key states, or it states none."""
        ...

    def bearers(self, letters: str) -> Mapping[int, int]:
        """Return the works with a title of exactly these letters, each with a rank of its own."""
        ...

    def is_main(self, key: Key) -> bool:
        """Tell whether all letters of a key are the main title of a work."""
        ...


class Interpretation(msgspec.Struct, frozen=True):
    """A text to search for in place of what was typed, and what it says of the work.

    `handicap` is subtracted from its scores, so that other interpretations come after the text
    itself, and by `doubt` guesses come after what is stated. `is_stated` tells that a mark leaves
    no doubt, so that the text as typed is no title. `untyped` is how many of its letters were not
    typed but stand for an abbreviation.
    """

    via: Via
    text: str
    key: Key
    title_parts: TitleParts
    release: ReleaseName | None = None
    doubt: float = 0.0
    is_stated: bool = False
    untyped: int = 0

    @property
    def handicap(self) -> float:
        """Return what is subtracted from the scores of this interpretation."""
        return _HANDICAP[self.via] + self.doubt


def as_typed(text: str) -> Interpretation:
    """Return the interpretation of a text as typed; its key is cut at `MAX_CHARS`."""
    return _by_itself("text", text)


def alternatives(
    typed: Interpretation, as_title: float, as_typed: Score, titles: KnownTitles
) -> Iterator[Interpretation]:
    """Yield interpretations that may score above the text as typed.

    `as_title` is its score if it is a title, else less than any such; `as_typed` returns its score,
    for which it is searched, and is asked only where that decides.

    Of the readings of a name, the longest that equals a title is meant. If none does, the likeliest
    ones are looked for. A text that goes on behind a mark as a title does is the beginning of that
    title: "UN-GO episode:0 Ing".
    """
    is_title = as_title >= ranking.BEST_INEXACT and (
        not name_readings.has_year(typed.text) or titles.is_main(typed.key)
    )
    has_mark = name_readings.has_mark(typed.text)
    if is_title and (not has_mark or _is_written(typed, as_title)):
        return
    if name_readings.looks_like_name(typed.text):
        is_file = name_readings.is_file_name(typed.text) or _is_release(typed.text, as_typed())
        found = [
            _of_reading(reading)
            for reading in name_readings.readings(typed.text)
            if is_file or _may_be_typed(reading, typed, as_typed(), titles)
        ]
        is_slug = " " not in typed.text
        longest = _longest_equal(found, titles, without_type=is_file or is_slug)
        if longest is not None and _goes_on(typed, longest) and titles.begins(typed.key):
            return
        if longest is not None:
            yield msgspec.structs.replace(longest, doubt=0.0, is_stated=has_mark)
            return
        if is_file:
            yield from _likeliest(typed, found, titles)
            return
    best = as_typed()
    if best < ranking.BEST_INEXACT:
        yield from _without_talk(typed)
    named = _named_twice(typed.text, titles) or _named_within(typed, best, titles)
    if named is not None:
        yield named
        return
    yield from _numbered(typed, best, titles)
    yield from _bare(typed, best, titles)


def _likeliest(
    typed: Interpretation, found: Sequence[Interpretation], titles: KnownTitles
) -> Iterator[Interpretation]:
    """Yield the likeliest readings of the name of a file, none of which equals a title."""
    release = release_names.parsed(typed.text[-MAX_CHARS:])
    if release is not None and release.title.strip():
        yield _of_release(release)
    yield from found[:_MAX_INEXACT_READINGS]
    counted = (one for one in found if one.title_parts.episode is not None)
    given = next(counted, found[0] if found else None)
    within = _named_within(given, 0.0, titles) if given else None
    if within is not None:
        yield within


def _named_twice(text: str, titles: KnownTitles) -> Interpretation | None:
    """Return the interpretation of a text that is two titles of one work."""
    first = titles_within.named_twice(text, titles.bearers)
    return _by_itself("release", first) if first else None


def _without_talk(typed: Interpretation) -> Iterator[Interpretation]:
    """Yield the interpretation without what people look for, though the rest equals no title.

    It may be a part of one, or one with a slip: "do you love your mom reddit". Short words of talk
    are as well the beginnings of others, or slips: "Self Por", "Xiao Blu".
    """
    plain = name_words.without_tail(typed.text)
    said = set(typed.text.split()) - set(plain.split())
    if len(plain) >= _FEWEST_LETTERS and any(len(word) >= _FEWEST_LETTERS for word in said):
        yield _by_itself("release", plain)


def _named_within(given: Interpretation, best: float, titles: KnownTitles) -> Interpretation | None:
    """Return the interpretation of a text that scored `best` by the longest title in it.

    It is meant if what is most like the text is less so than if the rest were alike by chance. A
    text that begins a title is itself meant.
    """
    found = titles_within.longest(given.key, best ** (1 / _BY_CHANCE), titles.bearers)
    if found is None or titles.begins(given.key):
        return None
    parts = given.title_parts if given.release else found.key.parsed.parts
    doubt = 1 - found.share**_BY_CHANCE
    return Interpretation("release", found.key.words, found.key, parts, given.release, doubt)


def _goes_on(typed: Interpretation, reading: Interpretation) -> bool:
    """Tell whether a text that is read without some of its end does end with words of a title.

    They are more than a mark, its number, and what says how a file is made.
    """
    words = typed.key.words.split(" ")
    rest = words[len(reading.key.words.split(" ")) :]
    is_longer = len(typed.key.plain) >= _LEAST_BEGUN
    spoken = [one for one in rest if not (one.isdecimal() or name_words.is_noise(one))]
    return is_longer and len(spoken) >= _WORDS_BEHIND and spoken[-1:] == rest[-1:]


def _is_written(typed: Interpretation, best: float) -> bool:
    """Tell whether a text with the mark of an episode is a title that has this mark.

    A title that only equals it because the number of the episode is read as a season has not, as
    "呪術廻戦 3" for the third episode of the first season.
    """
    if best >= ranking.SAME_BUT_CASE - ranking.EXACT_STEP:
        return True
    if best < ranking.SAME_LETTERS - ranking.EXACT_STEP:
        return False
    season = typed.title_parts.season
    if season is None:
        return True
    return season not in [reading.episode for reading in name_readings.readings(typed.text)]


def _is_release(text: str, best: float) -> bool:
    """Tell whether a text is read as the name of a release, given its score as typed."""
    is_nearly_title = _NEARLY <= best < ranking.BEST_INEXACT
    return not is_nearly_title and release_names.looks_like_release(text)


def _numbered(typed: Interpretation, best: float, titles: KnownTitles) -> Iterator[Interpretation]:
    """Yield the interpretation of a text with the number at its end as a season, if a title is so.

    "V" is a letter as well, and in "Kaijuu No. 8 III" there are two numbers: only titles tell.
    """
    found = _NUMBER_AT_END.fullmatch(typed.key.words)
    is_title = best >= ranking.BEST_INEXACT
    if found is None or is_title or title_parts.marker(typed.title_parts):
        return
    season = TitleParts(season=_ROMAN.index(found[2]) + 1)
    key = keys.key_with(found[1], season)
    if titles.equals(key) == len(key.letters):
        yield Interpretation("text", typed.text, key, season)


def _bare(typed: Interpretation, best: float, titles: KnownTitles) -> Iterator[Interpretation]:
    """Yield the interpretation without the year and type that are typed, if it may score more."""
    core = typed.key.parsed.core
    if core == typed.key.parsed.stem:
        return
    bare = _bare_name(core, typed.title_parts)
    if _stands_beside_type(typed.text) and titles.equals(bare.key):
        yield msgspec.structs.replace(bare, doubt=_BESIDE - _HANDICAP["slots"])
    elif best < ranking.SAME_MEANING - _HANDICAP["slots"]:
        yield bare


def _stands_beside_type(text: str) -> bool:
    """Tell whether a text ends with the name of a type in brackets."""
    bracket = _LAST_BRACKET.search(unicodedata.normalize("NFKC", text))
    return bracket is not None and title_parts.type_named(keys.folded(bracket[1])) is not None


def _may_be_typed(
    reading: NameReading, typed: Interpretation, best: float, titles: KnownTitles
) -> bool:
    """Tell whether a text that is no name of a file may be read so, given its score as typed.

    A season is found by the text itself. A bare number from 10 on, or with a zero before it, may
    be an episode, and a lesser one where no title goes on so: "komi san 2" is a season, "frieren 5"
    an episode, "final fantasy 7" a beginning. A text that nearly is a title may only lose words
    that no title holds, as in "watch naruto online"; so may one that is like a title at all, if
    what it loses states nothing: nobody types letters that say nothing. A year or what describes a
    work in brackets is no part of a title that is only like the text, nor are what tells an opening
    and what a line parts.
    """
    if reading.is_guess:
        is_range = reading.last_episode is not None
        is_high = reading.is_padded or is_range or (reading.episode or 0) >= _FEWEST
        return is_high or not titles.begins(typed.key)
    text, season = typed.text, typed.title_parts.season
    is_no_season = season is not None and not titles.has_season(typed.key)
    is_told_apart = _is_told_apart(reading, text) and not _is_begun(reading, typed, titles)
    if "|" in text or is_told_apart or (is_no_season and season == reading.episode):
        return True
    loses_noise = name_words.without_tail(reading.title) == name_words.without_tail(text)
    if not reading.states_something and ranking.LEAST <= best < ranking.BEST_INEXACT:
        return loses_noise
    if best < ranking.PREFIX or best >= ranking.BEST_INEXACT:
        return reading.season is None or reading.season == 1
    return loses_noise


def _is_begun(reading: NameReading, typed: Interpretation, titles: KnownTitles) -> bool:
    """Tell whether a title goes on behind the year that a text is read to state."""
    if reading.year is None or typed.text.endswith((")", "]")):
        return False
    return titles.begins(typed.key) and titles.equals(typed.key) < len(typed.key.letters)


def _is_told_apart(reading: NameReading, typed: str) -> bool:
    """Tell whether a reading loses what no title has: a year, an extra, a description in brackets.

    A type alone in brackets is read by `_bare`; "one-punch-man-tv" loses its hyphens alone.
    """
    if reading.year is not None or reading.extra is not None:
        return True
    if " " not in typed and reading.title == name_parts.spaced(typed):
        return True
    bracket = _LAST_BRACKET.search(typed)
    if bracket is not None and (
        name_words.is_technical(bracket[1], is_square=False)
        or (name_marks.number_alone(bracket[1]) and not _LIKE_YEAR.fullmatch(bracket[1]))
    ):
        return True
    is_described = reading.type is not None and typed.endswith((")", "]"))
    return is_described and not _stands_beside_type(typed)


def _longest_equal(
    found: Sequence[Interpretation], titles: KnownTitles, *, without_type: bool
) -> Interpretation | None:
    """Return the interpretation of which most letters equal a title; of several, the first.

    A kanji or kana tells as much as two Latin letters. A number is an episode rather than a season
    that there is not, and a year that no main title has is when a work began: some catalogues add
    it to the titles of extras.

    `without_type` compares "Fairy Tail Movie - Dragon Cry" without the word of its type as well.
    """
    best, length = None, 0
    for one in found:
        tried = [one]
        core = one.key.parsed.core
        if without_type and core != one.key.parsed.stem:
            plain = _bare_name(core, one.title_parts)
            tried.append(msgspec.structs.replace(plain, via="release", release=one.release))
        for each in tried:
            letters = each.key.letters[: titles.equals(each.key)]
            weight = len(letters) + len(NATIVE.findall(letters))
            if name_readings.has_year(each.text) and not titles.is_main(each.key):
                weight -= _YEAR_LETTERS
            is_longer = weight > length
            if not is_longer and weight == length and best is not None and one.doubt:
                is_longer = not (best.doubt or titles.has_season(best.key))
            if is_longer:
                best, length = each, weight
    return best


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
            spelt = _by_itself("abbreviation", f"{title} {rest}")
            untyped = len(spelt.key.letters) - len(typed.key.letters)
            yield msgspec.structs.replace(spelt, untyped=max(untyped, 0))


def fallbacks(typed: Interpretation) -> Iterator[Interpretation]:
    """Yield the interpretations of a text by which nothing sure was found."""
    for text in keyboard_layouts.from_other_layouts(typed.text):
        yield _by_itself("keyboard", text)
    latin = keyboard_layouts.transliterated(typed.text)
    if latin is not None:
        yield _by_itself("transliteration", latin)


def _by_itself(via: Via, text: str) -> Interpretation:
    """Return the interpretation of a text by itself."""
    key = keys.key_of(text[-MAX_CHARS:])
    return Interpretation(via, text, key, key.parsed.parts)


def _bare_name(core: str, wanted: TitleParts) -> Interpretation:
    """Return the interpretation of a bare name with the season that is asked for."""
    season = TitleParts(season=wanted.season, final=wanted.final, part=wanted.part)
    return Interpretation("slots", core, keys.key_with(core, season), wanted)


def _of_reading(reading: NameReading) -> Interpretation:
    return _of_release(
        ReleaseName(
            title=reading.title,
            season=reading.season,
            episode=reading.episode,
            last_episode=reading.last_episode,
            year=reading.year,
            type=reading.type,
            extra=reading.extra,
            group=reading.group,
            resolution=reading.resolution,
        ),
        doubt=_GUESS if reading.is_guess else 0.0,
    )


def _of_release(release: ReleaseName, doubt: float = 0.0) -> Interpretation:
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
    return Interpretation("release", release.title, key, wanted, release, doubt)
