"""Connected components; what is listed, and how rare words are, whatever the order."""

import math
from array import array
from itertools import permutations
from uuid import UUID

from ingest.pipeline.franchises.title_words import CatalogueTitleWords
from ingest.pipeline.listings import Listings, pages_of
from kensho.domain.franchise.policy import Anthology, Policy
from kensho.domain.graphs import connected

A, B, C, D = (UUID(int=n) for n in range(1, 5))
REASON = "a reason that somebody can check"


def test_works_are_connected_by_links_in_whatever_order_they_come() -> None:
    links = [(C, B), (B, A), (D,)]
    found = [connected(some) for some in permutations(links)]
    assert all(one == {A: A, B: A, C: A, D: D} for one in found)


def test_a_provider_that_lists_a_work_twice_lists_it_once() -> None:
    listings = Listings()
    for source_id in ("mal:2", "anidb:7", "mal:2"):
        listings.add(A, B, source_id)
    assert listings.of(A, B) == {"mal", "anidb"}
    assert listings.of(B, A) == frozenset()


def test_a_work_has_the_pages_of_all_its_records() -> None:
    assert pages_of([((A,), ("mal:1",)), ((A, B), ("kitsu:5", "kitsu:6"))]) == {
        A: {"mal", "kitsu"},
        B: {"kitsu"},
    }


def levels(*titles: str) -> dict[UUID, bytes]:
    words = CatalogueTitleWords(Policy(kinds={}))
    for number, title in enumerate(titles, 1):
        words.add(UUID(int=number), (title,))
    words.finish()
    return {UUID(int=number): words.levels(UUID(int=number)) for number in (1, 2)}


def test_one_more_title_of_other_words_moves_the_rarity_of_none() -> None:
    filler = [f"other{n}" for n in range(1000)]
    assert levels("Gurren", "Lagann", *filler) == levels("Gurren", "Lagann", *filler, "more")


def test_one_more_bearer_moves_the_rarity_of_a_rare_word_alone() -> None:
    filler = [f"other{n}" for n in range(1000)]
    before = levels("Gurren", "Lagann", *filler)
    after = levels("Gurren", "Lagann", *filler, "Gurren")
    assert (before[A] == after[A], before[B] == after[B]) == (False, True)


def test_words_that_every_work_bears_have_no_rarity() -> None:
    assert levels("The Gurren", "The Lagann", "The end")[A][-1:] == b"\0"


def test_the_rarest_word_of_a_million_works_has_its_level() -> None:
    words = CatalogueTitleWords(Policy(kinds={}), {"gurren": math.log(1_000_000), "lagann": 12.75})
    words.add(A, ("Gurren",))
    words.add(B, ("Lagann",))
    words.finish()
    assert {words.levels(A), words.levels(B)} == {array("H", [276]).tobytes(), b"\xff\0"}


def test_works_of_an_omnibus_project_are_known_by_any_of_their_titles() -> None:
    project = Anthology("Expo", REASON, names=("Japan Expo",))
    words = CatalogueTitleWords(Policy(kinds={}, anthology=(project,)))
    words.add(A, ("Nihon", "JAPAN EXPO: One"))
    words.add(B, ("A Japan Expo",))
    assert words.anthology == {"Expo": {A}}
