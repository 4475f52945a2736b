"""What the last run that changed the graph took away: tags, relations, works that a source covers.

Pure rules over the census that each such run keeps (`ingest.pipeline.census`).
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final
from uuid import UUID

from ingest.checks.findings import CheckedWork, Found
from ingest.pipeline.census import Census

_MAY_LOSE: Final = 0.01
"""The share of its works that a source may stop to speak of. Monthly dumps lose well under one
entry in a hundred (`ingest.pipeline.source_dates`)."""


def of_works(
    census: Census, works: Mapping[UUID, CheckedWork], name: Callable[[UUID], str]
) -> Iterator[Found]:
    """Yield the works that had tags, or relations, before the run and have none since."""
    for what, lost in (("tags", census.lost_tags), ("relations", census.lost_relations)):
        for work in lost:
            if work in works:
                yield Found(f"{name(work)}: lost all its {what}", (work,), about=what)


def of_sources(census: Census) -> Iterator[Found]:
    """Yield the sources that speak of fewer works than before the run."""
    for source, before in census.before.items():
        now = census.coverage.get(source)
        left = now.works if now is not None else 0
        if left < before.works * (1 - _MAY_LOSE):
            sentence = f"{source}: speaks of {left:,} works, of {before.works:,} before"
            facts = f"{left} {before.works}"
            yield Found(sentence, sources=(source,), about=source, facts=facts)
