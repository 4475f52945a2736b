"""Whole runs beside their parts, against the rule said for every subset of works."""

from collections.abc import Iterable
from itertools import combinations
from typing import TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from kensho.domain.franchise.doubles import Records
from kensho.domain.franchise.inputs import FranchiseWork
from kensho.domain.franchise.whole_runs import whole_runs
from kensho.domain.titles import folded
from tests.support.small_franchises import number, told_apart

TITLES = ("Tri", "Tri.", "Tri. 1", "Tri 2: Ketsui", "Tri 3", "Other", "Trident")
PROVIDERS = ("mal", "anidb", "kitsu")

Drawn: TypeAlias = tuple[Records, dict[int, set[int]]]


@st.composite
def franchises(draw: st.DrawFn) -> Drawn:
    works: list[FranchiseWork] = []
    count = draw(st.integers(2, 6))
    for node in range(count):
        providers = draw(st.lists(st.sampled_from(PROVIDERS), unique=True, max_size=2))
        works.append(
            FranchiseWork(
                id=number(node),
                titles=(draw(st.sampled_from(TITLES)),),
                type=draw(st.sampled_from(("movie", "movie", "ova"))),
                date=draw(st.sampled_from(("2015", "2015-10", "2016", "2014", ""))),
                episodes=draw(st.sampled_from((None, 1, 1, 1, 2, 3))),
                duration_s=draw(st.sampled_from((None, 3000, 5000, 300))),
                sources=tuple(f"{one}:{node}" for one in providers),
            )
        )
    told = draw(told_apart(count))
    return Records(works, [[]] * count, [frozenset()] * count), told


def episodes(work: FranchiseWork) -> int:
    return work.episodes or int(work.type == "movie")


def is_run_of(whole: int, parts: Iterable[int], drawn: Drawn) -> bool:
    """Tell whether works are the parts of a whole, as the module says it."""
    records, told = drawn
    known, some = records.works[whole], [records.works[part] for part in parts]
    listed = [records.providers(part) for part in parts]
    title = folded(known.title)
    return (
        sum(map(episodes, some)) == known.episodes
        and all(episodes(part) for part in some)
        and bool(listed[0].intersection(*listed))
        and all(records.providers(whole).isdisjoint(one) for one in listed)
        and not any(part in told.get(whole, ()) for part in parts)
        and all(f"{folded(part.title)} ".startswith(f"{title} ") for part in some)
        and all(part.date and known.date for part in some)
        and min(part.date[:4] for part in some) == known.date[:4]
        and not any(
            part.duration_s
            and known.duration_s
            and max(part.duration_s, known.duration_s) > 2 * min(part.duration_s, known.duration_s)
            for part in some
        )
    )


@settings(max_examples=300)
@given(franchises())
def test_what_stands_with_another_are_a_whole_and_all_of_its_parts(drawn: Drawn) -> None:
    records, told = drawn
    nodes = range(len(records.works))
    found = whole_runs(nodes, records, told)
    assert found == whole_runs(reversed(nodes), records, told)
    assert found.keys().isdisjoint(found.values())
    for first in set(found.values()):
        together = [node for node, stands in found.items() if stands == first]
        if len(together) > 1:  # the parts stand with the whole, which more catalogues list
            assert is_run_of(first, together, drawn)
            most = max(len(records.providers(part)) for part in together)
            assert len(records.providers(first)) > most
        else:  # the whole stands with its first part
            (whole,) = together
            others = [node for node in nodes if node not in (first, whole)]
            some = [
                (first, *more)
                for count in range(1, len(others) + 1)
                for more in combinations(others, count)
                if is_run_of(whole, (first, *more), drawn)
            ]
            assert some
            assert records.works[first].year == records.works[whole].year


@given(franchises())
def test_without_a_sum_of_episodes_nothing_stands_with_another(drawn: Drawn) -> None:
    records, told = drawn
    more = [
        FranchiseWork(one.id, one.titles, one.type, one.date, 40 + one.id.int, one.duration_s)
        for one in records.works
    ]
    lone = Records(more, records.also, records.names)
    assert whole_runs(range(len(more)), lone, told) == {}
