"""Composed works that may not be written yet, in the form in which franchises read works.

Guarantees: a row from here is the one that the store will have
(`tests/property/test_unwritten_works_property.py`).
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Final
from uuid import UUID

import msgspec

from ingest.pipeline.franchises.work_facts import SYNOPSIS_CHARS, FranchiseWorkRow
from ingest.pipeline.rows import ComposedWork
from kensho.domain.works import AnimeType, Season

_WORKS_A_PAGE: Final = 1000


class UnwrittenWorks:
    """Rows of works (`FranchiseWorkRow`) as JSON, in the order in which they are added.

    Performance: 1.4 kB a work.
    """

    def __init__(self) -> None:
        self._rows: dict[UUID, bytes] = {}

    def __contains__(self, work: object) -> bool:
        return work in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, work: ComposedWork, tag_ids: Mapping[str, UUID]) -> None:
        """Add a work that is about to be written."""
        self._rows[work.node.id] = msgspec.json.encode(_row(work, tag_ids))

    def clear(self) -> None:
        """Forget all: they are written."""
        self._rows.clear()

    def page(self, works: Sequence[UUID]) -> bytes:
        """Return the rows of works that are here, as one page of JSON."""
        return b"[%b]" % b",".join(self._rows[work] for work in works)

    async def pages(self) -> AsyncIterator[list[FranchiseWorkRow]]:
        """Yield all rows in pages; each is decoded on the event loop in some 20 ms."""
        works = list(self._rows)
        for start in range(0, len(works), _WORKS_A_PAGE):
            page = self.page(works[start : start + _WORKS_A_PAGE])
            yield msgspec.json.decode(page, type=list[FranchiseWorkRow])


def _row(work: ComposedWork, tag_ids: Mapping[str, UUID]) -> FranchiseWorkRow:
    node = work.node
    return FranchiseWorkRow(
        id=node.id,
        kind=work.kind,
        titles=node.titles,
        sources=node.sources,
        studios=node.studios,
        tags=tuple(sorted(tag_ids[name] for name in work.tags)),
        # The types of a work are those that its records may state.
        anime_type=msgspec.convert(node.anime_type or "movie", AnimeType),
        episodes=node.episodes,
        season=msgspec.convert(node.season, Season | None),
        year=node.year,
        start_date=node.start_date,
        duration_s=node.duration_s,
        synopsis=(node.synopsis or "")[:SYNOPSIS_CHARS],
        score=node.score,
        end_date=node.end_date,
        seasons=tuple((one.id, one.season) for one in node.mappings if one.season is not None),
    )
