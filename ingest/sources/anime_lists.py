"""Anime-Lists (`anime-list-master.xml`): where AniDB's episodes are on TheTVDB, TMDB and IMDb.

One AniDB entry is often one season of a series there, so nothing here identifies a work: every id
is a `Mapping`. Season `a` means absolute numbering (no season). AniDB's specials
(`anidbseason="0"`) are not the work's own episodes and are left out. An entry that maps to nothing
gives no record.

Performance: one pass, one element at a time.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple
from xml.etree.ElementTree import Element

from ingest.reading.decoding import RecordSpot
from ingest.reading.documents import xml_elements
from ingest.reading.episodes import EpisodePair, episode_runs
from ingest.reading.files import SourceFile
from ingest.reading.rejects import Rejects
from ingest.reading.source_values import comma_list, is_imdb_id, page_number
from ingest.source import Source
from kensho.domain.records import Mapping, Record, RecordFacts

_NO_IDS: Final = frozenset(
    ("movie", "ova", "hentai", "unknown", "music video", "tv special", "web", "other")
)
"""What is written in place of an id to say why there is none."""
_ABSOLUTE: Final = "a"
_OWN_EPISODES, _SPECIALS = "1", "0"
_INTEGER: Final = re.compile(r"[+-]?\d{1,6}", re.ASCII)
_PAIR: Final = re.compile(r"(\d{1,6})-(\d{1,6}(?:\+\d{1,6})*)", re.ASCII)
_MAX_RANGE: Final = 5_000
"""No anime has more episodes; a longer range is a slip and would cost memory."""


class _Series(NamedTuple):
    """A provider's series as one entry refers to it: its name in attributes, and the source id."""

    provider: str
    id: str | None


class _Range(NamedTuple):
    first: int | None
    last: int | None
    offset: int | None


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield one record per `<anime>` that maps to something.

    Raises:
        SourceFileError: no Anime-Lists document, or broken XML.
    """
    for number, anime in xml_elements(file, rejects, root="anime-list", tag="anime"):
        anidb = page_number(anime.get("anidbid"))
        if anidb is None:
            rejects.add(number, "anidbid", anime.get("anidbid"), "not an AniDB number")
            continue
        key = f"anidb:{anidb}"
        mappings = tuple(dict.fromkeys(_mappings(anime, RecordSpot(rejects, number, key))))
        if mappings:
            yield Record(key=key, ids=(key,), facts=RecordFacts(mappings=mappings))


def _mappings(anime: Element, spot: RecordSpot) -> Iterator[Mapping]:
    tvdb = next(_ids(anime, "tvdbid", "tvdb:", _is_number, spot), None)
    if tvdb is not None:
        yield Mapping(
            tvdb,
            season=_season(anime, "defaulttvdbseason", spot),
            offset=_integer(anime, "episodeoffset", spot),
        )
    shows = list(_ids(anime, "tmdbtv", "tmdb:tv/", _is_number, spot))
    for show in shows:
        season, offset = _season(anime, "tmdbseason", spot), _integer(anime, "tmdboffset", spot)
        yield Mapping(show, season=season, offset=offset)
    for movie in _ids(anime, "tmdbid", "tmdb:movie/", _is_number, spot):
        yield Mapping(movie)
    for title in _ids(anime, "imdbid", "imdb:", is_imdb_id, spot):
        yield Mapping(title)
    series = (_Series("tvdb", tvdb), _Series("tmdb", shows[0] if len(shows) == 1 else None))
    for element in anime.iterfind("mapping-list/mapping"):
        yield from _ranged(element, series, spot)


def _is_number(text: str) -> bool:
    return page_number(text) is not None


def _ids(
    anime: Element, attribute: str, prefix: str, is_id: Callable[[str], bool], spot: RecordSpot
) -> Iterator[str]:
    for part in comma_list(anime.get(attribute)):
        if is_id(part):
            yield prefix + part
        elif part.casefold() not in _NO_IDS:
            spot.refuse(attribute, part, "not an id")


def _season(element: Element, attribute: str, spot: RecordSpot) -> int | None:
    if element.get(attribute) == _ABSOLUTE:
        return None
    season = _integer(element, attribute, spot)
    if season is not None and season < 0:
        spot.refuse(attribute, season, "a season is not negative")
        return None
    return season


def _integer(element: Element, attribute: str, spot: RecordSpot) -> int | None:
    text = (element.get(attribute) or "").strip()
    if not text:
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    spot.refuse(attribute, text, "not a whole number")
    return None


def _ranged(element: Element, series: tuple[_Series, ...], spot: RecordSpot) -> Iterator[Mapping]:
    """Yield what one `<mapping>` says; its pairs win over its range."""
    own = element.get("anidbseason")
    if own == _SPECIALS:
        return
    if own != _OWN_EPISODES:
        spot.refuse("anidbseason", own, "AniDB has seasons 0 (specials) and 1")
        return
    bounds = _range(element, spot)
    pairs = list(_pairs(element.text or "", spot))
    if bounds is None or not (pairs or any(value is not None for value in bounds)):
        return
    for provider, series_id in series:
        if f"{provider}season" not in element.attrib:
            continue
        if series_id is None:
            spot.refuse("mapping-list", provider, f"the entry has no single {provider} id")
            continue
        season = _season(element, f"{provider}season", spot)
        for first, last, offset in _cut(bounds, pairs):
            yield Mapping(series_id, season=season, first=first, last=last, offset=offset)


def _range(element: Element, spot: RecordSpot) -> _Range | None:
    first, last = _integer(element, "start", spot), _integer(element, "end", spot)
    offset = _integer(element, "offset", spot)
    if first is not None and last is not None and not 0 <= last - first < _MAX_RANGE:
        spot.refuse("mapping-list", f"{first}-{last}", "the range runs backwards or is too long")
        return None
    if first is None and last is None:
        return _Range(None, None, offset)
    return _Range(first, last, offset or 0)


def _pairs(text: str, spot: RecordSpot) -> Iterator[EpisodePair]:
    """Yield (own episode, provider's) of `;1-5;2-6+7;`; 0 says that the provider has none."""
    for part in text.split(";"):
        pair = part.strip()
        if not pair:
            continue
        found = _PAIR.fullmatch(pair)
        if found is None:
            spot.refuse("mapping-list", pair, "not a pair of episodes such as 1-5 or 1-5+6")
            continue
        for there in found[2].split("+"):
            yield EpisodePair(int(found[1]), int(there))


def _cut(bounds: _Range, pairs: list[EpisodePair]) -> Iterator[_Range]:
    """Yield the range without the episodes that the pairs place, then the pairs, as runs."""
    placed = {pair.own for pair in pairs}
    first, last, offset = bounds
    if first is None or last is None:
        if first is not None or last is not None or not pairs:
            yield bounds
        whole: list[EpisodePair] = []
    else:
        whole = [
            EpisodePair(n, n + (offset or 0)) for n in range(first, last + 1) if n not in placed
        ]
    for run in episode_runs(whole):
        yield _Range(*run)
    for run in episode_runs(pair for pair in pairs if pair.there > 0):
        yield _Range(*run)


SOURCE: Final = Source(
    name="anime-lists",
    title="Anime-Lists (AniDB to TheTVDB, TMDB, IMDb)",
    licence="none stated",
    order=50,
    rank=30,
    patterns=("id_maps/anime-list-master.xml*", "anime-list-master.xml*", "anime-list.xml*"),
    read=read,
)
