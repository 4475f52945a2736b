"""The one door to SurrealDB: every statement's status is checked, every call has a deadline, every error a type.

One URL decides the store: `surrealkv://path` and `mem://` run the engine inside this process, `ws://host:port` and
`wss://` speak to a server over a pool of connections. Reads answer with JSON text that msgspec decodes into
Structs (three times faster than the driver's own decoding, docs/decisions/0002). Writes go through one lock per
process, and are retried, bounded, when the engine answers that a conflict "can be retried". The driver is a
pre-release: this module alone imports it, so that another version is a change of one file.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final, Self, TypeVar, cast

import msgspec
from surrealdb import AsyncSurreal
from surrealdb.errors import SurrealError

from kensho.errors import (
    DeadlineExceededError,
    RuleViolationError,
    StorageError,
    StoreInUseError,
    StoreUnavailableError,
)
from kensho.storage import ownership
from kensho.storage.queries import Query, named

T = TypeVar("T")

_MAX_TRIES: Final = 8
"""Conflicts are rare behind one writer lock; eight tries with doubling pauses span about a second."""
_FIRST_PAUSE_S: Final = 0.005
_RETRYABLE: Final = "can be retried"
_RULE_BROKEN: Final = re.compile(
    r"must conform to|but expected a|already contains|already exists|does not exist|Couldn't coerce"
    r"|while processing event|no such field exists|Expected `"
)


class StoreSettings(msgspec.Struct, frozen=True):
    """Where the graph stands, and the bounds on talking to it."""

    url: str
    namespace: str = "kensho"
    database: str = "kensho"
    username: str | None = None
    password: str | None = None
    pool_size: int = 4
    deadline_s: float = 10.0
    connect_deadline_s: float = 10.0

    @property
    def embedded(self) -> bool:
        """Tell whether the engine runs inside this process."""
        return not self.url.startswith(("ws://", "wss://"))


class Gateway:
    """An open store. Use `async with Gateway.open(settings, queries) as gateway`."""

    def __init__(self, settings: StoreSettings, queries: Mapping[str, Query]) -> None:
        self.settings = settings
        self._queries = queries
        self._idle: asyncio.Queue[Any] = asyncio.Queue()
        self._embedded: Any = None
        self._writer = asyncio.Lock()

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, settings: StoreSettings, queries: Mapping[str, Query]) -> AsyncIterator[Self]:
        """Open the store and close it afterwards.

        Raises:
            StoreInUseError: another process owns the embedded store; the message names it.
            StoreUnavailableError: the store can't be opened, reached or signed in to.
        """
        gateway = cls(settings, queries)
        if settings.embedded:
            with ownership.explained(settings.url):
                gateway._embedded = await gateway._connect()
            with ownership.recorded(settings.url):
                try:
                    yield gateway
                finally:
                    await gateway._embedded.close()
            return
        for _ in range(settings.pool_size):
            gateway._idle.put_nowait(None)  # opened at first use, and again after a loss
        await gateway.ping()
        try:
            yield gateway
        finally:
            await gateway._close_pool()

    async def ping(self) -> None:
        """Ask the store for a constant; raises as any read does."""
        await self.fetch("meta.ping", into=int)

    async def fetch(
        self, name: str, params: Mapping[str, object] | None = None, *, into: type[T], deadline_s: float | None = None
    ) -> T:
        """Run the read query `name` and decode its last statement's JSON text as `into`.

        Raises:
            DeadlineExceededError: no answer within `deadline_s` (by default the settings').
            StoreUnavailableError: the store can't be reached; a lost connection was tried once anew.
            StorageError: any statement failed, or the answer is not of this shape.
        """
        query = self._query(name, params, writes=False)
        answer = await self._run(query.text, params, deadline_s)
        if not isinstance(answer, str):
            raise StorageError(f"query {name} answered {answer!r} where JSON text was due")
        try:
            return msgspec.json.decode(answer, type=into)
        except msgspec.ValidationError as error:
            raise StorageError(f"query {name} answered another shape: {error}") from error

    async def execute(
        self, name: str, params: Mapping[str, object] | None = None, *, deadline_s: float | None = None
    ) -> None:
        """Run the write query `name`, which is one transaction, alone among this process's writes.

        Raises:
            RuleViolationError: the schema refused a value; nothing was written.
            DeadlineExceededError, StoreUnavailableError: the outcome is unknown; every write here may be repeated.
        """
        query = self._query(name, params, writes=True)
        await self.run_script(query.text, params, deadline_s=deadline_s)

    async def run_script(
        self, text: str, params: Mapping[str, object] | None = None, *, deadline_s: float | None = None
    ) -> None:
        """Run SurrealQL that is not from `queries/` (a migration) as `execute` does."""
        async with self._writer:
            pause_s = _FIRST_PAUSE_S
            for attempt in range(1, _MAX_TRIES + 1):
                try:
                    await self._run(text, params, deadline_s)
                except StorageError as error:
                    if _RETRYABLE not in error.message or attempt == _MAX_TRIES:
                        raise
                    await asyncio.sleep(pause_s)
                    pause_s *= 2
                else:
                    return

    def _query(self, name: str, params: Mapping[str, object] | None, *, writes: bool) -> Query:
        query = named(self._queries, name)
        if query.writes is not writes:
            raise StorageError(f"query {name} {'reads' if writes else 'writes'}; use {'fetch' if writes else 'execute'}")
        if query.params != frozenset(params or ()):
            raise StorageError(f"query {name} takes {sorted(query.params)}, not {sorted(params or ())}")
        return query

    async def _run(self, text: str, params: Mapping[str, object] | None, deadline_s: float | None) -> object:
        seconds = deadline_s if deadline_s is not None else self.settings.deadline_s
        try:
            async with asyncio.timeout(seconds):
                response = await self._send(text, dict(params or {}))
        except TimeoutError as error:
            raise DeadlineExceededError(f"the store gave no answer within {seconds:g} s") from error
        return _last_result(response)

    async def _send(self, text: str, params: dict[str, object]) -> object:
        if self._embedded is not None:
            with _translated("the embedded store failed"):
                return await self._embedded.query_raw(text, params)
        connection = await self._idle.get()
        try:
            if connection is not None:
                with contextlib.suppress(StoreUnavailableError):
                    return await self._send_over(connection, text, params)
                await _close_quietly(connection)
                connection = None
            connection = await self._connect()
            return await self._send_over(connection, text, params)
        except BaseException:
            await _close_quietly(connection)  # a cut call may still be answered: never reuse its connection
            connection = None
            raise
        finally:
            self._idle.put_nowait(connection)

    async def _send_over(self, connection: Any, text: str, params: dict[str, object]) -> object:
        with _translated(f"lost the connection to {self.settings.url}"):
            return await connection.query_raw(text, params)

    async def _connect(self) -> Any:
        settings = self.settings
        try:
            async with asyncio.timeout(settings.connect_deadline_s):
                with _translated(f"can't open {settings.url}"):
                    connection = cast("Any", AsyncSurreal(settings.url))
                    await connection.connect()
                    if settings.username is not None:
                        await connection.signin(
                            {"username": settings.username, "password": settings.password}
                        )
                    await connection.use(settings.namespace, settings.database)
        except TimeoutError as error:
            raise StoreUnavailableError(
                f"can't open {settings.url} within {settings.connect_deadline_s:g} s"
            ) from error
        return connection

    async def _close_pool(self) -> None:
        while not self._idle.empty():
            await _close_quietly(self._idle.get_nowait())


async def _close_quietly(connection: Any) -> None:
    if connection is not None:
        with contextlib.suppress(Exception):
            await connection.close()


@contextlib.contextmanager
def _translated(what: str) -> Any:
    """Turn the driver's and the socket's errors into ours."""
    try:
        yield
    except SurrealError as error:
        if "already locked" in str(error):
            raise StoreInUseError(str(error)) from error
        raise StoreUnavailableError(f"{what}: {error}") from error
    except (OSError, EOFError) as error:
        raise StoreUnavailableError(f"{what}: {error}") from error


def _last_result(response: object) -> object:
    """Return the last statement's result; raises the first real error among all statements."""
    answer = cast("dict[str, Any]", response)
    if "error" in answer:
        raise _typed(str(answer["error"].get("message", answer["error"])), None)
    statements = cast("list[dict[str, Any]]", answer["result"])
    failed = [s for s in statements if s["status"] != "OK"]
    # A failing statement makes its neighbours "not executed": the cause is the one that says something else.
    for statement in sorted(failed, key=lambda s: _kind(s) == "NotExecuted"):
        raise _typed(str(statement["result"]), _kind(statement))
    return statements[-1]["result"] if statements else None


def _kind(statement: dict[str, Any]) -> str | None:
    details = statement.get("details")
    return cast("dict[str, str]", details).get("kind") if isinstance(details, dict) else None


def _typed(message: str, kind: str | None) -> StorageError:
    if kind == "TimedOut" or "exceeded the timeout" in message:
        return DeadlineExceededError(message)
    if _RULE_BROKEN.search(message):
        return RuleViolationError(message)
    return StorageError(message)
