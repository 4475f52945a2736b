"""The array operations that build the title index, against loops that do the same slowly."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kensho.search import rows, scripts
from kensho.search.keys import folded, letters_of
from kensho.search.prefixes import prefixes_of
from kensho.search.strings import TextBlob, joined
from tests.support.examples import examples
from tests.support.title_search import (
    Entry,
    catalogue,
    catalogues,
    rows_in_order,
    title_texts,
    word_bytes,
)

bounded = settings(deadline=None, max_examples=examples(100))
ENDS = st.lists(st.text("ab", max_size=4) | st.sampled_from(("巨人", "a" * 20)), max_size=4)
ALIKE = st.lists(ENDS.map("".join), max_size=30)
WORDS = title_texts | st.text("wo uh君", min_size=1, max_size=9)


@bounded
@given(ALIKE)
def test_texts_are_put_in_the_order_of_their_bytes_and_equal_ones_stay(texts: list[str]) -> None:
    blob, ends = joined(texts)
    order = TextBlob(blob, ends[:-1], ends[1:]).order().tolist()
    assert order == sorted(range(len(texts)), key=lambda place: texts[place].encode())


@bounded
@given(st.lists(st.text(alphabet=st.characters(exclude_characters="\0")), max_size=12))
def test_any_texts_are_in_the_order_of_their_characters(texts: list[str]) -> None:
    blob, ends = joined(texts)
    order = TextBlob(blob, ends[:-1], ends[1:]).order().tolist()
    assert [texts[place] for place in order] == sorted(texts)


@bounded
@given(st.lists(WORDS.map(folded).filter(bool), max_size=6))
def test_words_begin_where_reading_letter_by_letter_finds_them(texts: list[str]) -> None:
    found = prefixes_of([scripts.romanised(words) for words in texts])
    assert list(zip(*(column.tolist() for column in found), strict=True)) == [
        (number, offset)
        for number, words in enumerate(texts)
        for offset in word_bytes(words, letters_of(words))
    ]


@bounded
@given(catalogues())
def test_rows_are_numbered_in_their_order_and_count_their_digits(works: list[Entry]) -> None:
    arrays = catalogue(*works).packed.arrays
    ordered = rows_in_order(works)
    assert arrays["row_entry"].tolist() == [row.entry for row in ordered]
    assert arrays["row_digits"].tolist() == [rows.digits_of(row.letters) for row in ordered]
