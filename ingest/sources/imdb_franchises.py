"""Film franchises with their films' IMDb ids, ratings and votes (one JSON document).

The ratings are IMDb's own at the time of the snapshot. A film in two franchises is taken from the
first; the second is rejected, for a record names one franchise. `Metascore` and `Letterboxd` are
not taken.

Performance: one pass of the document, a franchise at a time, and the ids of the films seen.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from ingest.reading.decoding import (
    Int,
    RawDecoder,
    RecordSpot,
    clean_titles,
    latest_year,
    main_title_or_reject,
    url_or_reject,
    year_or_reject,
)
from ingest.reading.documents import json_items
from ingest.reading.files import SourceFile
from ingest.reading.rejects import Rejects
from ingest.reading.source_values import (
    collection_or_reject,
    has_members,
    imdb_rating_or_reject,
    is_imdb_id,
)
from ingest.source import Source
from kensho.domain.records import Collection, Record, RecordFacts, RecordRelations


class _RawFranchise(msgspec.Struct, frozen=True, rename="pascal"):
    name: str
    films: list[object]


class _RawFilm(msgspec.Struct, frozen=True, rename="pascal"):
    id: str
    name: str
    year: Int | None = None
    rating: float | None = None
    votes: Int | None = None
    poster: str | None = None


_FRANCHISES: Final = RawDecoder(_RawFranchise)
_FILMS: Final = RawDecoder(_RawFilm)


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield one record per film, in the document's order; rejects number the films through.

    Raises:
        SourceFileError: not the document of franchises, or broken JSON.
    """
    latest, number, first_in = latest_year(), 0, dict[str, str]()
    for raw, franchise in _franchises(file, rejects):
        for document in raw.films:
            number += 1
            film = _FILMS.convert(document, number, rejects)
            if film is None:
                continue
            spot = RecordSpot(rejects, number, f"imdb:{film.id}")
            record = _record(film, franchise, spot, latest)
            if record is None:
                continue
            if record.key in first_in:
                spot.refuse("record", raw.name, f"the film is already in {first_in[record.key]}")
                continue
            first_in[record.key] = raw.name
            yield record


def _franchises(
    file: SourceFile, rejects: Rejects
) -> Iterator[tuple[_RawFranchise, Collection | None]]:
    expected = "a JSON array of film franchises (Name, Films)"
    for number, item in json_items(file, "item", rejects, expected=expected, is_ours=_is_ours):
        raw = _FRANCHISES.convert(item, number, rejects)
        if raw is not None:
            yield raw, collection_or_reject("imdb-franchise", raw.name, RecordSpot(rejects, number))


def _is_ours(item: object) -> bool:
    return has_members(item, "Name", "Films")


def _record(
    film: _RawFilm, franchise: Collection | None, spot: RecordSpot, latest: int
) -> Record | None:
    if not is_imdb_id(film.id):
        spot.refuse("Id", film.id, "not the id of an IMDb title")
        return None
    title = main_title_or_reject(film.name, spot)
    if title is None:
        return None
    facts = RecordFacts(
        titles=clean_titles([(title, None, "main")], spot),
        year=year_or_reject(film.year, spot, latest=latest),
        poster_url=url_or_reject(film.poster, "Poster", spot),
        imdb=imdb_rating_or_reject(film.id, film.rating, film.votes, spot),
    )
    key = f"imdb:{film.id}"
    return Record(key, (key,), "movie", facts, RecordRelations(collection=franchise))


SOURCE: Final = Source(
    name="imdb-franchises",
    title="IMDb film franchises",
    licence="GPL-3.0 (data)",
    order=37,
    rank=40,
    patterns=("movies/imdb_film_franchises.json*", "imdb_film_franchises.json*"),
    read=read,
    creates=True,
)
