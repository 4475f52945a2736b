"""From a franchise and its graph to what the map is drawn from."""

from uuid import UUID

import msgspec
import pytest

from kensho.domain.relations import Assertion, Kind
from kensho.domain.works import AnimeType, Role
from kensho.errors import InvalidInputError
from kensho.metro.inputs import GuestOf
from kensho.read_model.franchise_views import (
    FranchiseDetail,
    FranchiseEdge,
    FranchiseGuest,
    FranchiseLine,
    FranchiseMember,
    MemberWork,
)
from kensho.read_model.graph_views import ExportBeyond, ExportBridge, ExportEdge
from kensho.read_model.views import FranchiseRef
from kensho.web.maps.map_input import MapSelection, continuities_of, edges_of, works_of

NAMES = {"mal": "MyAnimeList", "anilist": "AniList"}


def number(key: str) -> UUID:
    return UUID(int=ord(key))


def work(key: str, anime_type: AnimeType = "tv", date: str | None = "2001-04") -> MemberWork:
    return MemberWork(
        id=number(key),
        title=f"Work {key}",
        poster_url=None,
        episodes=12,
        status="finished",
        anime_type=anime_type,
        year=2001,
        date=date,
    )


def member(key: str, role: Role = "main", *ties: FranchiseEdge, also: str = "") -> FranchiseMember:
    return FranchiseMember(work(key), role, ties, 0, tuple(map(number, also)))


def tie(pair: str, kind: Kind = "sequel") -> FranchiseEdge:
    return FranchiseEdge(number(pair[0]), number(pair[1]), kind, "stated", 0.8)


def edge(pair: str, kind: Kind = "sequel", *assertions: Assertion) -> ExportEdge:
    return ExportEdge(str(number(pair[0])), str(number(pair[1])), kind, assertions)


def said(source: str, kind: Kind = "sequel", **facts: object) -> Assertion:
    usual = {"snapshot": "2024-01-01", "method": "stated", "confidence": 0.9}
    return Assertion(source=source, kind=kind, **{**usual, **facts})  # type: ignore[arg-type]


def franchise(
    *members: FranchiseMember, guests: tuple[FranchiseGuest, ...] = ()
) -> FranchiseDetail:
    return FranchiseDetail(
        slug="example",
        title="Example",
        root=members[0].work.id,
        works_total=len(members),
        episodes_total=0,
        roles=(),
        lines=(),
        tags=(),
        members=members,
        guests=guests,
    )


def drawn(
    one: FranchiseDetail, *edges: ExportEdge, bridges: tuple[ExportEdge, ...] = ()
) -> list[tuple[str, str, str]]:
    beyond = ExportBeyond(1, ())
    found = edges_of(
        one, edges, [ExportBridge(b, beyond, only=True) for b in bridges], NAMES.__getitem__
    )
    return [(chr(UUID(e.source).int), chr(UUID(e.target).int), e.kind) for e in found]


def test_members_have_their_role_and_guests_lead_to_their_home() -> None:
    home = FranchiseRef("elsewhere", "Elsewhere")
    one = franchise(
        member("a"), member("m", "music"), guests=(FranchiseGuest(work("g", "movie"), (), home),)
    )
    found = {chr(UUID(w.id).int): w for w in works_of(one)}
    assert [(w.role, w.type) for w in found.values()] == [
        ("main", "series"),
        ("music", "music"),
        ("crossover", "film"),
    ]
    assert found["g"].guest_of == (GuestOf("elsewhere", "Elsewhere"),)
    assert found["a"].date == "2001-04"


def test_a_year_stands_in_for_a_date() -> None:
    one = franchise(FranchiseMember(work("a", date=None), "main", (), 0))
    assert [w.date for w in works_of(one)] == ["2001"]


def test_edges_of_further_records_are_those_of_the_work_and_loops_are_none() -> None:
    one = franchise(member("a"), member("b", "side", tie("ab"), also="c"))
    assert drawn(one, edge("ac"), edge("bc", "other")) == [("a", "b", "sequel")]


def test_an_edge_out_of_the_hub_is_drawn_only_to_a_guest() -> None:
    guests = (FranchiseGuest(work("g"), (tie("ag", "crossover"),), None),)
    one = franchise(member("a"), guests=guests)
    found = drawn(one, bridges=(edge("ag", "crossover"), edge("ax")))
    assert found == [("a", "g", "crossover")]


def test_a_tie_that_no_relation_says_holds_its_work_to_the_rest() -> None:
    one = franchise(
        member("a"), member("b", "side", tie("ab")), member("c", "side", tie("ab"), tie("bc"))
    )
    assert drawn(one, edge("ba", "prequel")) == [("b", "a", "prequel"), ("b", "c", "sequel")]


def test_an_edge_is_known_by_the_surest_of_those_who_agree() -> None:
    one = franchise(member("a"), member("b"))
    assertions = (
        said("anilist", "side_story", method="curated"),
        said("mal", method="inferred", confidence=0.99),
        said("mal", confidence=0.7),
        said("anilist", confidence=0.8),
    )
    (found,) = edges_of(one, [edge("ab", "sequel", *assertions)], [], NAMES.__getitem__)
    assert (found.method, found.confidence) == ("stated", 0.8)
    assert found.sources == ("MyAnimeList", "AniList")


def test_an_edge_whose_kind_nobody_says_is_known_by_those_who_say_another() -> None:
    one = franchise(member("a"), member("b"))
    told = edge("ab", "sequel", said("mal", "related"))
    (found,) = edges_of(one, [told], [], NAMES.__getitem__)
    assert (found.kind, found.sources) == ("sequel", ("MyAnimeList",))


def line(number_: int, title: str, works: str) -> FranchiseLine:
    return FranchiseLine(number_, title, "own", tuple(map(number, works)), len(works), 1)


def test_the_main_line_is_that_of_the_root_and_an_only_one_bears_the_name_of_the_franchise() -> (
    None
):
    one = franchise(member("a"), member("b"))
    several = msgspec.structs.replace(one, lines=(line(0, "Reborn", "b"), line(1, "Story", "a")))
    assert [(it.title, it.is_main) for it in continuities_of(several)] == [
        ("Reborn", False),
        ("Story", True),
    ]
    only = msgspec.structs.replace(one, lines=(line(0, "A Film", "ab"),))
    assert [(it.title, it.is_main) for it in continuities_of(only)] == [("Example", True)]


def test_promotions_are_drawn_only_when_asked_for() -> None:
    one = franchise(member("a"), member("p", "promotion"))
    assert len(list(works_of(one))) == 1
    assert [w.role for w in works_of(one, promotions=True)] == ["main", "promotion"]


def test_a_selection_takes_types_roles_lines_and_guesses_off() -> None:
    guest = FranchiseGuest(work("g"), (), None)
    one = franchise(member("a"), member("o", "side"), guests=(guest,))
    works = list(works_of(one))

    def left(hide: str) -> str:
        chosen = MapSelection.read(hide, "")
        return "".join(chr(UUID(w.id).int) for w in works if chosen.takes(w))

    assert [left(hide) for hide in ("", "side", "line-0", "guests", "series", "main.guests")] == [
        "aog",
        "ag",
        "g",
        "ao",
        "",
        "o",
    ]
    assert MapSelection.read("", "").switched("ova").parameters == {"hide": "ova", "show": None}
    assert MapSelection.read("ova", "promotions").switched("promotions").parameters == {
        "hide": "ova",
        "show": None,
    }


@pytest.mark.parametrize(("hide", "show"), [("nothing", ""), ("line-x", ""), ("", "ova")])
def test_a_selection_of_what_there_is_not_names_the_field(hide: str, show: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        MapSelection.read(hide, show)
    assert refused.value.problems[0].field == ("hide" if hide else "show")
