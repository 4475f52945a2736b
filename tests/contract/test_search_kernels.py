"""One suite for both kernels of the search, which give the same answers to the last bit."""

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kensho.domain import ranking
from kensho.search import interpretations
from kensho.search.index import TitleIndex
from kensho.search.kernel import compiled_kernel
from kensho.search.kernel.protocol import Kernel, ScoredRows
from tests.support.title_search import Catalogue, Entry, catalogue, catalogues, mistyped, work

pytestmark = pytest.mark.contract

_needs_code = pytest.mark.skipif(
    compiled_kernel.library() is None, reason="`kensho kernel` has not compiled it"
)
_LONG = 700
"""Letters: more than the compiled kernel takes, so that it has to ask the other."""


def kernel_of(made: Catalogue, *, is_compiled: bool) -> Kernel:
    index = TitleIndex(made.packed.arrays, made.packed.blobs, is_compiled=is_compiled)
    return index._finder.kernel


def crowd() -> Catalogue:
    """Return works of a few syllables each: many are near one another, and equally so."""
    drawn = random.Random(1)
    syllables = ("na", "ru", "to", "ka", "進", "撃", "가", "x", "2", "ou")
    titles = {"".join(drawn.choices(syllables, k=drawn.randint(2, 7))) for _ in range(1_500)}
    titles |= {f"naruto {title} {drawn.choice(syllables)}" for title in sorted(titles)[:400]}
    return catalogue(*(work(title, popularity=len(title) % 5 / 5) for title in sorted(titles)))


@pytest.fixture(scope="module")
def crowded() -> Catalogue:
    return crowd()


@pytest.fixture(params=["arrays", pytest.param("compiled", marks=_needs_code)])
def kernel(request: pytest.FixtureRequest, crowded: Catalogue) -> Kernel:
    return kernel_of(crowded, is_compiled=request.param == "compiled")


def ask(kernel: Kernel, text: str) -> ScoredRows:
    key = interpretations.as_typed(text).key
    return kernel.inexact(key, kernel.phrase_range(key.plain), ranking.KNOWN)


def test_a_text_that_nothing_begins_with_has_an_empty_run(kernel: Kernel) -> None:
    found = kernel.phrase_range("zzz")
    assert found.low == found.high
    assert found.size == 3


def test_equal_letters_are_found_and_others_are_not(kernel: Kernel, crowded: Catalogue) -> None:
    title = crowded.entries[5].name
    letters = interpretations.as_typed(title).key.letters
    assert [crowded.entries[crowded.entry_of(row)].name for row in kernel.equal(letters)] == [title]
    assert kernel.equal("zzz") == []


def test_everything_that_begins_with_the_text_is_found(kernel: Kernel, crowded: Catalogue) -> None:
    found = {crowded.entry_of(row) for row in ask(kernel, "naruto").rows.tolist()}
    wanted = {n for n, e in enumerate(crowded.entries) if e.name.startswith("naruto")}
    assert len(wanted) > 48
    assert wanted <= found


def test_judged_rows_come_once_and_ascending(kernel: Kernel) -> None:
    rows = ask(kernel, "nakatuo").rows
    assert len(rows) > 50
    assert np.all(np.diff(rows) > 0)


def test_nothing_is_found_for_what_is_like_nothing(kernel: Kernel) -> None:
    assert len(ask(kernel, "qq").rows) == 0
    assert len(ask(kernel, "qqqqqqqqqqqqqqqqqqqqqqqqqqqqq").rows) == 0


def test_of_equals_the_first_is_an_entrys_best(kernel: Kernel, crowded: Catalogue) -> None:
    rows = np.array([7, 3, 7, 9], dtype=np.int32)
    lists = [
        ScoredRows(rows, np.array([0.8, 0.9, 0.8, 0.2], dtype=np.float32)),
        ScoredRows(rows[:2], np.array([0.8, 0.95], dtype=np.float32)),
    ]
    best = kernel.best(lists)
    assert best.rows.tolist() == [3, 7, 9]
    assert best.entries.tolist() == [crowded.entry_of(row) for row in (3, 7, 9)]
    assert best.lists.tolist() == [1, 0, 0]
    assert best.hits == 2


def test_the_best_of_nothing_is_nothing(kernel: Kernel) -> None:
    none = ScoredRows(np.empty(0, dtype=np.int32), np.empty(0, dtype=np.float32))
    best = kernel.best([none])
    assert best.hits == 0
    assert len(best.entries) == 0


def test_threads_that_ask_at_once_are_answered_like_one_after_the_other(
    kernel: Kernel, crowded: Catalogue
) -> None:
    """Short texts fill the buffers of a search, long ones leave them: no one reads another's."""
    drawn = random.Random(4)
    texts = [entry.name[: drawn.randint(1, 30)] for entry in drawn.sample(crowded.entries, 300)]

    def answered(text: str) -> list[object]:
        found = ask(kernel, text)
        best = kernel.best([found, found])
        return [np.asarray(part).tolist() for part in (*found, *best)]

    wanted = list(map(answered, texts))
    with ThreadPoolExecutor(8) as pool:
        for _ in range(3):
            assert list(pool.map(answered, texts)) == wanted


@_needs_code
@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 63, 64, 65, 130, _LONG])
def test_texts_of_any_length_are_answered_alike(crowded: Catalogue, size: int) -> None:
    drawn = random.Random(size)
    joined = " ".join(entry.name for entry in drawn.sample(crowded.entries, 120))
    texts = [joined[at : at + size] for at in range(0, len(joined), max(11, size // 3))]
    assert_alike(crowded, texts)


@_needs_code
def test_letters_at_the_ends_of_unicode_are_answered_alike() -> None:
    names = ["\u0000", "a\u007fb", "\u07ff\u0800", "\uffff" * 5, "\U0010ffff" * 5, "\ud800abc"]
    names += ["\U00020bb7野家", "한글"]
    made = catalogue("Mushi no Machi", *(work(f"{name} x") for name in names))
    assert_alike(made, [*names, *(f"{name}y" for name in names)])


@_needs_code
@settings(deadline=None)  # the first example makes the table of Han variants
@given(catalogues(), st.data())
def test_drawn_catalogues_are_answered_alike(works: list[Entry], data: st.DataObject) -> None:
    made = catalogue(*works)
    titles = [title.text for entry in works for title in entry.titles]
    drawn = data.draw(st.sampled_from(titles))
    assert_alike(made, [data.draw(mistyped(drawn)), drawn[: len(drawn) // 2 + 1]])


def assert_alike(made: Catalogue, texts: Sequence[str]) -> None:
    arrays, code = (kernel_of(made, is_compiled=is_compiled) for is_compiled in (False, True))
    for text in texts:
        key = interpretations.as_typed(text).key
        if not key.letters:
            continue
        assert arrays.phrase_range(key.plain) == code.phrase_range(key.plain)
        assert arrays.equal(key.letters) == code.equal(key.letters)
        one, other = ask(arrays, text), ask(code, text)
        assert one.rows.tolist() == other.rows.tolist()
        assert one.scores.tobytes() == other.scores.tobytes()
        for row in one.rows[:20].tolist():
            assert arrays.likeness(key, row) == code.likeness(key, row)
        some = ScoredRows(one.rows, np.maximum(one.scores, 0))
        mine, theirs = arrays.best([some, some]), code.best([some, some])
        assert [np.asarray(part).tolist() for part in mine] == [
            np.asarray(part).tolist() for part in theirs
        ]
