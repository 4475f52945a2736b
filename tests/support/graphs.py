"""A small real graph for tests, written by bound INSERTs; what it holds is stated here."""

import json
import uuid
from collections.abc import Iterable
from typing import Any, Final

from kensho.domain.works import episode_uuid, tag_uuid, work_uuid
from kensho.storage.gateway import Gateway

ASSERTION: Final = {
    "source": "mal",
    "snapshot": "2024-01-01",
    "kind": "sequel",
    "method": "stated",
    "confidence": 0.9,
}

TRIGUN: Final = work_uuid("mal:6")
BEBOP: Final = work_uuid("mal:1")
BEBOP_FILM: Final = work_uuid("mal:5")
HAIBANE: Final = work_uuid("mal:387")
GITS: Final = work_uuid("mal:467")
GITS_2: Final = work_uuid("mal:801")
GITS_SSS: Final = work_uuid("mal:1566")
NARUTO: Final = work_uuid("mal:20")
NARUTO_2: Final = work_uuid("mal:1735")
SPIRITED_AWAY: Final = work_uuid("imdb:tt0245429")
MATRIX: Final = work_uuid("imdb:tt0133093")
MATRIX_2: Final = work_uuid("imdb:tt0234215")
LOST_FILM: Final = work_uuid("imdb:tt9999999")
MERGED: Final = work_uuid("mal:merged")
REMOVED: Final = work_uuid("mal:removed")
UNKNOWN: Final = uuid.UUID("00000000-0000-4000-8000-000000000000")

TAGS: Final = {
    "space": "theme",
    "drama": "genre",
    "cyberpunk": "theme",
    "ninja": "theme",
    "slice of life": "genre",
    "gun": None,
}

ANIME: Final[list[dict[str, Any]]] = [
    {
        "id": TRIGUN,
        "title": "Trigun",
        "year": 1998,
        "season": "spring",
        "episodes": 26,
        "score": 8.2,
        "sources": ["mal:6"],
    },
    {
        "id": BEBOP,
        "title": "Cowboy Bebop",
        "year": 1998,
        "season": "spring",
        "episodes": 26,
        "score": 8.75,
        "imdb": {"id": "tt0213338", "rating": 8.9, "votes": 140000},
        "synopsis": "Bounty hunters in “space”.",
        "poster_url": "https://posters.example/1.jpg",
        "studios": ["Sunrise"],
        "producers": ["Bandai Visual"],
        "duration_s": 1440,
        "sources": ["mal:1", "anilist:1", "anidb:23", "imdb:tt0213338"],
        "titles": [
            ("Cowboy Bebop", "en", "main"),
            ("カウボーイビバップ", "ja", "official"),
            ("Bebop", None, "short"),
        ],
    },
    {
        "id": BEBOP_FILM,
        "title": "Cowboy Bebop: Tengoku no Tobira",
        "year": 2001,
        "season": "summer",
        "episodes": 1,
        "anime_type": "movie",
        "score": 8.38,
        "sources": ["mal:5"],
    },
    {
        "id": HAIBANE,
        "title": "Haibane Renmei",
        "year": 2002,
        "season": "fall",
        "episodes": 13,
        "score": 8.0,
        "sources": ["mal:387"],
        "adult": False,
    },
    {
        "id": GITS,
        "title": "Koukaku Kidoutai: Stand Alone Complex",
        "year": 2002,
        "season": "fall",
        "episodes": 26,
        "score": 8.42,
        "imdb": {"id": "tt0346314", "rating": 8.5, "votes": 40000},
        "sources": ["mal:467"],
        "mappings": [{"id": "tvdb:73749", "season": 1, "first": 1, "last": 26}],
    },
    {
        "id": GITS_2,
        "title": "Koukaku Kidoutai: 2nd GIG",
        "year": 2004,
        "season": "winter",
        "episodes": 26,
        "score": 8.53,
        "sources": ["mal:801"],
        "mappings": [{"id": "tvdb:73749", "season": 2, "first": 1, "last": 26}],
    },
    {
        "id": GITS_SSS,
        "title": "Koukaku Kidoutai: Solid State Society",
        "year": 2006,
        "episodes": 1,
        "anime_type": "special",
        "score": 8.1,
        "sources": ["mal:1566"],
    },
    {
        "id": NARUTO,
        "title": "Naruto",
        "year": 2002,
        "season": "fall",
        "episodes": 220,
        "score": 7.99,
        "sources": ["mal:20"],
        "status": "finished",
    },
    {
        "id": NARUTO_2,
        "title": "Naruto: Shippuuden",
        "year": 2007,
        "season": "winter",
        "episodes": 500,
        "score": 8.26,
        "sources": ["mal:1735"],
        "status": "ongoing",
    },
]
MOVIES: Final[list[dict[str, Any]]] = [
    {
        "id": SPIRITED_AWAY,
        "title": "Spirited Away",
        "year": 2001,
        "sources": ["imdb:tt0245429", "tmdb:movie/129"],
        "imdb": {"id": "tt0245429", "rating": 8.6, "votes": 900000},
    },
    {
        "id": MATRIX,
        "title": "The Matrix",
        "year": 1999,
        "sources": ["imdb:tt0133093", "tmdb:movie/603"],
        "imdb": {"id": "tt0133093", "rating": 8.7, "votes": 2000000},
    },
    {
        "id": MATRIX_2,
        "title": "The Matrix Reloaded",
        "year": 2003,
        "sources": ["imdb:tt0234215"],
        "imdb": {"id": "tt0234215", "rating": 7.2, "votes": 600000},
    },
    {"id": LOST_FILM, "title": "A Lost Film", "sources": ["imdb:tt9999999"]},
]
TAGGINGS: Final = [
    (BEBOP, "space", 0.95),
    (TRIGUN, "space", 0.5),
    (BEBOP_FILM, "space", 0.5),
    (BEBOP, "drama", 0.6),
    (HAIBANE, "drama", 0.9),
    (GITS, "drama", 0.4),
    (GITS, "cyberpunk", 1.0),
    (GITS_2, "cyberpunk", 1.0),
    (NARUTO, "ninja", 1.0),
    (HAIBANE, "slice of life", 0.8),
    (BEBOP, "gun", 0.7),
]
SEQUELS: Final = [(GITS_2, GITS), (GITS_SSS, GITS_2), (NARUTO_2, NARUTO), (MATRIX_2, MATRIX)]
"""(work, of): `work` is the sequel of `of`."""
RELATED: Final = [
    (BEBOP_FILM, BEBOP, "side_story"),
    (NARUTO, HAIBANE, "other"),
    (GITS, MATRIX, "related"),
]
"""(work, of, kind): `work` is the `kind` of `of`."""
EPISODES: Final = [
    (
        BEBOP,
        2,
        {
            "titles": [{"text": "Stray Dog Strut", "language": "en", "kind": "official"}],
            "filler": False,
        },
    ),
    (
        BEBOP,
        1,
        {
            "titles": [
                {"text": "アステロイド・ブルース", "language": "ja", "kind": "official"},
                {"text": "Asteroid Blues", "language": "en", "kind": "official"},
            ],
            "air_date": "1998-10-24",
            "duration_s": 1440,
        },
    ),
]
_MOVIE_IDS: Final = frozenset(row["id"] for row in MOVIES)

_SCRIPT: Final = """
BEGIN;
INSERT INTO tag (encoding::json::decode($tags)
  .map(|$r| object::extend($r, {id: <uuid>$r.id}))) RETURN NONE;
INSERT INTO anime (encoding::json::decode($anime)
  .map(|$r| object::extend($r, {id: <uuid>$r.id}))) RETURN NONE;
INSERT INTO movie (encoding::json::decode($movies)
  .map(|$r| object::extend($r, {id: <uuid>$r.id}))) RETURN NONE;
INSERT INTO rating (array::concat(encoding::json::decode($anime), encoding::json::decode($movies))
  .map(|$r| {id: <uuid>$r.id, score: $r.score, imdb: $r.imdb})) RETURN NONE;
INSERT RELATION INTO has_tag (encoding::json::decode($taggings).map(|$r| {
  id: [<uuid>$r[1], <uuid>$r[2]], in: type::record($r[0], <uuid>$r[1]),
  out: type::record('tag', <uuid>$r[2]),
  relevance: $r[3]
})) RETURN NONE;
INSERT RELATION INTO is_sequel_of (encoding::json::decode($sequels).map(|$r| {
  id: [<uuid>$r[1], <uuid>$r[3]], in: type::record($r[0], <uuid>$r[1]),
  out: type::record($r[2], <uuid>$r[3]),
  assertions: [$r[4]]
})) RETURN NONE;
INSERT RELATION INTO is_related_to (encoding::json::decode($related).map(|$r| {
  id: [<uuid>$r[1], <uuid>$r[3], $r[4].kind], in: type::record($r[0], <uuid>$r[1]),
  out: type::record($r[2], <uuid>$r[3]), kind: $r[4].kind, assertions: [$r[4]]
})) RETURN NONE;
FOR $e IN encoding::json::decode($episodes) {
  INSERT INTO episode object::extend($e[2], {
    id: <uuid>$e[2].id, work: type::record($e[0], <uuid>$e[1])
  }) RETURN NONE;
  INSERT RELATION INTO has_episode {
    id: [<uuid>$e[1], <uuid>$e[2].id], in: type::record($e[0], <uuid>$e[1]),
    out: type::record('episode', <uuid>$e[2].id)
  } RETURN NONE;
};
CREATE type::record('retired_work', <uuid>$merged)
  SET successor = type::record('anime', <uuid>$successor) RETURN NONE;
CREATE type::record('retired_work', <uuid>$removed) SET successor = NONE RETURN NONE;
UPDATE meta:graph SET revision += 1 RETURN NONE;
COMMIT;
"""
_RENAME: Final = """
BEGIN;
UPDATE type::record('anime', <uuid>$work) SET title = $title RETURN NONE;
UPDATE meta:graph SET revision += 1 RETURN NONE;
COMMIT;
"""


_ADD_EPISODES: Final = """
BEGIN;
FOR $e IN encoding::json::decode($episodes) {
  INSERT INTO episode object::extend($e[2], {
    id: <uuid>$e[2].id, work: type::record($e[0], <uuid>$e[1])
  }) RETURN NONE;
  INSERT RELATION INTO has_episode {
    id: [<uuid>$e[1], <uuid>$e[2].id], in: type::record($e[0], <uuid>$e[1]),
    out: type::record('episode', <uuid>$e[2].id)
  } RETURN NONE;
};
UPDATE meta:graph SET revision += 1 RETURN NONE;
COMMIT;
"""


async def load_small_graph(gateway: Gateway) -> None:
    """Write the small graph into an empty, migrated store, as one revision."""
    await gateway.run_script(
        _SCRIPT,
        {
            "tags": json.dumps(
                [
                    {"name": n} | ({"category": c} if c else {}) | {"id": str(tag_uuid(n))}
                    for n, c in TAGS.items()
                ]
            ),
            "anime": json.dumps([_anime(row) for row in ANIME]),
            "movies": json.dumps([_work(row) for row in MOVIES]),
            "taggings": json.dumps(
                [[*_record(work), str(tag_uuid(tag)), weight] for work, tag, weight in TAGGINGS]
            ),
            "sequels": json.dumps(
                [[*_record(work), *_record(of), ASSERTION] for work, of in SEQUELS]
            ),
            "related": json.dumps(
                [
                    [*_record(of), *_record(work), ASSERTION | {"kind": kind}]
                    for work, of, kind in RELATED
                ]
            ),
            "episodes": json.dumps(
                [_episode(work, number, facts) for work, number, facts in EPISODES]
            ),
            "merged": str(MERGED),
            "successor": str(BEBOP),
            "removed": str(REMOVED),
        },
    )


async def rename(gateway: Gateway, work: uuid.UUID, title: str) -> None:
    """Give an anime another title, as a new revision."""
    await gateway.run_script(_RENAME, {"work": str(work), "title": title})


async def add_episodes(gateway: Gateway, work: uuid.UUID, numbers: Iterable[int]) -> None:
    """Give an anime further episodes without titles, as a new revision."""
    rows = [_episode(work, number, {"titles": []}) for number in numbers]
    await gateway.run_script(_ADD_EPISODES, {"episodes": json.dumps(rows)})


def _record(work: uuid.UUID) -> tuple[str, str]:
    return ("movie" if work in _MOVIE_IDS else "anime"), str(work)


def _anime(row: dict[str, Any]) -> dict[str, Any]:
    return {"anime_type": "tv", **_work(row)}


def _work(row: dict[str, Any]) -> dict[str, Any]:
    titles = row.get("titles", [(row["title"], "en", "main")])
    return {
        "status": "finished",
        "studios": [],
        "producers": [],
        "mappings": [],
        "digest": "test",
        **row,
        "id": str(row["id"]),
        "titles": [
            {"text": text, "kind": kind} | ({"language": language} if language else {})
            for text, language, kind in titles
        ],
    }


def _episode(work: uuid.UUID, number: int, facts: dict[str, Any]) -> list[Any]:
    return [*_record(work), {"id": str(episode_uuid(work, number)), "number": number, **facts}]
