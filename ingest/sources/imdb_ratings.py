r"""IMDb's `title.ratings.tsv.gz`: the mean rating and the number of votes of every rated title.

Nothing here makes a work: the pipeline drops what no known work carries. `\N` means absent.
Performance: about 3 µs a line; nothing is kept in memory.
"""

from collections.abc import Iterator
from typing import Final

from ingest.reading.decoding import RecordSpot
from ingest.reading.files import SourceFile
from ingest.reading.rejects import Rejects
from ingest.reading.source_values import imdb_rating_or_reject, is_imdb_id
from ingest.reading.tab_separated import ABSENT, rows, whole_number_or_reject
from ingest.source import Source
from kensho.domain.records import Record, RecordFacts

_COLUMNS: Final = ("tconst", "averageRating", "numVotes")


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield one record per rated title, in file order.

    Raises:
        SourceFileError: no IMDb ratings, or a truncated file.
    """
    for line, row in rows(file, _COLUMNS, rejects):
        if not is_imdb_id(tconst := row[0].decode()):
            rejects.add(line, "tconst", tconst, "not the id of an IMDb title")
            continue
        key = f"imdb:{tconst}"
        spot = RecordSpot(rejects, line, key)
        votes = whole_number_or_reject(row[2], "numVotes", spot)
        imdb = imdb_rating_or_reject(tconst, _mean(row[1], spot), votes, spot)
        if imdb.rating is not None:
            yield Record(key, (key,), facts=RecordFacts(imdb=imdb))


def _mean(text: bytes, spot: RecordSpot) -> float | None:
    try:
        return None if text == ABSENT else float(text)
    except ValueError:
        spot.refuse("averageRating", text.decode(), "not a number")
        return None


SOURCE: Final = Source(
    name="imdb-ratings",
    title="IMDb title ratings",
    licence="IMDb non-commercial",
    order=61,
    rank=80,
    patterns=("imdb/title.ratings.tsv*", "title.ratings.tsv*"),
    read=read,
)
