"""Turns collections that sources state into relations between their works, strangers left out.

Guarantees: pure, and independent of the order of collections and of their works.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from typing import Final
from uuid import UUID

from ingest.pipeline.franchises.inputs import WorkCollection
from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.titles import folded, squeezed, without_article

_COLLECTION: Final = " Collection"
"""TMDB ends every title of a collection so; nobody calls the films that."""
_LEAST_TIED: Final = 3
"""So many works that catalogues relate make sure whose collection it is."""
_YEARS_APART: Final = 8
"""A film this far from all others may be a mistake; nearer ones of other names are new parts: Jiang
Ziya, of the films of Ne Zha, came out a year after the first."""


def collection_relations(
    collections: Iterable[WorkCollection],
    works: Mapping[UUID, FranchiseWork],
    tied: Container[UUID] = (),
) -> tuple[dict[UUID, str], list[Relation]]:
    """Return the largest collection of each work, and relations from its earliest work on.

    `tied` are the works that another source relates to some work, or says to be one with it.
    """
    titles: dict[UUID, str] = {}
    relations: list[Relation] = []
    for title, collected in sorted(collections, key=lambda one: (len(one.works), one.title)):
        mistaken = set(_strangers(collected, works, tied))
        kept = [work for work in collected if work not in mistaken]
        first, *others = sorted(kept, key=lambda work: (works[work].date_key, work))
        relations += (Relation(first, other, "joined") for other in others)
        titles.update(dict.fromkeys(kept, title.removesuffix(_COLLECTION)))
    return titles, relations


def _strangers(
    collected: Sequence[UUID], works: Mapping[UUID, FranchiseWork], tied: Container[UUID]
) -> Iterator[UUID]:
    """Yield the works that somebody put into a collection by mistake.

    Anybody may write to a film database: "Sinners", of 2025, got into the collection of "The Garden
    of Sinners". Of a collection whose works catalogues relate, one is a stranger that nobody
    relates to anything, that begins with the name of no other, and that came out years from all.
    """
    loose = [work for work in collected if work not in tied]
    if len(collected) - len(loose) < max(_LEAST_TIED, len(loose)):
        return
    for work in loose:
        others = [other for other in collected if other != work]
        year = works[work].year
        years = [known for other in others if (known := works[other].year) is not None]
        is_far = year is not None and all(abs(year - known) >= _YEARS_APART for known in years)
        if is_far and _beginnings(works[work]).isdisjoint(
            beginning for other in others for beginning in _beginnings(works[other])
        ):
            yield work


def _beginnings(work: FranchiseWork) -> set[str]:
    """Return the first words of a work's titles, without articles."""
    return {
        squeezed(folded(without_article(title) or title).partition(" ")[0]) for title in work.titles
    }
