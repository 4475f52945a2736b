"""Turn stored episodes into the list of each work, and its counts.

Guarantees: pure; the episodes of a work come by number, whatever order they were read in.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import attrgetter

import msgspec

from kensho.read_model.episodes import EpisodeCount, EpisodeList, EpisodeView
from kensho.read_model.inputs import EpisodesInput
from kensho.storage.rows import EpisodeRow


def episodes_inputs(rows: Sequence[EpisodeRow]) -> Iterator[EpisodesInput]:
    """Yield the episodes of each work; those of one work stand together in `rows`."""
    for work, listed in groupby(rows, key=lambda row: row.id.work):
        by_number = sorted(listed, key=attrgetter("number"))
        document = EpisodeList([_view(row) for row in by_number], len(by_number))
        yield EpisodesInput(work, msgspec.json.encode(document), _count(by_number))


def _view(row: EpisodeRow) -> EpisodeView:
    titles: dict[str, str] = {}
    for title in row.titles:
        titles.setdefault(title.language or "und", title.text)
    return EpisodeView(
        id=row.id.episode,
        episode_number=row.number,
        titles=titles,
        title=titles.get("en") or next(iter(titles.values()), None),
        duration=row.duration_s,
        air_date=row.air_date,
        synopsis=row.synopsis,
        thumbnail_url=row.thumbnail_url,
        filler=row.filler,
        canon=row.canon,
        recap=row.recap,
    )


def _count(rows: Sequence[EpisodeRow]) -> EpisodeCount:
    return EpisodeCount(
        listed=len(rows),
        judged=sum(row.filler is not None or row.canon is not None for row in rows),
        filler=sum(row.filler is True or row.canon == "filler" for row in rows),
        recap=sum(row.recap is True for row in rows),
    )
