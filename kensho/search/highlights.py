"""Finds which characters of a title matched the query, so that a page can mark them.

The title is folded character by character, and each letter remembers where it came from. First the
query is looked for as it stands; then word by word and by the stretches that an alignment leaves
equal, whichever covers more; last as the first letters of words.

Guarantees: spans are ranges of code points, ascending, disjoint and never empty; what is marked
reads as letters of the query.
Performance: 3 µs for a title seen lately, 8 µs for another; an alignment takes 3 µs more.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import accumulate
from typing import Final, NamedTuple

from rapidfuzz.distance import Levenshtein

from kensho.domain import titles
from kensho.search.keys import Key, folded, letters_of

Span = tuple[int, int]

_MIN_BLOCK: Final = 2
"""Single letters agree by chance."""
_MAX_ACRONYM: Final = 12
_KEPT_TITLES: Final = 8_192
"""Popular titles are found again and again; one takes some 500 bytes."""
_MARKS: Final = "[\u0300-\u036f\u0591-\u065f\u3099\u309a\uff9e\uff9f]*"
_CLUSTER: Final = re.compile(
    f"(?:[っッｯ]{_MARKS}(?=[ぁ-んァ-ンｦ-ﾝ]))*.{_MARKS}(?:[ぁぃぅぇぉゃゅょァィゥェォャュョｧ-ｮ]{_MARKS})*",
    re.DOTALL,
)
"""What is read as one: a character with its marks, a kana with the small ones around it."""
_O: Final = "[oò-öōŏőơǒǫǭȍȏȫȭȯȱṍṏṑṓọ-ợ]"
_LETTER: Final = r"[^\W_]"
_PARTICLE_WO: Final = re.compile(
    rf"(?<!{_LETTER})(?<!{_LETTER}['\u2019])w{_O}(?!['\u2019]?{_LETTER})", re.IGNORECASE
)
"""A word by itself; an apostrophe does not end one."""


class _Pieces(dict[str, str]):
    """The letters that each cluster of a title reads as; filled as clusters are met."""

    def __missing__(self, cluster: str) -> str:
        # Behind a kana: an ornament that stands alone is kept, a small tsu that begins is spelt.
        letters = letters_of(folded("あ" + cluster))[1:]
        if len(self) < _KEPT_TITLES:
            self[cluster] = letters
        return letters


_PIECES: Final = _Pieces()


class _Written(NamedTuple):
    """A title's letters and where they come from.

    Cluster `c` is at `stops[c]..stops[c + 1]` in the title and at `ends[c]..ends[c + 1]` in the
    letters before long vowels were shortened; if any was, `origins` has the position of each letter
    there.
    """

    letters: str
    origins: Sequence[int] | None
    ends: list[int]
    stops: Sequence[int]

    def span(self, first: int, end: int) -> Span:
        """Return where letters `first` to `end` are in the title."""
        begin = self._cluster(first if self.origins is None else self.origins[first])
        last = self._cluster(end - 1 if self.origins is None else self.origins[end - 1])
        if self.origins is not None:  # the rest of a long vowel belongs to it
            following = self.origins[end] if end < len(self.origins) else self.ends[-1]
            for absorbed in range(self.origins[end - 1] + 1, following):
                cluster = self._cluster(absorbed)
                if cluster > last + 1:
                    break
                last = cluster
        return self.stops[begin], self.stops[last + 1]

    def begins_word(self, position: int) -> bool:
        """Tell whether a word begins at this letter; every Han character or kana begins one."""
        origin = position if self.origins is None else self.origins[position]
        cluster = self._cluster(origin)
        if self.ends[cluster] != origin:
            return False
        before = self.ends[cluster - 1] == origin if cluster else True
        return before or self.letters[position] > "\u2e7f"

    def _cluster(self, origin: int) -> int:
        return bisect_right(self.ends, origin) - 1


def highlights(title: str, key: Key) -> list[Span]:
    """Return the ranges of code points of `title` that the query of this key matched."""
    typed = _as_typed(title, key.words)
    if typed is not None:
        return [typed]
    written = _written(title)
    plain = key.plain
    if not plain or not written.letters:
        return []
    position = _position(written, plain)
    if position >= 0:
        return [written.span(position, position + len(plain))]
    found, whole = _words(written, key.words) if " " in key.words else ([], False)
    if not whole:
        blocks = _blocks(written.letters, plain)
        found = max(found, blocks, key=_covered)
    if not found:
        found = list(_acronym(written, plain))
    if len(found) == 1:
        return [written.span(*found[0])]
    # Twice, because neighbours among the letters need not be such in the title, nor the reverse.
    return list(_merged([written.span(first, end) for first, end in _merged(found)]))


def _as_typed(title: str, words: str) -> Span | None:
    """Return where the words occur as they are: the common case, which needs no folding."""
    if not words or not title.isascii():
        return None
    position = title.lower().find(words)
    if position < 0 or (position and title[position - 1].isalnum()):
        return None
    return position, position + len(words)


def begins(title: str, key: Key) -> bool:
    """Tell whether `title` begins with the query's letters, with or without its article."""
    texts = filter(None, (title, titles.without_article(title)))
    return any(_written(text).letters.startswith(key.plain) for text in texts)


@lru_cache(maxsize=_KEPT_TITLES)
def _written(title: str) -> _Written:
    letters, ends, stops = _in_ascii(title) or _by_clusters(title)
    short = titles.squeezed(letters)
    return _Written(short, None if short == letters else _origins(short, letters), ends, stops)


@cache
def _ascii_tables() -> tuple[dict[int, str], bytes]:
    """Return what each character of ASCII reads as, and how many letters that are."""
    pieces = {code: _PIECES[chr(code)] for code in range(128)}
    return pieces, bytes(map(len, pieces.values())).ljust(256, b"\0")


def _in_ascii(title: str) -> tuple[str, list[int], Sequence[int]] | None:
    """Return what `_by_clusters` does, in half of the time, or `None` for what it alone can do."""
    if not title.isascii() or (("w" in title or "W" in title) and _PARTICLE_WO.search(title)):
        return None
    pieces, sizes = _ascii_tables()
    letters = title.translate(pieces)
    ends = list(accumulate(title.encode().translate(sizes), initial=0))
    return (letters, ends, range(len(title) + 1)) if letters else None


def _by_clusters(title: str) -> tuple[str, list[int], Sequence[int]]:
    """Return the letters of a title, and where its clusters end among them and begin in it."""
    clusters: Sequence[str] = title if title.isascii() else _CLUSTER.findall(title)
    pieces = list(map(_PIECES.__getitem__, clusters))
    stops: Sequence[int] = (
        range(len(title) + 1)
        if len(clusters) == len(title)
        else list(accumulate(map(len, clusters), initial=0))
    )
    particles = _PARTICLE_WO.finditer(title) if "w" in title or "W" in title else ()
    for match in particles:
        if "".join(pieces) != "wo":  # alone it is no particle
            pieces[bisect_right(stops, match.start()) - 1] = ""
    if not any(pieces):  # nothing but ornament: that is what is looked for
        folded = titles.folded(title)
        pieces = [one if (one := cluster.strip()) in folded else "" for cluster in clusters]
    return "".join(pieces), list(accumulate(map(len, pieces), initial=0)), stops


def _origins(short: str, letters: str) -> list[int]:
    """Return the position in `letters` of each letter of `short`, which lacks some of them."""
    positions: list[int] = []
    position = 0
    for letter in short:
        position = letters.find(letter, position)
        positions.append(position)
        position += 1
    return positions


def _position(written: _Written, text: str) -> int:
    """Return where `text` occurs, at the beginning of a word if possible; -1 if nowhere."""
    letters = written.letters
    first = position = letters.find(text)
    while position > 0 and not written.begins_word(position):
        position = letters.find(text, position + 1)
    return position if position >= 0 else first


@lru_cache(maxsize=256)
def _letters_by_word(words: str) -> tuple[str, ...]:
    return tuple(letters_of(word) for word in words.split())


def _words(written: _Written, words: str) -> tuple[list[Span], bool]:
    """Return where words of the query occur, and whether every one does."""
    wanted, letters = _letters_by_word(words), written.letters
    found: list[Span] = []
    for word in wanted:
        position = letters.find(word) if word else -1
        if position > 0:
            position = _position(written, word)
        if position >= 0 and (len(word) >= _MIN_BLOCK or written.begins_word(position)):
            found.append((position, position + len(word)))
    return found, len(found) == len(wanted)


def _blocks(letters: str, plain: str) -> list[Span]:
    """Return the stretches of `letters` that an alignment with the query leaves equal."""
    return [
        (block.b, block.b + block.size)
        for block in Levenshtein.editops(plain, letters).as_matching_blocks()
        if block.size >= _MIN_BLOCK
    ]


def _acronym(written: _Written, plain: str) -> Iterator[Span]:
    """Yield the first letters of words, where the query is made of them."""
    if len(plain) > _MAX_ACRONYM:
        return
    starts = [position for position in range(len(written.letters)) if written.begins_word(position)]
    first = "".join(written.letters[position] for position in starts).find(plain)
    if first >= 0:
        for position in starts[first : first + len(plain)]:
            yield position, position + 1


def _covered(spans: Sequence[Span]) -> int:
    return sum([end - first for first, end in spans])


def _merged(spans: Sequence[Span]) -> Iterator[Span]:
    """Yield spans in order, neighbours as one."""
    ordered = sorted(spans)
    if not ordered:
        return
    first, end = ordered[0]
    for begin, stop in ordered[1:]:
        if begin > end:
            yield first, end
            first, end = begin, stop
        else:
            end = max(end, stop)
    yield first, end
