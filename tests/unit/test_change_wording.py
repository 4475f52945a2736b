"""Changes in one line."""

from uuid import UUID

import pytest

from kensho.domain.deltas import Delta, EdgeKey, FactChanges, WorkCard
from kensho.read_model.change_lists import changes_of
from kensho.read_model.change_views import Change
from kensho.read_model.change_wording import told

BEBOP, FILM, GONE = UUID(int=1), UUID(int=2), UUID(int=3)
CARDS = {
    BEBOP: WorkCard("Cowboy Bebop", "anime", "tv", 1998, franchise="bebop"),
    FILM: WorkCard("Tengoku no Tobira, the Film", "anime", "movie"),
    GONE: WorkCard("Bebop", "anime", "ova"),
}


def only(delta: Delta) -> Change:
    [listed] = changes_of(delta, "1..2")
    return listed.change


def of_bebop(**changes: object) -> str:
    facts: FactChanges = {name.replace("__", ":"): pair for name, pair in changes.items()}  # type: ignore[misc]
    titles = {"bebop": "Cowboy Bebop", "old": "Bebop, the Old"}
    return told(only(Delta(cards=CARDS, titles=titles, changed={BEBOP: facts})))


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"episodes": (25, 26)}, "episodes 25 → 26"),
        ({"episodes": (None, 26)}, "episodes 26"),
        ({"episodes": (25, None)}, "no episodes any more (was 25)"),
        ({"imdb.votes": (12_000, 13_000)}, "IMDb votes 12,000 → 13,000"),
        ({"year": (1997, 1998)}, "year 1997 → 1998"),
        ({"adult": (False, True)}, "adult no → yes"),
        ({"synopsis": ("a", "b")}, "another synopsis"),
        ({"synopsis": ("a", None)}, "no synopsis any more"),
        (
            {"tags__space": (None, 1.0), "tags__noir": (0.5, None), "tags__jazz": (None, 0.5)},
            "tags (new: space, jazz; gone: noir)",
        ),
        ({"tags__space": (0.5, 1.0)}, "tags space 0.5 → 1.0"),
        ({"franchise": ("old", "bebop")}, "now in Cowboy Bebop (before: “Bebop, the Old”)"),
        ({"franchise": (None, "bebop")}, "now in Cowboy Bebop"),
    ],
)
def test_facts_are_told_as_they_were_and_are(changes: dict[str, object], text: str) -> None:
    assert of_bebop(**changes) == f"Cowboy Bebop: {text}"


def test_of_many_facts_the_rest_is_counted() -> None:
    names = ("a", "b", "c", "d", "e", "f", "g")
    assert of_bebop(**dict.fromkeys(names, (1, 2))).endswith("e 1 → 2 and 2 more")


def test_only_figures_are_a_kind_of_their_own() -> None:
    def kind(facts: FactChanges) -> str:
        return only(Delta(cards=CARDS, changed={BEBOP: facts})).kind

    assert kind({"score": (8.0, 8.1), "imdb.votes": (1, 2)}) == "figures_moved"
    assert kind({"tags:space": (0.5, 0.6)}) == "figures_moved"
    assert kind({"tags:space": (None, 0.6)}) == "work_changed"
    assert kind({"score": (8.0, 8.1), "episodes": (1, 2)}) == "work_changed"


def test_what_came_and_went_is_told_with_what_it_is() -> None:
    titles = {"bebop": "Bebop, all of it"}
    came = Delta(cards=CARDS, titles=titles, came=frozenset((BEBOP,)))
    assert told(only(came)) == "Cowboy Bebop (tv, 1998) is new in “Bebop, all of it”"
    went = Delta(cards=CARDS, went={GONE: None})
    assert told(only(went)) == "Bebop is no longer listed"
    merged = Delta(cards=CARDS, went={GONE: BEBOP})
    assert told(only(merged)) == "Bebop is now one work with Cowboy Bebop"


def test_relations_are_told_as_they_read() -> None:
    related = EdgeKey(BEBOP, FILM, "related")
    side = EdgeKey(BEBOP, FILM, "side_story")
    film = "“Tengoku no Tobira, the Film”"
    came = Delta(cards=CARDS, edges_came=frozenset((side,)))
    assert told(only(came)) == f"{film} is a side story of Cowboy Bebop"
    went = Delta(cards=CARDS, edges_went=frozenset((side,)))
    assert told(only(went)) == f"no longer stated: {film} is a side story of Cowboy Bebop"
    other = Delta(cards=CARDS, edges_came=frozenset((side,)), edges_went=frozenset((related,)))
    assert told(only(other)) == (
        f"{film} is a side story of Cowboy Bebop; before: {film} is related to Cowboy Bebop"
    )
