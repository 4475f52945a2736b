"""Finds works of a franchise that one catalogue lists as a whole and others part by part.

AniDB has "Digimon Adventure tri." of six episodes, MyAnimeList its six films; of the four
compilations of Gundam SEED Destiny it is the other way round. Who reads both lists side by side
would watch everything twice.

Guarantees: pure, and independent of the order of works. No catalogue lists a whole and a part of
it; one catalogue lists all parts; nobody says how the whole is related to a part. The episodes of
the parts are as many as those of the whole, every part bears or continues a title of the whole,
the first is of its year, the others are no older, and their episodes are about as long.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence, Set
from functools import cache
from typing import Final

from kensho.domain.franchise.doubles import Records, form_of
from kensho.domain.franchise.inputs import FranchiseWork
from kensho.domain.titles import folded, squeezed

_AS_LONG: Final = 2.0
"""The factor within which episodes of a whole and of a part last: a list of 30 minutes may hold
films of 20 and 50, but not the advertisements beside them."""
_PARTS: Final = 2
_FAR_MORE: Final = 1.25
"""So many times the catalogues must list a whole that the parts stand with it: of Ranma, six have
161 episodes, and five the 18 and 143 that they were broadcast as."""


def whole_runs(
    nodes: Iterable[int], records: Records, told_apart: Mapping[int, Container[int]]
) -> dict[int, int]:
    """Return the nodes that are told again in others, each with the node that it stands with.

    The whole stands with its first part, unless more catalogues list it than any part: then the
    parts stand with the whole, unless they are films. `told_apart` are the nodes of which a source
    says how they are related to a node.
    """
    runs = _Runs(records, told_apart)
    ordered = sorted(nodes, key=lambda node: (-(records.works[node].episodes or 0), node))
    found: dict[int, int] = {}
    taken: set[int] = set()
    for whole in ordered:
        if whole in taken:
            continue
        parts = runs.parts_of(whole, [node for node in ordered if node not in taken])
        if parts:
            taken |= {whole, *parts}
            most = max(len(records.providers(part)) for part in parts)
            has_films = any(records.works[part].type == "movie" for part in parts)
            if len(records.providers(whole)) > _FAR_MORE * most and not has_films:
                found |= dict.fromkeys(parts, whole)
            elif form_of(records.works[whole]) == form_of(records.works[parts[0]]):
                # What is told of a list of OVAs makes no film a side story.
                found[whole] = parts[0]
    return found


class _Runs:
    """What is compared of the works of a franchise."""

    def __init__(self, records: Records, told_apart: Mapping[int, Container[int]]) -> None:
        self._records = records
        self._told_apart = told_apart
        self._providers = cache(records.providers)
        self._titles = cache(self._titles_of)

    def _titles_of(self, node: int) -> Set[str]:
        return {text for title in self._records.titles(node) if (text := folded(title))}

    def parts_of(self, whole: int, nodes: Sequence[int]) -> list[int]:
        """Return the works that together are a whole, by date, or nothing."""
        works = self._records.works
        count = works[whole].episodes
        if count is None or count < _PARTS or not works[whole].date:
            return []
        parts = [node for node in nodes if self._may_be_part(node, whole)]
        if len(parts) < _PARTS or sum(map(_episodes, (works[part] for part in parts))) != count:
            return []
        listed = self._providers(parts[0]).intersection(*map(self._providers, parts))
        parts.sort(key=lambda node: (works[node].date_key, node))
        begins_alike = works[parts[0]].year == works[whole].year
        return parts if listed and begins_alike else []

    def _may_be_part(self, node: int, whole: int) -> bool:
        part, known = self._records.works[node], self._records.works[whole]
        return (
            node != whole
            and _is_no_older(part, known)
            and 0 < _episodes(part) < (known.episodes or 0)
            and _last_alike(part, known)
            and self._providers(node).isdisjoint(self._providers(whole))
            and node not in self._told_apart.get(whole, ())
            and self._bears_name(node, whole)
        )

    def _bears_name(self, part: int, whole: int) -> bool:
        """Tell whether a title of a part is one of the whole, or begins with one."""
        ours, theirs = self._titles(part), self._titles(whole)
        spelt = {squeezed(title) for title in theirs}
        return any(
            squeezed(title) in spelt or not theirs.isdisjoint(_beginnings(title)) for title in ours
        )


def _beginnings(title: str) -> Iterator[str]:
    words = title.split(" ")
    return (" ".join(words[:count]) for count in range(1, len(words)))


def _episodes(work: FranchiseWork) -> int:
    """Return how many episodes a work has; 0 if that is not known."""
    return work.episodes or (1 if work.type == "movie" else 0)


def _is_no_older(part: FranchiseWork, whole: FranchiseWork) -> bool:
    return part.year is not None and whole.year is not None and part.year >= whole.year


def _last_alike(part: FranchiseWork, whole: FranchiseWork) -> bool:
    lengths = [work.duration_s for work in (part, whole) if work.duration_s]
    return len(lengths) < _PARTS or max(lengths) <= _AS_LONG * min(lengths)
