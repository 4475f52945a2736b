"""While requests come, answers are made ready in a small share of the time; else one by one."""

import asyncio
from itertools import pairwise
from typing import Any, cast

import pytest

from kensho.http import warming
from kensho.http.pipeline import RequestPipeline
from kensho.http.response_cache import EVERYBODY, Key
from kensho.http.warming import Warmer

TOOK_S = 0.01


class Service:
    """A pipeline of which each answer takes as long, asked all the time or never."""

    def __init__(self, *, is_asked: bool) -> None:
        self.now_s = 0.0
        self.made_at_s: list[float] = []
        self._is_asked = is_asked
        self._begun = 0

    @property
    def requests_begun(self) -> int:
        self._begun += self._is_asked
        return self._begun

    def turn(self, most: int) -> list[Key]:
        return [(b"/api/%d" % one, b"", "br", EVERYBODY) for one in range(most // 10)]

    async def make_ready(self, *_: object) -> None:
        self.now_s += TOOK_S
        self.made_at_s.append(self.now_s)

    async def sleep(self, seconds: float) -> None:
        self.now_s += seconds


async def warmed(monkeypatch: pytest.MonkeyPatch, *, is_asked: bool) -> list[float]:
    """Return when each answer was made."""
    service = Service(is_asked=is_asked)
    monkeypatch.setattr(warming, "perf_counter", lambda: service.now_s)
    monkeypatch.setattr(warming, "sleep", service.sleep)  # of other tasks nothing changes
    warmer = Warmer(cast("Any", None), cast("RequestPipeline", service), lambda: ())
    warmer.wake()
    assert warmer._warming is not None
    await asyncio.wait_for(warmer._warming, 5)
    return service.made_at_s


async def test_requests_have_nineteen_parts_of_twenty(monkeypatch: pytest.MonkeyPatch) -> None:
    at_s = await warmed(monkeypatch, is_asked=True)
    assert len(at_s) == warming.HOTTEST // 10
    waits = [later - earlier for earlier, later in pairwise(at_s)]
    assert min(waits) >= 20 * TOOK_S - 1e-9
    assert max(waits) <= 20 * TOOK_S + 2 * warming._PAUSE_S


async def test_where_nobody_asks_nothing_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    at_s = await warmed(monkeypatch, is_asked=False)
    waits = [later - earlier for earlier, later in pairwise(at_s)]
    assert max(waits) <= TOOK_S + warming._PAUSE_S + 1e-9
