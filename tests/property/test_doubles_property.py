"""Doubles of a franchise against the rule said pair by pair."""

from collections.abc import Mapping
from itertools import combinations
from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from kensho.domain.franchise.doubles import Records, doubles, doubles_by_title
from kensho.domain.franchise.inputs import FranchiseWork
from kensho.domain.titles import folded, squeezed
from tests.support.small_franchises import number, told_apart

TITLES = ("Rayearth", "Ray Earth", "Rayearth!", "Gantz", "☆")
PROVIDERS = ("mal", "anidb", "kitsu")


Drawn: TypeAlias = tuple[list[FranchiseWork], list[list[FranchiseWork]], dict[int, set[int]]]


@st.composite
def franchises(draw: st.DrawFn) -> Drawn:
    works = []
    also = []
    count = draw(st.integers(1, 6))
    for node in range(count):
        providers = draw(st.lists(st.sampled_from(PROVIDERS), unique=True, max_size=2))
        works.append(
            FranchiseWork(
                id=number(node),
                titles=(draw(st.sampled_from(TITLES)),),
                type=draw(st.sampled_from(("tv", "ova"))),
                date=draw(st.sampled_from(("", "1994-10", "1994-10-17", "1995"))),
                sources=tuple(f"{one}:{node}" for one in providers),
            )
        )
        more = draw(st.lists(st.sampled_from(PROVIDERS), unique=True, max_size=1))
        ids = tuple(f"{one}:{100 + node}" for one in more)
        also.append([FranchiseWork(number(100 + node), ("Other",), "tv", sources=ids)] * len(more))
    told: dict[int, set[int]] = {}
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    for one, other in draw(st.lists(pairs, max_size=4)):
        if one != other:
            told.setdefault(one, set()).add(other)
            told.setdefault(other, set()).add(one)
    return works, also, told


def providers(node: int, drawn: Drawn) -> set[str]:
    works, also, _ = drawn
    return {s.partition(":")[0] for one in (works[node], *also[node]) for s in one.sources}


def look(node: int, drawn: Drawn) -> tuple[str, str, str]:
    work = drawn[0][node]
    return squeezed(folded(work.title)), work.date[:4], work.type


def may_be_one(one: int, other: int, drawn: Drawn) -> bool:
    """Tell whether neither looks, nor catalogues, nor sources tell two works apart."""
    listed = providers(one, drawn), providers(other, drawn)
    return (
        look(one, drawn) == look(other, drawn)
        and look(one, drawn)[0] != ""
        and all(listed)
        and not listed[0] & listed[1]
        and other not in drawn[2].get(one, ())
    )


@given(franchises())
def test_doubles_look_alike_and_nobody_tells_them_apart(drawn: Drawn) -> None:
    works, also, told = drawn
    nodes = range(len(works))
    records = Records(works, also, [frozenset()] * len(works))
    found = doubles(nodes, records, told)
    assert found == doubles(reversed(nodes), records, told)
    assert found.keys().isdisjoint(found.values())
    assert all(may_be_one(double, first, drawn) for double, first in found.items())


@given(franchises())
def test_no_catalogue_lists_two_of_those_that_stand_together(drawn: Drawn) -> None:
    works, also, told = drawn
    found = doubles(range(len(works)), Records(works, also, [frozenset()] * len(works)), told)
    groups: dict[int, list[int]] = {}
    for node in range(len(works)):
        groups.setdefault(found.get(node, node), []).append(node)
    for group in groups.values():
        listed = [provider for node in group for provider in providers(node, drawn)]
        assert len(listed) == len(set(listed))
    for (one, some), (other, more) in combinations(groups.items(), 2):
        listed_here = {provider for node in some for provider in providers(node, drawn)}
        listed_there = {provider for node in more for provider in providers(node, drawn)}
        # What stays apart is told apart, or a catalogue lists one of each.
        assert not may_be_one(one, other, drawn) or listed_here & listed_there


NAMES = ("cobra", "gantz", "hebi", "kudan", "yorushika")
Listed: TypeAlias = tuple[Records, dict[int, set[int]]]


@st.composite
def works_of_many_titles(draw: st.DrawFn) -> Listed:
    works, names = [], []
    count = draw(st.integers(2, 6))
    for node in range(count):
        listed = draw(st.lists(st.sampled_from(PROVIDERS), unique=True, max_size=3))
        names.append(frozenset(draw(st.lists(st.sampled_from(NAMES), max_size=4))))
        works.append(
            FranchiseWork(
                id=number(node),
                titles=(f"Title {node}",),
                type=draw(st.sampled_from(("special", "special", "ova"))),
                date=draw(st.sampled_from(("2025", "2025", "2025-01", "2024", ""))),
                episodes=draw(st.sampled_from((None, 1, 1, 2))),
                duration_s=draw(st.sampled_from((None, 200, 240, 261))),
                sources=tuple(f"{one}:{node}" for one in listed),
            )
        )
    told = draw(told_apart(count))
    return Records(works, [[]] * count, names), told


def shared(one: int, other: int, records: Records, told: Mapping[int, set[int]]) -> int:
    """Return how many names two works share that most fellows lack, if they may be one work."""
    first, then = records.works[one], records.works[other]
    listed = [{source.partition(":")[0] for source in work.sources} for work in (first, then)]
    is_possible = (
        first.type == then.type
        and first.date[:4] == then.date[:4] != ""
        and (first.episodes is None or then.episodes in (None, first.episodes))
        and not listed[0] & listed[1]
        and 0 < min(map(len, listed)) <= 2
        and other not in told.get(one, ())
    )
    bears = [sum(name in some for some in records.names) for name in NAMES]
    most = max(2, int(0.34 * len(records.works)))
    own = {name for name, count in zip(NAMES, bears, strict=True) if count <= most}
    count = len(own & records.names[one] & records.names[other]) if is_possible else 0
    if first.duration_s is None or then.duration_s is None:
        return count if count >= 3 else 0
    return count if abs(first.duration_s - then.duration_s) <= 60 else 0


@given(works_of_many_titles())
def test_of_works_that_are_listed_otherwise_those_stand_together_that_share_most_names(
    drawn: Listed,
) -> None:
    records, told = drawn
    nodes = range(len(records.works))
    found = doubles(nodes, records, told)
    assert found == doubles(reversed(nodes), records, told)
    counts = {
        (one, other): shared(one, other, records, told)
        for one in nodes
        for other in nodes
        if one != other
    }
    expected = set()
    for one, other in combinations(nodes, 2):
        count = counts[one, other]
        rivals = [
            counts[end, node] for end in (one, other) for node in nodes if node not in (one, other)
        ]
        if count and all(rival < count for rival in rivals):
            expected.add(frozenset((one, other)))
    assert {frozenset(pair) for pair in found.items()} == expected


@st.composite
def works_of_other_dates(draw: st.DrawFn) -> Listed:
    works: list[FranchiseWork] = []
    count = draw(st.integers(2, 6))
    for node in range(count):
        listed = draw(st.lists(st.sampled_from(PROVIDERS), unique=True, max_size=3))
        titles = draw(st.lists(st.sampled_from(("Rockman", "Star", "Wish")), max_size=3))
        works.append(
            FranchiseWork(
                id=number(node),
                titles=(f"Title {node}", *titles),
                type=draw(st.sampled_from(("tv", "ona", "ova"))),
                date=draw(st.sampled_from(("", "1993", "1993-05", "1993-05-02", "2002-09"))),
                episodes=draw(st.sampled_from((None, 1, 3))),
                sources=tuple(f"{one}:{node}" for one in listed),
            )
        )
    return Records(works, [[]] * count, [frozenset()] * count), draw(told_apart(count))


@given(works_of_other_dates())
def test_works_of_one_title_and_other_dates_stand_together_as_pairs(drawn: Listed) -> None:
    records, told = drawn
    nodes = range(len(records.works))
    found = doubles_by_title(nodes, records, told)
    assert found == doubles_by_title(reversed(nodes), records, told)
    assert found.keys().isdisjoint(found.values())
    assert len(set(found.values())) == len(found)
    for double, first in found.items():
        one, other = records.works[double], records.works[first]
        listed = [records.providers(node) for node in (double, first)]
        assert one.type == other.type or {one.type, other.type} == {"tv", "ona"}
        assert not listed[0] & listed[1]
        assert 0 < min(map(len, listed)) <= 2
        assert first not in told.get(double, ())
        own = {
            title
            for title in set(one.titles) & set(other.titles)
            if sum(title in work.titles for work in records.works) == 2
        }
        is_of_one_month = one.date[:7] == other.date[:7] and len(one.date) >= 7
        assert is_of_one_month or len(own) >= 2
        assert one.episodes in (None, other.episodes) or other.episodes != 1
