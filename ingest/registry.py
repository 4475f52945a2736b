"""Every source that Kenshō can read, by name, in the order in which a run over many reads them.

Listed plainly: a new adapter is one import and one line.

Performance: importing this imports all adapters.
"""

from typing import Final

import msgspec

from ingest.source import Source
from ingest.sources import (
    anidb_titles,
    anifillerpedia,
    anilist,
    anilist_recommendations,
    anime_films,
    anime_lists,
    anime_relations,
    aodb,
    bangumi,
    curated_episodes,
    curated_films,
    curated_franchises,
    curated_relations,
    curator,
    dead_entries,
    imdb_basics,
    imdb_franchises,
    imdb_ratings,
    jikan,
    kitsu,
    kometa,
    mal_episodes,
    tmdb_collections,
)

_ALL: Final[tuple[Source, ...]] = (
    anidb_titles.SOURCE,
    anifillerpedia.SOURCE,
    anilist.SOURCE,
    anilist_recommendations.SOURCE,
    anime_films.SOURCE,
    anime_lists.SOURCE,
    anime_relations.SOURCE,
    aodb.SOURCE,
    bangumi.SOURCE,
    curated_episodes.SOURCE,
    curated_films.SOURCE,
    curated_franchises.SOURCE,
    curated_relations.SOURCE,
    curator.SOURCE,
    curator.WORKS,
    dead_entries.SOURCE,
    imdb_basics.SOURCE,
    imdb_franchises.SOURCE,
    imdb_ratings.SOURCE,
    jikan.SOURCE,
    kitsu.SOURCE,
    kometa.SOURCE,
    mal_episodes.SOURCE,
    tmdb_collections.SOURCE,
)

_SAMPLE: Final = msgspec.structs.replace(
    aodb.SOURCE,
    name="kensho-works",
    title="Kenshō's own sample catalogue",
    licence="Apache-2.0",
    order=11,
    rank=20,
    patterns=("curated/anime.jsonl*", "anime.jsonl*"),
    groups=False,
)
"""Works in anime-offline-database's form, by us or by a curator; that database outranks them, and
alone decides what belongs together: two that do would contradict each other."""

SOURCES: Final[dict[str, Source]] = {
    source.name: source for source in sorted((*_ALL, _SAMPLE), key=lambda source: source.place)
}
