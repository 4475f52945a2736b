"""A provider of streams as Crunchyroll is one, on loopback: what tests and the demo sign in to.

It speaks the protocol that `kensho.edges.provider` speaks: tokens by password, refresh token or
client alone, series, seasons and episodes, playback with slots that are given back, regions,
entitlement, and every form of failure. It serves the clip (`deploy.demo.clip`) behind addresses
that are valid while their slot is held.

    provider = ReferenceProvider(clip_folder())
    provider.faults.playback = "busy"          # what is wrong from now on
    provider.open_slots                        # (account, episode) of each slot by its token

It can be told the same by `PUT /control` with the fields of `Faults`.
"""

import base64
import dataclasses
import json
import secrets
import threading
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Final, Literal, cast
from urllib.parse import parse_qs, unquote, urlsplit

from typing_extensions import override

from deploy.demo.clip import AUDIO, CAPTIONS
from deploy.demo.loopback import ReferenceServer

CLIENT_TOKEN: Final = "reference-client:reference-secret"  # noqa: S105 -- of nobody but this server
_TYPES: Final = {
    ".m3u8": "application/vnd.apple.mpegurl",
    ".ts": "video/mp2t",
    ".vtt": "text/vtt; charset=utf-8",
}
_CHALLENGE: Final = "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"
_RELEASED: Final = 1_000
"""How many released slots are remembered, for tests to look at."""

Fault = Literal[
    "", "hang", "cut", "blocked", "down", "busy", "nonsense", "truncated", "client_retired"
]


@dataclasses.dataclass
class Account:
    """Somebody who may sign in; `country` is where they are."""

    password: str
    country: str = "US"
    is_premium: bool = True
    most_streams: int = 3
    id: str = dataclasses.field(default_factory=lambda: secrets.token_hex(8))


@dataclasses.dataclass
class Episode:
    """An episode: its number within the season, and who may see it."""

    id: str
    number: int
    title: str
    countries: frozenset[str] | None = None
    is_premium_only: bool = False
    is_protected: bool = False


@dataclasses.dataclass
class Season:
    """A season of a series."""

    id: str
    series_id: str
    series_title: str
    title: str
    number: int
    episodes: list[Episode]


@dataclasses.dataclass
class Faults:
    """What is wrong, for each kind of request; `delay_s` is waited before each answer."""

    token: Fault = ""
    content: Fault = ""
    playback: Fault = ""
    release: Fault = ""
    media: Fault = ""
    delay_s: float = 0.0
    media_delay_s: float = 0.0
    playback_delay_s: float = 0.0
    """How long slots are thought over: one is taken then, whether or not anybody waits still."""
    retry_after_s: int = 30
    token_ttl_s: int = 300
    renew_s: int = 600
    """How long a slot is said to be held without a sign of life."""
    media_ttl_s: float = 3_600.0
    """How long the addresses of a slot are valid."""


class ReferenceProvider:
    """What the provider knows: accounts, a catalogue, tokens, slots; for several threads."""

    def __init__(self, clip: Path) -> None:
        self.clip: Final = clip
        self.faults = Faults()
        self.accounts: dict[str, Account] = {}
        self.seasons: dict[str, Season] = {}
        self.requests: list[str] = []
        self.open_slots: dict[str, tuple[str, str]] = {}
        self.released: list[str] = []
        self.most_open = 0
        self._issued: dict[str, float] = {}
        self._episodes: dict[str, Episode] = {}
        self._access: dict[str, tuple[str | None, float]] = {}
        self._refresh: dict[str, str] = {}
        self.lock: Final = threading.RLock()
        self.is_stopping = threading.Event()

    def add_account(self, name: str, account: Account) -> None:
        """Let somebody sign in by this name."""
        self.accounts[name] = account

    def add_season(self, series_title: str, title: str, count: int, number: int = 1) -> Season:
        """Add a season of so many episodes, which everybody may see; return it to be changed."""
        series_id = _id("G", series_title)
        season_id = _id("S", f"{series_title}/{number}/{title}")
        episodes = [
            Episode(_id("E", f"{season_id}/{n}"), n, f"Episode {n}") for n in range(1, count + 1)
        ]
        season = Season(season_id, series_id, series_title, title, number, episodes)
        self.seasons[season.id] = season
        self._episodes.update({self.version_of(e, a): e for e in episodes for a in AUDIO})
        return season

    def version_of(self, episode: Episode, audio: str) -> str:
        """Return the id of an episode in a language; the first language's is the episode's own."""
        return episode.id if audio == next(iter(AUDIO)) else f"{episode.id}{audio[:2].upper()}"

    def audio_of(self, version: str) -> str:
        """Return the language of a version."""
        episode = self._episodes[version]
        return next(audio for audio in AUDIO if self.version_of(episode, audio) == version)

    def episode(self, version: str) -> Episode | None:
        """Return the episode that a version is of."""
        return self._episodes.get(version)

    def forget_tokens(self) -> None:
        """Let all access tokens expire, as a restart of the provider does."""
        with self.lock:
            self._access.clear()

    def forget_refresh_tokens(self) -> None:
        """End all sign-ins for good, as a changed password does."""
        with self.lock:
            self._access.clear()
            self._refresh.clear()

    def valid_tokens(self) -> frozenset[str]:
        """Return all access and refresh tokens of accounts that are good for something."""
        with self.lock:
            own = (token for token, (name, _) in self._access.items() if name is not None)
            return frozenset((*own, *self._refresh))

    def grant(self, name: str | None) -> dict[str, object]:
        """Return new tokens of an account, or of the client alone."""
        access, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        with self.lock:
            self._access[access] = (name, time.monotonic() + self.faults.token_ttl_s)
            told: dict[str, object] = {
                "access_token": access,
                "expires_in": self.faults.token_ttl_s,
                "token_type": "Bearer",
                "country": self.accounts[name].country if name else "US",
            }
            if name is not None:
                self._refresh[refresh] = name
                told |= {"refresh_token": refresh, "account_id": self.accounts[name].id}
        return told

    def refreshed(self, token: str) -> dict[str, object] | None:
        """Return new tokens for a refresh token, which is of no use then."""
        with self.lock:
            name = self._refresh.pop(token, None)
        return None if name is None else self.grant(name)

    def holder(self, token: str) -> tuple[str | None] | None:
        """Return whose access token it is, unless it is unknown or has expired."""
        with self.lock:
            name, until = self._access.get(token, (None, 0.0))
            return (name,) if until > time.monotonic() else None

    def take_slot(self, name: str, version: str) -> str | None:
        """Return the token of a new slot, or nothing if the account has all that it may have."""
        with self.lock:
            held = sum(1 for owner, _ in self.open_slots.values() if owner == name)
            if held >= self.accounts[name].most_streams:
                return None
            token = secrets.token_urlsafe(12)
            self.open_slots[token] = (name, version)
            self._issued[token] = time.monotonic()
            self.most_open = max(self.most_open, len(self.open_slots))
            return token

    def release_slot(self, token: str) -> bool:
        """Free a slot; tell whether it was held."""
        with self.lock:
            if self.open_slots.pop(token, None) is None:
                return False
            self.released = [*self.released[-_RELEASED:], token]
            return True

    def version_held(self, token: str) -> str | None:
        """Return the version whose media a slot's addresses lead to now."""
        with self.lock:
            version = self.open_slots.get(token, (None, None))[1]
            age_s = time.monotonic() - self._issued.get(token, 0.0)
            return version if age_s < self.faults.media_ttl_s else None


class ProviderServer(ReferenceServer):
    """Serves a provider on a free port of loopback, or on `port`."""

    def __init__(self, provider: ReferenceProvider, port: int = 0) -> None:
        super().__init__(ProviderHandler, port)
        self.provider = provider

    @override
    def release(self) -> None:
        """Let hanging requests go."""
        self.provider.is_stopping.set()


class ProviderHandler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 30.0  # type: ignore[mutable-override]  # of an idle connection

    @property
    def provider(self) -> ReferenceProvider:
        """Return what is served."""
        return cast("ProviderServer", self.server).provider

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_OPTIONS(self) -> None:
        """Allow scripts of any page to read the media."""
        self._send(204, b"", "text/plain")

    def do_GET(self) -> None:
        """Answer."""
        self._answer()

    def do_POST(self) -> None:
        """Answer."""
        self._answer()

    def do_PUT(self) -> None:
        """Answer."""
        self._answer()

    def do_DELETE(self) -> None:
        """Answer."""
        self._answer()

    def _answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(length) if length else b""
        url = urlsplit(self.path)
        parts = [unquote(part) for part in url.path.strip("/").split("/")]
        with self.provider.lock:
            self.provider.requests.append(f"{self.command} {url.path}")
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        found = self._route(parts, query, body)
        if found is None:
            self._json(404, {"error": "not_found"})
        else:
            self._unless(*found)

    def _route(
        self, parts: Sequence[str], query: Mapping[str, str], body: bytes
    ) -> tuple[str, Callable[[], None]] | None:
        """Return the kind of a request, and what answers it."""
        found: tuple[str, Callable[[], None]] | None = None
        match (self.command, *parts):
            case ("POST", "auth", "v1", "token"):
                found = "token", lambda: self._token(body)
            case ("GET", "content", "v2", *rest):
                found = "content", lambda: self._content(rest, query)
            case ("GET", "playback", "v3", version, _, _, "play"):
                found = "playback", lambda: self._play(version)
            case ("DELETE", "playback", "v1", "token", _, token):
                found = "release", lambda: self._release(token)
            case ("GET", "media", token, *rest):
                found = "media", lambda: self._media(token, rest)
            case ("PUT", "control"):
                found = "control", lambda: self._control(body)
            case _:
                pass
        return found

    def _content(self, parts: Sequence[str], query: Mapping[str, str]) -> None:
        if self._name() is None:
            return
        match parts:
            case ["discover", "search"]:
                self._search(query.get("q", ""))
            case ["cms", "series", series_id, "seasons"]:
                self._seasons(series_id)
            case ["cms", "seasons", season_id, "episodes"]:
                self._listed(season_id)
            case _:
                self._json(404, {"error": "not_found"})

    def _unless(self, kind: str, answer: Callable[[], None]) -> None:
        """Answer, unless what is wrong now prevents it."""
        faults = self.provider.faults
        fault: Fault = getattr(faults, kind, "")
        waits = {"media": faults.media_delay_s, "playback": faults.playback_delay_s}
        wait_s = waits.get(kind) or faults.delay_s * (kind != "media")
        if fault == "hang":
            wait_s = 3_600.0
        if kind != "control" and wait_s and self.provider.is_stopping.wait(wait_s):
            fault = "cut"
        if fault in ("hang", "cut"):
            self.close_connection = True
        elif fault in ("blocked", "down", "busy", "client_retired"):
            self._fail(fault)
        elif fault == "nonsense":
            # A slot may have been taken: what tells of it is whole, and the rest makes no sense.
            (self._nonsense if kind == "playback" else lambda: self._json(200, ["?"]))()
        else:
            answer()

    def _fail(self, fault: Fault) -> None:
        if fault == "blocked":
            self._send(403, _CHALLENGE.encode(), "text/html; charset=UTF-8")
        elif fault == "down":
            self._send(502, b"<html>Bad gateway</html>", "text/html")
        elif fault == "busy":
            after_s = str(self.provider.faults.retry_after_s)
            self._json(429, {"error": "slow_down"}, {"Retry-After": after_s})
        else:
            self._json(401, {"error": "invalid_client", "code": "auth.invalid_client"})

    def _nonsense(self) -> None:
        name = self._name()
        version = self.path.split("/")[3]
        token = self.provider.take_slot(name or "", version) if name else None
        self._json(200, {"token": token, "url": 12, "subtitles": "none"})

    def _token(self, body: bytes) -> None:
        given = base64.b64encode(CLIENT_TOKEN.encode()).decode()
        if self.headers.get("authorization") != f"Basic {given}":
            self._json(401, {"error": "invalid_client", "code": "auth.invalid_client"})
            return
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        told: dict[str, object] | None = None
        match form.get("grant_type"):
            case "password":
                account = self.provider.accounts.get(form.get("username", ""))
                if account is not None and form.get("password") == account.password:
                    told = self.provider.grant(form["username"])
            case "refresh_token":
                told = self.provider.refreshed(form.get("refresh_token", ""))
            case "client_id":
                told = self.provider.grant(None)
            case _:
                self._json(400, {"error": "unsupported_grant_type"})
                return
        if told is None:
            self._json(401, {"error": "invalid_grant", "code": "auth.invalid_credentials"})
        else:
            self._json(200, told)

    def _name(self) -> str | None:
        """Return whose token came, or answer 401 and return nothing; "" is the client alone."""
        kind, _, token = (self.headers.get("authorization") or "").partition(" ")
        holder = self.provider.holder(token) if kind == "Bearer" else None
        if holder is None:
            self._json(401, {"error": "invalid_token", "code": "auth.token_expired"})
            return None
        return holder[0] or ""

    def _search(self, text: str) -> None:
        words = set(text.casefold().split())
        found: dict[str, list[Season]] = {}
        for season in self.provider.seasons.values():
            own = set(f"{season.series_title} {season.title}".casefold().split())
            if words & own:
                found.setdefault(season.series_id, []).append(season)
        items = [
            {
                "id": series_id,
                "type": "series",
                "title": seasons[0].series_title,
                "series_metadata": {
                    "season_count": len(seasons),
                    "episode_count": sum(len(one.episodes) for one in seasons),
                },
            }
            for series_id, seasons in found.items()
        ]
        group = {"type": "series", "count": len(items), "items": items}
        self._json(200, {"total": len(items), "data": [group]})

    def _seasons(self, series_id: str) -> None:
        data = [
            {
                "id": one.id,
                "series_id": one.series_id,
                "title": one.title,
                "season_number": one.number,
                "number_of_episodes": len(one.episodes),
                "audio_locales": list(AUDIO),
            }
            for one in self.provider.seasons.values()
            if one.series_id == series_id
        ]
        self._json(200 if data else 404, {"total": len(data), "data": data})

    def _listed(self, season_id: str) -> None:
        season = self.provider.seasons.get(season_id)
        if season is None:
            self._json(404, {"error": "not_found"})
            return
        data = [
            {
                "id": one.id,
                "title": one.title,
                "episode_number": one.number,
                "sequence_number": float(one.number),
                "is_premium_only": one.is_premium_only,
                "versions": self._versions(one),
            }
            for one in season.episodes
        ]
        self._json(200, {"total": len(data), "data": data})

    def _versions(self, episode: Episode) -> list[dict[str, object]]:
        return [
            {
                "guid": self.provider.version_of(episode, audio),
                "audio_locale": audio,
                "original": audio == next(iter(AUDIO)),
            }
            for audio in AUDIO
        ]

    def _play(self, version: str) -> None:
        name = self._name()
        if name is None:
            return
        episode = self.provider.episode(version)
        refused = self._refused(name, episode)
        if refused is not None or episode is None:
            status, told = refused or (404, {"error": "not_found"})
            self._json(status, told)
            return
        token = self.provider.take_slot(name, version)
        if token is None:
            self._json(420, {"error": "TOO_MANY_ACTIVE_STREAMS", "activeStreams": []})
            return
        media = f"{cast('ProviderServer', self.server).url}/media/{token}"
        audio = self.provider.audio_of(version)
        told = {
            "assetId": f"p.{version}",
            "url": f"{media}/{audio}/master.m3u8",
            "token": token,
            "audioLocale": audio,
            "subtitles": {
                language: {
                    "language": language,
                    "url": f"{media}/captions/{language}.vtt",
                    "format": "vtt",
                }
                for language in CAPTIONS
            },
            "hardSubs": {},
            "versions": self._versions(episode),
            "session": {"renewSeconds": self.provider.faults.renew_s, "usesStreamLimits": True},
        }
        if episode.is_protected:
            told["drm"] = {"type": "widevine"}
        if self.provider.faults.playback == "truncated":
            self._send(200, json.dumps(told).encode()[:-40], "application/json")
        else:
            self._json(200, told)

    def _refused(
        self, name: str, episode: Episode | None
    ) -> tuple[int, Mapping[str, object]] | None:
        """Return why this account gets no stream of an episode."""
        if not name:
            return 403, {"error": "forbidden", "code": "playback.account_required"}
        if episode is None:
            return 404, {"error": "not_found"}
        account = self.provider.accounts[name]
        if episode.countries is not None and account.country not in episode.countries:
            return 403, {"error": "forbidden", "code": "playback.not_available_in_region"}
        if episode.is_premium_only and not account.is_premium:
            return 403, {"error": "forbidden", "code": "playback.premium_subscription_required"}
        return None

    def _release(self, token: str) -> None:
        if self._name() is None:
            return
        self._send(204 if self.provider.release_slot(token) else 404, b"", "application/json")

    def _media(self, token: str, rest: Sequence[str]) -> None:
        if self.provider.version_held(token) is None:
            self._json(403, {"error": "expired"})
            return
        folder = self.provider.clip.resolve()
        path = folder.joinpath(*rest).resolve()
        if not path.is_relative_to(folder) or not path.is_file():
            self._json(404, {"error": "not_found"})
            return
        body = path.read_bytes()
        if self.provider.faults.media == "truncated":
            body = body[: len(body) // 2]
        self._send(200, body, _TYPES.get(path.suffix, "application/octet-stream"))

    def _control(self, body: bytes) -> None:
        known = {one.name for one in dataclasses.fields(Faults)}
        given = json.loads(body or b"{}")
        if set(given) - known:
            self._json(400, {"error": f"known are {', '.join(sorted(known))}"})
            return
        for name, value in given.items():
            setattr(self.provider.faults, name, value)
        self._json(200, {**dataclasses.asdict(self.provider.faults), "open": self._open()})

    def _open(self) -> int:
        return len(self.provider.open_slots)

    def _json(self, status: int, told: object, headers: Mapping[str, str] | None = None) -> None:
        self._send(status, json.dumps(told).encode(), "application/json", headers)

    def _send(
        self, status: int, body: bytes, kind: str, headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", "*")
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _id(letter: str, text: str) -> str:
    """Return an id in the provider's form, the same for the same text."""
    return f"{letter}{zlib.crc32(text.casefold().encode()):08X}"
