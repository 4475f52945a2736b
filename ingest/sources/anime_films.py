"""A catalogue of anime films: ids at IMDb, Kitsu, MAL, AniList and AniDB (one JSON document).

Each entry is one IMDb title; the anime entries that it is the film of are `same_as` claims, not the
film's own ids. `rating` is the mean at Kitsu, not IMDb's, and is only a score. Upstream has already
merged the parts that share one IMDb title (no id occurs twice); an entry with several IMDb ids is
no single film and is rejected.

Performance: one pass of the document, an entry at a time, and the ids of the films seen.
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
    year_or_reject,
)
from ingest.reading.documents import head_of, json_items
from ingest.reading.files import SourceFile
from ingest.reading.rejects import Rejects
from ingest.reading.source_values import has_members, is_imdb_id, iso_day, running_time_s
from ingest.source import Source
from kensho.domain.records import Record, RecordFacts, RecordRelations
from kensho.domain.works import Status, Title, TitleKind


class _Raw(msgspec.Struct, frozen=True):
    imdb_id: str
    name: str
    kitsu_id: PageNumber | None = None
    mal_id: PageNumber | None = None
    anilist_id: PageNumber | None = None
    anidb_id: PageNumber | None = None
    description: str | None = None
    year: Int | None = None
    status: str | None = None
    rating: float | None = None
    poster: str | None = None
    genres: list[str] = []
    runtime: str | None = None
    synonyms: list[str] = []


_DECODER: Final = RawDecoder(_Raw)
_STATUSES: Final[dict[str, Status]] = {
    "FINISHED": "finished",
    "ONGOING": "ongoing",
    "UPCOMING": "upcoming",
    "unreleased": "upcoming",
    "tba": "upcoming",
}


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield one record per film of the catalogue, in its order.

    Raises:
        SourceFileError: not the catalogue, or broken JSON.
    """
    expected = "a JSON document with a catalog of anime films (imdb_id, kitsu_id)"
    items = json_items(file, "catalog.item", rejects, expected=expected, is_ours=_is_ours)
    latest, seen = latest_year(), set[str]()
    for number, item in items:
        raw = _DECODER.convert(item, number, rejects)
        if raw is None:
            continue
        spot = RecordSpot(rejects, number, f"imdb:{raw.imdb_id}")
        if not is_imdb_id(raw.imdb_id):
            spot.refuse("imdb_id", raw.imdb_id, "not the id of one IMDb title")
        elif raw.imdb_id in seen:
            spot.refuse("record", raw.name, "an earlier entry has this IMDb id")
        elif (title := main_title_or_reject(raw.name, spot)) is not None:
            seen.add(raw.imdb_id)
            yield _record(raw, title, spot, latest)


def snapshot(file: SourceFile) -> str | None:
    """Return the day on which the catalogue was built."""
    return iso_day(head_of(file, data="catalog").get("buildDate"))


def _is_ours(item: object) -> bool:
    return has_members(item, "imdb_id", "kitsu_id", "name")


def _record(raw: _Raw, title: str, spot: RecordSpot, latest: int) -> Record:
    key = f"imdb:{raw.imdb_id}"
    facts = RecordFacts(
        titles=_titles(raw, title, spot),
        status=choice_or_reject(raw.status, _STATUSES, "status", spot),
        year=year_or_reject(raw.year, spot, latest=latest),
        duration_s=_duration(raw.runtime, spot),
        poster_url=url_or_reject(raw.poster, "poster", spot),
        synopsis=clean_text(raw.description),
        score=score_or_reject(raw.rating, spot),
        tags=clean_tags(raw.genres, spot),
    )
    return Record(key, (key,), "movie", facts, RecordRelations(same_as=tuple(_same_as(raw))))


def _titles(raw: _Raw, title: str, spot: RecordSpot) -> tuple[Title, ...]:
    synonyms: list[tuple[str | None, str | None, TitleKind]] = [
        (text, None, "synonym") for text in raw.synonyms
    ]
    return clean_titles([(title, None, "main"), *synonyms], spot)


def _duration(text: str | None, spot: RecordSpot) -> int | None:
    if text is None:
        return None
    seconds = running_time_s(text)
    if seconds is None:
        spot.refuse("runtime", text, "not a running time such as 106 min or 1h 46m")
    return seconds or None


def _same_as(raw: _Raw) -> Iterator[str]:
    numbers = {
        "mal": raw.mal_id,
        "anilist": raw.anilist_id,
        "anidb": raw.anidb_id,
        "kitsu": raw.kitsu_id,
    }
    for provider, number in numbers.items():
        if number is not None:
            yield f"{provider}:{number}"


SOURCE: Final = Source(
    name="anime-films",
    title="Anime films catalogue",
    licence="MIT",
    order=36,
    rank=45,
    patterns=("movies/anime_movies.json*", "anime_movies.json*"),
    read=read,
    snapshot=snapshot,
    creates=True,
)
