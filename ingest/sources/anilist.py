"""AniList: media records of its API, with typed relations and studios.

They come one JSON object per line, or as the answers of the interface, page after page.
`kensho harvest anilist` writes such files; what a dump lacks of them is not said.

A record names the MyAnimeList page of the same anime (`idMal`), which joins it to other sources.
Relations to manga are left out: manga are no works here. Descriptions are HTML and become text.
Dates count only when complete; the year is that of the season, else that of the start. Scores run
0..100 there. Status CANCELLED becomes `unknown`: such an anime is neither finished nor awaited, and
saying so keeps a lower-ranked "upcoming" from winning. Transcribed titles of Chinese and Korean
works are marked as such, not as Japanese. Tags weigh as AniList's users rank them (0..100); a tag
is a spoiler by its own flag or by that of the work's link to it.

Performance: one pass, a line at a time; 18,000 records: 1 s.
"""

import datetime as dt
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
    clean_line,
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
from ingest.reading.source_values import text_of_html
from ingest.source import Source, packed
from kensho.domain.records import (
    Claim,
    Recommendation,
    Record,
    RecordFacts,
    RecordRelations,
    Tagging,
)
from kensho.domain.relations import ClaimedKind
from kensho.domain.works import SEASONS, AnimeType, Season, Status, TagCategory

_LINES: Final = LineForm("AniList media records", frozenset(("id", "idMal", "title")))
_PLACEHOLDER: Final = "/default.jpg"

_TYPES: Final[dict[str, AnimeType]] = {
    "TV": "tv",
    "TV_SHORT": "tv",
    "MOVIE": "movie",
    "SPECIAL": "special",
    "MUSIC": "special",
    "OVA": "ova",
    "ONA": "ona",
}
_STATUS: Final[dict[str, Status]] = {
    "FINISHED": "finished",
    "RELEASING": "ongoing",
    "HIATUS": "ongoing",
    "NOT_YET_RELEASED": "upcoming",
    "CANCELLED": "unknown",
}
_SEASONS: Final[dict[str, Season]] = {season.upper(): season for season in SEASONS}
_RELATIONS: Final[dict[str, ClaimedKind]] = {
    "SEQUEL": "sequel",
    "PREQUEL": "prequel",
    "SIDE_STORY": "side_story",
    "PARENT": "parent",
    "SUMMARY": "summary",
    "SPIN_OFF": "spin_off",
    "ALTERNATIVE": "alternative_version",
    "CHARACTER": "character",
    "OTHER": "other",
    "ADAPTATION": "adaptation",
    "SOURCE": "source",
    "COMPILATION": "compilation",
    "CONTAINS": "contains",
}
_TAG_CATEGORIES: Final[dict[str, TagCategory]] = {
    "Demographic": "demographic",
    "Setting": "theme",
    "Theme": "theme",
}
"""The first word of AniList's category → ours; the others (cast, technique) are content."""
_MAX_RANK: Final = 100
_LANGUAGES: Final[dict[str | None, tuple[str, str]]] = {
    None: ("ja", "ja-Latn"),
    "JP": ("ja", "ja-Latn"),
    "CN": ("zh", "zh-Latn"),
    "TW": ("zh-Hant", "zh-Latn"),
    "KR": ("ko", "ko-Latn"),
}
"""Country of origin → language of the native title, and of its transcription."""


class _Title(msgspec.Struct, frozen=True):
    romaji: str | None = None
    english: str | None = None
    native: str | None = None


class _Day(msgspec.Struct, frozen=True):
    year: Int | None = None
    month: Int | None = None
    day: Int | None = None


class _Cover(msgspec.Struct, frozen=True):
    large: str | None = None


class _Tag(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    category: str | None = None
    rank: Int | None = None
    is_general_spoiler: bool = False
    is_media_spoiler: bool = False


class _Studio(msgspec.Struct, frozen=True):
    name: str


class _StudioEdge(msgspec.Struct, frozen=True, rename="camel"):
    node: _Studio
    is_main: bool = False


class _Studios(msgspec.Struct, frozen=True):
    edges: tuple[_StudioEdge, ...] = ()


class _End(msgspec.Struct, frozen=True):
    id: PageNumber
    type: str | None = None


class _Edge(msgspec.Struct, frozen=True, rename="camel"):
    relation_type: str
    node: _End


class _Relations(msgspec.Struct, frozen=True):
    edges: tuple[_Edge, ...] = ()


class _Recommended(msgspec.Struct, frozen=True, rename="camel"):
    rating: Int | None = None
    media_recommendation: _End | None = None


class _Recommendations(msgspec.Struct, frozen=True):
    nodes: tuple[_Recommended, ...] = ()


class _Media(msgspec.Struct, frozen=True, rename="camel"):
    id: PageNumber
    title: _Title
    id_mal: PageNumber | None = None
    type: str | None = None
    format: str | None = None
    status: str | None = None
    description: str | None = None
    start_date: _Day | None = None
    end_date: _Day | None = None
    season: str | None = None
    season_year: Int | None = None
    episodes: Int | None = None
    duration: Int | None = None
    country_of_origin: str | None = None
    cover_image: _Cover | None = None
    genres: tuple[str, ...] | None = None
    tags: tuple[_Tag, ...] | None = None
    average_score: float | None = None
    is_adult: bool | None = None
    synonyms: tuple[str, ...] | None = None
    studios: _Studios | None = None
    relations: _Relations | None = None
    recommendations: _Recommendations | None = None


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield a record per anime, in file order; media of another type are rejected."""
    latest = latest_year()
    for number, media in json_records(file, _LINES, RawDecoder(_Media), rejects):
        key = f"anilist:{media.id}"
        spot = RecordSpot(rejects, number, key)
        if media.type not in ("ANIME", None):
            spot.refuse("type", media.type, "not an anime")
            continue
        titles = _titles(media)
        main = titles[0][0] if titles and titles[0][2] == "main" else None
        if main_title_or_reject(main or "", spot) is not None:
            yield Record(
                key=key,
                ids=(key,) if media.id_mal is None else (key, f"mal:{media.id_mal}"),
                facts=_facts(media, titles, spot, latest),
                links=RecordRelations(
                    relations=_relations(media, spot), recommendations=_recommendations(media)
                ),
            )


def _titles(media: _Media) -> list[RawTitle]:
    """Return the titles; the first there is of romaji, english and native is the main one."""
    native, romaji = _LANGUAGES.get(media.country_of_origin, (None, None))
    title = media.title
    titles: list[RawTitle] = [
        (text, language, "official")
        for text, language in (
            (title.romaji, romaji),
            (title.english, "en"),
            (title.native, native),
        )
        if text and clean_line(text)
    ]
    titles[:1] = [(text, language, "main") for text, language, _ in titles[:1]]
    titles.extend((synonym, None, "synonym") for synonym in media.synonyms or ())
    return titles


def _facts(media: _Media, titles: list[RawTitle], spot: RecordSpot, latest: int) -> RecordFacts:
    start = media.start_date or _Day()
    year = start.year if media.season_year is None else media.season_year
    studios = media.studios.edges if media.studios else ()
    score = media.average_score
    return RecordFacts(
        titles=clean_titles(titles, spot),
        anime_type=choice_or_reject(media.format, _TYPES, "format", spot),
        episode_count=count_or_reject(media.episodes, "episodes", spot),
        status=choice_or_reject(media.status, _STATUS, "status", spot),
        year=year_or_reject(year, spot, latest=latest),
        season=choice_or_reject(media.season, _SEASONS, "season", spot),
        start_date=_date(start, "startDate", spot, latest),
        end_date=_date(media.end_date or _Day(), "endDate", spot, latest),
        duration_s=count_or_reject(60 * (media.duration or 0), "duration", spot),
        poster_url=_poster(media.cover_image, spot),
        synopsis=clean_text(media.description and text_of_html(media.description)),
        score=score_or_reject(score / 10 if score else None, spot),
        studios=clean_names((s.node.name for s in studios if s.is_main), "studios", spot),
        producers=clean_names((s.node.name for s in studios if not s.is_main), "producers", spot),
        tags=_tags(media, spot),
        adult=media.is_adult,
    )


def _tags(media: _Media, spot: RecordSpot) -> tuple[Tagging, ...]:
    """Return the genres, then the tags; a name that is both stays a genre."""
    genres = clean_tags(media.genres or (), spot, category="genre", relevance=1.0)
    tags = {tag.name: tag for tag in genres}
    for one in media.tags or ():
        rank = one.rank
        if rank is not None and not 0 <= rank <= _MAX_RANK:
            spot.refuse("tags", f"{one.name} {rank}", f"a rank lies in 0..{_MAX_RANK}")
            rank = None
        category = _TAG_CATEGORIES.get((one.category or "").partition("-")[0], "content")
        relevance = None if rank is None else rank / _MAX_RANK
        spoiler = one.is_general_spoiler or one.is_media_spoiler
        for tag in clean_tags((one.name,), spot, category=category, relevance=relevance):
            tags.setdefault(tag.name, msgspec.structs.replace(tag, spoiler=spoiler))
    return tuple(tags.values())


def _date(day: _Day, field: str, spot: RecordSpot, latest: int) -> dt.date | None:
    return date_or_reject((day.year, day.month, day.day), field, spot, latest=latest)


def _poster(cover: _Cover | None, spot: RecordSpot) -> str | None:
    url = cover.large if cover else None
    return None if url and url.endswith(_PLACEHOLDER) else url_or_reject(url, "coverImage", spot)


def _relations(media: _Media, spot: RecordSpot) -> tuple[Claim, ...]:
    claims: dict[Claim, None] = {}
    for edge in media.relations.edges if media.relations else ():
        if edge.node.type != "ANIME" or edge.node.id == media.id:
            continue
        kind = choice_or_reject(edge.relation_type, _RELATIONS, "relations", spot)
        if kind is not None:
            claims[Claim(kind, f"anilist:{edge.node.id}")] = None
    return tuple(claims)


def _recommendations(media: _Media) -> tuple[Recommendation, ...]:
    """Return the anime that more users recommend than advise against."""
    votes: dict[str, int] = {}
    for one in media.recommendations.nodes if media.recommendations else ():
        end = one.media_recommendation  # absent where the medium was removed
        if end is None or end.type != "ANIME" or end.id == media.id or (one.rating or 0) <= 0:
            continue
        votes.setdefault(f"anilist:{end.id}", one.rating or 0)
    return tuple(Recommendation(target, count) for target, count in votes.items())


SOURCE: Final = Source(
    name="anilist",
    title="AniList",
    licence="none stated",
    order=30,
    rank=60,
    patterns=tuple(
        name
        for folder in ("", "anilist/")
        for ending in ("jsonl", "json")
        for name in packed(f"{folder}anilist_media.{ending}")
    ),
    read=read,
    creates=True,
)
