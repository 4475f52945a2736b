"""How sure a search is of its best hit, and what a strict one answers."""

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kensho.discovery.cursors import Cursors
from kensho.discovery.filters import Filters
from kensho.discovery.search import SearchRequest, TitleSearch
from kensho.discovery.search_views import SearchPage
from kensho.platform.secret_values import Secret
from kensho.read_model.holder import Snapshot
from tests.support.examples import examples
from tests.support.searches import Shelf, opened, work

SEARCH = TitleSearch(Cursors(Secret("signs the cursors of a test")), safe=True)
SHELF = Shelf(
    [
        work(1, "Mushi no Mori", "Forest of Insects", year=2011, episodes=12),
        work(2, "Mushi no Mori 2", year=2013, episodes=12),
        work(3, "Kaze Basket", year=2001, episodes=26),
        work(4, "Kaze Basket", year=2019, episodes=25),
        work(5, "24", anime_type="special", year=1994, episodes=1),
        work(6, "Umi no Yoru", adult=True, anime_type="ova", year=2003, episodes=2),
        work(7, "Umi no Yoru Gaiden", year=2004, episodes=2),
        work(8, "Sora: The Movie", anime_type="movie", year=2009, episodes=1),
    ]
)


@pytest.fixture(scope="module")
def snapshot() -> Iterator[Snapshot]:
    with opened(SHELF) as snapshot:
        yield snapshot


def asked(snapshot: Snapshot, text: str, *, strict: bool = False, safe: bool = True) -> SearchPage:
    request = SearchRequest(text=text, filters=Filters(safe=safe), limit=10, strict=strict)
    return msgspec.json.decode(SEARCH.page(snapshot, request).bytes, type=SearchPage)


def titles(page: SearchPage) -> list[str]:
    return [one.title for one in page.results]


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("Mushi no Mori", "equal"),
        ("[Kumo] Mushi no Mori - 05 (1080p).mkv", "equal"),
        ("Mushi no Mori 2nd Season", "equal"),
        ("mushi no", "prefix"),
        ("insects", "prefix"),
        ("mushi no moro", "fuzzy"),
    ],
)
def test_how_the_text_led_to_the_best_hit(snapshot: Snapshot, text: str, match: str) -> None:
    page = asked(snapshot, text)
    assert page.read_as.match == match
    assert 0 < page.confidence < 1


def test_nothing_found_is_nothing_meant(snapshot: Snapshot) -> None:
    page = asked(snapshot, "qqqqqqqqqq")
    assert (page.results, page.confidence, page.read_as.match) == ([], 0.0, None)


def test_what_nothing_explains_makes_it_less_sure(snapshot: Snapshot) -> None:
    plain = asked(snapshot, "Mushi no Mori")
    more = asked(snapshot, "[Kumo] Mushi no Mori (Waterfall Journey Kettle) - 05.mkv")
    assert titles(more)[0] == "Mushi no Mori"
    assert more.read_as.explained < plain.read_as.explained == 1.0
    assert more.confidence < plain.confidence


def test_works_of_one_name_are_told(snapshot: Snapshot) -> None:
    page = asked(snapshot, "kaze basket")
    assert [(one.title, one.year) for one in page.read_as.ambiguous] in (
        [("Kaze Basket", 2001)],
        [("Kaze Basket", 2019)],
    )
    assert page.confidence <= 0.9
    told = asked(snapshot, "Kaze Basket (2019)")
    assert (told.read_as.ambiguous, str(told.results[0].id)[-1]) == ([], "4")


def test_a_season_is_as_sure_by_a_part_of_its_title(snapshot: Snapshot) -> None:
    told, later = asked(snapshot, "no mori season 2"), asked(snapshot, "no mori season 5")
    assert titles(told)[0] == "Mushi no Mori 2"
    assert told.confidence > 10 * later.confidence  # There is no fifth.


def test_what_cannot_be_is_never_sure(snapshot: Snapshot) -> None:
    assert asked(snapshot, "Sora: The Movie S02E07").confidence <= 0.9
    assert asked(snapshot, "Mushi no Mori (1987)").confidence <= 0.9


def test_a_title_that_is_a_number_says_little_in_a_file_name(snapshot: Snapshot) -> None:
    assert asked(snapshot, "24 S01 1080p").confidence < 0.5


@pytest.mark.parametrize(
    ("text", "answer", "reason"),
    [
        ("Mushi no Mori", ["Mushi no Mori"], None),
        ("forest of insects", ["Mushi no Mori"], None),
        ("mushi no", [], "no title equals the text"),
        ("kaze basket", [], "2 works have the title Kaze Basket"),
        ("Kaze Basket (2001)", ["Kaze Basket"], None),
        ("24 S01 1080p", [], "too little of the text"),
        ("Mushi no Mori (1987)", [], "no such year"),
        ("qqqqqqqqqq", [], "no title has these letters"),
        ("Umi no Yoru", [], "the best hit is adult and safe is on"),
    ],
)
def test_a_strict_search_answers_one_work_or_none(
    snapshot: Snapshot, text: str, answer: list[str], reason: str | None
) -> None:
    page = asked(snapshot, text, strict=True)
    assert (titles(page), page.total) == (answer, len(answer))
    assert (page.reason is None) if reason is None else reason in (page.reason or "")


def test_a_hidden_best_hit_is_told(snapshot: Snapshot) -> None:
    page = asked(snapshot, "umi no yoru")
    assert (titles(page), page.hidden.best) == (["Umi no Yoru Gaiden"], True)
    assert page.confidence <= 0.9
    shown = asked(snapshot, "umi no yoru", safe=False)
    assert (titles(shown)[0], shown.hidden.best) == ("Umi no Yoru", False)
    assert not asked(snapshot, "umi no yoru gaiden").hidden.best


def test_any_text_has_a_confidence(snapshot: Snapshot) -> None:
    pieces = st.sampled_from(("Mushi no Mori", "24", " - 05", "S01E02", "[1080p]", "/", "(2019)"))
    names = st.lists(pieces | st.text(max_size=8), min_size=1, max_size=6).map("".join)

    @settings(deadline=None, max_examples=examples(150))
    @given(names.filter(lambda text: bool(text.strip())))
    def check(text: str) -> None:
        for strict in (False, True):
            page = asked(snapshot, text, strict=strict)
            assert 0 <= page.confidence <= 1
            assert not strict or len(page.results) <= 1
            assert 0 <= page.read_as.explained <= 1

    check()
