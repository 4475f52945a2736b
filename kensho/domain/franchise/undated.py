"""Finds works of a franchise that are listed twice where one of the two has no date yet.

What is only announced is called otherwise by each catalogue: "Blue Lock (New)", "Blue Lock (Shin
Series)", "Blue Lock (Zoku-hen)". Without a date the decision for the whole graph
(`kensho.domain.same_works`) says nothing of it; within a franchise its name does.

Guarantees: pure, and independent of the order of works. No catalogue lists two of those that stand
together, and nobody relates them. A name that two works bear which a catalogue or a source tells
apart joins none: it is that of the franchise. What may be two such works is neither. What has a
date is the newest of the franchise: only that was announced a while ago.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence, Set
from itertools import combinations
from typing import Final

from kensho.domain.franchise.doubles import Records
from kensho.domain.franchise.inputs import FranchiseWork
from kensho.domain.same_works.records import title_keys
from kensho.domain.title_parts import parsed
from kensho.domain.titles import folded
from kensho.domain.works import AnimeType

_PLACEHOLDER: Final = re.compile(
    r" (?:new|new series|unknown|provisional title|(?:reboot )?project|sequel(?: anime| series)?"
    r"|zoku hen|shinsaku(?: anime| animation)?|saishinsaku|shin (?:series|anime|project))$"
)
"""Words, folded, at the end of the title of what has none yet."""
_WHOLE: Final = "="
"""Stands before titles that are compared whole: a shorter name may be that of the franchise."""
_SERIES: Final[frozenset[AnimeType]] = frozenset(("tv", "ona"))

_Name = int | str


def undated_doubles(
    nodes: Iterable[int], records: Records, told_apart: Mapping[int, Container[int]]
) -> dict[int, int]:
    """Return the nodes that are doubles, each with the node that it stands with.

    The one stands whose date is known, else the one that most catalogues list. `told_apart` are the
    nodes of which a source says how they are related to a node.
    """
    ordered = sorted(nodes, key=lambda node: _standing(node, records.works[node]))
    if all(records.works[node].date for node in ordered):
        return {}
    providers = {node: records.providers(node) for node in ordered}

    def differ(one: int, other: int) -> bool:
        listed = providers[one], providers[other]
        is_told = other in told_apart.get(one, ())
        return is_told or not all(listed) or not listed[0].isdisjoint(listed[1])

    groups = {node: [node] for node in ordered}
    for one, other in _namesakes(ordered, records, differ):
        here, there = groups[one], groups[other]
        if here is not there and not any(differ(a, b) for a in here for b in there):
            here += there
            groups |= dict.fromkeys(there, here)
    place = {node: number for number, node in enumerate(ordered)}
    found: dict[int, int] = {}
    for group in groups.values():
        first = min(group, key=lambda node: place[node])
        found |= {node: first for node in group if node != first}
    return found


def _standing(node: int, work: FranchiseWork) -> tuple[bool, int, int]:
    return not work.date, -len(work.sources), node


def _namesakes(
    ordered: Sequence[int], records: Records, differ: Callable[[int, int], bool]
) -> Iterator[tuple[int, int]]:
    """Yield the works of one form that share a name, if one of them has no date.

    The pairs come in the order of `ordered`.
    """
    newest = max(records.works[node].date for node in ordered)
    new = [node for node in ordered if records.works[node].date in ("", newest)]
    bearers: defaultdict[_Name, list[int]] = defaultdict(list)
    for node in ordered:
        for name in _names(records, node):
            bearers[name].append(node)
    alike: defaultdict[int, set[int]] = defaultdict(set)
    for nodes in bearers.values():
        pairs = [pair for pair in combinations(nodes, 2) if _are_of_one_form(*pair, records.works)]
        if not any(differ(*pair) for pair in pairs):
            for one, other in pairs:
                alike[one].add(other)
                alike[other].add(one)
    sure = {
        node
        for node in new
        if not any(differ(*pair) for pair in combinations(sorted(alike[node]), 2))
    }
    for one, other in combinations(new, 2):
        is_undated = not (records.works[one].date and records.works[other].date)
        if other in alike[one] and is_undated and {one, other} <= sure:
            yield one, other


def _are_of_one_form(one: int, other: int, works: Sequence[FranchiseWork]) -> bool:
    types = {works[one].type, works[other].type}
    return len(types) == 1 or "unknown" in types or types <= _SERIES


def _names(records: Records, node: int) -> Set[_Name]:
    """Return the names of a work, and what is left of those that are placeholders."""
    titles = list(records.titles(node))
    names: set[_Name] = set(title_keys(titles).names)
    for title in map(folded, titles):
        left = title
        while (shorter := _PLACEHOLDER.sub("", left)) != left:
            left = shorter
        if left != title:
            names.add(left)
        # "Season Two: Red Vendetta" is "Red Vendetta" elsewhere.
        stem = parsed(title).stem
        names.add(f"{_WHOLE}{title if title.startswith(stem) else stem}")
    return names
