"""Measure the explorer's pages on an ingested store: making, sending, weight and first paint.

    python -m benchmarks.bench_pages --store surrealkv://var/kensho.db [--read-model DIR]

"In process" is the whole application without a socket, the embedded store with it, one page at a
time, each asked for once, so that nothing kept is sent; it is processor time, in which other
programs on the machine don't count. "Over HTTP" is the real server, one connection, likewise, by
the clock. Weight is what
a browser transfers for a page with nothing in its cache, posters cut off. Paints are those of
headless Chromium with a new profile for every visit. Franchises are the most popular ones; "map"
draws each anew, and is visited for the largest. Promises: making the page of a work or a franchise
p95 within 20 ms; weight under 200 KB, with a map under 400 KB; first contentful paint within 1 s,
the largest within 1.5 s.
"""

import argparse
import asyncio
import random
import shutil
import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, Final, NamedTuple, cast

import httpx
from playwright.sync_api import Browser, sync_playwright

from benchmarks.bench_api import free_port, kensho
from benchmarks.bench_search import at_most
from kensho.app import create_app
from kensho.platform.environment import with_changes
from kensho.platform.settings import Settings

PAGES_OF_A_KIND: Final = 100
VISITS: Final = 5
TITLES: Final = ("naruto", "gundam", "fate", "monogatari", "bleach", "haruhi", "lupin", "precure")
_PAINTS: Final = """() => new Promise((done) => {
  let largest = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) largest = Math.max(largest, entry.startTime);
  }).observe({ type: "largest-contentful-paint", buffered: true });
  const first = () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0;
  setTimeout(() => done([first(), largest]), 400);
})"""


class Visit(NamedTuple):
    """What a browser took for a page: bytes, and milliseconds to its paints."""

    size: int
    first_ms: float
    largest_ms: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", required=True)
    parser.add_argument("--read-model", type=Path, help="kept between runs; by default built anew")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        read_model = options.read_model or folder / "read_model"
        kinds, made = asyncio.run(in_process(options.store, read_model, folder))
        with kensho(options.store, port := free_port(), read_model, folder):
            base = f"http://127.0.0.1:{port}"
            sent = over_http(base, kinds)
            visits = in_browser(base, kinds)
    report(made, sent, visits)


async def in_process(
    store: str, read_model: Path, folder: Path
) -> tuple[dict[str, list[str]], dict[str, list[float]]]:
    """Return the paths of each kind of page, and what making them took, in ms."""
    settings = with_changes(
        Settings(),
        store_url=store,
        read_model_dir=read_model,
        secret_file=folder / "secret",
        cache_bytes=0,
    )
    app = create_app(settings)
    transport = httpx.ASGITransport(cast("Any", app))
    async with (
        app.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://x") as client,
    ):
        while (  # noqa: ASYNC110 -- a server's state has no event
            await client.get("/health/ready")
        ).status_code != httpx.codes.OK:
            await asyncio.sleep(0.2)
        kinds = await paths(client)
        return kinds, {kind: [await timed(client, p) for p in of] for kind, of in kinds.items()}


async def paths(client: httpx.AsyncClient) -> dict[str, list[str]]:
    """Return pages of each kind, those of works drawn by chance from hits of well-known titles."""
    works: list[str] = []
    for title in TITLES:
        found = (await client.get("/api/search", params={"q": title, "limit": 100})).json()
        works += [one["id"] for one in found["results"]]
    hubs = (await client.get("/api/franchises", params={"limit": PAGES_OF_A_KIND})).json()
    slugs = [one["slug"] for one in sorted(hubs["franchises"], key=lambda one: -one["works_total"])]
    chosen = random.Random(5).sample(works, PAGES_OF_A_KIND)
    numbers = range(PAGES_OF_A_KIND)
    seasons = ("winter", "spring", "summer", "fall")
    return {
        "home": [f"/?n={n}" for n in numbers],
        "search": [f"/search?q={TITLES[n % len(TITLES)]}&n={n}" for n in numbers],
        "season": [f"/browse/{2024 - n // 4}/{seasons[n % 4]}" for n in numbers],
        "work": [f"/anime/{work}" for work in chosen],
        "hub": [f"/hub/{slug}" for slug in slugs],
        "map": [f"/hub/{slug}/map" for slug in slugs],
        "order": [f"/hub/{slug}/watch-order" for slug in slugs],
        "films": [f"/movies?n={n}" for n in numbers],
        "path": [f"/path?from={works[0]}&to={work}" for work in chosen],
        "status": [f"/status?n={n}" for n in numbers],
    }


async def timed(client: httpx.AsyncClient, path: str) -> float:
    began = process_time()
    answer = await client.get(path, headers={"accept-encoding": "br"})
    assert answer.status_code == httpx.codes.OK, path
    return (process_time() - began) * 1e3


def over_http(base: str, kinds: dict[str, list[str]]) -> dict[str, list[float]]:
    """Return what each page took over one connection, in ms."""
    with httpx.Client(base_url=base, headers={"accept-encoding": "br"}) as client:
        return {kind: list(_asked(client, of)) for kind, of in kinds.items()}


def _asked(client: httpx.Client, paths: list[str]) -> Iterator[float]:
    for path in paths:
        began = perf_counter()
        client.get(path)
        yield (perf_counter() - began) * 1e3


def in_browser(base: str, kinds: dict[str, list[str]]) -> dict[str, list[Visit]]:
    """Return visits of the first page of each kind; none where there is no Chromium."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        return {
            kind: [visit(browser, base, of[n]) for n in range(VISITS)] for kind, of in kinds.items()
        }


def visit(browser: Browser, base: str, path: str) -> Visit:
    """Open a page with nothing in the cache, and without posters."""
    window = browser.new_context()
    window.route(lambda url: not url.startswith(base), lambda route: route.abort())
    page = window.new_page()
    sizes: list[int] = []
    page.on("requestfinished", lambda request: sizes.append(sum(_bytes(request.sizes()))))
    page.goto(f"{base}{path}")
    first, largest = page.evaluate(_PAINTS)
    window.close()
    return Visit(sum(sizes), first, largest)


def _bytes(sizes: Any) -> tuple[int, int]:
    return sizes["responseBodySize"], sizes["responseHeadersSize"]


def report(
    made: dict[str, list[float]], sent: dict[str, list[float]], visits: dict[str, list[Visit]]
) -> None:
    print(f"{'page':<10}{'in process':>20}{'over HTTP':>20}{'weight':>10}{'FCP':>9}{'LCP':>9}")
    print(f"{'':<10}{'p50':>10}{'p95':>10}{'p50':>10}{'p95':>10}")
    for kind, took in made.items():
        times = "".join(f"{value:>8.1f}ms" for one in (took, sent[kind]) for value in _middle(one))
        seen = [statistics.median(column) for column in zip(*visits.get(kind, ()), strict=True)]
        shown = f"{seen[0] / 1e3:>8.1f}KB{seen[1]:>7.0f}ms{seen[2]:>7.0f}ms" if seen else ""
        print(f"{kind:<10}{times}{shown}")
    at_most("making a work's page, p95, ms", _middle(made["work"])[1], 20)
    at_most("making a franchise's page, p95, ms", _middle(made["hub"])[1], 20)
    if visits:
        every = [one for of in visits.values() for one in of]
        plain = [one for kind, of in visits.items() if kind != "map" for one in of]
        at_most("heaviest page, KB", max(one.size for one in plain) / 1e3, 200)
        at_most("heaviest page with a map, KB", max(one.size for one in every) / 1e3, 400)
        at_most("first contentful paint, ms", max(one.first_ms for one in every), 1_000)
        at_most("largest contentful paint, ms", max(one.largest_ms for one in every), 1_500)


def _middle(took: list[float]) -> tuple[float, float]:
    return statistics.median(took), statistics.quantiles(took, n=20)[18]


if __name__ == "__main__":
    main()
