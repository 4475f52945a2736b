"""The map of a franchise: what stands where, and which edges are drawn."""

from itertools import pairwise

from kensho.domain.relations import Kind
from kensho.domain.works import Role
from kensho.metro.inputs import GuestOf, MapContinuity, MapEdge, MapWork, MediaType
from kensho.metro.layout import metro_map
from kensho.metro.map import MetroMap, Route, Station
from kensho.web.maps.legend import LEGEND_HIGH


def work(id_: str, date: str = "2000", role: Role = "main", type_: MediaType = "series") -> MapWork:
    return MapWork(id=id_, title=f"Title {id_}", type=type_, role=role, date=date)


def edge(source: str, target: str, kind: Kind = "sequel", **said: float) -> MapEdge:
    return MapEdge(source=source, target=target, kind=kind, confidence=said.get("sure", 1.0))


def drawn(works: list[MapWork], *edges: MapEdge) -> MetroMap:
    return metro_map("A Franchise", works, edges)


def station(whole: MetroMap, id_: str) -> Station:
    return next(one for one in whole.stations if one.id == id_)


def route(whole: MetroMap, id_: str) -> Route:
    return next(one for one in whole.routes if one.id == id_)


def test_a_franchise_of_one_work_is_a_map_of_one_station() -> None:
    whole = drawn([work("a")])
    assert len(whole.stations) == 1
    assert (whole.routes, whole.gaps, len(whole.ticks)) == ((), (), 1)


def test_no_works_are_an_empty_map() -> None:
    assert drawn([]).stations == ()


def test_films_run_above_the_main_line_and_side_stories_below() -> None:
    whole = drawn([work("a"), work("f", "2001", "film", "film"), work("s", "2001", "side", "ova")])
    film, main, side = (station(whole, id_).y for id_ in "fas")
    assert film < main < side


def test_a_reboot_with_its_sequel_is_a_line_of_its_own_colour() -> None:
    works = [work("a"), work("b", "2009", "alternative"), work("c", "2010")]
    whole = drawn(works, edge("b", "c"), edge("a", "b", "alternative_version"))
    assert station(whole, "b").y == station(whole, "c").y != station(whole, "a").y
    colours = {line.id: line.colour for line in whole.lines}
    assert colours[station(whole, "b").line] != colours[station(whole, "a").line]


def test_a_film_that_continues_a_reboot_stays_on_its_line() -> None:
    works = [work("a"), work("b", "2009", "alternative"), work("c", "2010", "film", "film")]
    whole = drawn(works, edge("b", "c"))
    assert station(whole, "b").line == station(whole, "c").line


def test_summaries_are_hollow() -> None:
    whole = drawn([work("a"), work("r", "2001", "summary", "special")], edge("a", "r", "summary"))
    assert [one.is_hollow for one in whole.stations] == [False, True]


def test_a_crossover_ends_in_a_transfer_to_the_other_franchise() -> None:
    guest = MapWork(
        id="x",
        title="Lupin vs. Conan",
        type="special",
        role="crossover",
        date="2009",
        guest_of=(GuestOf("detective-conan", "Detective Conan"),),
        is_guest=True,
    )
    (transfer,) = drawn([work("a"), guest]).transfers
    assert (transfer.station, transfer.franchise.slug) == ("x", "detective-conan")
    assert "Detective Conan" in transfer.text


def test_an_edge_and_its_inverse_are_one_route() -> None:
    works = [work("a"), work("b", "2001")]
    whole = drawn(works, edge("a", "b"), edge("b", "a", "prequel", sure=0.5), edge("a", "b"))
    assert [one.id for one in whole.routes] == ["a sequel b"]
    assert whole.routes[0].confidence == 1.0


def test_the_surest_method_wins_and_all_sources_stay() -> None:
    works = [work("a"), work("b", "2001")]
    guess = MapEdge(source="a", target="b", kind="sequel", method="inferred", sources=("titles",))
    said = MapEdge(source="b", target="a", kind="prequel", sources=("mal",), confidence=0.9)
    (only,) = drawn(works, guess, said).routes
    assert (only.method, only.sources, only.is_dashed) == ("stated", ("mal", "titles"), False)


def test_an_inferred_edge_is_dashed_and_paler_the_less_sure_it_is() -> None:
    works = [work("a"), work("b", "2001"), work("c", "2002")]
    guesses = [
        MapEdge(source=a, target=b, kind="sequel", method="inferred", confidence=sure)
        for (a, b), sure in zip(pairwise("abc"), (0.9, 0.5), strict=True)
    ]
    whole = drawn(works, *guesses)
    assert route(whole, "a sequel b").opacity > route(whole, "b sequel c").opacity
    assert all(one.is_dashed for one in whole.routes)


def test_edges_that_say_only_related_are_drawn_no_more_than_connect() -> None:
    works = [work(id_, str(2000 + n)) for n, id_ in enumerate("abcd")]
    clique = [edge(a, b, "related") for a in "abcd" for b in "abcd" if a < b]
    whole = drawn(works, *clique, edge("a", "b"))
    assert [one.id for one in whole.routes] == ["a sequel b", "b related c", "c related d"]
    assert len(whole.folded) == 4


def test_an_edge_over_other_stations_of_its_lane_goes_around_them() -> None:
    works = [work(id_, str(2000 + n)) for n, id_ in enumerate("abc")]
    whole = drawn(works, edge("a", "b"), edge("b", "c"), edge("a", "c", "other"))
    around = route(whole, "a other c").points
    assert any(y != station(whole, "b").y for _, y in around)


def test_works_of_one_year_stand_closer_than_those_of_two() -> None:
    works = [work("a", "2000-01"), work("b", "2000-02"), work("c", "2001")]
    a, b, c = (station(drawn(works), id_).x for id_ in "abc")
    assert b - a < c - b


def test_an_empty_decade_is_a_marked_break_and_not_blank_paper() -> None:
    whole = drawn([work("a", "1960"), work("b", "1961"), work("c", "1999")])
    (gap,) = whole.gaps
    assert gap.years == 37
    a, b, c = (station(whole, id_).x for id_ in "abc")
    assert b < gap.x < c
    assert c - b < 2.5 * (b - a)


def test_a_work_without_a_date_comes_last() -> None:
    whole = drawn([work("a", ""), work("b", "2020")])
    assert [one.id for one in whole.stations] == ["b", "a"]
    assert whole.ticks[-1].year is None


def test_thirty_works_of_one_line_fit_a_laptop_screen() -> None:
    works = [work(f"w{n}", f"{1990 + n}") for n in range(30)]
    whole = drawn(works, *(edge(a.id, b.id) for a, b in pairwise(works)))
    assert whole.width <= 1280
    assert whole.height <= 620 - LEGEND_HIGH


def test_a_longer_work_is_a_larger_station() -> None:
    short = MapWork(id="s", title="S", type="series", role="main", date="2000", episodes=3)
    long = MapWork(id="l", title="L", type="series", role="main", date="2001", episodes=200)
    whole = drawn([short, long])
    assert station(whole, "s").radius < station(whole, "l").radius


def test_a_label_says_the_year() -> None:
    assert station(drawn([work("a", "1999-04")]), "a").label.year == "1999"


def test_a_long_title_is_cut_where_stations_crowd() -> None:
    works = [
        MapWork(id=f"w{n}", title="Long " * 60 + str(n), type="series", role="main", date="2000")
        for n in range(40)
    ]
    assert all(one.label.is_cut for one in drawn(works).stations)


def test_summaries_of_a_spin_off_run_below_the_main_line() -> None:
    works = [work("a"), work("b", "2001", "spin_off"), work("c", "2002", "summary")]
    works += [work("d", "2003", "summary")]
    whole = drawn(works, edge("a", "d", "summary"), edge("b", "c", "summary"))
    main = station(whole, "a").y
    assert station(whole, "d").y < main < station(whole, "b").y < station(whole, "c").y


def test_two_kinds_of_edge_between_two_works_are_two_routes() -> None:
    works = [work("a"), work("b", "2001")]
    whole = drawn(works, edge("a", "b"), edge("a", "b", "other"))
    assert len({one.points for one in whole.routes}) == 2


def test_untyped_edges_along_the_main_line_are_drawn_before_others() -> None:
    works = [work("a", "2000"), work("f", "2001", "film", "film"), work("b", "2004")]
    whole = drawn(works, *(edge(a, b, "related") for a, b in ("ab", "af", "fb")))
    assert "a related b" in {one.id for one in whole.routes}


def told(id_: str, line: int, date: str, role: Role = "main", **facts: object) -> MapWork:
    usual = {"type": "series", "title": f"Title {id_}"}
    return MapWork(id=id_, role=role, date=date, line=line, **{**usual, **facts})  # type: ignore[arg-type]


LINES = (MapContinuity(0, "The Story", is_main=True), MapContinuity(1, "The Story Reborn"))


def test_lines_are_the_continuities_with_their_names() -> None:
    works = [told("a", 0, "2000"), told("b", 0, "2001"), told("c", 1, "2005", "alternative")]
    works.append(told("s", 1, "2006", "side", type="special"))
    whole = metro_map("Example", works, [edge("a", "c", "alternative_version")], LINES)
    assert [(line.id, line.name, line.number) for line in whole.lines] == [
        ("main", "The Story", 0),
        ("line-1", "The Story Reborn", 1),
    ]
    assert {one.text for one in whole.headings if not one.is_at_edge} == {"The Story Reborn"}
    assert station(whole, "s").line == "line-1"
    assert not station(whole, "s").is_trunk
    assert not route(whole, "a alternative_version c").is_quiet


def test_a_line_keeps_its_colour_when_others_are_taken_off() -> None:
    lines = (*LINES, MapContinuity(2, "Another"))
    works = [told("a", 0, "2000"), told("b", 1, "2001"), told("c", 2, "2002")]

    def colour(of: list[MapWork]) -> int:
        return metro_map("Example", of, [], lines).lines[-1].colour

    assert colour(works) == colour([works[0], works[2]])


def test_lines_that_do_not_overlap_in_time_share_a_track() -> None:
    works = [told(f"m{n}", 0, f"{2000 + n}") for n in range(20)]
    works += [told(f"b{n}", 1, f"{2001 + n}") for n in range(2)]
    works += [told(f"c{n}", 2, f"{2010 + n}") for n in range(2)]
    whole = metro_map("Example", works, [], (*LINES, MapContinuity(2, "Another")))
    assert station(whole, "b0").y == station(whole, "c1").y != station(whole, "m0").y


def test_a_collection_of_films_is_one_main_line() -> None:
    films = [told("a", 0, "2000", type="film"), told("b", 0, "2001", "film", type="film")]
    whole = metro_map("Example", films, [], LINES[:1])
    assert station(whole, "a").y == station(whole, "b").y
    assert station(whole, "b").is_trunk


def test_the_axis_begins_with_the_first_member_and_guests_lie_at_the_edge() -> None:
    guest = told("g", 0, "1981", "crossover", is_guest=True)
    late = told("h", 0, "2030", "crossover", is_guest=True)
    works = [guest, late, told("a", 0, "1996"), told("b", 0, "1999", "side")]
    whole = metro_map("Example", works, [edge("a", "g", "crossover")])
    assert [tick.year for tick in whole.ticks] == [1996, 1999]
    assert station(whole, "g").y == max(one.y for one in whole.stations)
    assert station(whole, "g").label.year == "1981"


def test_of_many_connections_those_are_seen_that_hold_the_lines_together() -> None:
    works = [told(f"m{n}", 0, f"{1980 + n}") for n in range(30)]
    works.append(told("s", 0, "2009-06", "side"))
    edges = [edge(one.id, other.id) for one, other in pairwise(works[:30])]
    edges += [edge(f"m{n}", "s", "side_story") for n in (0, 10, 28)]
    whole = metro_map("Example", works, edges)
    seen = {one.id for one in whole.routes if not one.is_quiet}
    assert "m28 side_story s" in seen
    assert seen.isdisjoint({"m0 side_story s", "m10 side_story s"})


def test_the_best_known_work_is_ranked_first() -> None:
    works = [told("a", 0, "2000", popularity=0.2), told("b", 0, "2001", popularity=0.9)]
    whole = metro_map("Example", works, [])
    assert [station(whole, id_).rank for id_ in "ab"] == [2, 1]
