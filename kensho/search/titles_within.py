"""Titles that stand within a text, beside what people say of them, or beside another title.

"what is Monster about", "Monster figure" and "Monster; モンスター" name one work. Which words are
talk is not looked up: the longest run of words that is a title is meant, if the caller finds that
no title explains the rest.

Performance: 20 to 100 µs for a text of a few words; a lookup for each run of up to 16 words.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
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
    for match in _BETWEEN_NAMES.finditer(plain):
        one, other = plain[: match.start()].strip(), plain[match.end() :].strip(" )]】")
        if one and other:
            works = bearers(keys.key_of(one).letters)
            if works and not set(works).isdisjoint(bearers(keys.key_of(other).letters)):
                return one
    return None


def longest(text: Key, least: float, bearers: Bearers) -> TitleWithin | None:
    """Return the longest title that has more than `least` of a text, 0..1, if talk is beside it.

    Of two that are as long, the first is meant.
    """
    words, total = text.words.split(" "), keys.weight_of(text.plain)
    if not 1 < len(words) <= _MOST_WORDS:
        return None
    fewest = max(max(_LEAST_SHARE, least) * total, _FEWEST_LETTERS)
    for run, rest in _runs(words):
        key = keys.key_of_words(run)
        weight = keys.weight_of(key.plain)
        if weight > fewest and bearers(key.letters):
            return TitleWithin(key, weight / total) if _is_talk(rest) else None
    return None


def _runs(words: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield the runs of words, the one of most letters first, and the words beside each."""
    ends = [0, *accumulate(map(len, words))]
    places = range(len(words) + 1)
    found = [(ends[first] - ends[last], first, last) for first, last in combinations(places, 2)]
    for _, first, last in sorted(found):
        yield " ".join(words[first:last]), (*words[:first], *words[last:])


def _is_talk(words: Iterable[str]) -> bool:
    """Tell whether words are more than numbers, names of types and single letters."""
    spoken = [one for one in words if one not in _ROMAN and not title_parts.type_named(one)]
    return keys.weight_of(_NO_LETTERS.sub("", "".join(spoken))) >= _FEWEST_BESIDE
