"""One suite for all stores of sessions, against a model; and Redis away, hung and back."""

import asyncio
import contextlib
import datetime as dt
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Final, TypeAlias
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kensho.edges.accounts.memory_sessions import MemorySessions
from kensho.edges.accounts.redis_sessions import RedisSessions
from kensho.edges.accounts.sessions import (
    IDLE,
    LONGEST,
    MOST_OF_SUBJECT,
    Session,
    SessionStore,
    SessionsUnavailableError,
)
from kensho.edges.accounts.tokens import new_secret, sid_of
from kensho.platform.redis import RedisDoor
from kensho.platform.settings import RedisSettings
from tests.support.redis_servers import RedisServer, running_redis
from tests.support.session_model import START, SessionModel, ToldClock

pytestmark = pytest.mark.contract

Opened: TypeAlias = Callable[[ToldClock], AbstractAsyncContextManager[SessionStore]]
PEOPLE: Final = [UUID(int=number) for number in range(2)]


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture(params=["memory", "redis"])
def opened(request: pytest.FixtureRequest) -> Opened:
    """Return a way to open an empty store."""
    if request.param == "memory":

        @contextlib.asynccontextmanager
        async def in_memory(clock: ToldClock) -> AsyncIterator[SessionStore]:
            yield MemorySessions(clock.now)

        return in_memory
    server: RedisServer = request.getfixturevalue("redis")
    server.clear()
    return lambda clock: in_redis(server, clock)


@contextlib.asynccontextmanager
async def in_redis(
    server: RedisServer, clock: ToldClock, deadline_s: float = 2.0
) -> AsyncIterator[RedisSessions]:
    """Open sessions in Redis; patient, since others use this machine too."""
    async with RedisDoor(RedisSettings(url=server.url, deadline_s=deadline_s)) as door:
        yield RedisSessions(door, clock.now)


def new(clock: ToldClock, subject: UUID = PEOPLE[0], **changes: Any) -> Session:
    now = clock.now()
    session = Session(
        id=sid_of(new_secret()) or "",
        subject=subject,
        realm="account",
        account_id=subject,
        name="ada-1",
        role="manager",
        created_at=now,
        expires_at=now + IDLE,
        ends_at=now + LONGEST,
        device="Firefox/140",
    )
    return msgspec.structs.replace(session, **changes)


WAITS: Final = st.sampled_from([0.5, 9.5, 10.0, 10.5, 60.0, 899.5, 900.0, 3_600.0])
NUMBERS: Final = st.integers(0, 5)
STEPS: Final = st.lists(
    st.one_of(
        st.tuples(st.just("begin"), st.sampled_from([0, 1])),
        st.tuples(st.just("renew"), NUMBERS),
        st.tuples(st.just("rotate"), NUMBERS, st.integers(-1, 2)),
        st.tuples(st.just("seal"), NUMBERS),
        st.tuples(st.just("end"), NUMBERS),
        st.tuples(st.just("end_all"), st.sampled_from([0, 1]), st.none() | NUMBERS),
        st.tuples(st.just("list"), st.sampled_from([0, 1])),
        st.tuples(st.just("wait"), WAITS),
        st.tuples(st.just("many"), st.integers(40, 60)),
    ),
    max_size=25,
)


@given(STEPS)
def test_sessions_in_memory_do_what_the_model_does(steps: list[tuple[Any, ...]]) -> None:
    clock = ToldClock()
    asyncio.run(compared(MemorySessions(clock.now), clock, steps))


def test_sessions_in_redis_do_what_the_model_does(redis: RedisServer) -> None:
    @given(STEPS)
    def holds(steps: list[tuple[Any, ...]]) -> None:
        async def run() -> None:
            clock = ToldClock()
            redis.clear()
            async with in_redis(redis, clock) as store:
                await compared(store, clock, steps)

        asyncio.run(run())

    holds()


async def compared(store: SessionStore, clock: ToldClock, steps: list[tuple[Any, ...]]) -> None:
    """Take the steps with a store and with the model, and compare after each."""
    comparison = Comparison(store, clock)
    for name, *rest in steps:
        await getattr(comparison, name)(*rest)
    all_ = comparison.model.all
    going_on = {one["id"] for number, one in enumerate(all_) if comparison.model.goes_on(number)}
    assert await store.living([one["id"] for one in all_]) == going_on


class Comparison:
    """Steps that are taken with a store and with the model; one of no session is passed over."""

    def __init__(self, store: SessionStore, clock: ToldClock) -> None:
        self.store = store
        self.clock = clock
        self.model = SessionModel(clock)

    def sid(self, number: int | None) -> str | None:
        known = number is not None and number < len(self.model.all)
        return self.model.all[number or 0]["id"] if known else None

    async def wait(self, seconds: float) -> None:
        self.clock.seconds += seconds

    async def begin(self, person: int) -> None:
        session = new(self.clock, PEOPLE[person])
        assert await self.store.create(session) == []
        self.model.begin(session.id, person)

    async def many(self, times: int) -> None:
        """Use the first session all day."""
        for _ in range(times):
            self.clock.seconds += 800.0
            await self.renew(0)

    async def renew(self, number: int) -> None:
        sid = self.sid(number)
        if sid is None:
            return
        session, expected = await self.store.renew(sid), self.model.all[number]
        assert (session is not None) == self.model.renew(number)
        if session is not None:
            assert (session.sealed, session.generation) == (
                expected["sealed"],
                expected["generation"],
            )
            assert session.expires_at == START + dt.timedelta(seconds=self.model.ends_s(number))

    async def rotate(self, number: int, back: int) -> None:
        sid = self.sid(number)
        if sid is None:
            return
        generation = max(0, self.model.all[number]["generation"] - back)
        rotation = await self.store.rotate(sid, generation)
        assert rotation.outcome == self.model.rotate(number, generation)
        if rotation.session is not None:
            assert rotation.session.generation == self.model.all[number]["generation"]

    async def seal(self, number: int) -> None:
        sid = self.sid(number)
        if sid is None:
            return
        assert await self.store.seal(sid, b"\x00sealed|") == self.model.goes_on(number)
        if self.model.goes_on(number):
            self.model.all[number]["sealed"] = b"\x00sealed|"

    async def end(self, number: int) -> None:
        sid = self.sid(number)
        if sid is not None:
            assert await self.store.end(sid) == self.model.end(number)

    async def end_all(self, person: int, besides: int | None) -> None:
        kept = self.sid(besides)
        ended = await self.store.end_all(PEOPLE[person], kept)
        assert set(ended) == self.model.end_all(person, None if kept is None else besides)

    async def list(self, person: int) -> None:
        listed = await self.store.of_subject(PEOPLE[person])
        assert {one.id for one in listed} == self.model.of_subject(person)


async def test_a_session_comes_back_as_it_was(opened: Opened) -> None:
    clock = ToldClock()
    async with opened(clock) as store:
        session = new(clock, sealed=b"\xff\x00|", device="é" * 10)
        await store.create(session)
        assert await store.renew(session.id) == session
        assert await store.renew(sid_of(new_secret()) or "") is None


async def test_of_too_many_sessions_the_one_that_ends_first_gives_way(opened: Opened) -> None:
    clock = ToldClock()
    async with opened(clock) as store:
        sessions: list[Session] = []
        for _ in range(MOST_OF_SUBJECT):
            sessions.append(new(clock))
            assert await store.create(sessions[-1]) == []
            clock.seconds += 1
        await store.renew(sessions[0].id)
        assert await store.create(new(clock)) == [sessions[1].id]
        assert await store.renew(sessions[1].id) is None
        assert len(await store.of_subject(PEOPLE[0])) == MOST_OF_SUBJECT


async def test_of_fifty_at_once_one_rotates(opened: Opened) -> None:
    clock = ToldClock()
    async with opened(clock) as store:
        session = new(clock)
        await store.create(session)
        rotations = await asyncio.gather(*(store.rotate(session.id, 0) for _ in range(50)))
        outcomes = [one.outcome for one in rotations]
        assert (outcomes.count("rotated"), outcomes.count("repeated")) == (1, 49)
        assert {one.session.generation for one in rotations if one.session} == {1}


async def test_what_was_ended_is_not_brought_back(opened: Opened) -> None:
    clock = ToldClock()
    async with opened(clock) as store:
        session = new(clock)
        await store.create(session)
        await asyncio.gather(
            *(store.renew(session.id) for _ in range(20)),
            store.end(session.id),
            *(store.seal(session.id, b"x") for _ in range(20)),
            *(store.rotate(session.id, 0) for _ in range(20)),
        )
        assert await store.renew(session.id) is None
        assert await store.of_subject(PEOPLE[0]) == []


# Redis away.


async def test_without_redis_known_sessions_go_on_and_unknown_ones_are_not_denied(
    tmp_path: Path,
) -> None:
    clock = ToldClock()
    with running_redis(tmp_path) as server:
        async with in_redis(server, clock, 0.1) as one, in_redis(server, clock, 0.1) as other:
            known, unknown, ending = new(clock), new(clock), new(clock, PEOPLE[1])
            for session in (known, ending):
                await one.create(session)
            await other.create(unknown)
            with server.hung():
                assert await one.renew(known.id) is not None
                for sid in (unknown.id, sid_of(new_secret()) or ""):
                    with pytest.raises(SessionsUnavailableError):
                        await one.renew(sid)
                for attempt in (
                    one.create(new(clock)),
                    one.rotate(known.id, 0),
                    one.seal(known.id, b"x"),
                    one.of_subject(PEOPLE[0]),
                    one.living([known.id]),
                ):
                    with pytest.raises(SessionsUnavailableError):
                        await attempt
                assert await one.end(ending.id)
                assert await one.renew(ending.id) is None
                clock.seconds += 901  # a copy is good for as long as a session may be idle
                with pytest.raises(SessionsUnavailableError):
                    await one.renew(known.id)
                clock.seconds -= 901
            await until_back(one, known.id)
            assert await other.renew(ending.id) is None, "the sign-out was not caught up on"
            assert await other.renew(known.id) is not None


async def test_what_was_ended_everywhere_while_redis_was_away_is_ended(tmp_path: Path) -> None:
    clock = ToldClock()
    with running_redis(tmp_path) as server:
        async with in_redis(server, clock, 0.1) as one, in_redis(server, clock, 0.1) as other:
            here, there, kept = new(clock), new(clock), new(clock)
            await one.create(here)
            await other.create(there)
            await one.create(kept)
            with server.hung():
                assert await one.end_all(PEOPLE[0], kept.id) == [here.id]
            await until_back(one, kept.id)
            assert [one.id for one in await other.of_subject(PEOPLE[0])] == [kept.id]


async def test_sessions_are_gone_with_a_redis_that_was_killed(tmp_path: Path) -> None:
    clock = ToldClock()
    with running_redis(tmp_path) as server:
        async with in_redis(server, clock, 0.1) as store:
            session = new(clock)
            await store.create(session)
            server.stop()
            assert await store.renew(session.id) is not None
            server.start()
            await until_back(store, session.id)
            assert await store.renew(session.id) is None


async def until_back(store: RedisSessions, sid: str) -> None:
    """Wait until Redis is asked again, at most 30 seconds."""
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(SessionsUnavailableError):
                await store.living([sid])
                return
            await asyncio.sleep(0.02)


async def test_redis_holds_nothing_that_could_be_sent_as_a_cookie(redis: RedisServer) -> None:
    clock = ToldClock()
    redis.clear()
    async with in_redis(redis, clock) as store:
        secret = new_secret()
        session = new(clock, id=sid_of(secret))
        await store.create(session)
        for key in (f"kensho:s:{session.id}", f"kensho:u:{session.subject}"):
            assert redis.ask("EXISTS", key) == b":1\r\n"
            assert secret.encode() not in redis.ask("DUMP", key)
