"""The word index finds exactly the rows that have all words of a query: a scan is the oracle."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kensho.search import words
from kensho.search.words import WordIndex
from tests.support.examples import examples
from tests.support.title_search import Entry, catalogue, catalogues, rows_in_order

PHRASES = st.lists(st.sampled_from(("no", "mushi", "of", "2", "machi", "人")), max_size=5).map(
    " ".join
)


@settings(deadline=None, max_examples=examples(100))
@given(st.lists(PHRASES, max_size=12), PHRASES)
def test_the_rows_found_are_those_with_all_the_words(texts: list[str], query: str) -> None:
    found = WordIndex(words.pack(texts)).rows(query).tolist()
    wanted = set(query.split(" "))
    rows = [row for row, text in enumerate(texts) if " " in text and wanted <= {*text.split(" ")}]
    assert found == (rows if len(wanted) > 1 else [])


@settings(deadline=None, max_examples=examples(40))
@given(catalogues(), st.data())
def test_words_of_a_title_in_any_order_find_its_work(
    works: list[Entry], data: st.DataObject
) -> None:
    made = catalogue(*works)
    row = data.draw(st.sampled_from(rows_in_order(works)))
    query = " ".join(data.draw(st.permutations(row.words.split(" "))))
    assert row.entry in made.search(query).hits.entries.tolist()


def test_words_with_others_between_find_a_title_far_longer_than_they_are() -> None:
    made = catalogue("JoJo no Kimyou na Bouken Part 4: Diamond wa Kudakenai", "Jojo Jojo", "Part 4")
    assert made.search("jojo diamond").hits.entries[0] == 0
