"""Films that a curator describes, one per line (JSON Lines).

`{"sources": [urls], "title", "original_title", "release_date", "runtime_min", "genres": [],
"collection"}`: all but `sources` and `title` may be missing. All sources name the same film; a work
gets its id from the first. Kenshō's own sample has this form.

Performance: one pass, the ids of the films seen stay in memory.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from ingest.reading.decoding import (
    Int,
    RawDecoder,
    RecordSpot,
    clean_tags,
    clean_titles,
    latest_year,
    main_title_or_reject,
)
from ingest.reading.files import SourceFile
from ingest.reading.json_lines import LineForm, json_lines
from ingest.reading.rejects import Rejects
from ingest.reading.source_values import (
    collection_or_reject,
    date_of,
    seconds_or_reject,
    source_id_or_reject,
)
from ingest.source import Source
from kensho.domain.records import Record, RecordFacts, RecordRelations


class _Raw(msgspec.Struct, frozen=True):
    sources: list[str]
    title: str
    original_title: str | None = None
    release_date: str | None = None
    runtime_min: Int | None = None
    genres: list[str] = []
    collection: str | None = None


_FORM: Final = LineForm("curated films", frozenset(("sources", "title", "release_date")))
_DECODER: Final = RawDecoder(_Raw)


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield one record per film, in file order.

    Raises:
        SourceFileError: no curated films, or a truncated file.
    """
    latest, seen = latest_year(), set[str]()
    for line, raw in json_lines(file, _FORM, _DECODER, rejects):
        ids = _ids(raw, RecordSpot(rejects, line))
        if not ids:
            rejects.add(line, "record", raw.title, "no source names the film")
            continue
        spot = RecordSpot(rejects, line, ids[0])
        if ids[0] in seen:
            spot.refuse("record", raw.title, "an earlier line describes this film")
            continue
        record = _record(raw, ids, spot, latest)
        if record is not None:
            seen.add(record.key)
            yield record


def _ids(raw: _Raw, spot: RecordSpot) -> tuple[str, ...]:
    found = (source_id_or_reject(source, "sources", spot) for source in raw.sources)
    return tuple(dict.fromkeys(source_id for source_id in found if source_id))


def _record(raw: _Raw, ids: tuple[str, ...], spot: RecordSpot, latest: int) -> Record | None:
    title = main_title_or_reject(raw.title, spot)
    if title is None:
        return None
    released = date_of(raw.release_date, "release_date", spot, latest=latest)
    facts = RecordFacts(
        titles=clean_titles([(title, "en", "main"), (raw.original_title, None, "official")], spot),
        year=released.year if released else None,
        start_date=released,
        duration_s=seconds_or_reject(raw.runtime_min, "runtime_min", spot),
        tags=clean_tags(raw.genres, spot),
    )
    name = raw.collection
    franchise = collection_or_reject("kensho-collection", name, spot) if name else None
    return Record(ids[0], ids, "movie", facts, RecordRelations(collection=franchise))


SOURCE: Final = Source(
    name="kensho-films",
    title="Kenshō's curated films",
    licence="Apache-2.0",
    order=12,
    rank=50,
    patterns=("curated/films.jsonl*", "films.jsonl*"),
    read=read,
    creates=True,
)
