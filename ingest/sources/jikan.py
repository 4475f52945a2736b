"""Jikan v4: MyAnimeList's own facts, synopses and typed relations, as `/anime/{id}/full` objects.

One object per line, bare or in the API's envelope `{"data": {...}}`. Relations to manga are left
out: manga are no works here. MyAnimeList's genres, themes, demographics and explicit genres become
tags of these categories with relevance 1. The year is that of the season, else that of the first
day of airing. A date counts only where MyAnimeList knows its day: Jikan fills the unknown parts of
`aired.from` and often of `aired.prop` with 1, and `aired.string` alone then tells ("2003", "Mar
2010").

Performance: one pass, a line at a time; 2,600 objects take 0.2 s.
"""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from ingest.reading.decoding import (
    Int,
    PageNumber,
    RawDecoder,
    RawTitle,
    RecordSpot,
    choice_or_reject,
    clean_names,
    clean_tags,
    clean_text,
    clean_titles,
    count_or_reject,
    date_or_reject,
    latest_year,
    main_title_or_reject,
    score_or_reject,
    url_or_reject,
    year_or_reject,
)
from ingest.reading.files import SourceFile
from ingest.reading.json_lines import LineForm
from ingest.reading.json_records import json_records
from ingest.reading.rejects import Rejects
from ingest.source import Source, packed
from kensho.domain.records import Claim, Record, RecordFacts, RecordRelations, Tagging
from kensho.domain.relations import ClaimedKind
from kensho.domain.works import SEASONS, AnimeType, Season, Status, TagCategory, TitleKind

_ENVELOPE: Final = re.compile(rb'\{\s*"data"\s*:')
_DURATION: Final = re.compile(
    r"(?=\d)(?:(\d{1,6}) hr\.? ?)?(?:(\d{1,6}) min\.? ?)?(?:(\d{1,6}) sec\.? ?)?(?:per ep\.?)?",
    re.ASCII,
)
_KNOWN_DAY: Final = re.compile(r"[A-Z][a-z]{2} \d{1,2}, \d{4}", re.ASCII)
_PLACEHOLDERS: Final = ("questionmark", "apple-touch-icon")

_TYPES: Final[dict[str, AnimeType]] = {
    "TV": "tv",
    "Movie": "movie",
    "OVA": "ova",
    "ONA": "ona",
    "Special": "special",
    "TV Special": "special",
    "Music": "special",
    "CM": "special",
    "PV": "special",
    "Unknown": "unknown",
}
_STATUS: Final[dict[str, Status]] = {
    "Finished Airing": "finished",
    "Currently Airing": "ongoing",
    "Not yet aired": "upcoming",
}
_SEASONS: Final[dict[str, Season]] = {season: season for season in SEASONS}
_RELATIONS: Final[dict[str, ClaimedKind]] = {
    "sequel": "sequel",
    "prequel": "prequel",
    "side story": "side_story",
    "parent story": "parent_story",
    "full story": "full_story",
    "summary": "summary",
    "spin-off": "spin_off",
    "alternative version": "alternative_version",
    "alternative setting": "alternative_setting",
    "adaptation": "adaptation",
    "character": "character",
    "other": "other",
}
"""MyAnimeList's names in lower case: it has written both "Side story" and "Side Story"."""
_TITLE_FORMS: Final[dict[str, tuple[str | None, TitleKind]]] = {
    "Default": (None, "main"),
    "Synonym": (None, "synonym"),
    "English": ("en", "official"),
    "Japanese": ("ja", "official"),
    "German": ("de", "official"),
    "Spanish": ("es", "official"),
    "French": ("fr", "official"),
}


class _Jpg(msgspec.Struct, frozen=True):
    large_image_url: str | None = None


class _Images(msgspec.Struct, frozen=True):
    jpg: _Jpg = _Jpg()


class _Title(msgspec.Struct, frozen=True):
    type: str = "Synonym"
    title: str | None = None


class _Day(msgspec.Struct, frozen=True):
    year: Int | None = None
    month: Int | None = None
    day: Int | None = None


class _Prop(msgspec.Struct, frozen=True):
    from_: _Day = msgspec.field(default=_Day(), name="from")
    to: _Day = _Day()


class _Aired(msgspec.Struct, frozen=True):
    prop: _Prop = _Prop()
    string: str | None = None


class _Named(msgspec.Struct, frozen=True):
    name: str


class _End(msgspec.Struct, frozen=True):
    mal_id: PageNumber
    type: str


class _Relation(msgspec.Struct, frozen=True):
    relation: str
    entry: tuple[_End, ...] = ()


class _Anime(msgspec.Struct, frozen=True):
    mal_id: PageNumber
    title: str
    titles: tuple[_Title, ...] = ()
    images: _Images = _Images()
    type: str | None = None
    episodes: Int | None = None
    status: str | None = None
    aired: _Aired = _Aired()
    duration: str | None = None
    rating: str | None = None
    score: float | None = None
    synopsis: str | None = None
    season: str | None = None
    year: Int | None = None
    studios: tuple[_Named, ...] = ()
    producers: tuple[_Named, ...] = ()
    genres: tuple[_Named, ...] = ()
    explicit_genres: tuple[_Named, ...] = ()
    themes: tuple[_Named, ...] = ()
    demographics: tuple[_Named, ...] = ()
    relations: tuple[_Relation, ...] = ()


class _Envelope(msgspec.Struct, frozen=True):
    data: msgspec.Raw


def _unwrap(line: bytes) -> bytes:
    """Return the object inside `{"data": ...}`; a line without, or broken, unchanged."""
    if not _ENVELOPE.match(line):
        return line
    try:
        return bytes(msgspec.json.decode(line, type=_Envelope).data)
    except (msgspec.DecodeError, RecursionError):
        return line


_LINES: Final = LineForm(
    "Jikan v4 `/anime/{id}/full` objects",
    frozenset(("mal_id", "title", "type", "aired")),
    unwrap=_unwrap,
)


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield a record per anime, in file order."""
    latest = latest_year()
    for number, anime in json_records(file, _LINES, RawDecoder(_Anime), rejects):
        key = f"mal:{anime.mal_id}"
        spot = RecordSpot(rejects, number, key)
        title = main_title_or_reject(anime.title, spot)
        if title is not None:
            yield Record(
                key=key,
                ids=(key,),
                facts=_facts(anime, title, spot, latest),
                links=RecordRelations(relations=_relations(anime, spot)),
            )


def _facts(anime: _Anime, title: str, spot: RecordSpot, latest: int) -> RecordFacts:
    start, end = _start_and_end(anime.aired, spot, latest)
    year = anime.aired.prop.from_.year if anime.year is None else anime.year
    return RecordFacts(
        titles=clean_titles(_titles(anime, title), spot),
        anime_type=choice_or_reject(anime.type, _TYPES, "type", spot),
        episode_count=count_or_reject(anime.episodes, "episodes", spot),
        status=choice_or_reject(anime.status, _STATUS, "status", spot),
        year=year_or_reject(year, spot, latest=latest),
        season=choice_or_reject(anime.season, _SEASONS, "season", spot),
        start_date=start,
        end_date=end,
        duration_s=_duration_s(anime.duration, spot),
        poster_url=_poster(anime.images.jpg.large_image_url, spot),
        synopsis=clean_text(anime.synopsis),
        score=score_or_reject(anime.score or None, spot),
        studios=clean_names((studio.name for studio in anime.studios), "studios", spot),
        producers=clean_names((producer.name for producer in anime.producers), "producers", spot),
        tags=_tags(anime, spot),
        adult=None if anime.rating is None else anime.rating.startswith("Rx"),
    )


def _titles(anime: _Anime, main: str) -> Iterator[RawTitle]:
    """Yield the main title first; a kind of title that is new to us is a synonym."""
    yield main, None, "main"
    for title in anime.titles:
        language, kind = _TITLE_FORMS.get(title.type, (None, "synonym"))
        if kind != "main":
            yield title.title, language, kind


def _start_and_end(
    aired: _Aired, spot: RecordSpot, latest: int
) -> tuple[dt.date | None, dt.date | None]:
    days = (aired.prop.from_, aired.prop.to)
    if aired.string is not None:
        texts = (*aired.string.split(" to "), "")
        days = (_if_known(days[0], texts[0]), _if_known(days[1], texts[1]))
    start, end = (
        date_or_reject((day.year, day.month, day.day), "aired", spot, latest=latest) for day in days
    )
    return start, end


def _if_known(day: _Day, text: str) -> _Day:
    return day if _KNOWN_DAY.fullmatch(text) else _Day()


def _duration_s(text: str | None, spot: RecordSpot) -> int | None:
    """Return the running time of an episode, from "23 min per ep", "1 hr 45 min" or "30 sec"."""
    if text is None or text == "Unknown":
        return None
    found = _DURATION.fullmatch(text)
    if found is None:
        spot.refuse("duration", text, "expected hours, minutes or seconds")
        return None
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds or None


def _poster(url: str | None, spot: RecordSpot) -> str | None:
    if url is None or any(placeholder in url for placeholder in _PLACEHOLDERS):
        return None
    return url_or_reject(url, "images", spot)


def _tags(anime: _Anime, spot: RecordSpot) -> tuple[Tagging, ...]:
    """Return the tags of all categories; a name in two of them keeps the first category."""
    groups: tuple[tuple[tuple[_Named, ...], TagCategory], ...] = (
        (anime.genres, "genre"),
        (anime.explicit_genres, "content"),
        (anime.themes, "theme"),
        (anime.demographics, "demographic"),
    )
    tags: dict[str, Tagging] = {}
    for named, category in groups:
        names = (thing.name for thing in named)
        for tag in clean_tags(names, spot, category=category, relevance=1.0):
            tags.setdefault(tag.name, tag)
    return tuple(tags.values())


def _relations(anime: _Anime, spot: RecordSpot) -> tuple[Claim, ...]:
    claims: dict[Claim, None] = {}
    for relation in anime.relations:
        kind = choice_or_reject(relation.relation.lower(), _RELATIONS, "relations", spot)
        for end in relation.entry:
            if kind is not None and end.type == "anime" and end.mal_id != anime.mal_id:
                claims[Claim(kind, f"mal:{end.mal_id}")] = None
    return tuple(claims)


SOURCE: Final = Source(
    name="jikan",
    title="MyAnimeList through Jikan v4",
    licence="none stated (MyAnimeList's data)",
    order=20,
    rank=70,
    patterns=(*packed("jikan/*.jsonl"), *packed("jikan/*.json")),
    read=read,
    creates=True,
)
