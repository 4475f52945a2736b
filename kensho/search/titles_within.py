"""Titles that stand within a text, beside what people say of them, or beside another title.

"what is Monster about", "Monster figure" and "Monster; モンスター" name one work. Which words are
talk is not looked up: the longest run of words that is a title is meant, if the caller finds that
no title explains the rest.

Performance: 10 to 50 µs for a text of a few words, 0.5 ms for one of 16 that no title is like.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import accumulate, combinations
from typing import Final, NamedTuple, TypeAlias

from kensho.domain import title_parts
from kensho.search import keys, name_words
from kensho.search.keys import Key

Bearers: TypeAlias = Callable[[str], Collection[int]]
"""Returns the works that have a title of exactly these letters."""
_MOST_WORDS: Final = 16
_FEWEST_LETTERS: Final = 3
"""A title in a text has more letters; a character or a syllable counts for two."""
_FEWEST_BESIDE: Final = 4
"""Letters beside a title that are no chance slip of the keyboard."""
_LEAST_SHARE: Final = 0.3
"""The share of a text that a title in it has: less of it is named by chance."""
_ROMAN: Final = frozenset(("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"))
_NO_LETTERS: Final = re.compile(r"[\W\d_]+")
_BETWEEN_NAMES: Final = re.compile(
    r"[;|_•=/\uff5c\n\t]| [-~\u2013\u2014:] |[(\[【](?:\s?a\.?k\.?a\.? )?"
    r"| (?:a\.?k\.?a\.?|also known as|or) ",
    re.IGNORECASE,
)
"""What may part two names of one work."""


class TitleWithin(NamedTuple):
    """The key of a title in a text, and which share of the text it is, 0..1."""

    key: Key
    share: float


def named_twice(text: str, bearers: Bearers) -> str | None:
    """Return the first of two titles of one work that a text is, if it is."""
    plain = name_words.without_tail(text)
    for part in _BETWEEN_NAMES.finditer(plain):
        one, rest = plain[: part.start()].strip(), plain[part.end() :]
        works = set(bearers(keys.key_of(one).letters)) if one else set[int]()
        for other in {rest, _BETWEEN_NAMES.split(rest, 1)[0]} if works else ():
            if not works.isdisjoint(bearers(keys.key_of(other.strip(" )]】")).letters)):
                return one
    return None


def longest(text: Key, least: float, bearers: Bearers) -> TitleWithin | None:
    """Return the longest title that has more than `least` of a text, 0..1, if talk is beside it.

    Of two that are as long, the first is meant. Its key has the season that the text states.
    """
    words, season = text.parsed.stem.split(" "), text.parsed.parts
    if not 1 < len(words) <= _MOST_WORDS:
        return None
    weights = [keys.weight_of(keys.letters_of(word)) for word in words]
    total = sum(weights)
    fewest = max(max(_LEAST_SHARE, least) * total, _FEWEST_LETTERS)
    for weight, first, last in _runs(weights, fewest):
        key = keys.key_of_words(" ".join(words[first:last]))
        if bearers(key.letters):
            if not _is_talk((*words[:first], *words[last:])):
                return None
            key = keys.key_with(key.words, season) if title_parts.marker(season) else key
            return TitleWithin(key, weight / total)
    return None


def _runs(weights: Sequence[int], fewest: float) -> list[tuple[int, int, int]]:
    """Return the runs of words that weigh more than `fewest`, the heaviest first.

    Each is its weight, its first word and the one behind its last.
    """
    ends = [0, *accumulate(weights)]
    found = [
        (ends[first] - ends[last], first, last)
        for first, last in combinations(range(len(ends)), 2)
        if ends[last] - ends[first] > fewest
    ]
    return [(-weight, first, last) for weight, first, last in sorted(found)]


def _is_talk(words: Iterable[str]) -> bool:
    """Tell whether words are more than numbers, names of types and single letters."""
    spoken = [one for one in words if one not in _ROMAN and not title_parts.type_named(one)]
    return keys.weight_of(_NO_LETTERS.sub("", "".join(spoken))) >= _FEWEST_BESIDE
