"""What users do, one class of users each, against any server of Kenshō.

A journey asks for what a person or a client would ask for next, and waits as they do. Works and
franchises are those that the server has, drawn by Zipf's law: the n-th best known 1/n as often as
the first. Users whose edge is not there, or who have no token, do nothing and say so once.
"""

import itertools
import os
import random
from collections.abc import Sequence
from typing import Any, ClassVar, Final
from urllib.parse import quote

import gevent
from locust import FastHttpUser, between, constant, task

WORKS: Final = 500
"""How many of the best-known works are asked for; with 1/n the first ten take two fifths."""
SEGMENT_S: Final = 6.0
TOKEN: Final = "KENSHO_LOAD_TOKEN"
"""A manager's token, for curators; without it they are not there."""
ACCOUNT: Final = "KENSHO_LOAD_ACCOUNT"
"""`name:password` of an account, for those who have videos made."""
SEASONS: Final = ("winter", "spring", "summer", "fall")
RELEASES: Final = (
    "[Group] {title} - {episode:02} (1080p) [A1B2C3D4].mkv",
    "{title} S01E{episode:02} 720p WEB.mkv",
    "{title}/Season 1/{episode:02}.mkv",
    "{title} episode {episode}",
)
"""How files are called; what is in braces is put in."""


class Known:
    """The works and franchises of the server, asked for once by whoever comes first."""

    works: ClassVar[list[dict[str, Any]]] = []
    hubs: ClassVar[list[dict[str, Any]]] = []

    @classmethod
    def learn(cls, client: Any) -> None:
        """Ask for the best-known works and the largest franchises."""
        if cls.works:
            return
        path = "/api/works?limit=100"
        works: list[dict[str, Any]] = []
        while path and len(works) < WORKS:
            page = client.get(path, name="/api/works").json()
            works += page["works"]
            cursor = page["next_cursor"]
            path = f"/api/works?limit=100&cursor={cursor}" if cursor else ""
        cls.hubs = client.get("/api/franchises?limit=100", name="/api/franchises").json()[
            "franchises"
        ]
        cls.works = works


def drawn(known: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return one of them, the n-th with a weight of 1/n."""
    weights = itertools.accumulate(1 / rank for rank in range(1, len(known) + 1))
    (one,) = random.choices(known, cum_weights=list(weights))
    return one


class Addressed(FastHttpUser):
    """Whoever comes from an address of its own, as behind a proxy; not a kind of users by itself.

    A server believes it where `KENSHO_TRUSTED_PROXIES` names this machine, and bounds what each may
    ask for; else all are one client to it, which soon has asked for too much at once (429).
    """

    abstract = True

    def __init__(self, environment: Any) -> None:
        self.default_headers = {"X-Forwarded-For": f"10.{next(_NUMBERS)}"}
        super().__init__(environment)


_NUMBERS: Final = (
    f"{number >> 16}.{number >> 8 & 255}.{number & 255}" for number in itertools.count(1)
)


class Discovering(Addressed):
    """Whoever asks for works; not a kind of users by itself."""

    abstract = True
    wait_time = between(0.5, 2.0)

    def on_start(self) -> None:
        """Learn what the server has."""
        Known.learn(self.client)


class Viewer(Discovering):
    """Types a title, opens what is found, its franchise and the order to watch that in."""

    weight = 6

    @task(4)
    def explore(self) -> None:
        """From the first page by typing to a work, its franchise and an order."""
        work = drawn(Known.works)
        self.client.get("/", name="/")
        for typed in (3, 5, 8):
            self._ask("/suggest", work["title"][:typed])
        self._ask("/search", work["title"])
        self.client.get(f"/{work['kind']}/{work['id']}", name=f"/{work['kind']}/[work]")
        self._hub(drawn(Known.hubs)["slug"])

    @task(2)
    def browse(self) -> None:
        """A season, and a film of it."""
        year, season = random.randint(1995, 2025), random.choice(SEASONS)
        self.client.get(f"/browse/{year}/{season}", name="/browse/[season]")
        self.client.get("/movies", name="/movies")

    @task(1)
    def connect(self) -> None:
        """How two works are connected."""
        one, other = random.sample(Known.works, 2)
        self.client.get(f"/api/paths?from={one['id']}&to={other['id']}", name="/api/paths")

    def _hub(self, slug: str) -> None:
        for part in ("", "/watch-order", "/map"):
            self.client.get(f"/hub/{slug}{part}", name=f"/hub/[slug]{part}")

    def _ask(self, path: str, text: str) -> None:
        self.client.get(f"{path}?q={quote(text)}", name=path)


class SearchClient(Discovering):
    """A media server or a downloader: names of files, one by one and by the hundred."""

    weight = 3

    @task(6)
    def match(self) -> None:
        """One name of a file."""
        self.client.get(f"/api/search?facets=false&q={quote(self._release())}", name="/api/search")

    @task(1)
    def match_many(self) -> None:
        """A folder of twenty files."""
        body = {"texts": [self._release() for _ in range(20)], "limit": 1}
        self.client.post("/api/search/batch", json=body, name="/api/search/batch")

    @task(3)
    def read(self) -> None:
        """A work by its id elsewhere."""
        work = drawn(Known.works)
        self.client.get(f"/api/anime/{work['id']}/relations", name="/api/anime/[work]/relations")

    def _release(self) -> str:
        form = random.choice(RELEASES)
        return form.format(title=drawn(Known.works)["title"], episode=random.randint(1, 12))


class Curator(Discovering):
    """Works through the queue, and looks at what was said of a work."""

    weight = 1 if os.environ.get(TOKEN) else 0

    @task
    def judge(self) -> None:
        """A page of the queue, and the history of a work."""
        head = {"Authorization": f"Bearer {os.environ[TOKEN]}"}
        self.client.get("/api/queue?limit=20", headers=head, name="/api/queue")
        work = drawn(Known.works)
        self.client.get(
            f"/api/curation/history/{work['id']}", headers=head, name="/api/curation/history"
        )


class FilmViewer(Addressed):
    """Opens a film and plays it: a ticket, the playlists, a segment every six seconds."""

    weight = 1 if os.environ.get("KENSHO_LOAD_FILMS") else 0
    wait_time = constant(1)

    @task
    def play(self) -> None:
        """One film for a minute."""
        films = self.client.get("/api/movies?limit=20", name="/api/movies").json()["movies"]
        playable = [one for one in films if one.get("movieId")]
        if not playable:
            raise RuntimeError("no film plays at this server: publish one first")
        film = random.choice(playable)["movieId"]
        answer = self.client.post(
            f"/api/movies/{film}/stream-token", json={"viewerContext": "load"}, name="ticket"
        )
        address = answer.json()["signedUrl"]
        lines = self.client.get(address, name="playlist").text.splitlines()
        media = next(line for line in lines if line and not line.startswith("#"))
        folder = address.rpartition("/")[0]
        segments = self.client.get(f"{folder}/{media}", name="playlist").text.splitlines()
        inner = media.rpartition("/")[0]
        for segment in [line for line in segments if line and not line.startswith("#")][:10]:
            self.client.get(f"{folder}/{inner}/{segment}".replace("//", "/"), name="segment")
            gevent.sleep(SEGMENT_S)


class VideoMaker(Addressed):
    """Has videos made, and asks how far they are."""

    weight = 1 if os.environ.get(ACCOUNT) else 0
    wait_time = between(5, 15)

    def on_start(self) -> None:
        """Sign in."""
        name, _, password = os.environ[ACCOUNT].partition(":")
        body = {"username": name, "password": password}
        answer = self.client.post("/api/auth/login", json=body)
        self.client.auth_header = f"Bearer {answer.json()['accessToken']}"

    @task
    def make(self) -> None:
        """One video, from the request to its end."""
        answer = self.client.post("/api/videos", json={"prompt": "a fox at night"})
        job = answer.json()["job"]["id"]
        for _ in range(60):
            told = self.client.get(f"/api/videos/jobs/{job}", name="/api/videos/jobs/[job]").json()
            if told["status"] not in ("pending", "processing"):
                return
            gevent.sleep(1)
