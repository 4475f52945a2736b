"""The features of works from which the kind of a relation is inferred.

A `Reader` turns the facts of a work into a `PairProfile`: names, marks, form and dates. For two
works, `kensho.domain.inference.neighbourhood` adds the graph around them, and
`kensho.domain.inference.model` infers the kind from the resulting `Pair`.

Guarantees: pure.

Performance: 0.1 ms for a work.
"""

import re
from collections.abc import Iterable, Mapping, Set
from typing import Final

import msgspec

from kensho.domain import title_parts
from kensho.domain.relations import Kind
from kensho.domain.title_parts import ParsedTitle
from kensho.domain.titles import squeezed
from kensho.domain.works import AnimeType, Title

_READ_LANGUAGES: Final = frozenset((None, "en", "ja", "ja-Latn", "zh-Hans", "zh-Latn"))
# The model was trained with these numbers and words (`benchmarks/train_relations.py`): if one
# changes, it must be trained again.
_MOST_TITLES: Final = 7
_LEAST_LETTERS: Final = 3
_MAIN_EPISODES: Final = 8
TELLERS: Final = frozenset(("mal", "anilist", "kitsu"))
"""Providers that state kinds. Works that others list are often only of the same franchise."""
_SYNOPSIS_START: Final = 400
"""Characters of a synopsis that are read: the first sentences say what a work is, then comes the
plot."""
_UNDATED: Final = 99_999
_LATIN: Final = re.compile("[a-z]")
_DATE: Final = re.compile("([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", re.ASCII)
_MONTH_DAYS: Final = 30.4
_LAST_NUMBER: Final = re.compile(r"^(.*[^0-9])(?<![0-9])([0-9]{1,2})(?![0-9])[^0-9]*$")
_SINGLES: Final = ((60, "feature"), (34, "long"), (17, "episode"), (6, "short"), (2.5, "clip"))
_RUNS: Final = ((34, "films"), (17, "series"), (8, "half"))


class Vocabulary(msgspec.Struct, frozen=True):
    """The words that mark kinds of works, in folded titles, synopses and tags.

    `words` (whole words of titles), `pieces` (any part of a title) and `phrases` (of synopses) are
    listed by the mark that they stand for. `tags` are the tags that are used.
    """

    words: dict[str, tuple[str, ...]] = {}
    pieces: dict[str, tuple[str, ...]] = {}
    phrases: dict[str, tuple[str, ...]] = {}
    tags: tuple[str, ...] = ()


class PairFacts(msgspec.Struct, frozen=True):
    """The facts of a work; `date` and `end` are `2024-05-01`, `2024-05`, `2024` or empty.

    `seasons` maps series in databases of television to the season that the work is there, such as
    `{"tvdb:81797": 2}`; season 0 are the specials.
    """

    key: str
    titles: tuple[Title, ...]
    anime_type: AnimeType = "unknown"
    date: str = ""
    episodes: int | None = None
    duration_s: int | None = None
    studios: tuple[str, ...] = ()
    tags: Set[str] = frozenset()
    synopsis: str | None = None
    end: str = ""
    seasons: Mapping[str, int] = {}


class PairProfile(msgspec.Struct, frozen=True):
    """The features of a work.

    `main`, `stems`, `cores` and `numbered` are names without spaces: the main one, those without
    season and part, the bare ones, and those before a number. `marks` are found in titles, `told`
    in the synopsis. `month` counts months, and `day` and `last_day` count days in months of 30.4
    days, all from year 0; they are `None` if the year is unknown. `order` sorts by release.
    """

    facts: PairFacts
    main: str
    stems: frozenset[str]
    cores: frozenset[str]
    numbered: frozenset[str]
    words: frozenset[str]
    season: int | None
    part: int | None
    is_final: bool
    number: int | None
    marks: frozenset[str]
    told: frozenset[str]
    tags: Set[str]
    form: str
    month: int | None
    day: float | None
    last_day: float | None
    length_s: int
    order: tuple[int, str, int, int, int, int, str]

    @property
    def title(self) -> str:
        """The first title of the work, or its key if it has none."""
        return self.facts.titles[0].text if self.facts.titles else self.facts.key

    @property
    def is_main(self) -> bool:
        """Whether the work is of a form in which stories are usually continued."""
        return self.facts.anime_type == "tv" or self.form in ("feature", "series", "long series")


class KnownWork(msgspec.Struct, frozen=True):
    """A stated relation of a work: `other` is the `kind` of it."""

    other: PairProfile
    kind: Kind


class Side(msgspec.Struct, frozen=True):
    """One work of a pair, with its surroundings in the graph.

    `lists` are the providers whose page of this work lists the other one; `pages` are those that
    have a page of it; `known` are its stated relations to other works.
    """

    profile: PairProfile
    lists: frozenset[str] = frozenset()
    pages: frozenset[str] = frozenset()
    known: tuple[KnownWork, ...] = ()


class Pair(msgspec.Struct, frozen=True):
    """Two related works; `around` are measures of the graph, from the earlier to the later work."""

    a: Side
    b: Side
    around: Mapping[str, float] = {}

    @property
    def is_tellable(self) -> bool:
        """Whether a provider that states kinds lists the pair, or the lists are unknown."""
        lists = self.a.lists | self.b.lists
        return bool(lists & TELLERS) or not (self.a.pages and self.b.pages)


class Reader:
    """Computes the profiles of works with a vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._words = _inverted(vocabulary.words)
        self._pieces = tuple(_inverted(vocabulary.pieces).items())
        self._phrases = tuple(_inverted(vocabulary.phrases).items())
        self._tags = frozenset(vocabulary.tags)

    def profile(self, facts: PairFacts) -> PairProfile:
        """Return the profile of a work, from its facts and its titles in some languages."""
        titles = _read(facts.titles)
        main = next(
            (title for title in titles if _LATIN.search(title.words)), titles[0] if titles else None
        )
        core = main.core if main else ""
        numbered = [found for title in titles if (found := _LAST_NUMBER.match(title.core))]
        season = _most(title.parts.season for title in titles)
        part = _most(title.parts.part for title in titles)
        number = _most(int(found[2]) for found in numbered)
        length_s = (facts.episodes or 1) * (facts.duration_s or 0)
        month_key = _UNDATED if (month := _month(facts.date)) is None else month
        return PairProfile(
            facts=facts,
            main=squeezed(core),
            stems=_letters(title.stem for title in titles),
            cores=_letters(title.core for title in titles),
            numbered=_letters(found[1].rstrip() for found in numbered),
            words=frozenset(word for word in core.split() if len(word) > _LEAST_LETTERS),
            season=season,
            part=part,
            is_final=any(title.parts.final for title in titles),
            number=number,
            marks=self._marks(" | ".join(title.words for title in titles)),
            told=self._told(facts.synopsis),
            tags=facts.tags & self._tags,
            form=_form(facts),
            month=month,
            day=_day(facts.date),
            last_day=_day(facts.end),
            length_s=length_s,
            order=(
                month_key,
                facts.date,
                season or 1,
                part or 1,
                number or 0,
                -length_s,
                facts.key,
            ),
        )

    def _marks(self, words: str) -> frozenset[str]:
        found = {self._words[word] for word in self._words.keys() & words.split()}
        return frozenset((*found, *(mark for piece, mark in self._pieces if piece in words)))

    def _told(self, synopsis: str | None) -> frozenset[str]:
        start = (synopsis or "")[:_SYNOPSIS_START].casefold()
        return frozenset(topic for phrase, topic in self._phrases if phrase in start)


def _inverted(listed: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {word: mark for mark, words in listed.items() for word in words}


def _read(titles: Iterable[Title]) -> list[ParsedTitle]:
    unique: dict[str, ParsedTitle] = {}
    for title in titles:
        if title.language in _READ_LANGUAGES and title.kind != "short":
            read = title_parts.read(title.text)
            unique[read.words] = read
            if len(unique) == _MOST_TITLES:
                break
    return [read for words, read in unique.items() if words]


def _letters(names: Iterable[str]) -> frozenset[str]:
    return frozenset(letters for name in names if len(letters := squeezed(name)) >= _LEAST_LETTERS)


def _most(values: Iterable[int | None]) -> int | None:
    """Return the most frequent value; of equally frequent ones the first."""
    seen = [value for value in values if value is not None]
    return max(seen, key=seen.count) if seen else None


def _month(date: str) -> int | None:
    found = _DATE.match(date)
    return int(found[1]) * 12 + int(found[2] or 7) - 1 if found else None


def _day(date: str) -> float | None:
    found = _DATE.match(date)
    month = _month(date)
    return None if not found or month is None else month * _MONTH_DAYS + int(found[3] or 15)


def _form(facts: PairFacts) -> str:
    """Return the form by length ("feature", "clip", "series"), or the type if it is unknown."""
    if not facts.duration_s:
        return f"one {facts.anime_type}" if facts.episodes == 1 else facts.anime_type
    minutes, episodes = facts.duration_s / 60, facts.episodes or 0
    if episodes <= 2:  # noqa: PLR2004 - two episodes are released like one
        return next((form for least, form in _SINGLES if minutes >= least), "spot")
    form = next((form for least, form in _RUNS if minutes >= least), "mini")
    return f"long {form}" if episodes >= _MAIN_EPISODES else form
