"""Servers on loopback that speak the real forms of AniList, Jikan v4 and Kitsu, faults included.

Each answers as its documentation says, keeps the rate that it documents on the clock that it is
given, and uses up `faults` first: the fault of the n-th request, counted from 1.
"""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, NamedTuple, TypeAlias, cast
from urllib.parse import parse_qs, urlsplit

from kensho.platform.api_client import Clock
from tests.support.loopback_servers import LoopbackServer, QuietHandler, running

Fault: TypeAlias = Callable[["ApiHandler"], None]
Document: TypeAlias = dict[str, Any]
NOON: Final = datetime(2026, 11, 29, 12, tzinfo=UTC)


class FakeTime:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.slept.append(seconds)
        self.seconds += seconds

    @property
    def clock(self) -> Clock:
        """Return it as a client takes it."""
        return Clock(
            lambda: self.seconds, self.sleep, lambda: NOON + timedelta(seconds=self.seconds)
        )


class Asked(NamedTuple):
    """A request: when it came, its path with the query, its headers and its body."""

    at: float
    path: str
    headers: dict[str, str]
    body: bytes


class Reply(NamedTuple):
    """A status, a document and headers."""

    status: int
    document: object
    headers: Mapping[str, str] = MappingProxyType({})


class ApiServer(LoopbackServer):
    """One interface; `reply` answers a request, `allowed` is the requests a minute."""

    def __init__(
        self, reply: Callable[[Asked], Reply], time: FakeTime | None, allowed: int, path: str = ""
    ) -> None:
        super().__init__(ApiHandler)
        self.reply = reply
        self.allowed = allowed
        self.faults: dict[int, Fault] = {}
        self.requests: list[Asked] = []
        self._time = time
        self.endpoint = f"http://127.0.0.1:{self.server_port}{path}"

    def note(self, asked: Asked) -> int:
        """Keep a request, and return how many came in the minute before, itself included."""
        if self._time is not None:
            asked = asked._replace(at=self._time.seconds)
        self.requests.append(asked)
        return sum(asked.at - 60 < one.at <= asked.at for one in self.requests)


class ApiHandler(QuietHandler):
    """Answers with a fault, with 429 beyond the rate, or as the interface does."""

    @property
    def site(self) -> ApiServer:
        """Return the server."""
        return cast("ApiServer", self.server)

    def do_GET(self) -> None:  # noqa: N802 -- the name that http.server calls
        """Answer."""
        self._answer(b"")

    def do_POST(self) -> None:  # noqa: N802 -- the name that http.server calls
        """Answer."""
        self._answer(self.rfile.read(int(self.headers["Content-Length"])))

    def _answer(self, body: bytes) -> None:
        self.asked = Asked(0.0, self.path, dict(self.headers.items()), body)
        used = self.site.note(self.asked)
        fault = self.site.faults.get(len(self.site.requests))
        if fault is not None:
            fault(self)
        elif used > self.site.allowed:
            self.send(429, b'{"message": "Too Many Requests."}', {"Retry-After": "60"})
        else:
            reply = self.site.reply(self.asked)
            left = {
                "X-RateLimit-Limit": str(self.site.allowed),
                "X-RateLimit-Remaining": str(self.site.allowed - used),
            }
            self.send(reply.status, json.dumps(reply.document).encode(), {**left, **reply.headers})

    def send(
        self, status: int, body: bytes, headers: dict[str, str], length: int | None = None
    ) -> None:
        """Send an answer; `length` announces another one than the body has."""
        self.send_response(status)
        told = {"Content-Type": "application/json", "Content-Length": str(length or len(body))}
        for name, value in (told | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()
        if length is not None:
            self.close_connection = True


def status(code: int, **headers: str) -> Fault:
    """Answer with a status and an error document."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.send(code, b'{"message": "no"}', named)


def text(body: bytes, content_type: str = "application/json") -> Fault:
    """Answer 200 with these bytes."""
    return lambda handler: handler.send(200, body, {"Content-Type": content_type})


def cut(handler: ApiHandler) -> None:
    """Announce more than comes, and hang up."""
    handler.send(200, b'{"data": {"Page": {"media": [{"id": 1', {}, length=5000)


def hang_up(handler: ApiHandler) -> None:
    """Close the connection without a word."""
    handler.close_connection = True


def stalling(released: threading.Event) -> Fault:
    """Announce an answer and send none of it."""

    def fault(handler: ApiHandler) -> None:
        handler.send(200, b"", {}, length=100)
        released.wait(5)

    return fault


def changed(change: Callable[[Document], None]) -> Fault:
    """Answer as the interface does, with a change of the document."""

    def fault(handler: ApiHandler) -> None:
        reply = handler.site.reply(handler.asked)
        document = json.loads(json.dumps(reply.document))
        change(document)
        handler.send(reply.status, json.dumps(document).encode(), {})

    return fault


# AniList


def medium(number: int, **changes: object) -> Document:
    """Return a medium as the interface gives it for the harvest's query."""
    return {
        "id": number,
        "idMal": number,
        "type": "ANIME",
        "title": {"romaji": f"Monogatari {number}", "english": None, "native": "物語"},
        "synonyms": [],
        "format": "TV",
        "status": "FINISHED",
        "description": "A tale.<br>",
        "startDate": {"year": 2009, "month": 7, "day": 3},
        "endDate": {"year": 2009, "month": 9, "day": 25},
        "season": "SUMMER",
        "seasonYear": 2009,
        "episodes": 12,
        "duration": 24,
        "countryOfOrigin": "JP",
        "source": "LIGHT_NOVEL",
        "coverImage": {"large": f"https://img.example/{number}.png"},
        "genres": ["Drama"],
        "tags": [],
        "averageScore": 80,
        "popularity": 1000,
        "isAdult": False,
        "updatedAt": 1_700_000_000 + number,
        "studios": {"edges": [{"isMain": True, "node": {"name": "Shaft"}}]},
        "relations": {
            "edges": [{"relationType": "SEQUEL", "node": {"id": number + 1, "type": "ANIME"}}]
        },
        "recommendations": {"nodes": []},
        **changes,
    }


class AniList:
    """Media by id, in pages of at most 50 and to the 5,000th; unknown variables are errors."""

    def __init__(self, media: Sequence[Document], most_ids: int = 10_000) -> None:
        self.most_ids = most_ids
        self.media = {one["id"]: one for one in media}

    def __call__(self, asked: Asked) -> Reply:
        """Answer a GraphQL request."""
        given = json.loads(asked.body)
        wanted = dict(given["variables"])
        page, per_page = wanted.pop("page"), wanted.pop("perPage")
        ids, (sort,) = wanted.pop("ids", None), wanted.pop("sort")
        ids = None if ids is None else set(ids)
        if wanted or "media(type: ANIME, id_in: $ids, sort: $sort)" not in given["query"]:
            return _refused("Unknown argument")
        if ids is not None and len(ids) > self.most_ids:
            return _refused("validation")
        if per_page > 50 or page * per_page > 5000:
            return _refused("validation")
        found = [one for number, one in self.media.items() if ids is None or number in ids]
        name = "updatedAt" if sort.startswith("UPDATED_AT") else "id"
        found.sort(key=lambda one: one[name], reverse=sort.endswith("_DESC"))
        start = (page - 1) * per_page
        info = {"hasNextPage": start + per_page < len(found)}
        media = found[start : start + per_page]
        return Reply(200, {"data": {"Page": {"pageInfo": info, "media": media}}})


def _refused(message: str) -> Reply:
    return Reply(400, {"errors": [{"message": message, "status": 400}], "data": None})


def graphql_error(message: str, code: int | None) -> Fault:
    """Answer 200 with errors and no data."""
    error = {"message": message, "locations": [{"line": 1, "column": 1}]}
    document = {"errors": [error | ({"status": code} if code else {})], "data": None}
    return text(json.dumps(document).encode())


# Jikan


def full(number: int, **changes: object) -> Document:
    """Return the object of `/anime/{id}/full`."""
    return {
        "mal_id": number,
        "url": f"https://myanimelist.net/anime/{number}",
        "titles": [{"type": "Default", "title": f"Monogatari {number}"}],
        "title": f"Monogatari {number}",
        "type": "TV",
        "episodes": 12,
        "status": "Finished Airing",
        "aired": {"prop": {"from": {"day": 3, "month": 7, "year": 2009}, "to": {}}},
        "rating": "R - 17+ (violence & profanity)",
        "genres": [{"mal_id": 8, "type": "anime", "name": "Drama"}],
        "relations": [
            {"relation": "Sequel", "entry": [{"mal_id": number + 1, "type": "anime", "name": ""}]}
        ],
        **changes,
    }


class Jikan:
    """Works by id, listed 25 a page."""

    def __init__(self, works: Sequence[Document]) -> None:
        self.works = {one["mal_id"]: one for one in works}

    def __call__(self, asked: Asked) -> Reply:
        """Answer a listing or a work."""
        url = urlsplit(asked.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/v4/anime":
            return self._listing(query)
        number = int(url.path.removeprefix("/v4/anime/").removesuffix("/full"))
        if number not in self.works:
            error = {"status": 404, "type": "BadResponseException", "message": "Not found"}
            return Reply(404, error)
        return Reply(200, {"data": self.works[number]})

    def _listing(self, query: dict[str, str]) -> Reply:
        found = sorted(self.works)
        if "start_date" in query:
            found = [n for n in found if self.works[n].get("begun", "") >= query["start_date"]]
        if "status" in query:
            found = [n for n in found if self.works[n].get("now") == query["status"]]
        end = 25 * int(query["page"])
        short = ("mal_id", "url", "title", "type")
        data = [{name: self.works[n][name] for name in short} for n in found[end - 25 : end]]
        pagination = {"has_next_page": end < len(found), "current_page": int(query["page"])}
        return Reply(200, {"pagination": pagination, "data": data})


# Kitsu


class Relationship(NamedTuple):
    """An edge of Kitsu between media, each by type and number; an end may be gone."""

    source: tuple[str, int]
    role: str
    destination: tuple[str, int] | None


class Kitsu:
    """Relationships, at most 20 a page; ends are told where they are included."""

    def __init__(self, relationships: Sequence[Relationship]) -> None:
        self.relationships = list(enumerate(relationships, 1))

    def __call__(self, asked: Asked) -> Reply:
        """Answer a page in JSON:API."""
        url = urlsplit(asked.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        limit, offset = int(query["page[limit]"]), int(query["page[offset]"])
        if url.path != "/api/edge/media-relationships" or limit > 20:
            return Reply(400, {"errors": [{"title": "Limit exceeds maximum page size of 20."}]})
        assert asked.headers["Accept"] == "application/vnd.api+json"
        included = set(query.get("include", "").split(","))
        page = self.relationships[offset : offset + limit]
        data = [self._resource(number, one, included) for number, one in page]
        links = {"first": "x"}
        if offset + limit < len(self.relationships):
            links["next"] = f"http://elsewhere.example{url.path}?page[offset]={offset + limit}"
        meta = {"count": len(self.relationships)}
        return Reply(200, {"data": data, "included": [], "meta": meta, "links": links})

    def _resource(self, number: int, one: Relationship, included: set[str]) -> Document:
        def linkage(name: str, end: tuple[str, int] | None) -> Document:
            link: Document = {"links": {"related": f"/{number}/{name}"}}
            if name in included:
                link["data"] = None if end is None else {"type": end[0], "id": str(end[1])}
            return link

        return {
            "id": str(number),
            "type": "mediaRelationships",
            "links": {"self": f"/media-relationships/{number}"},
            "attributes": {"role": one.role},
            "relationships": {
                "source": linkage("source", one.source),
                "destination": linkage("destination", one.destination),
            },
        }


@contextlib.contextmanager
def api_server(
    reply: Callable[[Asked], Reply],
    time: FakeTime | None = None,
    allowed: int = 10_000,
    path: str = "",
) -> Iterator[ApiServer]:
    """Run a server until the block ends; without a time its rate is not counted."""
    with running(ApiServer(reply, time, allowed, path)) as server:
        yield server
