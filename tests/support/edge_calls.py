"""A server with every edge and its reference upstreams, and a call of every operation of the edges.

A call changes things, so each round of calls has people, films and videos of its own: it is
prepared over HTTP, and every operation answers then as its document says of a success.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import uuid4

import httpx
import msgspec

from deploy.demo.reference_generator import (
    GENERATOR_KEY,
    GeneratorServer,
    GeneratorSettings,
    ReferenceGenerator,
)
from deploy.demo.reference_provider import CLIENT_TOKEN
from kensho.edges.provider.links import Link, LinkFile
from sdk.contract import Document, operations
from tests.support import graphs
from tests.support.client_calls import PATIENCE_S, Call, calls, success_of
from tests.support.command_line import run_here
from tests.support.film_origin import WEBVTT, FilmOrigin, film_body, origin_running
from tests.support.franchise_rows import franchise_store
from tests.support.servers import environment, free_port, served
from tests.support.streaming import PASSWORD, TRIGUN, VIEWER, provider_running

EDGES: Final = "accounts,provider,streams,portal,generation"
VIEWER_CALLS: Final = ("playEpisode", "stopEpisode")
"""What somebody does who is signed in with the provider."""
LEAVER_CALLS: Final = ("refreshSession", "signOut")
"""What ends or changes the session that does it."""


class EdgeServer(NamedTuple):
    """A server with every edge, the origin of its films, and the token of a manager."""

    base: str
    origin: FilmOrigin
    token: str

    def sent(
        self, method: str, path: str, body: object = None, who: Mapping[str, str] | None = None
    ) -> Any:
        """Ask as a manager, or as somebody else; return the document, `None` where there is none.

        Each request comes from an address of its own, since strangers are few of one.
        """
        headers = who or {"authorization": f"Bearer {self.token}"}
        answer = httpx.request(
            method,
            self.base + path,
            json=body,
            headers={**headers, "x-forwarded-for": f"2001:db8::{uuid4().hex[:4]}"},
            timeout=PATIENCE_S,
        )
        assert answer.is_success, (method, path, answer.text)
        return answer.json() if answer.content else None


class Round(NamedTuple):
    """One call of every operation, and the tokens of those who make them."""

    calls: Sequence[Call]
    tokens: Mapping[str, str]


@contextlib.contextmanager
def edge_server_running(folder: Path) -> Iterator[EdgeServer]:
    """Serve the small graph with every edge, a provider, a generator and an origin of films."""
    url = asyncio.run(franchise_store(folder))
    quick = ReferenceGenerator(GeneratorSettings(seconds=0.4, steps=2))
    with (
        provider_running() as provider,
        GeneratorServer(quick) as generator,
        origin_running() as origin,
    ):
        season = provider.season
        links = LinkFile(folder / "links.json")
        links.add([Link(work=TRIGUN, series=season.series_id, season=season.id)])
        variables = {
            **environment(url, folder, free_port()),
            "KENSHO_EDGES": EDGES,
            "KENSHO_EDGES_STORE_URL": f"surrealkv://{folder / 'edges.db'}",
            "KENSHO_PROVIDER_URL": provider.server.url,
            "KENSHO_PROVIDER_CLIENT_TOKEN": CLIENT_TOKEN,
            "KENSHO_PROVIDER_LINKS": str(folder / "links.json"),
            "KENSHO_PORTAL_KEYS_FILE": str(folder / "portal_keys.json"),
            "KENSHO_PORTAL_LOOPBACK": "true",
            "KENSHO_GENERATION_URL": generator.url,
            "KENSHO_GENERATION_KEY": GENERATOR_KEY,
            "KENSHO_GENERATION_COPIES": str(folder / "videos"),
            "KENSHO_GENERATION_LOOPBACK": "true",
            "KENSHO_TRUSTED_PROXIES": "127.0.0.1",
            "KENSHO_RATE_LIMIT_UNITS": "0",
            "KENSHO_STREAM_LONGEST_S": "1",
        }
        token = run_here(["managers", "add", "grace"], variables).stdout.split()[-1]
        with served(variables) as base:
            yield EdgeServer(base, origin, token)


def prepared(server: EdgeServer, document: Document) -> Round:
    """Return a call of every operation of a document, with all that they need made before."""
    manager, leaver = _person(server, "manager"), _person(server, "viewer")
    viewer = server.sent("POST", "/api/auth/login", {"username": VIEWER, "password": PASSWORD}, {})
    made = _films(server) | _videos(server, manager) | {"leaver": leaver["refresh_token"]}
    made["account"] = _person(server, "viewer")["user"]["id"]
    made["email"] = manager["user"]["email"]
    bearer = {"authorization": f"Bearer {manager['token']}"}
    server.sent("PUT", f"/api/me/watchlist/{graphs.BEBOP}", {"state": "planned"}, bearer)
    given = _given(made, server.origin.url)
    found: list[Call] = []
    for call, (_, operation) in zip(calls(document), operations(document), strict=True):
        more = given.get(call.operation, {})
        who = "manager"
        if call.operation in VIEWER_CALLS:
            who = "viewer"
        elif call.operation in LEAVER_CALLS:
            who = "leaver"
        body = more.get("body", call.body)
        found.append(
            msgspec.structs.replace(
                call,
                who=who,
                in_path={**call.in_path, **more.get("path", {})},
                body=body,
                expected=success_of(operation)[0],
            )
        )
    tokens = {
        "manager": manager["token"],
        "viewer": viewer["token"],
        "leaver": leaver["token"],
    }
    return Round(found, tokens)


def _person(server: EdgeServer, role: str) -> dict[str, Any]:
    """Make an account and sign it in; return its grant."""
    email = f"{uuid4().hex}@example.org"
    account = {"email": email, "password": PASSWORD, "role": role}
    server.sent("POST", "/api/accounts", account)
    grant: dict[str, Any] = server.sent(
        "POST", "/api/auth/login", {"email": email, "password": PASSWORD}, {}
    )
    return grant


def _films(server: EdgeServer) -> dict[str, str]:
    shown, draft = (
        server.sent("POST", "/api/movies", film_body(server.origin.url) | {"visibility": one})
        for one in ("VISIBLE", "HIDDEN")
    )
    ticket = server.sent(
        "POST", f"/api/movies/{shown['movieId']}/stream-token", {"viewerContext": "a test"}, {}
    )
    return {
        "film": shown["movieId"],
        "draft": draft["movieId"],
        "track": shown["captionTracks"][0]["captionTrackId"],
        "session": ticket["sessionId"],
    }


def _videos(server: EdgeServer, who: Mapping[str, Any]) -> dict[str, str]:
    """Ask for a video that is made, one that goes away, one that can't be, and one that goes on."""
    bearer = {"authorization": f"Bearer {who['token']}"}

    def asked(prompt: str) -> dict[str, Any]:
        job: dict[str, Any] = server.sent("POST", "/api/videos", {"prompt": prompt}, bearer)["job"]
        return job

    jobs = {
        name: asked(f"A paper boat {fault}".strip())
        for name, fault in (("kept", ""), ("gone", ""), ("back", ""), ("failed", "#refused"))
    }
    for job in jobs.values():
        _ended(server, job["id"], bearer)
    server.sent("DELETE", f"/api/videos/{jobs['back']['id']}", None, bearer)
    jobs["on"] = asked("A paper boat #stall")
    return {f"{name}_video": str(job["id"]) for name, job in jobs.items()}


def _ended(server: EdgeServer, job: str, who: Mapping[str, str]) -> None:
    limit = time.monotonic() + PATIENCE_S
    while time.monotonic() < limit:
        told = server.sent("GET", f"/api/videos/jobs/{job}", None, who)
        if told["status"] in ("completed", "failed"):
            return
        time.sleep(0.2)
    raise TimeoutError(job)


def _given(made: Mapping[str, str], url: Callable[[str], str]) -> dict[str, dict[str, Any]]:
    """Return what the operations of the edges are called with, by their names."""
    film, bebop = {"path": {"work_id": made["film"]}}, {"path": {"work_id": str(graphs.BEBOP)}}
    trigun = {"path": {"anime_id": str(TRIGUN), "episode": 1}}

    def video(name: str) -> dict[str, Any]:
        return {"path": {"video_id": made[f"{name}_video"]}}

    def job(name: str) -> dict[str, Any]:
        return {"path": {"job_id": made[f"{name}_video"]}}

    new = {"password": PASSWORD}
    return {
        "makeAccount": {"body": {**new, "email": f"{uuid4().hex}@example.org"}},
        "makeAccountForSomebody": {"body": {**new, "email": f"{uuid4().hex}@example.org"}},
        "changeAccount": {
            "path": {"account_id": made["account"]},
            "body": {"disabled": True},
        },
        "signIn": {"body": {**new, "email": made["email"]}},
        "refreshSession": {"body": {"refresh_token": made["leaver"]}},
        "putWorkOnYourList": {**bebop, "body": {"state": "watching", "progress": 3}},
        **dict.fromkeys(("showWorkOfYourList", "takeWorkOffYourList"), bebop),
        **dict.fromkeys(VIEWER_CALLS, trigun),
        "makeFilm": {"body": film_body(url) | {"visibility": "HIDDEN"}},
        "deleteFilm": {"path": {"work_id": made["draft"]}},
        "changeFilm": {**film, "body": {"synopsis": "A long night."}},
        "publishOrHideFilm": {**film, "body": {"visibility": "VISIBLE"}},
        "uploadCaptions": {**film, "body": {"languageCode": "de", "text": WEBVTT}},
        "playFilm": {**film, "body": {"viewerContext": "a client"}},
        "playOn": {**film, "body": {"sessionId": made["session"]}},
        "readCaptions": {"path": {"work_id": made["film"], "track_id": made["track"]}},
        "tellOfPlaying": {"body": {"sessionId": made["session"], "kind": "start"}},
        "askForVideo": {"body": {"prompt": "A kite"}},
        **dict.fromkeys(("showVideo", "playVideo", "showPictureOfVideo"), video("kept")),
        "deleteVideo": video("gone"),
        "putVideoBack": video("back"),
        **dict.fromkeys(("followJob", "followJobByItsShortPath"), job("kept")),
        **dict.fromkeys(("showJob", "showJobByItsShortPath"), job("kept")),
        "cancelJob": job("on"),
        "tryJobAgain": job("failed"),
        "reportErrorOfScript": {"body": {"message": "x is not defined"}},
        "reportSomethingOfPage": {"body": {"message": "slow"}},
        "reportHowFastPageWas": {"body": {"page": "/", "ttfb": 12.5}},
    }
