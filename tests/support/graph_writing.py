"""Writers of valid nodes and edges, for tests that vary one value at a time."""

import uuid
from collections.abc import Mapping
from typing import Any, Final

from surrealdb import RecordID

from kensho.storage.gateway import Gateway

ABSENT: Final = object()
"""In place of a value: the field is left out."""

ASSERTION: Final = {
    "source": "mal",
    "snapshot": "2026-01",
    "kind": "sequel",
    "method": "stated",
    "confidence": 1.0,
}
_WORK: Final = {
    "title": "Mushishi",
    "titles": [],
    "status": "finished",
    "studios": [],
    "producers": [],
    "sources": ["mal:457"],
    "mappings": [],
    "digest": "d",
}
_RECORD: Final = {
    "work_kind": "anime",
    "ids": ["mal:457"],
    "covers": [],
    "digest": "d",
    "facts": "{}",
    "snapshot": "2026-01",
    "method": "stated",
    "run": uuid.UUID(int=1),
}
_RUN: Final = {
    "source": "mal",
    "path": "a.json",
    "sha256": "0",
    "snapshot": "2026-01",
    "state": "running",
}


REASON: Final = {
    "source": uuid.UUID(int=1),
    "target": uuid.UUID(int=2),
    "kind": "joined",
    "method": "curated",
    "confidence": 1.0,
}


def valid(table: str) -> dict[str, Any]:
    """Return a record of `table` that the schema accepts; what must be unique is new each time."""
    fresh = uuid.uuid4().hex
    node: dict[str, dict[str, Any]] = {
        "anime": {**_WORK, "anime_type": "tv"},
        "movie": dict(_WORK),
        "episode": {"work": RecordID("anime", uuid.uuid4()), "number": 1, "titles": []},
        "tag": {"name": fresh},
        "franchise": {"slug": fresh, "title": "Gundam", "digest": "0"},
        "source_record": dict(_RECORD),
        "ingest_run": dict(_RUN),
        "retired_work": {},
        "retired_slug": {},
        "past_slug": {"since": 0},
        "past_lead": {"since": 0},
        "hub_part": {"digest": "0", "inferred": "[]"},
        "rating": {"digest": "0"},
        "meta": {"revision": 0, "composed": True},
    }
    return node[table]


def valid_edge(table: str) -> dict[str, Any]:
    """Return the fields, besides its ends, of an edge that the schema accepts."""
    edge: dict[str, dict[str, Any]] = {
        "is_sequel_of": {"assertions": [ASSERTION]},
        "is_prequel_of": {},
        "is_related_to": {"kind": "side_story", "assertions": [ASSERTION]},
        "has_tag": {"relevance": 0.5},
        "has_episode": {},
        "in_franchise": {"role": "main", "because": [REASON]},
        "visits_franchise": {"because": [REASON]},
        "is_same_as": {"source": "mal"},
        "is_recommended_with": {"votes": 1, "source": "mal"},
        "redirects_episodes_to": {
            "first": 1,
            "last": 2,
            "to_first": 1,
            "to_last": 2,
            "source": "anime-relations",
        },
    }
    return edge[table]


_RATED: Final = ("anime", "movie")
_RATING: Final = frozenset(("score", "score_source", "imdb"))


async def put(graph: Gateway, table: str, /, **changes: object) -> RecordID:
    """Create a valid record of `table` with `changes`, and return its id; works with a rating."""
    key = uuid.uuid4()
    record = RecordID(table, key)
    rating = {name: changes.pop(name) for name in _RATING & changes.keys() if table in _RATED}
    await graph.run_script(
        "BEGIN; CREATE $record CONTENT $content RETURN NONE;"
        " IF $rating != {} { CREATE $rated CONTENT $rating RETURN NONE; }; COMMIT;",
        {
            "record": record,
            "content": _changed(valid(table), changes),
            "rated": RecordID("rating", key),
            "rating": rating,
        },
    )
    return record


async def tie(
    graph: Gateway, table: str, start: RecordID, end: RecordID, /, **changes: object
) -> RecordID:
    """Insert a valid edge of `table` from `start` to `end` with `changes`, and return its id."""
    key = [start.id, end.id]
    edge = {"id": key, "in": start, "out": end, **_changed(valid_edge(table), changes)}
    await graph.run_script(
        "BEGIN; INSERT RELATION INTO $table $edge RETURN NONE; COMMIT;",
        {"table": table, "edge": edge},
    )
    return RecordID(table, key)


def _changed(record: Mapping[str, Any], changes: Mapping[str, object]) -> dict[str, Any]:
    return {k: v for k, v in {**record, **changes}.items() if v is not ABSENT}
