"""Works that look like one work listed twice, though nobody says so and nobody relates them.

Whether two records are one work is decided with every ingest (`kensho.domain.same_works`); what is
found here was not sure enough for it, and wants a curator's word.
"""

from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator
from itertools import combinations
from typing import Final
from uuid import UUID

from ingest.checks.findings import CheckedWork, Found
from kensho.domain.titles import folded, squeezed

_MOST_OF_A_NAME: Final = 4
"""Works of one name, year and form: more are a name that names nothing ("Untitled")."""


def unjoined(
    works: Iterable[CheckedWork],
    work_of: Callable[[UUID], UUID],
    related: Container[frozenset[UUID]],
    name: Callable[[UUID], str],
) -> Iterator[Found]:
    """Yield pairs of one name, form and year, of which no catalogue lists both.

    `work_of` returns the record that stands for the work of a record. Pairs that are `related` are
    passed over: somebody told how.
    """
    alike: defaultdict[tuple[str, str | None, int], list[CheckedWork]] = defaultdict(list)
    for work in works:
        letters = squeezed(folded(work.title))
        if letters and work.year is not None:
            form = "movie" if work.kind == "movie" else work.anime_type
            alike[letters, form, work.year].append(work)
    for (_, _, year), group in sorted(alike.items(), key=lambda item: item[0][0]):
        if len(group) > _MOST_OF_A_NAME:
            continue
        for one, other in combinations(sorted(group, key=lambda work: work.id), 2):
            is_told = frozenset((one.id, other.id)) in related
            if is_told or work_of(one.id) == work_of(other.id):
                continue
            if _providers(one).isdisjoint(_providers(other)):
                sentence = f"{name(one.id)} and {name(other.id)}: one name and form, both of {year}"
                sources = tuple(sorted(_providers(one) | _providers(other)))
                yield Found(sentence, (one.id, other.id), sources=sources, facts=str(year))


def _providers(work: CheckedWork) -> set[str]:
    return {source.partition(":")[0] for source in work.sources}
