"""Small title indexes made by hand or drawn at random, and the slow oracles they are compared with.

A catalogue is plain data: works with their titles, how well known they are and what tells on their
story. `catalogue_of` builds the real index of it and answers by main titles. The oracles look at
every row in turn; what a row is, its keys and its words, they take from `kensho.search`.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

import msgspec
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from kensho.domain.works import AnimeType, Title, TitleKind
from kensho.search import scripts
from kensho.search.build import EntryTable, IndexEntry, PackedTitleIndex, TitleIndexBuilder
from kensho.search.index import Hits, TitleIndex, TitleMatches
from kensho.search.rows import NewRow, rows_of
from kensho.search.symspell import LONGEST, edits_of

_LENGTHENING: Final[Mapping[str, str]] = {"o": "ouh", "u": "u"}


class Entry(msgspec.Struct, frozen=True):
    """A work of a catalogue; `later` are its seasons, by the place of the entry."""

    titles: tuple[Title, ...]
    popularity: float = 0.0
    type: AnimeType = "tv"
    year: int | None = None
    later_seasons: tuple[tuple[int, int], ...] = ()

    @property
    def name(self) -> str:
        """Return the title that tests call it by: the first."""
        return self.titles[0].text


class Catalogue:
    """A built index, which answers by the names of its entries."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self.entries: Final = entries
        self.packed: Final = packed_of(entries)
        self.index: Final = TitleIndex(self.packed.arrays, self.packed.blobs)

    def search(self, text: str) -> TitleMatches:
        """Return what the index finds."""
        return self.index.search(text)

    def found(self, text: str) -> list[str]:
        """Return the names of the hits, best first."""
        return self._names(self.search(text).hits)

    def completed(self, text: str) -> list[str]:
        """Return what a text that is still being typed may become, best first."""
        return self._names(self.index.search(text, is_typing=True).hits)

    def near(self, text: str) -> list[str]:
        """Return the names of what is too far off to be a hit, best first."""
        return self._names(self.search(text).near_misses)

    def scores(self, text: str) -> dict[str, float]:
        """Return the score of each entry that was found, as a hit or near."""
        found = self.search(text)
        return {
            self.entries[entry].name: score
            for hits in (found.hits, found.near_misses)
            for entry, score in zip(hits.entries.tolist(), hits.scores.tolist(), strict=True)
        }

    def entry_of(self, row: int) -> int:
        """Return the number of the entry that a row belongs to."""
        return int(self.packed.arrays["row_entry"][row])

    def _names(self, hits: Hits) -> list[str]:
        return [self.entries[entry].name for entry in hits.entries.tolist()]


def work(main: str, *synonyms: str, official: Sequence[str] = (), **facts: Any) -> Entry:
    """Return an entry with these titles; `facts` are the other fields of `Entry`."""
    titles = (
        Title(main, kind="main"),
        *(Title(text, kind="official") for text in official),
        *(Title(text) for text in synonyms),
    )
    return Entry(titles, **facts)


def catalogue(*titles: str | Entry) -> Catalogue:
    """Return the catalogue of these works; a text is a work of that title."""
    return Catalogue([work(one) if isinstance(one, str) else one for one in titles])


def packed_of(entries: Sequence[Entry]) -> PackedTitleIndex:
    """Return the index of `entries`, numbered in their order."""
    build = TitleIndexBuilder()
    for entry in entries:
        build.add(IndexEntry(entry.titles, entry.type, entry.year))
    return build.packed(
        EntryTable(
            numbers=range(len(entries)),
            popularity=[entry.popularity for entry in entries],
            later_seasons=[entry.later_seasons for entry in entries],
        )
    )


def rows_in_order(works: Sequence[Entry]) -> list[NewRow]:
    """Return the rows of an index as they are numbered: by length, letters and entry."""
    rows = [row for number, entry in enumerate(works) for row in rows_of(number, entry.titles)]
    return sorted(rows, key=lambda row: (len(row.letters), row.letters, row.entry, row.plain))


def slowly_squeezed(words: str) -> tuple[str, list[int]]:
    """Return the letters of folded words and where each word begins in them, letter by letter."""
    read = ["o" if word == "wo" and words != "wo" else word for word in words.split(" ")]
    glued = "".join(read)
    begins = {sum(map(len, read[:number])) for number in range(len(read))}
    kept, vowel, starts = "", "", []
    for place, letter in enumerate(glued):
        if place in begins:
            starts.append(len(kept))
        before_vowel = glued[place + 1 : place + 2] in tuple("aeiouy")
        lengthens = letter in _LENGTHENING.get(vowel, "")
        if not lengthens or (letter == "h" and before_vowel):
            kept += letter
            vowel = letter
    return kept, starts


def rows_near(rows: Sequence[NewRow], letters: str) -> set[int]:
    """Return the rows of which a spelling is within as many edits of `letters` as both allow."""
    return {
        number
        for number, row in enumerate(rows)
        for text in (row.letters, row.native)
        if len(text) <= LONGEST
        and (edits := min(edits_of(text), edits_of(letters))) > 0
        and OSA.distance(text, letters) <= edits
    }


def places_of(rows: Sequence[NewRow], plain: str) -> set[tuple[int, int, bool, bool]]:
    """Return each row and byte at which `plain` begins a word; whether it is all of it, or less."""
    return {
        (
            number,
            len(row.plain[:start].encode()),
            row.plain[start:end] == plain,
            end - start > len(plain),
        )
        for number, row in enumerate(rows)
        for start, end in pairwise((*_word_starts(row.words, row.plain), len(row.plain)))
        if row.plain.startswith(plain, start)
    }


def word_bytes(words: str, plain: str) -> list[int]:
    """Return at which byte of its plain letters each word of a folded text begins."""
    return [len(plain[:start].encode()) for start in _word_starts(words, plain)]


def _word_starts(words: str, plain: str) -> list[int]:
    """Return where words begin; every Han character is one, unless that changes the letters."""
    words = scripts.romanised(words)
    spaced = "".join(f" {letter} " if "㐀" <= letter <= "鿿" else letter for letter in words)
    letters, starts = slowly_squeezed(" ".join(spaced.split()))
    if letters != plain:
        starts = slowly_squeezed(words)[1]
    return [start for start in dict.fromkeys(starts) if start < len(plain)]


_LATIN = "naruto,home,sweet,titan,oh,ohayo,uun,no,x,k,ōkami,Déjà,Yuu,roomy,Hunter×Hunter,spy,aot"
_HAN_AND_HANGUL = "進撃,进击,巨人,君,名,鬼滅,나루토,거인,진격"
_KANA = "しんげき,タイタン,の,おおかみ,てーきゅう,ｶﾞﾝﾀﾞﾑ,がっこう,きゃら"
_NUMBERS = "86,2,100,0,22/7,3x3"
_MARKERS = "Season 2,2nd Season,II,第2期,Movie,2011,Part 2,Final Season,OVA,S3"
_KINDS: tuple[TitleKind, ...] = ("official", "short", "synonym")


def _joined(pieces: str) -> st.SearchStrategy[str]:
    words = st.lists(st.sampled_from(pieces.split(",")), min_size=1, max_size=4)
    return st.builds(str.join, st.sampled_from((" ", " ", ": ", "")), words)


half_typed_titles = _joined(f"{_LATIN},{_HAN_AND_HANGUL},{_NUMBERS},{_MARKERS}")
"""Titles of which every beginning reads as a beginning: kana in digraphs do not."""
title_texts = st.one_of(
    _joined(f"{_LATIN},{_HAN_AND_HANGUL},{_KANA},{_NUMBERS}"),
    _joined(f"{_LATIN},{_HAN_AND_HANGUL},{_KANA},{_NUMBERS},{_MARKERS}"),
    st.text("abo 1", min_size=1, max_size=9).filter(str.strip),
    st.text("がきょ君名나루", min_size=1, max_size=6),
)


def entries(texts: st.SearchStrategy[str] = title_texts) -> st.SearchStrategy[Entry]:
    """Draw a work of up to three titles."""
    others = st.lists(st.builds(Title, texts, kind=st.sampled_from(_KINDS)), max_size=2)
    return st.builds(
        lambda main, rest, **facts: Entry((main, *rest), **facts),
        st.builds(Title, texts, kind=st.just("main")),
        others,
        popularity=st.sampled_from((0.0, 0.5, 1.0)),
        type=st.sampled_from(("tv", "movie")),
        year=st.sampled_from((None, 2011)),
    )


def catalogues(texts: st.SearchStrategy[str] = title_texts) -> st.SearchStrategy[list[Entry]]:
    """Draw the works of a catalogue; one has a title of some length, as every catalogue has."""
    drawn = st.lists(entries(texts), min_size=1, max_size=7)
    return drawn.map(lambda works: [*works, work("Mushi no Machi")])


@st.composite
def mistyped(draw: st.DrawFn, text: str) -> str:
    """Draw `text` with up to two letters left out, put in, changed or turned round."""
    for _ in range(draw(st.integers(0, 2))):
        place = draw(st.integers(0, len(text)))
        letter = draw(st.sampled_from(("", *"aokきん君")))
        after = draw(st.sampled_from((text[place:], text[place + 1 :])))
        turned = text[place : place + 2][::-1] + text[place + 2 :]
        text = text[:place] + draw(st.sampled_from((letter + after, turned)))
    return text
