"""Titles to search, and who bears them: the real graph, or one of any size made of its titles.

A corpus of 25,000 or 250,000 titles is a seeded choice of whole works; one of 2,500,000 holds every
real work, and one-title works whose titles are real ones with each word replaced by a word of the
same script and length from elsewhere, drawn as often as titles use it. So lengths, scripts and the
frequency of words stay real, and only meaning goes. Corpora of one seed are nested: work 7 of a
smaller one is work 7 of every larger one.

Performance: 10 s and 2 GB for 2,500,000 titles.
"""

import gc
import random
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final, TypeAlias
from uuid import UUID

import msgspec

from kensho.domain.relations import Kind
from kensho.domain.titles import folded, squeezed
from kensho.domain.works import Title
from kensho.storage import tables
from kensho.storage.gateway import Gateway
from kensho.storage.opening import run_on_store
from kensho.storage.rows import MembershipRow, RecommendationRow, SamePairRow, WorkRow

SEED: Final = 1
LONGEST: Final = 12
"""Words of at least so many characters count as equally long."""

WORDS: Final = re.compile(
    r"(?P<digits>\d+)|(?P<han>[㐀-鿿々]+)|(?P<hiragana>[ぁ-ゖ]+)|(?P<katakana>[ァ-ヺー]+)"
    r"|(?P<hangul>[가-힣]+)|(?P<latin>[A-Za-zÀ-ɏ'\u2019]+)|(?P<other>[^\W\d_]+)"
)

Piece: TypeAlias = "str | list[str]"
"""What stands between words, or the words that may stand here."""


class Corpus(msgspec.Struct, frozen=True, dict=True):
    """Works, and every title once per work that bears it, as (text, number of the work).

    Relations, recommendations, pairs and franchises may name works that a smaller corpus lacks.
    """

    rows: list[WorkRow]
    titles: list[tuple[str, int]]
    relations: list[tuple[UUID, UUID, Kind]] = []
    recommendations: list[RecommendationRow] = []
    same: list[SamePairRow] = []
    memberships: list[MembershipRow] = []

    @property
    def works(self) -> list[str]:
        """What each work is called."""
        return [row.title for row in self.rows]

    @cached_property
    def distinct(self) -> list[str]:
        """Every text once, in the order of the works."""
        return list(dict.fromkeys(text for text, _ in self.titles))

    @cached_property
    def twins(self) -> dict[int, int]:
        """The other record of the same work, both ways: finding one finds the other."""
        numbers = {row.id: number for number, row in enumerate(self.rows)}
        found: dict[int, int] = {}
        for pair in self.same:
            if pair.record in numbers and pair.work in numbers:
                one, other = numbers[pair.record], numbers[pair.work]
                found |= {one: other, other: one}
        return found

    def with_twins(self, works: Iterable[int]) -> frozenset[int]:
        """Return these works and their other records."""
        chosen = frozenset(works)
        return chosen | {self.twins[work] for work in chosen if work in self.twins}

    @cached_property
    def bearers(self) -> dict[str, frozenset[int]]:
        """The works that bear a title, by its `key`."""
        found: dict[str, set[int]] = {}
        for text, work in self.titles:
            found.setdefault(key(text), set()).add(work)
        return {text: self.with_twins(works) for text, works in found.items()}

    @cached_property
    def by_source(self) -> dict[str, frozenset[int]]:
        """The works that hold a source id."""
        found: dict[str, set[int]] = {}
        for number, row in enumerate(self.rows):
            for source in row.sources:
                found.setdefault(source, set()).add(number)
        return {source: self.with_twins(works) for source, works in found.items()}


def key(text: str) -> str:
    """Return the reading by which two titles are the same."""
    return squeezed(folded(text))


def real(store_url: str) -> Corpus:
    """Return every work of an ingested store."""
    return run_on_store(store_url, _read)


async def _read(gateway: Gateway) -> Corpus:
    pages = [tables.anime(gateway), tables.movies(gateway)]
    rows = [row for kind in pages async for page in kind for row in page]
    relations: list[tuple[UUID, UUID, Kind]] = [
        (row.id.of, row.id.work, "sequel") async for page in tables.sequels(gateway) for row in page
    ]
    relations += [
        (row.id.of, row.id.work, row.id.kind)
        async for page in tables.relations(gateway)
        for row in page
    ]
    votes = [row async for page in tables.recommendations(gateway) for row in page]
    same = [row async for page in tables.same_as(gateway) for row in page]
    members = [row async for page in tables.memberships(gateway) for row in page]
    return of_works(rows, Corpus([], [], relations, votes, same, members))


def of_works(rows: Iterable[WorkRow], around: Corpus) -> Corpus:
    """Return the corpus of these works, in their order, with what `around` says of them."""
    kept = list(rows)
    titles = [(text, number) for number, row in enumerate(kept) for text in _texts(row)]
    return msgspec.structs.replace(around, rows=kept, titles=titles)


def _texts(row: WorkRow) -> Iterable[str]:
    return dict.fromkeys((row.title, *(title.text for title in row.titles)))


def recombined(corpus: Corpus, titles_total: int, seed: int = SEED) -> Corpus:
    """Return a corpus of `titles_total` distinct titles: fewer works, or more of them made up."""
    rows = list(corpus.rows)
    random.Random(seed).shuffle(rows)
    if titles_total <= len(corpus.distinct):
        return of_works(_first(rows, titles_total), corpus)
    made = _made(corpus, titles_total - len(corpus.distinct), random.Random(seed))
    was_on = gc.isenabled()
    gc.disable()  # Millions of new objects without cycles: the collector would walk them each time.
    try:
        rows.extend(_one_title_work(text, number) for number, text in enumerate(made))
        return of_works(rows, corpus)
    finally:
        if was_on:
            gc.enable()


def _first(rows: list[WorkRow], titles_total: int) -> Iterator[WorkRow]:
    seen: set[str] = set()
    for row in rows:
        if len(seen) >= titles_total:
            return
        seen.update(_texts(row))
        yield row


def _one_title_work(text: str, number: int) -> WorkRow:
    titles = (Title(text, kind="main"),)
    return WorkRow(UUID(int=number), "anime", text, titles, status="unknown", sources=())


def _made(corpus: Corpus, wanted: int, rng: random.Random) -> Iterator[str]:
    """Yield new titles, each once."""
    patterns = _patterns(corpus.distinct)
    seen, drawn = set(corpus.distinct), rng.random
    end = len(seen) + wanted
    while len(seen) < end:
        pattern = patterns[int(drawn() * len(patterns))]
        text = "".join([p if isinstance(p, str) else p[int(drawn() * len(p))] for p in pattern])
        if text not in seen:
            seen.add(text)
            yield text


def _patterns(texts: list[str]) -> list[list[Piece]]:
    """Return each title as what stands between its words and the words that may replace them."""
    pools: dict[tuple[str, int], list[str]] = {}
    patterns: list[list[Piece]] = []
    for text in texts:
        pattern: list[Piece] = []
        end = 0
        for word in WORDS.finditer(text):
            length = min(len(word.group()), LONGEST)
            pool = pools.setdefault((word.lastgroup or "", length), [])
            pool.append(word.group())
            pattern += [text[end : word.start()], pool]
            end = word.end()
        patterns.append([*pattern, text[end:]])
    return patterns
