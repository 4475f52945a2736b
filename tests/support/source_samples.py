"""A small sound file of every source that is registered, written for these tests.

Each reads without a reject and is some kilobytes long, so that an archive of it can be cut in the
middle.
"""

import json
from typing import Final, NamedTuple

from tests.support.source_reading import lines_of


class Sample(NamedTuple):
    """A file name that the source knows, and what a sound file of it holds."""

    name: str
    content: bytes


_NUMBERS: Final = range(1, 41)


def _aodb() -> bytes:
    return lines_of(
        {"repository": "https://example.org/aodb", "lastUpdate": "2026-02-01"},
        *(
            {"sources": [f"https://myanimelist.net/anime/{n}"], "title": f"A sea of tales {n}"}
            for n in _NUMBERS
        ),
    )


def _jikan() -> bytes:
    more = {"type": "TV", "aired": {"prop": {}, "string": None}}
    return lines_of(*({"mal_id": n, "title": f"A sea of tales {n}", **more} for n in _NUMBERS))


def _anilist() -> bytes:
    return lines_of(
        *({"id": n, "idMal": n, "title": {"romaji": f"A sea of tales {n}"}} for n in _NUMBERS)
    )


def _dead_entries() -> bytes:
    head = {"repository": "https://example.org/aodb", "lastUpdate": "2026-02-01"}
    return json.dumps({**head, "deadEntries": [str(n * 7919) for n in _NUMBERS]}).encode()


def _anidb_titles() -> bytes:
    anime = "".join(
        f'<anime aid="{n}"><title type="main" xml:lang="x-jat">A sea of tales {n}</title></anime>'
        for n in _NUMBERS
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><animetitles>{anime}</animetitles>'.encode()


def _anime_lists() -> bytes:
    anime = "".join(
        f'<anime anidbid="{n}" tvdbid="{n + 70000}" defaulttvdbseason="1"><name>Tale</name></anime>'
        for n in _NUMBERS
    )
    return f'<?xml version="1.0" encoding="utf-8"?><anime-list>{anime}</anime-list>'.encode()


def _anime_relations() -> bytes:
    rules = "".join(
        f"# A tale\n- {n}|{n}|{n}:13-24 -> {n + 500}|{n + 500}|{n + 500}:1-12\n" for n in _NUMBERS
    )
    head = "::meta\n\n- version: 1.3.0\n- last_modified: 2026-08-03\n\n::rules\n\n"
    return (head + rules).encode()


def _kometa() -> bytes:
    return json.dumps({str(n): {"tvdb_id": n, "mal_id": n + 500} for n in _NUMBERS}).encode()


def _bangumi() -> bytes:
    return lines_of(
        *(
            {
                "title": f"A sea of tales {n}",
                "titleTranslate": {},
                "type": "tv",
                "lang": "ja",
                "begin": "",
                "end": "",
                "sites": [{"site": "bangumi", "id": str(n)}, {"site": "mal", "id": str(n)}],
            }
            for n in _NUMBERS
        )
    )


def _imdb_basics() -> bytes:
    head = (
        "tconst\ttitleType\tprimaryTitle\toriginalTitle\tisAdult\tstartYear\tendYear"
        "\truntimeMinutes\tgenres\n"
    )
    rows = (f"tt{n:07}\tmovie\tA tale {n}\tA tale {n}\t0\t1999\t\\N\t90\tDrama\n" for n in _NUMBERS)
    return (head + "".join(rows)).encode()


def _imdb_ratings() -> bytes:
    rows = (f"tt{n:07}\t7.5\t{n * 7919}\n" for n in _NUMBERS)
    return ("tconst\taverageRating\tnumVotes\n" + "".join(rows)).encode()


def _mal_episodes() -> bytes:
    return lines_of(
        *(
            {"mal_id": n, "number": 1, "title": "A", "aired": None, "filler": False}
            for n in _NUMBERS
        )
    )


def _anifillerpedia() -> bytes:
    episodes = [{"episode_number": n, "status": "canon", "name": f"A tale {n}"} for n in _NUMBERS]
    return json.dumps({"series_title": "Naruto", "episodes": episodes}).encode()


def _tmdb_collections() -> bytes:
    collections = [
        {
            "franchise": f"A sea of tales {n}",
            "movieRatings": [{"id": n, "title": f"A tale {n}", "imdb_id": f"tt{n:07}"}],
        }
        for n in _NUMBERS
    ]
    return json.dumps({"collections": collections}).encode()


def _anime_films() -> bytes:
    catalog = [
        {"imdb_id": f"tt{n:07}", "kitsu_id": n, "name": f"A sea of tales {n}"} for n in _NUMBERS
    ]
    return json.dumps({"catalog": catalog}).encode()


def _imdb_franchises() -> bytes:
    franchises = [
        {"Name": f"A sea of tales {n}", "Films": [{"Id": f"tt{n:07}", "Name": f"A tale {n}"}]}
        for n in _NUMBERS
    ]
    return json.dumps(franchises).encode()


def _anilist_recommendations() -> bytes:
    return json.dumps({str(n): {str(n + 500): n} for n in _NUMBERS}).encode()


def _relations() -> bytes:
    return lines_of(
        *({"from": f"mal:{n}", "kind": "sequel", "to": f"mal:{n + 500}"} for n in _NUMBERS)
    )


def _franchise() -> bytes:
    lines = "".join(
        f'[[line]]\nworks = ["mal:{n}", "mal:{n + 500}"]\n'
        'reason = "the story goes on"\nsource = "the works themselves"\n'
        for n in _NUMBERS
    )
    return f"date = 2026-01-31\n{lines}".encode()


def _kitsu() -> bytes:
    def end(number: int) -> dict[str, object]:
        return {"data": {"type": "anime", "id": str(number)}}

    return lines_of(
        *(
            {
                "id": str(n),
                "type": "mediaRelationships",
                "attributes": {"role": "sequel"},
                "relationships": {"source": end(n), "destination": end(n + 500)},
            }
            for n in _NUMBERS
        )
    )


def _act(number: int, says: dict[str, object]) -> dict[str, object]:
    return {
        "id": f"{number:016x}",
        "at": "2026-11-29T12:00:00.000000Z",
        "author": "alice",
        "reason": "the credits say so",
        "says": says,
    }


def _acts() -> bytes:
    fact = {"act": "fact", "field": "year", "value": 1999}
    new: dict[str, object] = {"act": "work", "title": "A sea of tales", "ids": ["mal:99"]}
    return lines_of(_act(99, new), *(_act(n, fact | {"work": f"mal:{n}"}) for n in _NUMBERS))


def _films() -> bytes:
    return lines_of(
        *(
            {"sources": [f"imdb:tt{n:07}"], "title": f"A tale {n}", "release_date": "1999-12-31"}
            for n in _NUMBERS
        )
    )


def _episodes() -> bytes:
    return lines_of(
        *({"work": f"mal:{n}", "number": 1, "titles": {"en": f"A tale {n}"}} for n in _NUMBERS)
    )


SAMPLES: Final[dict[str, Sample]] = {
    "aodb": Sample("anime-offline-database.jsonl", _aodb()),
    "kensho-works": Sample("anime.jsonl", _aodb()),  # ours, in the other's form
    "jikan": Sample("jikan/full.jsonl", _jikan()),
    "anilist": Sample("anilist_media.jsonl", _anilist()),
    "dead-entries": Sample("dead-entries/myanimelist.json", _dead_entries()),
    "anidb-titles": Sample("animetitles.xml", _anidb_titles()),
    "anime-lists": Sample("anime-list-master.xml", _anime_lists()),
    "anime-relations": Sample("anime-relations.txt", _anime_relations()),
    "kometa": Sample("anime_ids.json", _kometa()),
    "bangumi": Sample("items.jsonl", _bangumi()),
    "imdb-basics": Sample("title.basics.tsv", _imdb_basics()),
    "imdb-ratings": Sample("title.ratings.tsv", _imdb_ratings()),
    "mal-episodes": Sample("mal_episodes.jsonl", _mal_episodes()),
    "anifillerpedia": Sample("anifillerpedia_naruto.json", _anifillerpedia()),
    "tmdb-collections": Sample("tmdb_collections.json", _tmdb_collections()),
    "anime-films": Sample("anime_movies.json", _anime_films()),
    "imdb-franchises": Sample("imdb_film_franchises.json", _imdb_franchises()),
    "anilist-recommendations": Sample("anilist_recommendations.json", _anilist_recommendations()),
    "kitsu": Sample("media_relationships.jsonl", _kitsu()),
    "curator": Sample("curated/acts.jsonl", _acts()),
    "curator-works": Sample("curated/added_works.jsonl", _acts()),
    "kensho-relations": Sample("relations.jsonl", _relations()),
    "kensho-curation": Sample("curation/franchises/tales.toml", _franchise()),
    "kensho-films": Sample("films.jsonl", _films()),
    "kensho-episodes": Sample("episodes.jsonl", _episodes()),
}
