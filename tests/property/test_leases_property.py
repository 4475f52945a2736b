"""Slots never leak: leases against a model, over random interleavings of all that can happen.

The source counts the slots that it gave and got back; it answers late, in any order, and fails in
every way that the provider knows.
"""

import asyncio
import contextlib
from collections.abc import Collection, Sequence
from random import Random
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st
from typing_extensions import override

from kensho.edges.provider.answers import PlaybackAnswer
from kensho.edges.provider.tokens import TokenHolder
from kensho.edges.streams.leases import FRESH_S, KEPT_S, LeaseKey, Leases
from kensho.edges.streams.slots import ResolvedStream, SlotLostError, SlotSource, Taken
from kensho.errors import (
    DrmProtectedError,
    KenshoError,
    ProviderUnavailableError,
    TooManyStreamsError,
    UpstreamUnavailableError,
)

SIDS = ("a", "b", "c")
HOLDER = cast("TokenHolder", SimpleNamespace())


class CountedSlots(SlotSource):
    """Gives slots that it counts; `random` decides how long each step takes and what fails."""

    def __init__(self, random: Random, most: int) -> None:
        self.random = random
        self.most = most
        self.open: set[str] = set()
        self.given = 0
        self.is_down = False

    async def pause(self) -> None:
        for _ in range(self.random.randrange(4)):
            await asyncio.sleep(0)

    @override
    async def take(self, holder: TokenHolder, version: str) -> Taken:
        await self.pause()
        if self.is_down:
            raise ProviderUnavailableError("down")
        if len(self.open) >= self.most:
            raise TooManyStreamsError("too many")
        self.given += 1
        slot = f"slot {self.given}"
        self.open.add(slot)
        await asyncio.sleep(0)
        if self.random.random() < 0.1:
            raise SlotLostError(slot)
        return Taken(slot, PlaybackAnswer(url="", token=slot))

    @override
    async def read(self, taken: Taken) -> ResolvedStream:
        await self.pause()
        if self.random.random() < 0.1:
            raise DrmProtectedError("protected")
        return ResolvedStream(url=taken.slot, lasts_s=600.0, audio="ja-JP")

    @override
    async def release(self, holder: TokenHolder, version: str, slot: str) -> None:
        await self.pause()
        self.open.remove(slot)  # KeyError: it was given back twice


class Model:
    """Which sessions go on, and the time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.ended: set[str] = set()

    async def living(self, sids: Collection[str]) -> Collection[str]:
        await asyncio.sleep(0)
        return [sid for sid in sids if sid not in self.ended]


STEPS = st.one_of(
    st.tuples(st.just("get"), st.sampled_from(SIDS), st.integers(1, 3)),
    st.tuples(st.just("get and leave"), st.sampled_from(SIDS), st.integers(1, 3)),
    st.tuples(st.just("release"), st.sampled_from(SIDS), st.integers(1, 3)),
    st.tuples(st.just("sign out here"), st.sampled_from(SIDS), st.just(0)),
    st.tuples(st.just("sign out elsewhere"), st.sampled_from(SIDS), st.just(0)),
    st.tuples(st.just("wait"), st.just(""), st.sampled_from((1, 20, int(FRESH_S), int(KEPT_S)))),
    st.tuples(st.just("sweep"), st.just(""), st.just(0)),
    st.tuples(st.just("turn"), st.just(""), st.integers(1, 5)),
    st.tuples(st.just("down"), st.just(""), st.integers(0, 1)),
)


def key_of(sid: str, episode: int) -> LeaseKey:
    return LeaseKey(sid, UUID(int=1), episode, "ja-JP")


async def played(steps: Sequence[tuple[str, str, int]], seed: int, most: int, shut: int) -> None:
    source, model = CountedSlots(Random(seed), most), Model()
    leases = Leases(source, model.living, lambda: model.now)
    asked: list[asyncio.Task[Any]] = []

    async def get(sid: str, episode: int) -> None:
        with contextlib.suppress(KenshoError):
            lease = await leases.get(key_of(sid, episode), HOLDER, "v")
            assert lease.key == key_of(sid, episode), "another's stream"

    for what, sid, number in steps:
        if what.startswith("get"):
            task = asyncio.create_task(get(sid, number))
            asked.append(task)
            if what == "get and leave":
                await asyncio.sleep(0)
                task.cancel()
        elif what == "release":
            leases.release(lambda key, own=key_of(sid, number): key == own)  # type: ignore[misc]
        elif what == "sign out here":
            model.ended.add(sid)
            leases.end_session(sid)
        elif what == "sign out elsewhere":
            model.ended.add(sid)
        elif what == "wait":
            model.now += number
        elif what == "sweep":
            await leases.sweep()
        elif what == "down":
            source.is_down = bool(number)
        else:
            for _ in range(number):
                await asyncio.sleep(0)
    if not shut:
        await asyncio.gather(*asked, return_exceptions=True)
        await asyncio.sleep(0.001)
        await leases.sweep()
        for _ in range(20):
            await asyncio.sleep(0)
        assert source.open == leases.slots(), "a slot is held by no lease"
        held = {lease.key.sid for lease in leases._kept.values()}
        assert not held & model.ended, "an ended session holds a slot"
    await leases.close()
    await asyncio.gather(*asked, return_exceptions=True)
    assert source.open == set(), "a slot leaked"
    assert len(leases) == 0
    for task in asked:
        if not task.cancelled() and isinstance(task.exception(), AssertionError):
            raise task.exception()  # type: ignore[misc]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(STEPS, max_size=30), st.integers(0, 2**20), st.integers(1, 6), st.integers(0, 1)
)
def test_every_slot_is_held_by_a_lease_or_given_back(
    steps: list[tuple[str, str, int]], seed: int, most: int, shut: int
) -> None:
    asyncio.run(played(steps, seed, most, shut))


async def test_a_lease_that_is_old_is_served_as_stale_while_the_provider_is_down() -> None:
    source, model = CountedSlots(Random(5), 1), Model()
    source.random = cast("Random", SimpleNamespace(randrange=lambda _: 0, random=lambda: 1.0))
    leases = Leases(source, model.living, lambda: model.now)
    first = await leases.get(key_of("a", 1), HOLDER, "v")
    assert not first.is_stale
    model.now, source.is_down = FRESH_S + 1, True
    assert await leases.get(key_of("a", 1), HOLDER, "v") is first
    assert first.is_stale
    model.now = 601.0  # beyond what the provider holds
    with contextlib.suppress(UpstreamUnavailableError):
        await leases.get(key_of("a", 1), HOLDER, "v")
        raise AssertionError("it lapsed")
    source.is_down = False
    again = await leases.get(key_of("a", 1), HOLDER, "v")  # its own slot made room
    assert (again.is_stale, again.viewing) == (False, first.viewing) or again is not first
    await leases.close()
    assert source.open == set()
