"""Answers that were costly to make, shared by all processes over Redis: the second layer.

Only public answers come into it, of GET, that a pool made (`kensho.http.pooled`) and that took at
least `cache_tiers.WORTH_S`: pages, maps, exports. They are found by the snapshot, the target and
the encoding, as in each process's own cache, which they are then kept in too.

Guarantees: an answer of another version of the program, or of a server whose settings make other
answers, is never found. What can't be read is made anew.

Redis must be as well guarded as the server: who writes there decides what is answered.
"""

import hashlib
from pathlib import Path
from typing import Final

import msgspec

import kensho
from kensho.domain.searches import SearchOutcome
from kensho.http.response_cache import CachedResponse, Key, PackedResponse
from kensho.platform.cache_tiers import WORTH_S, SharedCache, Worth
from kensho.platform.installation import installed_version
from kensho.platform.machine_metrics import MachineMetrics
from kensho.platform.redis import RedisDoor
from kensho.platform.settings import Settings

WORKS_S: Final = 3_600.0
SEARCHES_S: Final = 900.0
"""Texts that people type are rarely typed again."""
_SEARCHES: Final = (b"/api/search", b"/api/suggest", b"/search")
_PARTS: Final = ("*.py", "*.jinja", "*.toml", "*.css", "*.js", "*.svg", "*.so")
_DIGEST_BYTES: Final = 6


class _Written(msgspec.Struct, frozen=True, array_like=True):
    """An answer as it stands in Redis."""

    route: str
    etag: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    is_packed: bool
    outcome: SearchOutcome | None


_DECODER: Final = msgspec.msgpack.Decoder(_Written)
_ENCODER: Final = msgspec.msgpack.Encoder()


class Lookup(msgspec.Struct, frozen=True):
    """What was found of a snapshot under a key, if anything; else the lock that `settle` ends.

    `is_kept` tells whether what is made instead shall be kept for all: with a lock, or where none
    was asked for because a look did not pay.
    """

    identity: str
    key: Key
    route: str
    answer: CachedResponse | None
    token: bytes = b""
    is_kept: bool = False


class SharedAnswers:
    """Finds and keeps answers in Redis."""

    def __init__(self, door: RedisDoor, settings: Settings, metrics: MachineMetrics) -> None:
        self._cache = SharedCache(door, _version(settings), metrics)
        self._worth: dict[str, Worth] = {}

    async def find(self, identity: str, key: Key, route: str) -> Lookup:
        """Return the answer to `key` from the snapshot `identity`, if any process has made it.

        It is not looked for while that does not pay for answers of this route.
        """
        worth = self._worth_of(route)
        if not worth.pays():
            return Lookup(identity, key, route, None, is_kept=True)
        found = await self._cache.find(identity, _named(key))
        if found.is_known:
            worth.note_look(found=found.value is not None)
        if found.value is None:
            return Lookup(identity, key, route, None, found.token, is_kept=bool(found.token))
        try:
            written = _DECODER.decode(found.value)
        except msgspec.MsgspecError:
            return Lookup(identity, key, route, None)
        made = PackedResponse if written.is_packed else CachedResponse
        answer = made(written.body, written.headers, etag=written.etag, identity=identity)
        answer.route, answer.outcome = written.route, written.outcome
        return Lookup(identity, key, route, answer)

    def settle(self, lookup: Lookup, answer: CachedResponse | None, took_s: float) -> None:
        """Keep an answer that was made because none was found, if it was worth it.

        Those who wait for it go on in either case. `None` is an answer that may not be kept, or
        that there is none, which took no time.
        """
        named = _named(lookup.key)
        if took_s:
            self._worth_of(lookup.route).note_made(took_s)
        if (
            answer is None
            or took_s < WORTH_S
            or answer.sets_cookie
            or answer.identity != lookup.identity
            or not lookup.is_kept
        ):
            self._cache.release(lookup.identity, named, lookup.token)
            return
        written = _Written(
            route=answer.route,
            etag=answer.etag,
            headers=list(answer.own_headers),
            body=answer.body,
            is_packed=isinstance(answer, PackedResponse),
            outcome=answer.outcome,
        )
        value = _ENCODER.encode(written)
        self._cache.put(lookup.identity, named, value, _ttl_s(lookup.key), lookup.token)

    async def close(self) -> None:
        """Wait for what is still written."""
        await self._cache.close()

    def _worth_of(self, route: str) -> Worth:
        worth = self._worth.get(route)
        if worth is None:
            worth = self._worth[route] = Worth()
        return worth


class SharedRooms:
    """The door to Redis of an application, and the answers behind it; an async context manager."""

    def __init__(self, settings: Settings, metrics: MachineMetrics) -> None:
        self.door = RedisDoor(settings.redis, metrics=metrics)
        self.answers = SharedAnswers(self.door, settings, metrics)

    async def __aenter__(self) -> "SharedRooms":
        """Open the door."""
        await self.door.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Wait for what is still written, and close the door."""
        await self.answers.close()
        await self.door.close()


def _named(key: Key) -> bytes:
    path, query, encoding, _ = key
    return b"\0".join((path, query, encoding.encode()))


def _ttl_s(key: Key) -> float:
    return SEARCHES_S if key[0].startswith(_SEARCHES) else WORKS_S


def _version(settings: Settings) -> str:
    """Return what tells this program with these settings from others that share a Redis.

    The files themselves are read, since a program under development is changed without a new
    version; that takes some 20 ms, once.
    """
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    shown = (
        settings.server.public_url,
        settings.server.allowed_hosts,
        settings.search,
        settings.queue.reports,
        settings.posters.mode,
        settings.posters.hosts,
        settings.http.max_age_s,
        settings.edges.names,
    )
    digest.update(msgspec.json.encode(shown))
    folder = Path(kensho.__file__).parent
    for pattern in _PARTS:
        for path in sorted(folder.rglob(pattern)):
            digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
    return f"{installed_version()}-{digest.hexdigest()}"
