"""Franchises of the small graph, as an ingest writes them; what they hold is stated here."""

import json
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.support import graphs
from tests.support.servers import written_store
from tests.support.stores import own_queries

BEBOP: Final = "cowboy-bebop"
GITS: Final = "ghost-in-the-shell"
NARUTO: Final = "naruto"
RETIRED: Final = {"bebop": BEBOP, "noir": None}

Tie = tuple[UUID, UUID, str, str, float]


def tie(source: UUID, target: UUID, kind: str, method: str = "stated", sure: float = 0.9) -> Tie:
    return source, target, kind, method, sure


_SIDE: Final = tie(graphs.BEBOP, graphs.BEBOP_FILM, "side_story")
_SECOND: Final = tie(graphs.GITS, graphs.GITS_2, "sequel")
_THIRD: Final = tie(graphs.GITS_2, graphs.GITS_SSS, "sequel")
_OTHER: Final = tie(graphs.HAIBANE, graphs.NARUTO, "other")

FRANCHISES: Final[dict[str, tuple[str, UUID]]] = {
    BEBOP: ("Cowboy Bebop", graphs.BEBOP),
    GITS: ("Koukaku Kidoutai", graphs.GITS),
    NARUTO: ("Naruto", graphs.NARUTO),
}
MEMBERS: Final[list[tuple[UUID, str, str, list[Tie], UUID | None]]] = [
    (graphs.BEBOP, BEBOP, "main", [], None),
    (graphs.BEBOP_FILM, BEBOP, "side", [_SIDE], None),
    (graphs.LOST_FILM, BEBOP, "side", [_SIDE], graphs.BEBOP_FILM),
    (graphs.GITS, GITS, "main", [], None),
    (graphs.GITS_2, GITS, "main", [_SECOND], None),
    (graphs.GITS_SSS, GITS, "side", [_SECOND, _THIRD], None),
    (graphs.NARUTO, NARUTO, "main", [], None),
    (graphs.NARUTO_2, NARUTO, "main", [tie(graphs.NARUTO, graphs.NARUTO_2, "sequel")], None),
]
"""(work, slug, role, because, record of)."""
GUESTS: Final = [(graphs.HAIBANE, NARUTO, [_OTHER]), (graphs.NARUTO, GITS, [_OTHER])]

_SCRIPT: Final = """
BEGIN;
FOR $f IN $franchises {
  CREATE type::record('franchise', $f.slug) SET slug = $f.slug, title = $f.title, digest = 'd',
    root = type::record('anime', <uuid>$f.root) RETURN NONE;
};
FOR $m IN $members {
  INSERT RELATION INTO in_franchise {
    id: [<uuid>$m.work, $m.slug], in: type::record($m.table, <uuid>$m.work),
    out: type::record('franchise', $m.slug), role: $m.role, because: $m.because.map(|$b|
      object::extend($b, {source: <uuid>$b.source, target: <uuid>$b.target})),
    record_of: IF $m.record_of { <uuid>$m.record_of } ELSE { NONE }
  } RETURN NONE;
};
FOR $g IN $guests {
  INSERT RELATION INTO visits_franchise {
    id: [<uuid>$g.work, $g.slug], in: type::record('anime', <uuid>$g.work),
    out: type::record('franchise', $g.slug), because: $g.because.map(|$b|
      object::extend($b, {source: <uuid>$b.source, target: <uuid>$b.target}))
  } RETURN NONE;
};
FOR $r IN $retired {
  CREATE type::record('retired_slug', $r.slug) SET successor = $r.successor RETURN NONE;
};
UPDATE meta:graph SET revision += 1, composed = true RETURN NONE;
COMMIT;
"""


async def franchise_store(folder: Path) -> str:
    """Write the small graph with its franchises into `folder`; return the store's URL."""
    url = await written_store(folder / "kensho.db")
    async with Gateway.open(StoreSettings(url), own_queries()) as gateway:
        await write_franchises(gateway)
    return url


async def write_franchises(gateway: Gateway) -> None:
    """Write the franchises of the small graph, as one revision."""
    movies = {row["id"] for row in graphs.MOVIES}
    await gateway.run_script(
        _SCRIPT,
        {
            "franchises": [
                {"slug": slug, "title": title, "root": str(root)}
                for slug, (title, root) in FRANCHISES.items()
            ],
            "members": [
                {
                    "work": str(work),
                    "table": "movie" if work in movies else "anime",
                    "slug": slug,
                    "role": role,
                    "because": _reasons(because),
                    "record_of": record_of and str(record_of),
                }
                for work, slug, role, because, record_of in MEMBERS
            ],
            "guests": [
                {"work": str(work), "slug": slug, "because": _reasons(because)}
                for work, slug, because in GUESTS
            ],
            "retired": [{"slug": slug, "successor": to} for slug, to in RETIRED.items()],
        },
    )


def _reasons(because: list[Tie]) -> list[dict[str, Any]]:
    names = ("source", "target", "kind", "method", "confidence")
    rows = [dict(zip(names, one, strict=True)) for one in because]
    reasons: list[dict[str, Any]] = json.loads(json.dumps(rows, default=str))
    return reasons
