"""Kometa's Anime-IDs: AniDB id → TheTVDB season, IMDb titles, MyAnimeList and AniList ids.

MAL and AniList ids identify the work only where there is exactly one; with several, the AniDB entry
covers several works and they are not told. TheTVDB and IMDb ids are `Mapping`s; season -1 means
absolute numbering. Members that name nothing give no record.

Performance: one pass of a JSON document, a member at a time.
"""

from collections.abc import Iterator
from typing import Final, cast

import msgspec

from ingest.reading.decoding import Int, PageNumber, RawDecoder, RecordSpot
from ingest.reading.documents import json_members
from ingest.reading.files import SourceFile
from ingest.reading.rejects import Rejects
from ingest.reading.source_values import comma_list, is_imdb_id, page_number
from ingest.source import Source
from kensho.domain.records import Mapping, Record, RecordFacts

_ABSOLUTE: Final = -1


class _Raw(msgspec.Struct, frozen=True):
    tvdb_id: PageNumber | None = None
    tvdb_season: Int | None = None
    tvdb_epoffset: Int | None = None
    imdb_id: str | None = None
    mal_id: PageNumber | str | None = None
    anilist_id: PageNumber | str | None = None


_DECODER: Final = RawDecoder(_Raw)
_MEMBERS: Final = frozenset(_Raw.__struct_fields__)


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield one record per AniDB id that maps to something.

    Raises:
        SourceFileError: not the JSON object of AniDB ids.
    """
    expected = "a JSON object of AniDB ids with tvdb_id, mal_id and the like"
    for number, member in json_members(file, rejects, expected=expected, is_ours=_is_ours):
        anidb, value = cast("tuple[str, object]", member)
        aid = page_number(anidb)
        if aid is None:
            rejects.add(number, "record", anidb, "not an AniDB number")
            continue
        raw = _DECODER.convert(value, number, rejects)
        if raw is not None:
            yield from _record(f"anidb:{aid}", raw, rejects, number)


def _is_ours(member: object) -> bool:
    value = cast("tuple[str, object]", member)[1]
    return isinstance(value, dict) and not _MEMBERS.isdisjoint(cast("dict[str, object]", value))


def _record(key: str, raw: _Raw, rejects: Rejects, number: int) -> Iterator[Record]:
    spot = RecordSpot(rejects, number, key)
    ids = (key, *_single("mal", raw.mal_id, spot), *_single("anilist", raw.anilist_id, spot))
    mappings = tuple(_mappings(raw, spot))
    if len(ids) > 1 or mappings:
        yield Record(key=key, ids=ids, facts=RecordFacts(mappings=mappings))


def _single(provider: str, value: int | str | None, spot: RecordSpot) -> Iterator[str]:
    numbers = comma_list(str(value or ""))
    for number in numbers:
        if page_number(number) is None:
            spot.refuse(f"{provider}_id", number, f"not a {provider} number")
        elif len(numbers) == 1:
            yield f"{provider}:{number}"


def _mappings(raw: _Raw, spot: RecordSpot) -> Iterator[Mapping]:
    if raw.tvdb_id is not None:
        season = raw.tvdb_season
        if season is not None and season < _ABSOLUTE:
            spot.refuse("tvdb_season", season, "a season is not negative; -1 means absolute")
        season = season if season is None or season >= 0 else None
        yield Mapping(f"tvdb:{raw.tvdb_id}", season=season, offset=raw.tvdb_epoffset)
    for title in comma_list(raw.imdb_id):
        if is_imdb_id(title):
            yield Mapping(f"imdb:{title}")
        else:
            spot.refuse("imdb_id", title, "not the id of an IMDb title")


SOURCE: Final = Source(
    name="kometa",
    title="Kometa Anime-IDs",
    licence="MIT",
    order=39,
    rank=25,
    patterns=("id_maps/kometa_anime_ids.json*", "kometa_anime_ids.json*", "anime_ids.json*"),
    read=read,
)
