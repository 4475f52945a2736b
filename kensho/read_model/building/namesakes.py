"""Tell franchises of one name apart.

The best known of several franchises of one name keeps it; the others are told by the year of their
root, by its form where the year is the same, and else by number: "Carrie (1976)". Each names the
others, so that its page can lead to them.

Guarantees: pure, and independent of the order of franchises; no two titles are equal when folded.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import NamedTuple

import msgspec

from kensho.domain.titles import folded
from kensho.read_model.building.franchise_documents import DocumentWork, FranchiseFacts
from kensho.read_model.views import FranchiseRef

_FORMS: Mapping[str, str] = {"tv": "series", "ona": "series", "movie": "film", "ova": "OVA"}


class DistinctFranchises(NamedTuple):
    """Franchises of which no two have one title, and the namesakes of each by its slug."""

    franchises: list[FranchiseFacts]
    namesakes: Mapping[str, tuple[FranchiseRef, ...]]


def with_distinct_titles(
    franchises: Sequence[FranchiseFacts],
    root_of: Callable[[FranchiseFacts], DocumentWork],
    popularity_of: Callable[[FranchiseFacts], float],
) -> DistinctFranchises:
    """Return the franchises with titles that tell them apart."""
    named: dict[str, list[FranchiseFacts]] = {}
    for one in franchises:
        named.setdefault(folded(one.title), []).append(one)
    taken = set(named)
    titles: dict[str, str] = {}
    namesakes: dict[str, tuple[FranchiseRef, ...]] = {}
    for _, same in sorted(named.items()):
        if len(same) == 1:
            continue
        ranked = sorted(same, key=lambda one: (-popularity_of(one), one.slug))
        for one in ranked[1:]:
            title = next(
                title for title in _titles(one.title, root_of(one)) if folded(title) not in taken
            )
            taken.add(folded(title))
            titles[one.slug] = title
        refs = [FranchiseRef(one.slug, titles.get(one.slug, one.title)) for one in ranked]
        for one in ranked:
            namesakes[one.slug] = tuple(ref for ref in refs if ref.slug != one.slug)
    return DistinctFranchises(list(_retitled(franchises, titles)), namesakes)


def _retitled(
    franchises: Iterable[FranchiseFacts], titles: Mapping[str, str]
) -> Iterator[FranchiseFacts]:
    for one in franchises:
        title = titles.get(one.slug)
        yield one if title is None else msgspec.structs.replace(one, title=title)


def _titles(title: str, root: DocumentWork) -> Iterator[str]:
    """Yield what a franchise of this title may be called instead."""
    year, form = root.view.year, _FORMS.get(root.view.anime_type, "")
    if year is not None:
        yield f"{title} ({year})"
    if form:
        yield f"{title} ({form})" if year is None else f"{title} ({year} {form})"
    for number in count(2):
        yield f"{title} ({number})"
