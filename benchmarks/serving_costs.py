"""What a server spends on reads: its own account of processor time, over requests made in turn."""

import time
from collections.abc import Sequence
from random import Random
from typing import Final, NamedTuple
from urllib.parse import quote

import httpx
from prometheus_client.parser import text_string_to_metric_families

PAGE: Final = 100
_PATIENCE_S: Final = 60
_SETTLED_S: Final = 2.5
"""Workers tell their figures every 2 s."""


class Reads(NamedTuple):
    """Paths of each kind, none twice."""

    work: list[str]
    search: list[str]
    hub: list[str]


def reads_of(port: int, each: int, seed: int = 1) -> Reads:
    """Return so many works, searches of titles in part, and pages of franchises of a server."""
    random = Random(seed)
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=_PATIENCE_S) as client:
        works = _listed(client, "/api/works", "works", each)
        hubs = _listed(client, "/api/franchises", "franchises", each)
    words = [[word for word in str(one["title"]).split() if len(word) > 1] for one in works]
    texts = dict.fromkeys(" ".join(_some(found, random)) for found in words if found)
    return Reads(
        work=[f"/api/anime/{one['id']}" for one in works if one["kind"] == "anime"],
        search=[f"/api/search?q={quote(text)}" for text in texts],
        hub=[f"/hub/{one['slug']}" for one in hubs],
    )


def _some(words: list[str], random: Random) -> list[str]:
    """Return up to two words of a title, the last of them half typed."""
    taken = random.sample(words, min(2, len(words)))
    return [*taken[:-1], taken[-1][: max(2, len(taken[-1]) - 1)]]


def _listed(client: httpx.Client, path: str, member: str, most: int) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    cursor: str | None = ""
    while cursor is not None and len(found) < most:
        asked: dict[str, str | int] = {"limit": PAGE, **({"cursor": cursor} if cursor else {})}
        answer = client.get(path, params=asked).raise_for_status().json()
        found += answer[member]
        cursor = answer["next_cursor"]
    return found[:most]


def read_in_turn(port: int, paths: Sequence[str]) -> list[float]:
    """Ask for each path once; return the seconds that each took.

    Raises:
        httpx.HTTPStatusError: one is not answered with 200.
    """
    taken: list[float] = []
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=_PATIENCE_S) as client:
        for path in paths:
            began = time.perf_counter()
            client.get(path).raise_for_status()
            taken.append(time.perf_counter() - began)
    return taken


def processor_s(port: int) -> float:
    """Return the processor seconds of all workers of a server so far."""
    return _summed(port, "process_cpu_seconds_total")


def resident_mb(port: int) -> float:
    """Return the memory of all workers of a server, with what they share counted for each."""
    return _summed(port, "process_resident_memory_bytes") / 1e6


def _summed(port: int, name: str) -> float:
    time.sleep(_SETTLED_S)
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=_PATIENCE_S).text
    families = text_string_to_metric_families(text)
    return sum(one.value for family in families for one in family.samples if one.name == name)
