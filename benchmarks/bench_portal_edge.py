"""Measure the edge of the film portal: what it serves from its cache, and 1,000 viewers at once.

    python -m benchmarks.bench_portal_edge [--viewers 1000] [--seconds 60] [--visits 0]

One machine runs all of it: the service with a store in memory, Debian's nginx with the files of
`deploy/nginx`, an origin, and those who ask.

First wrk (Debian's package) asks one worker of nginx for a playlist and a segment that it has, with
500 tickets in turn. "a core" is by the processor time that the worker took, which says the same
whatever else the machine does; the wall's figure does not.

Then viewers come within 30 s. Each asks for a ticket, the playlists, a segment every 6 s, the next
ticket after 70 % of the former's 60 s (five times as often as in service), and tells of playing
every 10 s. A segment is late if it took over a second: players have some buffered, so that none of
those would be noticed. Meanwhile lists and films are asked for. All goes through nginx.

With `--visits`, somebody new opens a film in Chromium so many times among these viewers, and as
often before them and after them. Chromium has a processor to itself then, and all else the other
one: a viewer's machine is not the server's. Promise: the first picture comes within 5 % of the time
that it takes before and after, and is as high.
"""

import argparse
import asyncio
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, Final, NamedTuple

import msgspec

from benchmarks.bench_search import at_most
from benchmarks.film_starts import Start
from deploy.demo.clip import clip_folder
from tests.support.portals import Portal, portal_running

SEGMENT_S: Final = 6.0
COME_S: Final = 30.0
TELL_S: Final = 10.0
LATE_MS: Final = 1_000.0
FILMS: Final = 5
SEGMENTS: Final = 200
SEGMENT_BYTES: Final = 200_000
"""Small ones: 1,000 viewers of 2 MB each would measure the loopback device."""
TICKETS: Final = 500
_OK: Final = 200
_HEAD_END: Final = b"\r\n\r\n"
_WRK: Final = """
local paths = {}
for line in io.lines(os.getenv("PATHS")) do paths[#paths + 1] = line end
local at = 0
request = function()
  at = at % #paths + 1
  return wrk.format("GET", paths[at])
end
"""


class Answer(NamedTuple):
    """What came back, and in how many milliseconds."""

    status: int
    body: bytes
    took_ms: float


class Figures:
    """Milliseconds and failures by what was asked."""

    def __init__(self) -> None:
        self.took_ms: defaultdict[str, list[float]] = defaultdict(list)
        self.failed: Counter[str] = Counter()

    def note(self, name: str, answer: Answer) -> None:
        self.took_ms[name].append(answer.took_ms)
        if answer.status not in (200, 204):
            self.failed[f"{name} {answer.status}"] += 1

    def p95_ms(self, *names: str) -> float:
        taken = sorted(one for name in names for one in self.took_ms[name])
        return taken[int(len(taken) * 0.95)] if taken else float("nan")


class Connection:
    """A kept connection; one request at a time."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        began = perf_counter()
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        content = b"" if body is None else msgspec.json.encode(body)
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(content)}\r\n"
        kind = "Content-Type: application/json\r\n" if content else ""
        writer.write(f"{head}{kind}\r\n".encode() + content)
        status, answer, goes_on = await _read(reader)
        if not goes_on:  # nginx ends connections after a thousand requests
            self.close()
        return Answer(status, answer, (perf_counter() - began) * 1e3)

    def close(self) -> None:
        streams, self._streams = self._streams, None
        if streams is not None:
            streams[1].close()


async def _read(reader: asyncio.StreamReader) -> tuple[int, bytes, bool]:
    head = (await reader.readuntil(_HEAD_END)).decode("latin-1").lower()
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    status, goes_on = int(head[9:12]), fields.get("connection") != "close"
    if fields.get("transfer-encoding") == "chunked":
        pieces: list[bytes] = []
        while size := int(await reader.readline(), 16):
            pieces.append(await reader.readexactly(size))
            await reader.readexactly(2)
        await reader.readexactly(2)
        return status, b"".join(pieces), goes_on
    return status, await reader.readexactly(int(fields.get("content-length", "0"))), goes_on


class Viewer:
    """Plays a film for some seconds."""

    def __init__(self, port: int, film: str, figures: Figures) -> None:
        self._media, self._api = Connection(port), Connection(port)
        self._film = f"/api/movies/{film}"
        self._figures = figures
        self._folder = self._session = ""
        self._renew_at = 0.0

    async def watch(self, until: float) -> None:
        body = {"viewerContext": "bench"}
        await self._ticket("ticket", f"{self._film}/stream-token", body)
        for name in ("master.m3u8", "720/index.m3u8"):
            self._note("playlist", await self._media.ask("GET", f"{self._folder}{name}"))
        await asyncio.gather(self._load(until), self._tell(until))
        self._media.close()
        self._api.close()

    async def _load(self, until: float) -> None:
        number, due = random.randrange(SEGMENTS), perf_counter()
        while due < until:
            await asyncio.sleep(max(0.0, due - perf_counter()))
            if perf_counter() >= self._renew_at:
                body = {"sessionId": self._session}
                await self._ticket("next ticket", f"{self._film}/stream-token/refresh", body)
            number = (number + 1) % SEGMENTS
            path = f"{self._folder}720/{number}.ts"
            self._note("segment", await self._media.ask("GET", path))
            due += SEGMENT_S

    async def _tell(self, until: float) -> None:
        kind = "start"
        while perf_counter() < until:
            body = {"sessionId": self._session, "kind": kind, "playedMs": 10_000}
            self._note("event", await self._api.ask("POST", "/api/playback/events", body))
            kind = "progress"
            await asyncio.sleep(TELL_S)

    async def _ticket(self, name: str, path: str, body: Mapping[str, Any]) -> None:
        answer = await self._media.ask("POST", path, body)
        self._note(name, answer)
        if answer.status != _OK:  # with the next segment again, by the ticket that there is
            return
        given = msgspec.json.decode(answer.body)
        self._folder = given["signedUrl"].removesuffix("master.m3u8")
        self._session = given["sessionId"]
        self._renew_at = perf_counter() + given["refreshAfter"]

    def _note(self, name: str, answer: Answer) -> None:
        self._figures.note(name, answer)


async def reading(port: int, films: Sequence[str], until: float, figures: Figures) -> None:
    """Ask for lists and films, 20 times a second."""
    connection = Connection(port)
    while perf_counter() < until:
        for name, path in (
            ("list of films", "/api/movies?visibility=VISIBLE"),
            ("a film", f"/api/movies/{random.choice(films)}"),
        ):
            figures.note(name, await connection.ask("GET", path))
            await asyncio.sleep(0.05)


async def crowd(port: int, films: Sequence[str], viewers: int, seconds: float) -> Figures:
    """Let viewers come and watch; return what they noticed."""
    figures = Figures()
    until = perf_counter() + COME_S + seconds

    async def come(number: int) -> None:
        await asyncio.sleep(COME_S * number / viewers)
        await Viewer(port, films[number % len(films)], figures).watch(until)

    await asyncio.gather(
        reading(port, films, until, figures), *(come(number) for number in range(viewers))
    )
    return figures


async def watched(
    portal: Portal, films: Sequence[str], given: argparse.Namespace, visits: "Visits | None"
) -> tuple[Figures, list[Start]]:
    """Return what viewers noticed, and how films began among them once all had come."""

    async def opened() -> list[Start]:
        await asyncio.sleep(COME_S)
        return await visits.made() if visits else []

    return await asyncio.gather(
        crowd(portal.edge.port, films, given.viewers, given.seconds), opened()
    )


class Visits:
    """Somebody new who opens a film in Chromium some times, on a processor of its own."""

    def __init__(self, portal: Portal, visits: int, processor: int) -> None:
        film = portal.film("clip")
        clip = clip_folder() / "en-US"
        for path in clip.rglob("*.*"):
            portal.origin.files[f"/clip/{path.relative_to(clip)}"] = path.read_bytes()
        address = f"http://127.0.0.1:{portal.edge.port}/watch/film/{film}"
        command = [sys.executable, "-m", "benchmarks.film_starts", address, str(visits)]
        self._command = ["taskset", "--cpu-list", str(processor), *command]

    async def made(self) -> list[Start]:
        """Return how each began."""
        child = await asyncio.create_subprocess_exec(*self._command, stdout=asyncio.subprocess.PIPE)
        told, _ = await child.communicate()
        return msgspec.json.decode(told, type=list[Start])


def compared(alone: Sequence[Start], among: Sequence[Start]) -> None:
    """Print how films began without the viewers and among them."""
    shares: list[float] = []
    for name, found in (("without them", alone), ("among them", among)):
        taken = sorted(one.took_ms for one in found)
        median, high = taken[len(taken) // 2], taken[int(len(taken) * 0.95)]
        heights = dict(Counter(one.height for one in found))
        print(
            f"first picture {name:<14}median {median:7.0f} ms   p95 {high:7.0f} ms"
            f"   pixels high: {heights}"
        )
        shares.append(median)
    at_most("first picture among them, % later", 100 * (shares[1] / shares[0] - 1), 5)


def from_cache(portal: Portal, film: str, scratch: Path) -> None:
    """Print what one worker of nginx serves of what it has."""
    folders = [portal.address(film) for _ in range(TICKETS)]
    for name in ("720/index.m3u8", "720/0.ts"):
        portal.get(f"{folders[0]}{name}").raise_for_status()
        (scratch / "paths").write_text("\n".join(f"{one}{name}" for one in folders))
        (scratch / "wrk.lua").write_text(_WRK)
        (worker,) = portal.edge.serving
        before_s = _cpu_s(worker)
        told = subprocess.run(
            [
                "wrk",
                "-t1",
                "-c32",
                "-d6s",
                "-s",
                str(scratch / "wrk.lua"),
                f"http://127.0.0.1:{portal.edge.port}/",
            ],
            env={**os.environ, "PATHS": str(scratch / "paths")},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        lines = told.splitlines()
        requests = int(next(one for one in lines if " requests in " in one).split()[0])
        wrong = next((one.strip() for one in lines if "Non-2xx" in one), "all 200")
        rate = float(next(one for one in lines if one.startswith("Requests/sec")).split()[1])
        core = requests / (_cpu_s(worker) - before_s)
        print(f"{name:<16}{core:10,.0f} a second and core   {rate:10,.0f} a second here   {wrong}")


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def printed(figures: Figures) -> None:
    """Print what viewers noticed."""
    for name, taken in figures.took_ms.items():
        median = sorted(taken)[len(taken) // 2]
        print(
            f"{name:<16}{len(taken):8,}   median {median:7.1f} ms"
            f"   p95 {figures.p95_ms(name):7.1f} ms"
        )
    segments = figures.took_ms["segment"]
    late = 100 * sum(one > LATE_MS for one in segments) / len(segments)
    at_most("segments over a second, %", late, 5)
    at_most(
        "API, ms at the 95th percentile",
        figures.p95_ms("ticket", "next ticket", "event", "list of films", "a film"),
        200,
    )
    at_most("ticket, ms at the 95th percentile", figures.p95_ms("ticket", "next ticket"), 20)
    at_most("films, ms at the 95th percentile", figures.p95_ms("list of films", "a film"), 20)
    print(f"failed: {dict(figures.failed) or 'none'}")


def among_viewers(
    portal: Portal, films: Sequence[str], given: argparse.Namespace, last: int
) -> None:
    """Print what viewers noticed, what they cost, and how films began without and among them."""
    load = os.getloadavg()[0]
    print(f"\n{given.viewers:,} viewers for {given.seconds:g} s, load {load:.0f}")
    visits = Visits(portal, given.visits, last) if given.visits else None
    alone = asyncio.run(visits.made()) if visits else []
    running = (portal.server.workers, portal.edge.serving)
    before_s = [sum(map(_cpu_s, pids)) for pids in running]
    began = perf_counter()
    figures, among = asyncio.run(watched(portal, films, given, visits))
    printed(figures)
    took_s = perf_counter() - began
    for name, pids, was_s in zip(("service", "nginx"), running, before_s, strict=True):
        share = (sum(map(_cpu_s, pids)) - was_s) / took_s
        print(f"{name} took {share:.0%} of a processor")
    if visits:
        compared([*alone, *asyncio.run(visits.made())], among)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--visits", type=int, default=0)
    given = parser.parse_args()
    first, *_, last = sorted(os.sched_getaffinity(0)) * 2
    if given.visits:
        os.sched_setaffinity(0, {first})
    settings = {"KENSHO_PORTAL_TICKET_S": "60", "KENSHO_RATE_LIMIT_UNITS": "0"}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "portal").mkdir()
        with portal_running(folder / "portal", settings=settings, known_s=10, workers=1) as portal:
            for number in range(SEGMENTS):
                portal.origin.files[f"/film/720/{number}.ts"] = os.urandom(SEGMENT_BYTES)
            films = [portal.film() for _ in range(FILMS)]
            if shutil.which("wrk") is None:
                print("from the cache: needs wrk (Debian's package)")
            else:
                from_cache(portal, films[0], folder)
            asyncio.run(crowd(portal.edge.port, films, 20, 0))  # so that all is loaded
            among_viewers(portal, films, given, last)


if __name__ == "__main__":
    main()
