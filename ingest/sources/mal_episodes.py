"""Episodes of MAL entries, one per line (JSON Lines): titles, air date, filler and recap marks.

Guarantees: one record per entry. The file is grouped by entry but doesn't promise it, so the
episodes of all entries are gathered before the first record; the second of two episodes with one
number is rejected.

Performance: one pass; about 1 kB of memory an episode.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from ingest.reading.decoding import (
    Int,
    PageNumber,
    RawDecoder,
    RecordSpot,
    clean_titles,
    latest_year,
)
from ingest.reading.episodes import EpisodeLists
from ingest.reading.files import SourceFile
from ingest.reading.json_lines import LineForm, json_lines
from ingest.reading.rejects import Rejects
from ingest.reading.source_values import date_of
from ingest.source import Source
from kensho.domain.records import EpisodeFacts, Record


class _Raw(msgspec.Struct, frozen=True):
    mal_id: PageNumber
    number: Int
    title: str | None = None
    title_japanese: str | None = None
    title_romanji: str | None = None
    aired: str | None = None
    filler: bool | None = None
    recap: bool | None = None


_FORM: Final = LineForm("episodes of MAL entries", frozenset(("mal_id", "number", "title")))
_DECODER: Final = RawDecoder(_Raw)


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield one record per MAL entry, in the order in which the entries first appear.

    Raises:
        SourceFileError: no such episodes, or a truncated file.
    """
    latest, lists = latest_year(), EpisodeLists(file)
    for line, raw in json_lines(file, _FORM, _DECODER, rejects):
        key = f"mal:{raw.mal_id}"
        spot = RecordSpot(rejects, line, key)
        lists.add(key, _episode(raw, spot, latest), spot)
    yield from lists.records()


def _episode(raw: _Raw, spot: RecordSpot, latest: int) -> EpisodeFacts:
    return EpisodeFacts(
        number=raw.number,
        titles=clean_titles(
            [
                (raw.title, "en", "main"),
                (raw.title_japanese, "ja", "official"),
                (raw.title_romanji, "ja-Latn", "synonym"),
            ],
            spot,
        ),
        air_date=date_of(raw.aired, "aired", spot, latest=latest),
        filler=raw.filler,
        recap=raw.recap,
    )


SOURCE: Final = Source(
    name="mal-episodes",
    title="MyAnimeList episodes",
    licence="none stated",
    order=65,
    rank=60,
    patterns=("episodes/mal_episodes.jsonl*", "mal_episodes.jsonl*"),
    read=read,
)
