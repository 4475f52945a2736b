"""No catalogue lists two announced works that stand together, in whatever order they come."""

from itertools import combinations
from typing import TypeAlias

from hypothesis import given
from hypothesis import strategies as st

from kensho.domain.franchise.doubles import Records
from kensho.domain.franchise.inputs import FranchiseWork
from kensho.domain.franchise.undated import undated_doubles
from kensho.domain.titles import folded
from tests.support.small_franchises import number, told_apart

TITLES = ("Lock (New)", "Lock (Zoku-hen)", "Lock", "Lock 2", "Lock 2nd Season", "Other", "Other 2")
PROVIDERS = ("mal", "anidb", "kitsu")

Drawn: TypeAlias = tuple[Records, dict[int, set[int]]]


@st.composite
def franchises(draw: st.DrawFn) -> Drawn:
    works: list[FranchiseWork] = []
    count = draw(st.integers(2, 6))
    for node in range(count):
        providers = draw(st.lists(st.sampled_from(PROVIDERS), unique=True, max_size=2))
        titles = draw(st.lists(st.sampled_from(TITLES), unique=True, min_size=1, max_size=2))
        works.append(
            FranchiseWork(
                id=number(node),
                titles=tuple(titles),
                type=draw(st.sampled_from(("tv", "tv", "ona", "movie", "unknown"))),
                date=draw(st.sampled_from(("", "", "", "2024", "2026-04"))),
                sources=tuple(f"{one}:{node}" for one in providers),
            )
        )
    told = draw(told_apart(count))
    return Records(works, [[]] * count, [frozenset()] * count), told


@given(franchises())
def test_what_stands_together_is_told_apart_by_nobody(drawn: Drawn) -> None:
    records, told = drawn
    nodes = range(len(records.works))
    found = undated_doubles(nodes, records, told)
    assert found == undated_doubles(reversed(nodes), records, told)
    assert found.keys().isdisjoint(found.values())
    newest = max(work.date for work in records.works)
    groups: dict[int, list[int]] = {}
    for node in nodes:
        groups.setdefault(found.get(node, node), []).append(node)
    for first, group in groups.items():
        if len(group) == 1:
            continue
        assert sum(not records.works[node].date for node in group) >= len(group) - 1
        assert all(records.works[node].date in ("", newest) for node in group)
        words = [{folded(t).split()[0] for t in records.works[node].titles} for node in group]
        assert all(any(some & more for more in words if more is not some) for some in words)
        assert records.works[first].date or not any(records.works[node].date for node in group)
        for one, other in combinations(group, 2):
            assert records.providers(one).isdisjoint(records.providers(other))
            assert other not in told.get(one, ())
