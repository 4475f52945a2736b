"""Run queries on SurrealDB, embedded in this process or on a server.

The URL decides: `surrealkv://path` and `mem://` run the engine inside this process,
`ws://host:port` and `wss://` speak to a server over a pool of connections. A read returns JSON
text that msgspec decodes into Structs (three times faster than the driver's own decoding,
docs/decisions/0002).

Guarantees: the status of every statement is checked, every call has a deadline and every error a
type. Writes go through one lock per process, or lane, and are retried, a bounded number of times,
when the engine answers that a conflict "can be retried". The driver is a pre-release: only this
module imports it, so that another version of it is a change of one file.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final, Self, TypeAlias, TypeVar, cast

import msgspec
from surrealdb import AsyncEmbeddedSurrealConnection, AsyncWsSurrealConnection
from surrealdb.errors import ConnectionUnavailableError, SurrealError
from typing_extensions import override

from kensho.errors import (
    DeadlineExceededError,
    DiskFullError,
    RuleViolationError,
    StorageError,
    StoreInUseError,
    StoreUnavailableError,
)
from kensho.platform import memory, private_files, spans
from kensho.platform.secret_values import masked
from kensho.storage import ownership
from kensho.storage.queries import NamedQuery, named
from kensho.storage.rw_gate import ReadWriteGate
from kensho.storage.store_settings import StoreSettings

T = TypeVar("T")
Params: TypeAlias = Mapping[str, object] | None

WRITE_LANES: Final = 2
"""Writes of batches that may be under way side by side; more are no faster on two processors, and
hold more memory."""
_LANE: Final = "lane"
"""The parameter by which a query says in which lane it writes, from 0."""
_MAX_TRIES: Final = 8
"""Conflicts are rare behind one writer lock; eight tries with doubling pauses span about a second.
"""
_FIRST_PAUSE_S: Final = 0.005
_RECOVERY_DEADLINE_S: Final = 300.0
"""Opening an embedded store replays its log: 5 s after a large ingest on an idle machine, far more
on a busy one.
"""
_RETRYABLE: Final = "can be retried"
_CHECKPOINT_BYTES: Final = 64 * 1024 * 1024
"""Of parameters written; the engine holds five times as much for edges, which weigh most."""
_CHECKPOINT_WRITES: Final = 60
"""Transactions: small rows weigh far more in the engine than in the parameters. 15,000 works of
which the score moved take 200 MB there, for 2 MB of parameters."""
_SETTLE_S: Final = 0.02
"""The engine's threads still release Python objects after it was closed; an interpreter that exits
meanwhile aborts ("panic in a function that cannot unwind"); none of 120 did with 5 ms or more."""

_RULE_BROKEN: Final = re.compile(
    r"must conform to|but expected a|already contains|already exists|The record '.*' does not exist"
    r"|Couldn't coerce|while processing event|no such field exists|Expected `",
    re.DOTALL,
)
_DISK_FULL: Final = re.compile(r"No space left on device|no storage space|os error (?:28|122)\b")
"""What the engines say of ENOSPC (28) and of a quota that is used up (122)."""
_COMMIT_FAILED: Final = "Cannot COMMIT: There was a problem"
_ECHOES: Final = ("NotExecuted", "Cancelled")
"""The kinds of error of statements that failed only because another one did."""


class Gateway:
    """An open store. Use `async with Gateway.open(settings, queries) as gateway`."""

    def __init__(self, settings: StoreSettings, queries: Mapping[str, NamedQuery]) -> None:
        self.settings = settings
        self._queries = queries
        self._idle: asyncio.Queue[Any] = asyncio.Queue()
        self._embedded: Any = None
        self._writer = asyncio.Lock()
        self._lanes = tuple(asyncio.Lock() for _ in range(WRITE_LANES))
        self._unflushed_bytes = 0
        self._unflushed_writes = 0
        self._calls = ReadWriteGate()

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls, settings: StoreSettings, queries: Mapping[str, NamedQuery]
    ) -> AsyncGenerator[Self]:
        """Open the store and close it afterwards.

        Raises:
            StoreInUseError: another process owns the embedded store; the message names it.
            StoreUnavailableError: the store can't be opened, reached or signed in to.
        """
        gateway = cls(settings, queries)
        if settings.embedded:
            async with _embedded(gateway):
                yield gateway
            return
        for _ in range(settings.pool_size):
            gateway._idle.put_nowait(None)  # opened at first use, and again after a loss
        await gateway.ping()
        try:
            yield gateway
        finally:
            while not gateway._idle.empty():
                await _drop(gateway._idle.get_nowait())

    async def connect_engine(self) -> None:
        """Open the engine of an embedded store; raises as `open` does."""
        self._embedded = await self._connect()

    async def close_engine(self) -> None:
        """Close the engine of an embedded store."""
        await self._embedded.close()

    @property
    def checkpoint_is_due(self) -> bool:
        """Tell whether an embedded store holds so much unflushed data that a checkpoint pays."""
        return self.unflushed >= 1

    @property
    def unflushed(self) -> float:
        """How much unflushed data an embedded store holds, as a share of what it may hold."""
        return max(
            self._unflushed_bytes / _CHECKPOINT_BYTES, self._unflushed_writes / _CHECKPOINT_WRITES
        )

    async def checkpoint(self) -> None:
        """Flush what an embedded store on disk holds in memory; do nothing for any other store.

        The engine keeps all that was written since it was opened in memory, up to a share of the
        machine's, and flushes it when closed: this waits for the calls under way, closes it and
        opens it again. Calls made meanwhile wait.
        """
        on_disk = ownership.owner_file(self.settings.url) is not None  # one in memory would be lost
        if self._embedded is None or not on_disk:
            return
        async with self.writes_held(), self._calls.closed():
            await self._embedded.close()
            self._embedded = await self._connect()
            self._unflushed_bytes = self._unflushed_writes = 0
        memory.release()

    async def ping(self) -> None:
        """Ask the store for a constant; raises as any read does."""
        await self.fetch("meta.ping", into=int)

    async def fetch(
        self, name: str, params: Params = None, *, into: type[T], deadline_s: float | None = None
    ) -> T:
        """Run the read query `name` and decode its last statement's JSON text as `into`.

        Raises:
            DeadlineExceededError: no answer within `deadline_s` (by default the settings').
            StoreUnavailableError: the store can't be reached; a lost connection was tried once
              anew.
            StorageError: any statement failed, or the answer is not of this shape.
        """
        query = self._query(name, params, writes=False)
        with spans.part("store", name):
            answer = await self._run(query.text, params, deadline_s)
        if not isinstance(answer, str):
            raise StorageError(f"query {name} answered {answer!r} where JSON text was due")
        try:
            return msgspec.json.decode(answer, type=into)
        except msgspec.DecodeError as error:
            raise StorageError(f"query {name} answered another shape: {error}") from error

    async def fetch_bytes(
        self, name: str, params: Params = None, *, deadline_s: float | None = None
    ) -> bytes:
        """Run the read query `name`, whose answer is bytes; raises as `fetch` does."""
        query = self._query(name, params, writes=False)
        with spans.part("store", name):
            answer = await self._run(query.text, params, deadline_s)
        if not isinstance(answer, bytes):
            raise StorageError(f"query {name} answered {answer!r} where bytes were due")
        return answer

    async def execute(
        self, name: str, params: Params = None, *, deadline_s: float | None = None
    ) -> None:
        """Run the write query `name`, which is one transaction, alone among this process's writes.

        One with a parameter `lane` is alone in that lane: it may run beside others, so it must not
        write what they do.

        Raises:
            RuleViolationError: the schema refused a value; nothing was written.
            DeadlineExceededError, StoreUnavailableError: the outcome is unknown; every write
              here may be repeated.
        """
        query = self._query(name, params, writes=True)
        lock = self._writer
        if params is not None and _LANE in query.params:
            lock = self._lanes[int(str(params[_LANE]))]
        with spans.part("store", name):
            await self._write(lock, query.text, params, deadline_s)

    async def run_script(
        self, text: str, params: Params = None, *, deadline_s: float | None = None
    ) -> None:
        """Run SurrealQL that is not from `queries/` (a migration) as `execute` does."""
        await self._write(self._writer, text, params, deadline_s)

    async def _write(
        self, lock: asyncio.Lock, text: str, params: Params, deadline_s: float | None
    ) -> None:
        async with lock:
            self._unflushed_writes += 1
            self._unflushed_bytes += sum(
                len(v) for v in (params or {}).values() if isinstance(v, str | bytes)
            )
            await self._run(text, params, deadline_s)

    @contextlib.asynccontextmanager
    async def writes_held(self) -> AsyncGenerator[None]:
        """Keep this process's writes waiting while the block runs.

        Another process's writes are not held.
        """
        async with contextlib.AsyncExitStack() as held:
            for lock in (self._writer, *self._lanes):
                await held.enter_async_context(lock)
            yield

    def _query(self, name: str, params: Params, *, writes: bool) -> NamedQuery:
        query = named(self._queries, name)
        if query.writes is not writes:
            fit = "reads; use fetch" if writes else "writes; use execute"
            raise StorageError(f"query {name} {fit}")
        takes, given = sorted(query.params), sorted(params or ())
        if takes != given:
            raise StorageError(f"query {name} takes {takes}, not {given}")
        return query

    async def _run(self, text: str, params: Params, deadline_s: float | None) -> object:
        """Run statements, again after a conflict; a read has one only where it defines a table."""
        for attempt in range(_MAX_TRIES - 1):
            try:
                return await self._run_once(text, params, deadline_s)
            except StorageError as error:
                if _RETRYABLE not in error.message:
                    raise
            await asyncio.sleep(_FIRST_PAUSE_S * 2**attempt)
        return await self._run_once(text, params, deadline_s)

    async def _run_once(self, text: str, params: Params, deadline_s: float | None) -> object:
        seconds = deadline_s if deadline_s is not None else self.settings.deadline_s
        cancels_before = _cancels()
        try:
            async with asyncio.timeout(seconds):
                response = await self._send(text, dict(params or {}))
        except TimeoutError as error:
            raise DeadlineExceededError(f"the store gave no answer within {seconds:g} s") from error
        if _cancels() > cancels_before:
            # Python 3.11's wait_for, in the driver, loses a cancellation that races the answer.
            raise asyncio.CancelledError
        return _last_result(response)

    async def _send(self, text: str, params: dict[str, object]) -> object:
        if self._embedded is not None:
            async with self._calls.passing():
                return await self._ask(self._embedded, text, params)
        connection = await self._idle.get()
        try:
            if connection is not None:
                with contextlib.suppress(StoreUnavailableError):
                    return await self._ask(connection, text, params)
                await _drop(connection)
            connection = await self._connect()
            return await self._ask(connection, text, params)
        except BaseException:
            # A cut call may still be answered: never reuse its connection.
            dropped, connection = connection, None
            await _drop(dropped)
            raise
        finally:
            self._idle.put_nowait(connection)

    async def _ask(self, connection: Any, text: str, params: dict[str, object]) -> object:
        try:
            with _translated(f"lost {self.settings.shown_url}"):
                return await connection.query_raw(text, params)
        except (TypeError, ValueError) as error:  # of the driver's encoder, before anything is sent
            raise StorageError(f"a parameter can't be sent: {error}") from error

    async def _connect(self) -> Any:
        settings = self.settings
        deadline_s = _RECOVERY_DEADLINE_S if settings.embedded else settings.connect_deadline_s
        connection: Any = None
        try:
            async with asyncio.timeout(deadline_s):
                with _translated(f"can't open {settings.shown_url}"):
                    if settings.path is not None:
                        private_files.make_folder(settings.path)
                    # Every answer is one text: streaming brings nothing, and to cut a stream waits.
                    connection = (
                        AsyncEmbeddedSurrealConnection(settings.url)
                        if settings.embedded
                        else _Session(settings.url, streaming=False)
                    )
                    await connection.connect()
                    if settings.username is not None:
                        await connection.signin(_credentials(settings))
                    await connection.use(settings.namespace, settings.database)
        except BaseException as error:
            await _drop(connection)
            if not isinstance(error, TimeoutError):
                raise
            late = f"can't open {settings.shown_url} within {deadline_s:g} s"
            raise StoreUnavailableError(late) from error
        return connection


@contextlib.asynccontextmanager
async def _embedded(gateway: Gateway) -> AsyncGenerator[None]:
    """Open the engine of an embedded store, which no other process can until the block ends."""
    settings = gateway.settings
    async with contextlib.AsyncExitStack() as stack:
        with ownership.explained(settings.url):
            stack.enter_context(ownership.exclusive(settings.url))
            await gateway.connect_engine()
        with ownership.recorded(settings.url):
            try:
                yield
            finally:
                await gateway.close_engine()
                await asyncio.sleep(_SETTLE_S)
                if settings.path is not None:
                    private_files.close_to_others(settings.path)


class _Session(AsyncWsSurrealConnection):
    """A connection that is not reopened: the driver would, and forget sign-in and `use`."""

    @override
    async def connect(self, url: str | None = None) -> None:
        if self.recv_task is not None and self.recv_task.done():
            raise ConnectionUnavailableError("the server closed the connection")
        await super().connect(url)


def _credentials(settings: StoreSettings) -> dict[str, str | None]:
    password = settings.password.reveal() if settings.password else None
    told = {"username": settings.username, "password": password}
    if settings.sign_in == "root":
        return told
    return told | {"namespace": settings.namespace, "database": settings.database}


def _cancels() -> int:
    task = asyncio.current_task()
    return task.cancelling() if task is not None else 0


async def _drop(connection: Any) -> None:
    """Drop a connection at once: the closing handshake would wait 10 s for a silent server."""
    with contextlib.suppress(Exception):
        if connection is not None and connection.socket is not None:
            connection.socket.transport.abort()
        if connection is not None:
            await connection.close()


@contextlib.contextmanager
def _translated(what: str) -> Any:
    """Turn the driver's and the socket's errors into ours."""
    try:
        yield
    except SurrealError as error:
        if "already locked" in str(error):
            raise StoreInUseError(masked(str(error))) from error
        if _DISK_FULL.search(str(error)):
            raise DiskFullError(masked(f"the disk is full: {what}")) from error
        raise StoreUnavailableError(masked(f"{what}: {error}")) from error
    except (OSError, EOFError) as error:
        raise StoreUnavailableError(masked(f"{what}: {error}")) from error


def _last_result(response: object) -> object:
    """Return the last statement's result, or raise the cause of a failure.

    The engine states a status for every statement. One that fails makes the others of its
    transaction fail too ("not executed", "cancelled"), so the cause is the error that says
    something else.
    """
    answer = cast("dict[str, Any]", response)
    if "error" in answer:
        raise _typed(str(answer["error"].get("message", answer["error"])), None)
    statements = cast("list[dict[str, Any]]", answer["result"])
    failed = [s for s in statements if s["status"] != "OK"]
    for statement in sorted(failed, key=_echoes):
        raise _typed(str(statement["result"]), _kind(statement))
    return statements[-1]["result"] if statements else None


def _echoes(statement: dict[str, Any]) -> int:
    """Return how far a failed statement is from the cause: a COMMIT that fails tells its own."""
    if _kind(statement) not in _ECHOES:
        return 0
    return 1 if str(statement["result"]).startswith(_COMMIT_FAILED) else 2


def _kind(statement: dict[str, Any]) -> str | None:
    details = statement.get("details")
    return cast("dict[str, str]", details).get("kind") if isinstance(details, dict) else None


def _typed(message: str, kind: str | None) -> StorageError:
    if kind == "TimedOut" or "exceeded the timeout" in message:
        return DeadlineExceededError(message)
    if _DISK_FULL.search(message):
        return DiskFullError(f"the disk of the store is full: {message}")
    if _RULE_BROKEN.search(message):
        return RuleViolationError(message)
    return StorageError(message)
