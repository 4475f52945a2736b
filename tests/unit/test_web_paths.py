"""Which paths the page about a connection shows, and what it says of the others."""

from itertools import pairwise
from uuid import UUID

from kensho.domain.relations import Assertion, Kind, Method
from kensho.read_model.views import PathView, RelationView, Summary
from kensho.web.path_page import chosen


def path(works: int, kind: Kind = "sequel", method: Method = "stated") -> PathView:
    ids = [UUID(int=n) for n in range(works)]
    said = Assertion(source="mal", kind=kind, snapshot="2024-01-01", method=method, confidence=0.9)
    return PathView(
        sentence="",
        works=[
            Summary(
                id=id_,
                title="",
                poster_url=None,
                episodes=None,
                status="finished",
                anime_type="tv",
            )
            for id_ in ids
        ],
        edges=[RelationView(a, b, kind, (said,)) for a, b in pairwise(ids)],
    )


def test_a_path_of_more_than_five_works_is_none_and_its_length_is_told() -> None:
    found = chosen([path(7), path(6)], guesses=False)
    assert (found.shown, found.nearest, found.guessed) == ([], 6, 0)
    assert [len(one.works) for one in chosen([path(6), path(5)], guesses=False).shown] == [5]
    assert chosen([], guesses=False).nearest is None


def test_a_character_that_nobody_states_connects_only_who_asks_for_it() -> None:
    guess = path(2, "character", "inferred")
    assert chosen([guess], guesses=False) == ([], None, 1)
    assert chosen([guess], guesses=True).shown == [guess]
    stated = path(2, "character")
    assert chosen([guess, stated], guesses=False) == ([stated], None, 1)


def test_a_relation_that_is_inferred_otherwise_is_a_connection() -> None:
    assert len(chosen([path(3, "side_story", "inferred")], guesses=False).shown) == 1
