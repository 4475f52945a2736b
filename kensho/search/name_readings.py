"""The ways in which a name of a file, a folder or a page may be read, likeliest first.

A name is taken apart (`name_parts`), its marks are found (`name_marks`), and what stands before the
first mark is the title. Where that is not certain there are several readings: with and without each
number, each bracket, each half of a double title, each folder. The index decides: the longest
reading that equals a title is meant (`kensho.search.index`).

Guarantees: no reading has an empty title, and all readings of a name state the same marks but where
a bare number is read both ways.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

import msgspec

from kensho.domain.works import AnimeType
from kensho.search import name_marks, name_parts, name_words, page_addresses, release_titles
from kensho.search.name_marks import Extra, Mark
from kensho.search.name_parts import Segment

MAX_CHARS: Final = 1_000
"""The longest paths that systems allow have 4,096; what is longer is cut from the left, because the
file's own name stands last."""
_MAX_READINGS: Final = 24
MAX_READ: Final = 1_600
"""Characters of all readings of a name, from which on no more are made: a name of 66 characters has
all its readings; of longer ones the likeliest are enough."""
_IN_YEAR: Final = re.compile(r"(?<=\S)[\s(-]\(?(?:19[1-9]|20[0-3])[0-9]\)?\s*$")
_LETTERS_OF_TITLE: Final = 6
_DASHED: Final = 0.25
"""Names beside a dash are doubted so much: what follows one often names the instalment."""
_LED_BY_GROUP: Final = re.compile(r"\s*(?:\[|【[^】]*】.*[\[【])", re.DOTALL)
"""Brackets that stand for the title itself are not those of a release: 【推しの子】 第3期."""
_OF: Final = re.compile(r"[\s._:-]*(?:(?:of|de|von|di|da|du)\s)?", re.IGNORECASE)
"""What stands between an episode and the title behind it: "Episode 7 of Mushishi"."""
_FIRST_WORD: Final = re.compile(r"[0-9]*(?:[-_. ].*)?$")
"""What may follow the word that says what a file is: "season01-poster"."""
_MARKS: Final = " -~_.|:,"
_BETWEEN_NAMES: Final = re.compile("[_|•]")
_LETTER: Final = re.compile(r"[^\W\d_]")
_DIGIT: Final = re.compile("[0-9]")
_COPIED: Final = re.compile(
    r"^(?:19|20)[0-9]{2}([-_.]?)[0-9]{2}\1[0-9]{2}(?:[-_ T]?[0-9]{2}(?:[-_.:]?[0-9]{2})+)?[-_ ]+"
    r"|^(?:copy|copie|copia|cópia|kopie|kopia) (?:\([0-9]\) )?(?:of|de|di|von|av) "
    r"| - (?:copy|copie|copia|cópia|kopie|kopia|копия|コピー|副本|복사본)(?: \([0-9]\))?$",
    re.IGNORECASE,
)
"""What systems write around the name of a file: when it was recorded, or that it is a copy."""
_COPY: Final = re.compile("[0-9]")
"""What systems add to the name of a second copy, "Name - 05 (1).mkv", or else an episode."""
_SIGNS: Final = re.compile(
    r"[\d一二三四五六七八九十\[\](){}【】《》「」『』<>/\\|_+#]|\w\.\w+\.\w|\w-\w+-\w"
)


class NameReading(msgspec.Struct, frozen=True, omit_defaults=True):
    """A title, and what else a name states of the instalment that is meant.

    `is_guess` tells that the episode is a bare number, which may be part of another title, and
    `is_padded` that a zero stands before it.
    """

    title: str
    season: int | None = None
    episode: int | None = None
    last_episode: int | None = None
    year: int | None = None
    type: AnimeType | None = None
    extra: Extra | None = None
    group: str | None = None
    resolution: str | None = None
    is_guess: bool = False
    is_padded: bool = False

    @property
    def states_something(self) -> bool:
        """Return whether more is stated than a title."""
        stated = (self.season, self.episode, self.year, self.type, self.extra)
        return any(one is not None for one in stated)


class _Facts(NamedTuple):
    """What a name states besides its title."""

    season: int | None = None
    episode: int | None = None
    last_episode: int | None = None
    year: int | None = None
    type: AnimeType | None = None
    extra: Extra | None = None
    group: str | None = None
    resolution: str | None = None

    def filled(self, other: "_Facts") -> "_Facts":
        """Return these facts, and those of `other` where these have none."""
        pairs = zip(self, other, strict=True)
        return _Facts._make(theirs if mine is None else mine for mine, theirs in pairs)

    def joined(self, other: "_Facts") -> "_Facts":
        """Return these facts and those of `other`; a pair wins over an episode alone."""
        if self.season is None and other.season is not None and other.episode is not None:
            return other.filled(self)
        return self.filled(other)

    def reading(self, title: str) -> NameReading:
        facts = self
        if facts.type == "special" and facts.extra not in (None, "special"):
            facts = facts._replace(type=None)  # "Title/Extras/NCED1.mkv" is of the series.
        return NameReading(title, *facts)


def looks_like_name(text: str) -> bool:
    """Tell whether a text may be more than a title: it has a number, a bracket, a path, a mark."""
    return (
        _SIGNS.search(text) is not None
        or name_words.without_tail(text) != text
        or has_mark(text)
        or name_marks.first_mark(name_parts.normalised(text)) is not None
    )


def is_file_name(text: str) -> bool:
    """Tell whether a text is written as files, folders and pages are, not as a title is typed."""
    return (
        name_parts.is_path(text)
        or name_parts.EXTENSION.search(text) is not None
        or page_addresses.address(text) is not None
        or name_words.has_technical(text)
        or _LED_BY_GROUP.match(text) is not None
        or has_mark(text)
    )


def has_year(text: str) -> bool:
    """Tell whether a text ends with a year, in which the work may have begun."""
    return _IN_YEAR.search(text) is not None


def has_mark(text: str) -> bool:
    """Tell whether a text states an episode beyond doubt."""
    return name_marks.is_sure(name_parts.normalised(text))


def readings(text: str) -> list[NameReading]:
    """Return the readings of a name; none where it holds no word of a title."""
    text = name_parts.unquoted(text[-MAX_CHARS:])
    page = page_addresses.address(text)
    if page is not None:
        facts = _Facts(season=page.season, episode=page.episode)
        return _distinct(one for name in page.names for one in _of_name(name, facts))
    found: Iterator[NameReading] = _of_path(text)
    if name_parts.is_path(text) and text.count("/") == 1:  # the slash may be one of the title
        whole = name_parts.normalised(name_parts.EXTENSION.sub("", text))
        found = chain(found, _of_name(whole, _Facts()))
    return _distinct(found)


def _of_path(text: str) -> Iterator[NameReading]:
    *folders, name = [name_parts.normalised(part) for part in name_parts.folders_and_name(text)]
    facts, named = _Facts(), list[str]()
    for folder in reversed(folders):
        here = _folder_facts(folder)
        if here is None:
            named.append(folder)
        else:
            facts = facts.filled(here)
    stem = _COPIED.sub("", name_parts.EXTENSION.sub("", name))
    place = _place(stem) if named else None
    extra = name_marks.extra_alone(stem) if named else None
    if extra is not None:  # "Title/Extras/NCED1.mkv"
        yield from _of_folders(named, facts._replace(extra=extra))
    if place is not None:  # "Title/05 - Name of the episode.mkv"
        yield from _of_folders(named, facts.filled(_Facts(episode=place)))
    if not (named and name_words.is_placeholder(_FIRST_WORD.sub("", stem))):
        yield from _of_name(stem, facts)
    if named:
        yield from _of_folders(named, _facts_and_title(_pieces(stem))[0].filled(facts))


def _of_name(name: str, outer: _Facts) -> Iterator[NameReading]:
    """Yield the readings of a name without its extension, given what its folders state."""
    pieces = _pieces(name)
    facts, title_pieces = _facts_and_title(pieces)
    group = pieces[0].text if len(pieces) > 1 and pieces[0].bracket == "[" else None
    stated = facts.filled(outer)._replace(group=group, resolution=name_words.resolution_in(name))
    seen = set[str]()
    for title in _titles(title_pieces):
        if title not in seen:  # most ways to take a title out lead to the same one
            seen.add(title)
            yield from _with_and_without_numbers(title, stated)


def _of_folders(folders: Iterable[str], facts: _Facts) -> Iterator[NameReading]:
    """Yield the readings by the titles of folders, the innermost first."""
    for folder in folders:
        own, pieces = _facts_and_title(_pieces(folder))
        if own.season is None or own.last_episode is not None:  # It holds more than an episode.
            own = own._replace(episode=None, last_episode=None)
        stated = facts.filled(own)
        yield from (stated.reading(title) for title in _titles(pieces))


def _pieces(name: str) -> list[Segment]:
    return name_parts.segments(name_words.without_list_of_parts(name_parts.spaced(name)))


def _facts_and_title(pieces: Sequence[Segment]) -> tuple[_Facts, list[Segment]]:
    """Return what the pieces state, and those before the first mark, cut where it begins."""
    facts, title = _Facts(), list[Segment]()
    is_ended, at_end = False, _Facts()
    for number, piece in enumerate(pieces):
        if piece.bracket:
            if number == len(pieces) - 1 and _COPY.fullmatch(piece.text) and piece.bracket == "(":
                at_end = _Facts(episode=int(piece.text))
                continue
            here = _bracket_facts(piece, is_first=number == 0)
            facts = facts.joined(here)
            is_ended = is_ended or (here.episode is not None and bool(title))
            if here == _Facts() and not is_ended and not _is_noise(piece):
                title.append(piece)
            continue
        text = f" {piece.text}" if number else piece.text  # a mark may follow a bracket at once
        mark = name_marks.first_mark(text)
        if mark is not None:
            facts = facts.joined(
                _Facts(mark.season, mark.episode, mark.last_episode, extra=mark.extra)
            )
        named = "" if is_ended else _beside(text, mark, is_first=not title)
        if named:
            title.append(Segment(named))
        is_ended = is_ended or (mark is not None and bool(title))
    title = title or _likeliest_title(pieces)
    if facts.extra is None and not any(name_marks.bare_number(one.text) for one in title):
        facts = facts.filled(at_end)
    return facts, title


def _beside(text: str, mark: Mark | None, *, is_first: bool) -> str:
    """Return what may be a title in a text with this mark: what stands before it.

    Where nothing does, it is what stands behind: "Episode 7 of Mushishi".
    """
    before = text[: mark.start] if mark else text
    if mark is not None and is_first and not before.strip(_MARKS):
        behind = _OF.sub("", text[mark.end :], count=1)
        before = behind if _LETTER.search(behind) else ""
    return before.strip(" -~_|:,") if before.strip(_MARKS) else ""


def _likeliest_title(pieces: Sequence[Segment]) -> list[Segment]:
    """Return the longest of pieces that all look like marks: "umi umi" may be two languages."""
    words = [
        piece
        for number, piece in enumerate(pieces)
        if not name_words.has_technical(piece.text)
        and _bracket_facts(piece, is_first=number == 0) == _Facts()
    ]
    longest = max(words, key=lambda piece: len(piece.text), default=None)
    return [longest] if longest is not None and len(longest.text) >= _LETTERS_OF_TITLE else []


def _bracket_facts(piece: Segment, *, is_first: bool) -> _Facts:
    text = piece.text.strip()
    year, kind = name_words.described(text)
    if year or kind:
        return _Facts(year=year, type=kind)
    if name_parts.is_quoted(piece):
        return _Facts()
    alone = None if is_first and piece.bracket != "[" else name_marks.number_alone(text)
    mark = alone or name_marks.first_mark(text)
    if mark is not None and (alone or mark.start == 0):
        return _Facts(mark.season, mark.episode, mark.last_episode, extra=mark.extra)
    return _Facts(season=name_marks.season_alone(text))


def _is_noise(piece: Segment) -> bool:
    is_square = piece.bracket in ("[", "【")
    return not name_parts.is_quoted(piece) and name_words.is_technical(
        piece.text, is_square=is_square
    )


def _titles(pieces: Sequence[Segment]) -> Iterator[str]:
    """Yield the titles that these pieces may hold, likeliest first."""
    quoted = [one.text for one in pieces if name_parts.is_quoted(one)]
    outside = [one.text for one in pieces if not one.bracket]
    if quoted and all(map(name_words.is_generic, outside[:1])):
        yield from quoted
    inside = [one.text for one in pieces if one.bracket and not name_parts.is_quoted(one)]
    if outside:
        yield " ".join(outside)
        yield from _without_noise(" ".join(outside))
        if inside:
            led = bool(pieces[0].bracket)
            whole = " ".join(one.text for one in pieces[1 if led else 0 :])
            yield whole
            yield from _without_noise(whole)
            yield " ".join(one.text for one in pieces)
        yield outside[0]
        for text in outside:
            yield from _halves(text)
    for text in (*reversed(inside[1:]), *inside[:1], *quoted):
        if not outside or text in quoted or _may_be_title(text, is_first=text == inside[0]):
            yield text
            yield from _halves(text)


def _may_be_title(text: str, *, is_first: bool) -> bool:
    """Tell whether a text in brackets may be the title, though others stand outside of brackets.

    The first is who made the release, and short ones are as often a site or a station.
    """
    return not is_first and len(text) >= _LETTERS_OF_TITLE


def _without_noise(text: str) -> Iterator[str]:
    yield from name_words.without_words_of_tail(text)
    yield from name_words.without_words_of_tail(name_words.up_to_technical(text))


def _halves(text: str) -> Iterator[str]:
    plain = name_words.without_tail(name_words.up_to_technical(text))
    for half in _BETWEEN_NAMES.split(plain):
        if half.strip() and half.strip() != text:
            yield half.strip()
        names = release_titles.other_names(half.strip())
        yield from (name for name, doubt in names if doubt < _DASHED)


def _with_and_without_numbers(title: str, facts: _Facts) -> Iterator[NameReading]:
    """Yield a title as it stands, then with a number or a year at its ends read as one."""
    yield facts.reading(title)
    if _DIGIT.search(title) is None:
        return
    words = release_titles.words_of(title, title, is_film=False)
    if words.title and words.title != title and (words.season or words.year):
        stated = facts.filled(_Facts(season=words.season, year=words.year))
        yield stated.reading(words.title)
    dated = name_marks.year_at_an_end(title)
    if dated is not None and (title[0].isdigit() or name_words.without_tail(dated[1]) != dated[1]):
        rest = name_words.without_tail(dated[1])
        yield facts.filled(_Facts(year=dated[0])).reading(rest)
    if facts.episode is None and facts.extra is None:
        for plain in dict.fromkeys((title, name_words.without_tail(title))):
            for mark in (name_marks.bare_number(plain), name_marks.leading_number(plain)):
                if mark is not None:
                    rest = (plain[: mark.start] + plain[mark.end :]).strip(" -~_.|")
                    is_padded = plain[mark.start : mark.end].strip(" [(-").startswith("0")
                    yield from _guesses(rest, mark, facts, is_padded=is_padded)


def _guesses(title: str, mark: Mark, facts: _Facts, *, is_padded: bool) -> Iterator[NameReading]:
    if title:
        stated = facts._replace(episode=mark.episode, last_episode=mark.last_episode)
        guess = stated.reading(title)
        yield msgspec.structs.replace(guess, is_guess=True, is_padded=is_padded)


def _folder_facts(folder: str) -> _Facts | None:
    """Return what a folder states that has no title in it, or `None` for one that has."""
    season = name_marks.season_alone(folder)
    if season is not None:
        return _Facts(season=season)
    extra = name_marks.extra_folder(folder)
    if extra is not None:
        return _Facts(type="special")
    return None


def _place(name: str) -> int | None:
    """Return the number that a name begins with, or is: a place in a folder."""
    alone = name_marks.number_alone(name) or name_marks.leading_number(name)
    return None if alone is None else alone.episode


def _distinct(found: Iterable[NameReading]) -> list[NameReading]:
    distinct: dict[tuple[str, int | None], NameReading] = {}
    read = 0
    for one in found:
        title = " ".join(one.title.split())
        if any(map(str.isalnum, title)):
            distinct.setdefault(
                (title.casefold(), one.episode), msgspec.structs.replace(one, title=title)
            )
        read += len(title)
        if len(distinct) == _MAX_READINGS or read >= MAX_READ:
            break
    return list(distinct.values())
