"""Episodes that a curator describes, one per line (JSON Lines).

`{"work": url, "number", "titles": {language: text}, "air_date", "filler", "recap"}`: the first
title is the main one; all but `work`, `number` and `titles` may be missing. The lines of one work
make one record. Kenshō's own sample has this form.

Performance: the whole file is in memory, for the lines of a work may lie apart.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from ingest.reading.decoding import Int, RawDecoder, RecordSpot, clean_titles, latest_year
from ingest.reading.episodes import EpisodeLists
from ingest.reading.files import SourceFile
from ingest.reading.json_lines import LineForm, json_lines
from ingest.reading.rejects import Rejects
from ingest.reading.source_values import date_of, language_or_reject, source_id_or_reject
from ingest.source import Source
from kensho.domain.records import EpisodeFacts, Record
from kensho.domain.works import TitleKind


class _Raw(msgspec.Struct, frozen=True):
    work: str
    number: Int
    titles: dict[str, str] = {}
    air_date: str | None = None
    filler: bool | None = None
    recap: bool | None = None


_FORM: Final = LineForm("curated episodes", frozenset(("work", "number", "titles")))
_DECODER: Final = RawDecoder(_Raw)


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield one record per work, in the order in which they first appear.

    Raises:
        SourceFileError: no curated episodes, or a truncated file.
    """
    latest, lists = latest_year(), EpisodeLists(file)
    for line, raw in json_lines(file, _FORM, _DECODER, rejects):
        key = source_id_or_reject(raw.work, "work", RecordSpot(rejects, line))
        if key is not None:
            spot = RecordSpot(rejects, line, key)
            lists.add(key, _episode(raw, spot, latest), spot)
    yield from lists.records()


def _episode(raw: _Raw, spot: RecordSpot, latest: int) -> EpisodeFacts:
    titles: list[tuple[str | None, str | None, TitleKind]] = [
        (text, language_or_reject(language, spot), "official" if nth else "main")
        for nth, (language, text) in enumerate(raw.titles.items())
    ]
    return EpisodeFacts(
        number=raw.number,
        titles=clean_titles(titles, spot),
        air_date=date_of(raw.air_date, "air_date", spot, latest=latest),
        filler=raw.filler,
        recap=raw.recap,
    )


SOURCE: Final = Source(
    name="kensho-episodes",
    title="Kenshō's curated episodes",
    licence="Apache-2.0",
    order=64,
    rank=90,
    patterns=("curated/episodes.jsonl*", "episodes.jsonl*"),
    read=read,
)
