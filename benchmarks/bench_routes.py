"""Measure what one answer of each route costs, so that a new one is declared rightly.

    KENSHO_READ_MODEL_DIR=var/read_model python -m benchmarks.bench_routes [--sampled 60]

Asks the application itself, without a server and without kept answers, for works, franchises and
texts: a sample and the hardest (the largest franchises, the works with the most neighbours, texts
that begin most titles), each once. Prints the table of `docs/costs.md`: the processor time of the
median, of the 95th percentile and of the hardest answer in milliseconds, the bytes of the largest,
and whether the route is declared as pooled (`kensho.http.pooled`): what may take more than some
5 ms should be. The time of the processes that draw pictures is not counted.
"""

import argparse
import asyncio
import statistics
from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from random import Random
from time import process_time
from typing import Any, NamedTuple, cast
from urllib.parse import quote

import httpx
import msgspec
import numpy as np
from litestar import Litestar
from litestar.routes import HTTPRoute

from kensho.app import create_app
from kensho.http.pooled import is_pooled
from kensho.platform import environment
from kensho.platform.settings import Settings
from kensho.read_model.holder import Snapshot, SnapshotHolder
from kensho.read_model.model import ReadModel
from kensho.storage.store_settings import StoreSettings

TEXTS = ("a", "no", "the", "s", "one", "nar", "gintama", "fate stay night", "1", "evangelion 3.0")
FORMATS = ("json", "graphml", "gexf", "cypher", "dot")

BROWSED = [
    f"{filtered}&sort={sort}"
    for sort in ("popularity", "rating", "score", "date", "title")
    for filtered in (
        "",
        "type=tv&from=2000&to=2009",
        "genre=comedy,drama&score=8",
        "theme=isekai&status=finished&length=cour",
        "studio=Sunrise&franchise=member",
    )
]
"""What lists of all works are asked for: all of them, and few."""
_PREPARED_S = 5.0
"""What lists need is made beside the first requests, and would count as theirs."""
_FEW = 20
"""Of no more answers the 95th percentile is the hardest."""


class Asked(NamedTuple):
    """A request: its target, and the body of a POST."""

    target: str
    body: bytes | None = None


class Cost(NamedTuple):
    """What the answers of a route took, in milliseconds, and the size of the largest."""

    taken_ms: list[float]
    largest_bytes: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sampled", type=int, default=60)
    parser.add_argument("--only", default="", help="routes that hold this text")
    options = parser.parse_args()
    settings = environment.with_changes(environment.load(), cache_bytes=0)
    asyncio.run(measure(create_app(settings), settings, options))


async def measure(app: Litestar, settings: Settings, options: argparse.Namespace) -> None:
    """Print the table."""
    holder = SnapshotHolder(
        settings.snapshot.read_model_dir, StoreSettings.of(settings).fingerprint, or_latest=True
    )
    if not await holder.refresh():
        raise SystemExit(f"no snapshot in {settings.snapshot.read_model_dir}")
    asked = requests(holder.held, options.sampled, Random(1))
    pooled = {
        route.path: is_pooled(handler.fn)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if "OPTIONS" not in handler.http_methods
    }
    print("| Route | Median | 95 % | Hardest | Bytes | Pooled |\n|-|-:|-:|-:|-:|-|")
    async with (
        app.lifespan(),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(cast("Any", app)), base_url="http://local"
        ) as client,
    ):
        await asyncio.sleep(_PREPARED_S)
        for route, targets in asked.items():
            if options.only not in route:
                continue
            cost = await cost_of(client, targets)
            p95 = (
                statistics.quantiles(cost.taken_ms, n=20)[-1]
                if len(cost.taken_ms) > _FEW
                else max(cost.taken_ms)
            )
            print(
                f"| `{route}` | {statistics.median(cost.taken_ms):.1f} | {p95:.1f}"
                f" | {max(cost.taken_ms):.1f} | {cost.largest_bytes:,}"
                f" | {'yes' if pooled.get(route.partition('?')[0]) else ''} |",
                flush=True,
            )


async def cost_of(client: httpx.AsyncClient, targets: Sequence[Asked]) -> Cost:
    """Ask once for each, after one that is not counted: the first may wait for the disk."""
    headers = {"accept-encoding": "br", "content-type": "application/json"}
    taken_ms: list[float] = []
    largest = 0
    for target, body in (targets[0], *targets):
        method = "POST" if body else "GET"
        began = process_time()
        answer = await client.request(method, target, content=body, headers=headers)
        taken_ms.append((process_time() - began) * 1_000)
        if answer.is_error and answer.status_code != HTTPStatus.NOT_FOUND:
            raise SystemExit(f"{target}: {answer.status_code} {answer.text}")
        largest = max(largest, int(answer.headers.get("content-length", 0)))
    return Cost(taken_ms[1:], largest)


def requests(held: Snapshot, sampled: int, random: Random) -> Mapping[str, Sequence[Asked]]:
    """Return what is asked of each route."""
    model = held.model
    degrees = np.array([len(model.neighbours(node)) for node in range(model.works_total)])
    hardest = np.argsort(-degrees)[:sampled].tolist()
    nodes = [*hardest, *random.sample(range(model.works_total), sampled)]
    works = [str(model.id(node)) for node in nodes]
    films = [str(model.id(n)) for n in range(model.works_total) if model.kind(n) == "movie"]
    films = random.sample(films, min(sampled, len(films)))
    total = len(model.franchises)
    sizes = np.array([len(model.franchises.document(n, "graph")) for n in range(total)])
    numbers = [*np.argsort(-sizes)[:sampled].tolist(), *random.sample(range(total), sampled // 2)]
    slugs = [model.franchises.slug(number) for number in numbers]
    pairs = [(random.choice(works), random.choice(works)) for _ in range(sampled)]
    tags = [tag.id for tag in model.tags[:sampled]]
    titles = [msgspec.json.decode(model.summary(node))["title"] for node in nodes]
    texts = [*TEXTS, *titles, *(title[:2] for title in titles[:sampled])]
    seasons = [(y, s) for y in range(1990, 2025, 3) for s in ("winter", "spring", "summer", "fall")]

    def each(template: str, values: Iterable[Any]) -> list[Asked]:
        return [Asked(template.format(value)) for value in values]

    def search(path: str, **more: Any) -> list[Asked]:
        return [
            Asked(str(httpx.URL(path, params={"q": text, **more})))
            for text in texts
            if text.strip()
        ]

    asked = {
        "/api/anime/{work_id:str}": each("/api/anime/{}", works),
        "/api/anime/{work_id:str}/episodes": each("/api/anime/{}/episodes", works),
        "/api/anime/{work_id:str}/similar": each("/api/anime/{}/similar?limit=100", works),
        "/api/anime/{work_id:str}/relations": each("/api/anime/{}/relations", works),
        "/api/anime/{work_id:str}/relations?depth=2": each(
            "/api/anime/{}/relations?depth=2", works
        ),
        "/api/anime/{work_id:str}/relations?depth=3": each(
            "/api/anime/{}/relations?depth=3", works
        ),
        "/api/anime/batch": [
            Asked("/api/anime/batch", msgspec.json.encode({"ids": works[:100]})),
            Asked("/api/anime/batch", msgspec.json.encode({"ids": works[-100:]})),
        ],
        "/api/movies": [Asked("/api/movies?limit=100"), Asked("/api/movies")],
        "/api/movies/{work_id:str}": each("/api/movies/{}", films),
        "/api/browse/season/{year:str}/{season:str}": [
            Asked(f"/api/browse/season/{y}/{s}?limit=100") for y, s in seasons
        ],
        "/api/works": [
            Asked(f"/api/works?limit=100&sort={sort}&{filtered}")
            for sort in ("popularity", "score", "date", "title")
            for filtered in ("safe=false", "type=tv,ova&status=finished", "fields=title,sources")
        ],
        "/api/tags": [Asked("/api/tags?limit=100"), Asked("/api/tags")],
        "/api/tags/{tag:str}/anime": each("/api/tags/{}/anime?limit=100", tags),
        "/api/search": search("/api/search"),
        "/api/search?limit=100": search("/api/search", limit=100, group="franchise"),
        "/api/search?explain": search("/api/search", limit=100, explain="true"),
        "/api/search/batch": [
            Asked("/api/search/batch", msgspec.json.encode({"texts": texts[first:][:100]}))
            for first in range(0, len(texts), 100)
        ],
        "/api/suggest": search("/api/suggest", limit=20),
        "/api/resolve/batch": [
            Asked(
                "/api/resolve/batch",
                msgspec.json.encode({"provider": "mal", "ids": [str(n) for n in range(1, 101)]}),
            )
        ],
        "/api/resolve": each("/api/resolve?provider=mal&id={}", range(1, 60)),
        "/api/paths": [Asked(f"/api/paths?from={one}&to={other}&k=5") for one, other in pairs],
        "/api/franchises": [Asked("/api/franchises?limit=100"), *search("/api/franchises")],
        "/api/franchises/{slug:str}": each("/api/franchises/{}", slugs),
        "/api/franchises/{slug:str}/watch-order": each(
            "/api/franchises/{}/watch-order?order=story", slugs
        ),
        **{
            f"/api/franchises/{{slug:str}}/graph?format={name}": each(
                f"/api/franchises/{{}}/graph?format={name}", slugs
            )
            for name in FORMATS
        },
        "/api/changes": [
            Asked("/api/changes?limit=100"),
            Asked("/api/changes?safe=false"),
            *each("/api/changes?limit=100&franchise={}", slugs),
        ],
        "/api/diff": [
            Asked(f"/api/diff?limit=100&from={quote(entry.at)}{safe}")
            for entry in (held.history.entries[-4:-1] if held.history else ())
            for safe in ("", "&safe=false", "&kind=work")
        ]
        or [Asked("/api/diff")],
        "/": [Asked("/")],
        "/search": search("/search"),
        "/browse": [Asked(f"/browse?{query}") for query in BROWSED],
        "/browse/random": [Asked(f"/browse/random?{query}") for query in BROWSED],
        "/seasons": [Asked("/seasons")],
        "/browse/{year:str}/{season:str}": [Asked(f"/browse/{y}/{s}") for y, s in seasons],
        "/tags": [Asked("/tags")],
        "/tags/{name:path}": [Asked(f"/tags/{quote(tag.name)}") for tag in model.tags[:sampled]],
        "/studios": [Asked("/studios"), *each("/studios?letter={}", "abcdefghijklmnopqrstuvwxyz0")],
        "/studios/{name:path}": [
            Asked(f"/studios/{quote(name)}") for name in random.sample(model.studios, sampled)
        ],
        "/anime/{work_id:str}": each("/anime/{}", works),
        "/movies": [
            Asked(f"/movies?{query}")
            for query in (
                "",
                "page=3",
                "kind=movie&sort=rating",
                "kind=anime&sort=date",
                "year=2019",
            )
        ],
        "/movies/{work_id:str}": each("/movies/{}", films),
        "/hubs": [
            Asked(f"/hubs?{query}")
            for query in (
                "",
                "page=2",
                "letter=g",
                "genre=mecha&sort=size",
                "sort=moved",
                "sort=title",
            )
        ],
        "/anime/{work_id:str}/map": each("/anime/{}/map", works),
        "/anime/{work_id:str}/map?depth=3": each("/anime/{}/map?depth=3", works),
        "/path": [Asked(f"/path?from={one}&to={other}") for one, other in pairs],
        "/oembed": each("/oembed?url=/hub/{}", slugs),
        "/changes": [Asked("/changes"), *each("/changes?franchise={}", slugs)],
        "/changes/{point:str}": [Asked("/changes/2999-01-01")],
        "/changes.atom": [Asked("/changes.atom")],
        "/hub/{slug:str}/changes.atom": each("/hub/{}/changes.atom", slugs),
        "/status": [Asked("/status")],
        "/my": [Asked("/my")],
        "/suggest": [Asked(f"/suggest?q={quote(text)}") for text in TEXTS],
        "/prefer": [Asked("/prefer?titles=native&next=/")],
        "/docs": [Asked("/docs")],
        "/docs/{name:path}": [Asked("/docs/deploy"), Asked("/docs/search"), Asked("/docs/api.md")],
        "/llms.txt": [Asked("/llms.txt")],
        "/health/live": [Asked("/health/live")],
        "/health/ready": [Asked("/health/ready")],
        "/assets/{digest:str}/{name:str}": [Asked("/assets/-/site.css")],
        "/posters/{work_id:str}/{version:str}": [Asked("/posters/-/-")],
        "/api": [Asked("/api")],
        "/api/{path:str}": [Asked("/api/nothing")],
        "/api/docs/assets/{name:str}": [Asked("/api/docs/assets/docs.js")],
        "/metrics": [Asked("/metrics")],
        "/api/health": [Asked("/api/health")],
        "/api/openapi.json": [Asked("/api/openapi.json")],
        "/api/docs": [Asked("/api/docs")],
    }
    asked["/hub/{slug:str}/card/{work_id:str}"] = [
        Asked(f"/hub/{slug}/card/{member['work']['id']}")
        for slug in slugs[:20]
        for member in members_of(model, slug)[:3]
    ]
    # The first that is asked of a franchise draws its map, which is kept for the others.
    hub = (
        "/map.svg",
        "",
        "/watch-order?order=story",
        "/episodes",
        "/steps",
        "/map?order=story",
        "/small.svg",
        "/wide.svg",
    )
    for part in hub:
        asked[f"/hub/{{slug:str}}{part}"] = each(f"/hub/{{}}{part}", slugs)
    asked["/embed/hub/{slug:str}"] = each("/embed/hub/{}", slugs)
    asked["/hub/{slug:str}/map.png"] = each("/hub/{}/map.png", slugs[:5])
    asked["/hub/{slug:str}/card.png"] = each("/hub/{}/card.png", slugs[5:10])
    return asked


def members_of(model: ReadModel, slug: str) -> list[dict[str, Any]]:
    """Return the members of a franchise, as its document has them."""
    number = model.franchises.number(slug)
    assert number is not None
    members: list[dict[str, Any]] = msgspec.json.decode(
        model.franchises.document(number, "detail")
    )["members"]
    return members


if __name__ == "__main__":
    main()
