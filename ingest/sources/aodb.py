"""anime-offline-database: an anime's ids on all catalogues, base facts, tags and untyped relations.

The release has three forms: JSON Lines (first line metadata), and one JSON document, pretty-printed
or minified; all may be compressed. The form is told by the content, not by the name. Facts are
taken as stated, with these readings: 0 episodes, the season UNDEFINED and the `no_pic` picture mean
unknown; `relatedAnime`, which was called `relations` before February 2024, becomes claims of the
kind `related`. Airing works were `CURRENTLY` in early years, and types were not in capitals.
Before 2026 the database also listed notify.moe, which is gone: such addresses are passed over.

Performance: one pass in constant memory; 40,000 entries take under 2 s in each form.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from ingest.reading.decoding import (
    Int,
    RawDecoder,
    RawTitle,
    RecordSpot,
    choice_or_reject,
    clean_names,
    clean_tags,
    clean_titles,
    count_or_reject,
    latest_year,
    main_title_or_reject,
    score_or_reject,
    url_or_reject,
    year_or_reject,
)
from ingest.reading.documents import head_of, is_json_lines, json_items
from ingest.reading.files import SourceFile
from ingest.reading.json_lines import LineForm, header_of, json_lines
from ingest.reading.rejects import Rejects
from ingest.source import Source, only_release
from kensho.domain.ids import from_url
from kensho.domain.records import Claim, Record, RecordFacts, RecordRelations
from kensho.domain.works import SEASONS, AnimeType, Season, Status
from kensho.errors import SourceFileError

_DATA: Final = "data"
_ORIGIN: Final = "repository"
_WHAT: Final = "anime-offline-database"
_ESSENTIAL: Final = frozenset(("sources", "title"))
_PLACEHOLDER: Final = "/no_pic"
_GONE: Final = re.compile(r"https?://(?:www\.)?notify\.moe/", re.ASCII)
_LINES: Final = LineForm(_WHAT, _ESSENTIAL, header=frozenset((_ORIGIN, "lastUpdate")))

_TYPES: Final[dict[str, AnimeType]] = {
    "TV": "tv",
    "MOVIE": "movie",
    "OVA": "ova",
    "ONA": "ona",
    "SPECIAL": "special",
    "UNKNOWN": "unknown",
}
_STATUS: Final[dict[str, Status]] = {
    "FINISHED": "finished",
    "ONGOING": "ongoing",
    "CURRENTLY": "ongoing",
    "UPCOMING": "upcoming",
    "UNKNOWN": "unknown",
}
_SEASONS: Final[dict[str, Season]] = {season.upper(): season for season in SEASONS}
_NO_SEASON: Final = "UNDEFINED"
_SECONDS: Final = {"SECONDS": 1, "MINUTES": 60, "HOURS": 3600}


class _Season(msgspec.Struct, frozen=True, gc=False):
    season: str | None = None
    year: Int | None = None


class _Duration(msgspec.Struct, frozen=True, gc=False):
    value: Int | None = None
    unit: str = "SECONDS"


class _Score(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    arithmetic_geometric_mean: float | None = None


class _Anime(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    sources: tuple[str, ...]
    title: str
    type: str | None = None
    episodes: Int | None = None
    status: str | None = None
    anime_season: _Season = _Season()
    picture: str | None = None
    duration: _Duration | None = None
    score: _Score = _Score()
    synonyms: tuple[str, ...] = ()
    studios: tuple[str, ...] = ()
    producers: tuple[str, ...] = ()
    related_anime: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield a record per entry, in file order."""
    latest = latest_year()
    decoder = RawDecoder(_Anime)
    if is_json_lines(file, data=_DATA):
        entries = json_lines(file, _LINES, decoder, rejects)
    else:
        entries = _document(file, decoder, rejects)
    for number, entry in entries:
        record = _record(entry, RecordSpot(rejects, number), latest)
        if record is not None:
            yield record


def snapshot(file: SourceFile) -> str | None:
    """Return the date of the release, `lastUpdate`."""
    lines = is_json_lines(file, data=_DATA)
    head = header_of(file) if lines else head_of(file, data=_DATA)
    date = head.get("lastUpdate")
    return date if isinstance(date, str) else None


def _document(
    file: SourceFile, decoder: RawDecoder[_Anime], rejects: Rejects
) -> Iterator[tuple[int, _Anime]]:
    head = head_of(file, data=_DATA)
    if _ORIGIN not in head:
        raise SourceFileError(
            f"{file.path}: expected {_WHAT} with `{_ORIGIN}` before its `{_DATA}`,"
            f" found a document that begins with {', '.join(head) or 'nothing of the kind'}"
        )
    items = json_items(
        file, f"{_DATA}.item", rejects, expected=f"{_WHAT} entries", is_ours=_is_entry
    )
    for number, item in items:
        entry = decoder.convert(item, number, rejects)
        if entry is not None:
            yield number, entry


def _is_entry(item: object) -> bool:
    return isinstance(item, dict) and item.keys() >= _ESSENTIAL


def _record(entry: _Anime, spot: RecordSpot, latest: int) -> Record | None:
    ids = _ids(entry.sources, "sources", spot)
    if not ids:
        spot.refuse("sources", entry.sources, "no id of a known provider")
        return None
    spot = RecordSpot(spot.rejects, spot.line, next(iter(ids)))
    title = main_title_or_reject(entry.title, spot)
    if title is None:
        return None
    related = _ids((*entry.related_anime, *entry.relations), "relatedAnime", spot)
    return Record(
        key=next(iter(ids)),
        ids=tuple(ids),
        facts=_facts(entry, title, spot, latest),
        links=RecordRelations(
            relations=tuple(Claim("related", id_) for id_ in related if id_ not in ids)
        ),
    )


def _ids(urls: tuple[str, ...], field: str, spot: RecordSpot) -> dict[str, None]:
    """Return the source ids of these pages, each once, in their order."""
    ids: dict[str, None] = {}
    for url in urls:
        source_id = from_url(url)
        if source_id is None and _GONE.match(url):
            continue
        if source_id is None:
            spot.refuse(field, url, "not a page of a known provider")
        else:
            ids[source_id] = None
    return ids


def _facts(entry: _Anime, title: str, spot: RecordSpot, latest: int) -> RecordFacts:
    titles: list[RawTitle] = [(title, None, "main")]
    titles.extend((synonym, None, "synonym") for synonym in entry.synonyms)
    season = entry.anime_season.season
    season = None if season == _NO_SEASON else season
    picture = None if entry.picture and _PLACEHOLDER in entry.picture else entry.picture
    return RecordFacts(
        titles=clean_titles(titles, spot),
        anime_type=choice_or_reject(entry.type and entry.type.upper(), _TYPES, "type", spot),
        episode_count=count_or_reject(entry.episodes, "episodes", spot),
        status=choice_or_reject(entry.status, _STATUS, "status", spot),
        year=year_or_reject(entry.anime_season.year, spot, latest=latest),
        season=choice_or_reject(season, _SEASONS, "season", spot),
        duration_s=_duration_s(entry.duration, spot),
        poster_url=url_or_reject(picture, "picture", spot),
        score=score_or_reject(entry.score.arithmetic_geometric_mean, spot),
        studios=clean_names(entry.studios, "studios", spot),
        producers=clean_names(entry.producers, "producers", spot),
        tags=clean_tags(entry.tags, spot),
    )


def _duration_s(duration: _Duration | None, spot: RecordSpot) -> int | None:
    if duration is None:
        return None
    unit_s = choice_or_reject(duration.unit, _SECONDS, "duration", spot)
    return count_or_reject((duration.value or 0) * (unit_s or 0), "duration", spot)


def _patterns() -> tuple[str, ...]:
    """Return the names of the releases; `*` is where no `.schema.json` can match."""
    stem = "anime-offline-database"
    packings = ("zst", "gz", "xz", "zip")
    names = (
        f"{stem}.json",
        f"{stem}-minified.json",
        f"{stem}*.jsonl",
        *(f"{stem}*.{form}.{packing}" for form in ("jsonl", "json") for packing in packings),
        *(f"{stem}{variant}.zip" for variant in ("", "-minified")),
    )
    return tuple(f"{folder}{name}" for folder in ("", "aodb/") for name in names)


SOURCE: Final = Source(
    name="aodb",
    title="anime-offline-database",
    licence="ODbL 1.0",
    order=10,
    rank=50,
    patterns=_patterns(),
    read=read,
    snapshot=snapshot,
    creates=True,
    groups=True,
    form_of=only_release,
)
