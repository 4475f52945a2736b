"""Requests that cost the server far more than the client: maps, explanations, exports, pictures."""

import itertools

from benchmarks.attack.attack import Tally, Target, ask, attack, together


@attack("map pages, 30 a second, each with another parameter")
async def map_pages(target: Target, tally: Tally) -> None:
    works = itertools.islice(itertools.cycle(target.works[:50]), 300)
    paths = (f"/anime/{work}/map?depth=3&z={number}" for number, work in enumerate(works))
    await together([ask(target, path, tally) for path in paths], per_second=30)


@attack("map pages, 200 abandoned")
async def abandoned_maps(target: Target, tally: Tally) -> None:
    works = itertools.islice(itertools.cycle(target.works), 200)
    paths = [f"/anime/{work}/map?depth=3" for work in works]
    await together([ask(target, path, tally, leave_after_s=0.5) for path in paths])


@attack("map pages from 40 addresses at once")
async def maps_from_many(target: Target, tally: Tally) -> None:
    works = itertools.islice(itertools.cycle(target.works), 400)
    requests = [
        ask(target, f"/anime/{work}/map?depth=3", tally, client=f"127.0.1.{number % 40 + 1}")
        for number, work in enumerate(works)
    ]
    await together(requests)


@attack("explained searches, 200 at once")
async def explained(target: Target, tally: Tally) -> None:
    texts = itertools.product("aeionstrk", "aeioustnrhk", ("", "a"))
    paths = [
        f"/api/search?q={''.join(text)}&explain=true&limit=100"
        for text in itertools.islice(texts, 200)
    ]
    await together([ask(target, path, tally) for path in paths])


@attack("exports, 300 that nobody reads")
async def unread_exports(target: Target, tally: Tally) -> None:
    slugs = itertools.islice(itertools.cycle(target.slugs[:30]), 300)
    formats = itertools.cycle(("graphml", "gexf", "cypher", "dot"))
    paths = [
        f"/api/franchises/{slug}/graph?format={name}"
        for slug, name in zip(slugs, formats, strict=False)
    ]
    await together([ask(target, path, tally, leave_after_s=10, reads=False) for path in paths])


@attack("pictures, 40 abandoned")
async def abandoned_pictures(target: Target, tally: Tally) -> None:
    paths = [f"/hub/{slug}/map.png" for slug in target.slugs[:40]]
    await together([ask(target, path, tally, leave_after_s=0.5) for path in paths])
