"""TMDB collections: films with ids, facts and the collection of each (one JSON document).

A film in two collections is taken from the first; the second is rejected, for a record names one
franchise. `title` is English, `original_title` is in `original_language`; a running time or a score
of 0 means unknown.

Performance: one pass of the document, a collection at a time, and the ids of the films seen.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from ingest.reading.decoding import (
    Int,
    PageNumber,
    RawDecoder,
    RecordSpot,
    choice_or_reject,
    clean_tags,
    clean_text,
    clean_titles,
    latest_year,
    main_title_or_reject,
    score_or_reject,
    url_or_reject,
)
from ingest.reading.documents import head_of, json_items
from ingest.reading.files import SourceFile
from ingest.reading.rejects import Rejects
from ingest.reading.source_values import (
    collection_or_reject,
    date_of,
    has_members,
    is_imdb_id,
    iso_day,
    language_or_reject,
    seconds_or_reject,
)
from ingest.source import Source
from kensho.domain.records import Collection, Record, RecordFacts, RecordRelations
from kensho.domain.works import Status


class _RawCollection(msgspec.Struct, frozen=True):
    franchise: str
    films: list[object] = msgspec.field(name="movieRatings")


class _RawFilm(msgspec.Struct, frozen=True, rename="camel"):
    id: PageNumber
    title: str
    original_title: str | None = msgspec.field(name="original_title", default=None)
    original_language: str | None = msgspec.field(name="original_language", default=None)
    rating: float | None = None
    vote_count: Int | None = None
    release_date: str | None = None
    poster_path: str | None = msgspec.field(name="poster_path", default=None)
    overview: str | None = None
    runtime: Int | None = None
    genres: list[str] = []
    imdb_id: str | None = msgspec.field(name="imdb_id", default=None)
    status: str | None = None


_COLLECTIONS: Final = RawDecoder(_RawCollection)
_FILMS: Final = RawDecoder(_RawFilm)
_POSTERS: Final = "https://image.tmdb.org/t/p/w500"
_LANGUAGES: Final[dict[str, str | None]] = {"cn": "yue", "xx": None}
"""TMDB's own codes (its `/configuration/languages`): `cn` is Cantonese, `xx` is no language."""
_STATUSES: Final[dict[str, Status]] = {
    "Released": "finished",
    "Post Production": "upcoming",
    "In Production": "upcoming",
    "Planned": "upcoming",
    "Rumored": "unknown",
    "Canceled": "unknown",
}


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield one record per film, in the document's order; rejects number the films through.

    Raises:
        SourceFileError: not the document of collections, or broken JSON.
    """
    latest, number, first_in = latest_year(), 0, dict[str, str]()
    for raw, franchise in _collections(file, rejects):
        for document in raw.films:
            number += 1
            film = _FILMS.convert(document, number, rejects)
            if film is None:
                continue
            spot = RecordSpot(rejects, number, f"tmdb:movie/{film.id}")
            record = _record(film, franchise, spot, latest)
            if record is None:
                continue
            if record.key in first_in:
                earlier = first_in[record.key]
                spot.refuse("record", raw.franchise, f"the film is already in {earlier}")
                continue
            first_in[record.key] = raw.franchise
            yield record


def snapshot(file: SourceFile) -> str | None:
    """Return the day on which the document was generated."""
    return iso_day(head_of(file, data="collections").get("generatedAt"))


def _collections(
    file: SourceFile, rejects: Rejects
) -> Iterator[tuple[_RawCollection, Collection | None]]:
    expected = "a JSON document with collections of films (franchise, movieRatings)"
    items = json_items(file, "collections.item", rejects, expected=expected, is_ours=_is_ours)
    for number, item in items:
        raw = _COLLECTIONS.convert(item, number, rejects)
        if raw is not None:
            spot = RecordSpot(rejects, number)
            yield raw, collection_or_reject("tmdb-collection", raw.franchise, spot)


def _is_ours(item: object) -> bool:
    return has_members(item, "franchise", "movieRatings")


def _record(
    film: _RawFilm, franchise: Collection | None, spot: RecordSpot, latest: int
) -> Record | None:
    title = main_title_or_reject(film.title, spot)
    if title is None:
        return None
    key = f"tmdb:movie/{film.id}"
    ids = (key, *_imdb(film, spot))
    facts = _facts(film, title, spot, latest)
    return Record(key, ids, "movie", facts, RecordRelations(collection=franchise))


def _imdb(film: _RawFilm, spot: RecordSpot) -> Iterator[str]:
    if not film.imdb_id:
        return
    if is_imdb_id(film.imdb_id):
        yield f"imdb:{film.imdb_id}"
    else:
        spot.refuse("imdb_id", film.imdb_id, "not the id of an IMDb title")


def _facts(film: _RawFilm, title: str, spot: RecordSpot, latest: int) -> RecordFacts:
    released = date_of(film.release_date, "releaseDate", spot, latest=latest)
    language = film.original_language
    language = language_or_reject(_LANGUAGES.get(language or "", language), spot)
    poster = f"{_POSTERS}{film.poster_path}" if film.poster_path else None
    return RecordFacts(
        titles=clean_titles(
            [(title, "en", "main"), (film.original_title, language, "official")], spot
        ),
        status=choice_or_reject(film.status or None, _STATUSES, "status", spot),
        year=released.year if released else None,
        start_date=released,
        duration_s=seconds_or_reject(film.runtime, "runtime", spot),
        poster_url=url_or_reject(poster, "poster_path", spot),
        synopsis=clean_text(film.overview),
        score=score_or_reject(film.rating, spot) if film.vote_count else None,
        tags=clean_tags(film.genres, spot, category="genre", relevance=1.0),
    )


SOURCE: Final = Source(
    name="tmdb-collections",
    title="TMDB collections",
    licence="MIT (data: TMDB)",
    order=35,
    rank=50,
    patterns=("movies/tmdb_collections.json*", "tmdb_collections.json*"),
    read=read,
    snapshot=snapshot,
    creates=True,
)
