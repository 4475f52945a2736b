r"""IMDb's `title.basics.tsv.gz`: title, year, running time and genres of everything on IMDb.

Nothing here makes a work: the pipeline drops what no known work carries. Episodes of series
(`tvEpisode`, three quarters of the file) are no works and are passed over. `\N` means absent. The
file has over ten million lines, so they are split at their tabs and nothing is kept in memory.

Performance: about 1 µs an episode and 5 µs a title, half a minute for the whole file.
"""

from collections.abc import Iterator
from typing import Final

from ingest.reading.decoding import (
    RecordSpot,
    clean_tags,
    clean_titles,
    latest_year,
    main_title_or_reject,
    year_or_reject,
)
from ingest.reading.files import SourceFile
from ingest.reading.rejects import Rejects
from ingest.reading.source_values import is_imdb_id, seconds_or_reject
from ingest.reading.tab_separated import ABSENT, rows, whole_number_or_reject
from ingest.source import Source
from kensho.domain.records import Record, RecordFacts
from kensho.domain.works import WorkKind

_COLUMNS: Final = (
    "tconst",
    "titleType",
    "primaryTitle",
    "originalTitle",
    "isAdult",
    "startYear",
    "endYear",
    "runtimeMinutes",
    "genres",
)
_EPISODE: Final = b"tvEpisode"
_MOVIES: Final = frozenset((b"movie", b"tvMovie"))


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield one record per title that is no episode, in file order.

    Raises:
        SourceFileError: no IMDb basics, or a truncated file.
    """
    latest = latest_year()
    for line, row in rows(file, _COLUMNS, rejects):
        if row[1] == _EPISODE:
            continue
        if not is_imdb_id(tconst := row[0].decode()):
            rejects.add(line, "tconst", tconst, "not the id of an IMDb title")
            continue
        key = f"imdb:{tconst}"
        facts = _facts(row, RecordSpot(rejects, line, key), latest)
        if facts is not None:
            kind: WorkKind = "movie" if row[1] in _MOVIES else "anime"
            yield Record(key, (key,), kind, facts)


def _facts(row: list[bytes], spot: RecordSpot, latest: int) -> RecordFacts | None:
    title = main_title_or_reject(row[2].decode(), spot)
    if title is None:
        return None
    original = None if row[3] in (ABSENT, row[2]) else row[3].decode()
    minutes = whole_number_or_reject(row[7], "runtimeMinutes", spot)
    year = whole_number_or_reject(row[5], "startYear", spot)
    genres = () if row[8] == ABSENT else row[8].decode().split(",")
    return RecordFacts(
        titles=clean_titles([(title, None, "main"), (original, None, "official")], spot),
        year=year_or_reject(year, spot, latest=latest),
        duration_s=seconds_or_reject(minutes, "runtimeMinutes", spot),
        tags=clean_tags(genres, spot, category="genre"),
        adult=None if row[4] == ABSENT else row[4] == b"1",
    )


SOURCE: Final = Source(
    name="imdb-basics",
    title="IMDb title basics",
    licence="IMDb non-commercial",
    order=60,
    rank=35,
    patterns=("imdb/title.basics.tsv*", "title.basics.tsv*"),
    read=read,
)
