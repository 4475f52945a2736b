"""What can be seen of two related works: names, marks, form, dates, and what lies around them.

A `Reader` reads a work once; `kensho.domain.inference.neighbourhood` puts two profiles into the
graph around them, as the `Pair` that `kensho.domain.inference.model` tells the kind of.

Guarantees: pure.

Performance: 0.1 ms for a work.
"""

import re
from collections.abc import Iterable, Mapping, Set
from typing import Final

import msgspec

from kensho.domain import title_parts
from kensho.domain.relations import Kind
from kensho.domain.titles import folded, squeezed
from kensho.domain.works import AnimeType, Title

_READ_LANGUAGES: Final = frozenset((None, "en", "ja", "ja-Latn", "zh-Hans", "zh-Latn"))
# The model was trained on works read with these numbers and words
# (`benchmarks/train_relations.py`): where one changes it has to be trained anew.
_MOST_TITLES: Final = 7
_LEAST_LETTERS: Final = 3
_MAIN_EPISODES: Final = 8
TELLERS: Final = frozenset(("mal", "anilist", "kitsu"))
"""Providers that state kinds. What others list is often of one franchise and no more than that."""
_SYNOPSIS_START: Final = 400
"""Letters: what a work is stands in its first sentences, after that comes the plot."""
_UNDATED: Final = 99_999
_LATIN: Final = re.compile("[a-z]")
_DATE: Final = re.compile("([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?", re.ASCII)
_MONTH_DAYS: Final = 30.4
_LAST_NUMBER: Final = re.compile(r"^(.*[^0-9])(?<![0-9])([0-9]{1,2})(?![0-9])[^0-9]*$")
_SINGLES: Final = ((60, "feature"), (34, "long"), (17, "episode"), (6, "short"), (2.5, "clip"))
_RUNS: Final = ((34, "films"), (17, "series"), (8, "half"))


class Vocabulary(msgspec.Struct, frozen=True):
    """What words hint at: `words` and `pieces` of folded titles, `phrases` of synopses, `tags`.

    The first three are listed by what they hint at; pieces are looked for inside of words too.
    """

    words: dict[str, tuple[str, ...]] = {}
    pieces: dict[str, tuple[str, ...]] = {}
    phrases: dict[str, tuple[str, ...]] = {}
    tags: tuple[str, ...] = ()


class PairFacts(msgspec.Struct, frozen=True):
    """What is known of a work; `date` is `2024-05-01`, `2024-05`, `2024` or empty, and so is `end`.

    `seasons` tells which season of which series a work is in databases of television, as
    `{"tvdb:81797": 0}`; 0 is what such a database keeps beside the seasons.
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
    """A work as it is compared; `month` counts from year 0, None where no year is known.

    `day` and `last_day` count from year 0 in months of 30.4 days, None where no year is known.
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
        """The work's first title, or its key."""
        return self.facts.titles[0].text if self.facts.titles else self.facts.key

    @property
    def is_main(self) -> bool:
        """Whether the work is of a form that stories are continued in."""
        return self.facts.anime_type == "tv" or self.form in ("feature", "series", "long series")


class KnownWork(msgspec.Struct, frozen=True):
    """A stated relation of a work: `other` is its `kind`."""

    other: PairProfile
    kind: Kind


class Side(msgspec.Struct, frozen=True):
    """A work of a pair in its neighbourhood.

    `lists` names the providers whose page of this work lists the other one, `pages` those that
    have a page of it, `known` what is stated of its other relations.
    """

    profile: PairProfile
    lists: frozenset[str] = frozenset()
    pages: frozenset[str] = frozenset()
    known: tuple[KnownWork, ...] = ()


class Pair(msgspec.Struct, frozen=True):
    """Two related works; `around` measures the graph, read from the earlier to the later one."""

    a: Side
    b: Side
    around: Mapping[str, float] = {}

    @property
    def is_tellable(self) -> bool:
        """Whether a provider that tells kinds lists the pair, as far as lists are known at all."""
        lists = self.a.lists | self.b.lists
        return bool(lists & TELLERS) or not (self.a.pages and self.b.pages)


class Reader:
    """Reads works by a vocabulary."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._words = _inverted(vocabulary.words)
        self._pieces = tuple(_inverted(vocabulary.pieces).items())
        self._phrases = tuple(_inverted(vocabulary.phrases).items())
        self._tags = frozenset(vocabulary.tags)

    def profile(self, facts: PairFacts) -> PairProfile:
        """Read a work: its titles in the languages that say most, then its facts."""
        read = [title_parts.parsed(words) for words in _texts(facts.titles)]
        main = next((one for one in read if _LATIN.search(one.words)), read[0] if read else None)
        core = main.core if main else ""
        counted = [found for one in read if (found := _LAST_NUMBER.match(one.core))]
        season = _most(one.parts.season for one in read)
        part = _most(one.parts.part for one in read)
        number = _most(int(found[2]) for found in counted)
        length_s = (facts.episodes or 1) * (facts.duration_s or 0)
        when = _UNDATED if (month := _month(facts.date)) is None else month
        return PairProfile(
            facts=facts,
            main=squeezed(core),
            stems=_letters(one.stem for one in read),
            cores=_letters(one.core for one in read),
            numbered=_letters(found[1].rstrip() for found in counted),
            words=frozenset(word for word in core.split() if len(word) > _LEAST_LETTERS),
            season=season,
            part=part,
            is_final=any(one.parts.final for one in read),
            number=number,
            marks=self._marks(" | ".join(one.words for one in read)),
            told=self._told(facts.synopsis),
            tags=facts.tags & self._tags,
            form=_form(facts),
            month=month,
            day=_day(facts.date),
            last_day=_day(facts.end),
            length_s=length_s,
            order=(when, facts.date, season or 1, part or 1, number or 0, -length_s, facts.key),
        )

    def _marks(self, words: str) -> frozenset[str]:
        found = {self._words[word] for word in self._words.keys() & words.split()}
        return frozenset((*found, *(mark for piece, mark in self._pieces if piece in words)))

    def _told(self, synopsis: str | None) -> frozenset[str]:
        start = (synopsis or "")[:_SYNOPSIS_START].casefold()
        return frozenset(topic for phrase, topic in self._phrases if phrase in start)


def _inverted(listed: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {word: mark for mark, words in listed.items() for word in words}


def _texts(titles: Iterable[Title]) -> list[str]:
    texts: dict[str, None] = {}
    for title in titles:
        if title.language in _READ_LANGUAGES and title.kind != "short":
            texts[folded(title.text)] = None
            if len(texts) == _MOST_TITLES:
                break
    return [text for text in texts if text]


def _letters(names: Iterable[str]) -> frozenset[str]:
    return frozenset(one for name in names if len(one := squeezed(name)) >= _LEAST_LETTERS)


def _most(values: Iterable[int | None]) -> int | None:
    """Return the value that most titles give; of equals the first."""
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
    """Return how long the work is: "feature", "clip", "series", or its type where it isn't said."""
    if not facts.duration_s:
        return f"one {facts.anime_type}" if facts.episodes == 1 else facts.anime_type
    minutes, episodes = facts.duration_s / 60, facts.episodes or 0
    if episodes <= 2:  # noqa: PLR2004 - a work of two episodes is released like one
        return next((form for least, form in _SINGLES if minutes >= least), "spot")
    form = next((form for least, form in _RUNS if minutes >= least), "mini")
    return f"long {form}" if episodes >= _MAIN_EPISODES else form
