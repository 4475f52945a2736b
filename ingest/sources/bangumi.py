"""bangumi-data: Chinese and Japanese titles, broadcast times and ids.

Its release is one JSON document, `{"siteMeta": ..., "items": [...]}`; its repository has a list of
items for each month (`items/2020/01.json`); items may also come as JSON Lines.

Its items are finer than MAL's: arcs, remasters and yearly series share one MAL id. Such an id
belongs to the first item that names it and is rejected for the others, for it does not identify
them. Timestamps are UTC and become Japan's dates, but for those that stand for a date alone: a date
without a time is that date in any zone, and the midnight of China, of items without broadcast
times, is of either of two days, so it is taken for neither. The coarse `type` (a TV special is
`tv`) is not taken.

Performance: one pass, the ids seen stay in memory.
"""

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Final

import msgspec

from ingest.reading.decoding import (
    RawDecoder,
    RecordSpot,
    clean_titles,
    date_or_reject,
    latest_year,
)
from ingest.reading.files import SourceFile
from ingest.reading.json_lines import LineForm
from ingest.reading.json_records import json_records
from ingest.reading.rejects import Rejects
from ingest.reading.source_values import language_or_reject, page_number
from ingest.source import Source
from kensho.domain.records import Mapping, Record, RecordFacts
from kensho.domain.works import Title, TitleKind


class _Site(msgspec.Struct, frozen=True):
    site: str
    id: str = ""


class _Raw(msgspec.Struct, frozen=True):
    title: str
    sites: list[_Site]
    title_translate: dict[str, list[str]] = msgspec.field(
        name="titleTranslate", default_factory=dict[str, list[str]]
    )
    lang: str | None = None
    begin: str | None = None
    end: str | None = None
    broadcast: str | None = None


_FORM: Final = LineForm("bangumi-data items", frozenset(("title", "titleTranslate", "sites")))
_DECODER: Final = RawDecoder(_Raw)
_PROVIDERS: Final = {"bangumi": "bangumi", "mal": "mal", "anidb": "anidb", "aniList": "anilist"}
"""bangumi-data's name of a site → ours, in the order in which ids are kept."""
_TMDB: Final = re.compile(
    r"(movie|tv)/(\d{1,10})(?:-[^/]*)?(?:/season/(\d{1,4})(?:/episode/(\d{1,5}))?)?", re.ASCII
)
_JAPAN: Final = dt.timezone(dt.timedelta(hours=9))
_CHINAS_MIDNIGHT: Final = dt.time(1, tzinfo=_JAPAN)
"""Where its editors knew a date alone, the release has midnight of China, 16:00 UTC, of that day or
of the next: of 3,184 such items whose day AniList knows, 1,620 are of the day that this is in
Japan, 1,477 of the day before. Of those with broadcast times, 266 and 3: there it is a time."""
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DAY: Final = dt.timedelta(days=1)
_LONGEST_BROADCAST: Final = dt.timedelta(hours=3)


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield one record per item that has an id on Bangumi, MAL, AniDB or AniList.

    Raises:
        SourceFileError: no bangumi-data items, or a truncated file.
    """
    latest = latest_year()
    owners: dict[str, int] = {}
    for line, raw in json_records(file, _FORM, _DECODER, rejects):
        spot = RecordSpot(rejects, line)
        ids = _own_ids(raw, owners, spot)
        if not ids:
            spot.refuse("record", raw.title, "no id of its own on Bangumi, MAL, AniDB or AniList")
            continue
        spot = RecordSpot(rejects, line, ids[0])
        yield Record(key=ids[0], ids=ids, facts=_facts(raw, spot, latest))


def _own_ids(raw: _Raw, owners: dict[str, int], spot: RecordSpot) -> tuple[str, ...]:
    """Return the item's ids that no earlier line has, Bangumi's first."""
    ids: list[str] = []
    for site, provider in _PROVIDERS.items():
        for entry in raw.sites:
            if entry.site != site or not entry.id:
                continue
            number = page_number(entry.id)
            source_id = f"{provider}:{number}"
            if number is None:
                spot.refuse("sites", f"{site} {entry.id}", f"not a {provider} number")
            elif (owner := owners.setdefault(source_id, spot.line)) != spot.line:
                spot.refuse("sites", source_id, f"it is the id of the item in line {owner}")
            elif source_id not in ids:
                ids.append(source_id)
    return tuple(ids)


def _facts(raw: _Raw, spot: RecordSpot, latest: int) -> RecordFacts:
    begin, end = _instant(raw.begin, "begin", spot), _instant(raw.end, "end", spot)
    last = _last_broadcast(begin, end)
    if not raw.broadcast:
        begin, last = (None if _is_placeholder(one) else one for one in (begin, last))
    return RecordFacts(
        titles=_titles(raw, spot),
        start_date=_day(begin, "begin", spot, latest),
        end_date=_day(last, "end", spot, latest),
        mappings=tuple(_mappings(raw, spot)),
    )


def _titles(raw: _Raw, spot: RecordSpot) -> tuple[Title, ...]:
    candidates: list[tuple[str | None, str | None, TitleKind]] = [
        (raw.title, language_or_reject(raw.lang, spot), "official")
    ]
    for tag, texts in raw.title_translate.items():
        language = language_or_reject(tag, spot)
        for nth, text in enumerate(texts):
            candidates.append((text, language, "synonym" if nth else "official"))
    return clean_titles(candidates, spot)


def _is_placeholder(instant: dt.datetime | None) -> bool:
    return instant is not None and instant.timetz() == _CHINAS_MIDNIGHT


def _instant(text: str | None, field: str, spot: RecordSpot) -> dt.datetime | None:
    """Return the instant in Japan; a date alone is that day's noon there."""
    if not text:
        return None
    if _DATE.fullmatch(text):
        text = f"{text}T12:00:00+09:00"
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None or not 1 < instant.year < dt.MAXYEAR:
        spot.refuse(field, text, "not an ISO 8601 timestamp with a time zone")
        return None
    return instant.astimezone(_JAPAN)


def _last_broadcast(begin: dt.datetime | None, end: dt.datetime | None) -> dt.datetime | None:
    """Return when the last broadcast began: one that ends at midnight ran the day before."""
    if begin is None or end is None or end < begin:
        return end
    running = (end - begin) % _DAY
    return end - running if running <= _LONGEST_BROADCAST else end


def _day(instant: dt.datetime | None, field: str, spot: RecordSpot, latest: int) -> dt.date | None:
    if instant is None:
        return None
    return date_or_reject((instant.year, instant.month, instant.day), field, spot, latest=latest)


def _mappings(raw: _Raw, spot: RecordSpot) -> Iterator[Mapping]:
    """Yield the TMDB pages; a page of one episode says at which the item begins there."""
    for entry in raw.sites:
        if entry.site != "tmdb" or not entry.id:
            continue
        found = _TMDB.fullmatch(entry.id)
        if found is None:
            spot.refuse(
                "sites", f"tmdb {entry.id}", "no TMDB page such as movie/1 or tv/1/season/2"
            )
            continue
        season = int(found[3]) if found[3] else None
        offset = int(found[4]) - 1 if found[4] else None
        yield Mapping(f"tmdb:{found[1]}/{int(found[2])}", season=season, offset=offset)


def _form_of(path: PurePath) -> tuple[str, str]:
    """Return the form of a file: the lists of the months are parts of one."""
    return "", "items/" if path.parent.parent.name == "items" else path.name


SOURCE: Final = Source(
    name="bangumi",
    title="bangumi-data",
    licence="CC-BY-4.0",
    order=45,
    rank=30,
    patterns=(
        "bangumi/items.jsonl*",
        "bangumi/data.json*",
        "items.jsonl*",
        "bangumi/items/*/*.json",
        "bangumi/data/items/*/*.json",
    ),
    read=read,
    form_of=_form_of,
)
