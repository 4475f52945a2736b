"""The title index against slow scans over all rows, and what it promises of any text."""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from kensho.domain import ranking, title_parts
from kensho.search import interpretations
from kensho.search.finder import Finder
from kensho.search.index import MOST_LETTERS
from kensho.search.interpretations import Interpretation
from kensho.search.kernel.protocol import NO_ROWS, ScoredRows
from kensho.search.keys import acronym_of, key_of
from kensho.search.phrases import PhraseIndex
from kensho.search.symspell import SymSpellIndex
from tests.support.examples import examples
from tests.support.title_search import (
    Catalogue,
    Entry,
    catalogues,
    half_typed_titles,
    mistyped,
    places_of,
    rows_in_order,
    rows_near,
    title_texts,
    work,
)

MIXED_SIGNS = "aKs 05 -_.+~|[](){}【】「」『』/#×éßжسกकあゃカ巨人季話가화"
MIXES = st.text(st.sampled_from(MIXED_SIGNS), min_size=100, max_size=300)
bounded = settings(deadline=None, max_examples=examples(50))
ANY_TITLE = st.text(alphabet=st.characters(), min_size=1, max_size=20)
LONG_LISTS = st.lists(title_texts, max_size=8).flatmap(
    lambda texts: st.integers(1, 60).map(lambda times: " ".join(texts * times)[:2000])
)
LONG_TEXTS = st.builds(
    str.__mul__, st.text(alphabet=st.characters(), min_size=1, max_size=9), st.integers(1, 220)
)
ANY_TEXT = st.text(alphabet=st.characters(), max_size=60) | title_texts | LONG_TEXTS | LONG_LISTS
CORPUS = Catalogue(
    [
        work(
            "Shingeki no Kyojin",
            "AoT",
            "進撃の巨人",
            "진격의 거인",
            popularity=0.9,
            later_seasons=((2, 1),),
        ),
        work("Shingeki no Kyojin Season 2", "Attack on Titan Season 2", popularity=0.8),
        work("Hunter x Hunter (2011)", "ハンター×ハンター", "Охотник", popularity=0.9, year=2011),
        work("86", "86: Eighty Six", "エイティシックス", popularity=0.5, year=2021),
        work("Kimi no Na wa.", "君の名は。", "Your Name.", popularity=0.7, type="movie", year=2016),
        work("K", "Ke", popularity=0.3),
        work("☆", "!!!", "A\ud800B", "🦊 Fox 🦊"),
    ]
)


def drawn_text(data: st.DataObject, works: list[Entry]) -> str:
    titles = [title.text for entry in works for title in entry.titles]
    return data.draw(st.sampled_from(titles))


def bears(entry: Entry, text: str) -> bool:
    return any(title.text == text for title in entry.titles)


class Hit(NamedTuple):
    """By which title an entry was found in which reading, and how well."""

    title: str
    reading: Interpretation
    score: float
    row: int


def matched(made: Catalogue, text: str) -> dict[int, Hit]:
    """Return what was found, as a hit or near, by entry, best first."""
    found = made.search(text)
    return {
        entry: Hit(
            made.index.title(row, found.interpretations[via]),
            found.interpretations[via],
            score,
            row,
        )
        for hits in (found.hits, found.near_misses)
        for entry, score, row, via in zip(*(column.tolist() for column in hits), strict=True)
    }


def is_exact(found: dict[int, Hit]) -> bool:
    return any(hit.score > ranking.SAME_MEANING for hit in found.values())


def is_guess(hit: Hit) -> bool:
    """Tell whether a title may have been found by its initials or as a season of another."""
    key = hit.reading.key
    initials = acronym_of(key_of(hit.title).parsed.stem)
    return bool(title_parts.marker(key.parsed.parts)) or initials == key.letters


@bounded
@given(catalogues(), st.data())
def test_every_row_within_the_edits_looked_for_is_a_candidate(
    works: list[Entry], data: st.DataObject
) -> None:
    made = Catalogue(works)
    key = key_of(data.draw(mistyped(drawn_text(data, works))))
    for letters in (key.letters, key.native):
        found = set(SymSpellIndex(made.packed.arrays).candidates(letters).tolist())
        assert rows_near(rows_in_order(works), letters) <= found


@bounded
@given(catalogues(), st.data())
def test_places_are_all_the_words_that_begin_with_the_text(
    works: list[Entry], data: st.DataObject
) -> None:
    made = Catalogue(works)
    plain = key_of(drawn_text(data, works)).plain
    start = data.draw(st.integers(0, len(plain) - 1))
    plain = plain[start : data.draw(st.integers(start + 1, len(plain)))]
    found = PhraseIndex(made.packed.arrays, made.packed.blobs).positions(plain)
    places = list(zip(*(column.tolist() for column in found), strict=True))
    assert len(places) == len(set(places))
    assert set(places) == places_of(rows_in_order(works), plain)


@bounded
@given(catalogues(), catalogues(), st.data())
def test_the_score_of_a_title_does_not_depend_on_the_others(
    works: list[Entry], more: list[Entry], data: st.DataObject
) -> None:
    text = data.draw(mistyped(drawn_text(data, works + more)))
    few, many = Catalogue(works), Catalogue(works + more)
    before, after = matched(few, text), matched(many, text)
    # Guesses are not made where a title is exact, so there they do depend on the others.
    assume(is_exact(before) == is_exact(after))
    for entry in before.keys() & after.keys():
        one, other = before[entry], after[entry]
        if (one.title, one.reading) == (other.title, other.reading):
            assert one.score == other.score or is_guess(other)


@bounded
@given(catalogues(), st.data())
def test_an_exact_title_is_never_behind_a_work_that_does_not_bear_it(
    works: list[Entry], data: st.DataObject
) -> None:
    text = drawn_text(data, works)
    found = Catalogue(works).search(text).hits.entries.tolist()
    bearing = [entry for entry, one in enumerate(works) if bears(one, text)]
    assert set(found[: len(bearing)]) == set(bearing)


@bounded
@given(catalogues(ANY_TITLE), st.data())
def test_whatever_a_title_is_made_of_it_finds_its_work_first(
    works: list[Entry], data: st.DataObject
) -> None:
    text = drawn_text(data, works)
    assume(key_of(text).letters)
    assert bears(works[next(iter(matched(Catalogue(works), text)))], text)


@bounded
@given(catalogues(half_typed_titles), st.data())
def test_every_beginning_of_a_title_finds_it(works: list[Entry], data: st.DataObject) -> None:
    made = Catalogue(works)
    text = drawn_text(data, works)
    for size in range(1, len(text) + 1):
        found = made.search(text[:size]).hits.entries.tolist()
        assert {entry for entry, one in enumerate(works) if bears(one, text)} <= set(found)


@bounded
@given(MIXES | ANY_TEXT)
@example("[a] K - 05 / 86 (2021) | Ke + 進撃の巨人 " * 8)
def test_interpretations_are_tried_until_they_have_many_letters(text: str) -> None:
    tried = CORPUS.search(text).interpretations
    assert len(tried) == 1 or sum(len(one.key.letters) for one in tried[:-1]) < MOST_LETTERS


@bounded
@given(ANY_TEXT)
@example("")
@example("\x00")
@example("\ud800\udfff")
@example("🦊" * 1000)
@example("[" * 2000)
@example("kimi " * 400)
def test_any_text_gets_an_answer_in_order_with_each_entry_once(text: str) -> None:
    found = CORPUS.search(text)
    scores = [*found.hits.scores.tolist(), *found.near_misses.scores.tolist()]
    entries = [*found.hits.entries.tolist(), *found.near_misses.entries.tolist()]
    assert all(better >= worse for better, worse in pairwise(scores))
    assert all(score <= 1 for score in scores)
    assert all(score >= ranking.LEAST for score in found.hits.scores.tolist())
    assert len(entries) == len(set(entries))
    assert set(entries) <= set(range(len(CORPUS.entries)))


@bounded
@given(catalogues(), st.data())
def test_the_evidence_for_a_hit_adds_up_to_its_score(
    works: list[Entry], data: st.DataObject
) -> None:
    made = Catalogue(works)
    for hit in matched(made, data.draw(mistyped(drawn_text(data, works)))).values():
        if hit.reading.via == "text":
            evidence = made.index.evidence(hit.reading, hit.row)
            total = float(evidence.parts.total()[0]) - evidence.begun
            total = max(0.0, total)  # as hits are scored
            assert total <= hit.score + 1e-5
            if evidence.grade is None and not is_guess(hit):
                assert total >= hit.score - 1e-5


@given(st.data(), catalogues())
@bounded
def test_one_row_is_as_alike_by_itself_as_among_others(
    data: st.DataObject, works: list[Entry]
) -> None:
    made = Catalogue(works)
    key, scorer = key_of(data.draw(mistyped(drawn_text(data, works)))), finder_of(made)._scorer
    assume(key.letters)
    rows = np.arange(len(made.index), dtype=np.int32)
    among = scorer.parts(key, rows, np.zeros(len(rows), dtype=np.float32))
    for row in rows.tolist():
        one = scorer.likeness(key, row), scorer.digits(key, row)
        assert one == (among.likeness[row], among.digits[row])


@given(st.data(), catalogues())
@bounded
def test_a_row_has_the_words_by_itself_that_it_has_in_the_index_of_words(
    data: st.DataObject, works: list[Entry]
) -> None:
    made = Catalogue(works)
    finder, words = finder_of(made), key_of(data.draw(mistyped(drawn_text(data, works)))).words
    having = [row for row in range(len(made.index)) if finder._has_words(words, row)]
    assert having == sorted(finder._words.rows(words).tolist())


@given(st.data())
@bounded
def test_what_a_mark_states_is_found_without_a_search_for_the_whole_text(
    data: st.DataObject,
) -> None:
    before, behind = ("[Group] ", "Season 1/", ""), (" - 05 (1080p).mkv", " S01E05", " 第5話", "")
    title = drawn_text(data, list(CORPUS.entries))
    text = data.draw(st.sampled_from(before)) + title + data.draw(st.sampled_from(behind))
    found, oracle = CORPUS.search(text), searched_eagerly(finder_of(CORPUS), text)
    assert found.interpretations[: len(oracle.tried)] == tuple(oracle.tried)
    best = finder_of(CORPUS).kernel.best(oracle.found)
    if len(found.interpretations) == len(oracle.tried):
        assert found.hits.entries.tolist() == best.entries[: best.hits].tolist()
        assert found.hits.scores.tolist() == best.scores[: best.hits].tolist()


class Eager(NamedTuple):
    """The first interpretations of a text, the text itself among them, and what each found."""

    tried: list[Interpretation]
    found: list[ScoredRows]


def searched_eagerly(finder: Finder, text: str) -> Eager:
    """Search for a text as typed before any other interpretation of it, whatever it states."""
    typed = interpretations.as_typed(text)
    whole = finder.scored(typed)
    score = float(whole.scores.max(initial=0.0))
    others = list(interpretations.alternatives(typed, score, lambda: score, finder))
    found = [finder.scored(one) for one in others]
    for one, rows in zip(others, found, strict=True):
        if one.is_stated and len(rows.rows):
            whole = NO_ROWS
    return Eager([typed, *others], [whole, *found])


def finder_of(made: Catalogue) -> Finder:
    return made.index._finder
