"""Slots never leak: leases against a model, over random interleavings of all that can happen.

The source counts the slots that it gave and got back; it answers late, in any order, and fails in
every way that the provider knows.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from random import Random
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
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


def holder_of(sid: str) -> TokenHolder:
    return cast("TokenHolder", SimpleNamespace(session=SimpleNamespace(id=sid)))


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
    async def take(self, holder: TokenHolder, version: str, late: Callable[[str], None]) -> Taken:
        await self.pause()
        if self.random.random() < 0.1 and len(self.open) < self.most:
            asyncio.get_running_loop().call_soon(self.give_late, late)
            raise ProviderUnavailableError("did not answer in time")
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

    def give_late(self, late: Callable[[str], None]) -> None:
        """Give a slot to whoever waits no more."""
        self.given += 1
        self.open.add(f"slot {self.given}")
        late(f"slot {self.given}")

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

    async def goes_on(self, holder: TokenHolder) -> bool:
        await asyncio.sleep(0)
        return holder.session.id not in self.ended


STEPS = st.one_of(
    st.tuples(st.just("get"), st.sampled_from(SIDS), st.integers(1, 3)),
    st.tuples(st.just("get and leave"), st.sampled_from(SIDS), st.integers(1, 3)),
    st.tuples(st.just("release"), st.sampled_from(SIDS), st.integers(1, 3)),
    st.tuples(st.just("sign out here"), st.sampled_from(SIDS), st.just(0)),
    st.tuples(st.just("sign out elsewhere"), st.sampled_from(SIDS), st.just(0)),
    st.tuples(st.just("wait"), st.just(""), st.sampled_from((1, 20, int(FRESH_S), int(KEPT_S)))),
    st.tuples(st.just("hear"), st.just(""), st.just(0)),
    st.tuples(st.just("sweep"), st.just(""), st.just(0)),
    st.tuples(st.just("turn"), st.just(""), st.integers(1, 5)),
    st.tuples(st.just("down"), st.just(""), st.integers(0, 1)),
)


def key_of(sid: str, episode: int) -> LeaseKey:
    return LeaseKey(sid, UUID(int=1), episode, "ja-JP")


class Play:
    """Leases while steps happen to them."""

    def __init__(self, seed: int, most: int) -> None:
        self.source, self.model = CountedSlots(Random(seed), most), Model()
        self.leases = Leases(self.source, self.model.goes_on, lambda: self.model.now)
        self.asked: list[asyncio.Task[Any]] = []

    async def get(self, sid: str, episode: int) -> None:
        with contextlib.suppress(KenshoError):
            lease = await self.leases.get(key_of(sid, episode), holder_of(sid), "v")
            assert lease.key == key_of(sid, episode), "another's stream"

    async def step(self, what: str, sid: str, number: int) -> None:
        own = key_of(sid, number)
        if what == "release":
            self.leases.release(lambda key: key == own)
        elif what == "sweep":
            self.leases.sweep()
        elif what == "wait":
            self.model.now += number
        elif what == "down":
            self.source.is_down = bool(number)
        elif what == "turn":
            await turns(number)
        elif what.startswith("get"):
            await self.ask(sid, number, stays=what == "get")
        else:
            self.sign_out(what, sid)

    async def ask(self, sid: str, episode: int, *, stays: bool) -> None:
        task = asyncio.create_task(self.get(sid, episode))
        self.asked.append(task)
        if not stays:
            await turns(1)
            task.cancel()

    def sign_out(self, what: str, sid: str) -> None:
        if what.startswith("sign out"):
            self.model.ended.add(sid)
        if what == "sign out here":
            self.leases.end_session(sid)
        elif what == "hear":  # as the service of sessions tells of those that ended elsewhere
            for ended in self.model.ended:
                self.leases.end_session(ended)

    async def settle(self) -> None:
        await asyncio.gather(*self.asked, return_exceptions=True)
        await turns(100)
        self.sign_out("hear", "")
        await turns(20)

    async def shut(self) -> None:
        await self.leases.close()
        for ended in await asyncio.gather(*self.asked, return_exceptions=True):
            if isinstance(ended, AssertionError):
                raise ended


async def turns(number: int) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def played(steps: Sequence[tuple[str, str, int]], seed: int, most: int, shut: int) -> None:
    play = Play(seed, most)
    for what, sid, number in steps:
        await play.step(what, sid, number)
    if not shut:
        await play.settle()
        assert play.source.open == play.leases.slots(), "a slot is held by no lease"
        held = {lease.key.sid for lease in play.leases._kept.values()}
        assert not held & play.model.ended, "an ended session holds a slot"
    await play.shut()
    assert play.source.open == set(), "a slot leaked"
    assert len(play.leases) == 0


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=30), st.integers(0, 2**20), st.integers(1, 6), st.integers(0, 1))
def test_every_slot_is_held_by_a_lease_or_given_back(
    steps: list[tuple[str, str, int]], seed: int, most: int, shut: int
) -> None:
    asyncio.run(played(steps, seed, most, shut))


async def test_a_lease_that_is_old_is_served_as_stale_while_the_provider_is_down() -> None:
    play = Play(5, 1)
    source, model, leases = play.source, play.model, play.leases
    source.random = cast("Random", SimpleNamespace(randrange=lambda _: 0, random=lambda: 1.0))
    first = await leases.get(key_of("a", 1), holder_of("a"), "v")
    was_stale = first.is_stale
    model.now, source.is_down = FRESH_S + 1, True
    assert await leases.get(key_of("a", 1), holder_of("a"), "v") is first
    assert (was_stale, first.is_stale) == (False, True)
    model.now = 601.0  # beyond what the provider holds
    with pytest.raises(UpstreamUnavailableError):
        await leases.get(key_of("a", 1), holder_of("a"), "v")
    source.is_down = False
    again = await leases.get(key_of("a", 1), holder_of("a"), "v")  # its own slot made room
    assert again is not first
    assert not again.is_stale
    await play.shut()
    assert source.open == set()
