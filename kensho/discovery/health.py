"""How the service is: each thing it depends on, with the time it took to answer.

Nothing here fails: what can't be reached is reported as such. Reads from the read model go on
without the store, so a lost store degrades the service; only without a read model can nothing be
served.
"""

import asyncio
from collections.abc import Callable
from typing import Final, Literal, TypeAlias

import msgspec

from kensho.errors import KenshoError, NotReadyError
from kensho.read_model.holder import SnapshotHolder
from kensho.storage.gateway import Gateway

State: TypeAlias = Literal["ok", "degraded", "down"]
_DEADLINE_S: Final = 2.0
"""A probe that waits longer is itself restarted by most orchestrators."""


class Dependency(msgspec.Struct, frozen=True, omit_defaults=True):
    """One dependency: its state, how long it took to tell, and why it is not well."""

    status: State
    latency_ms: float
    detail: str | None = None


class Dependencies(msgspec.Struct, frozen=True):
    """What the service depends on."""

    store: Dependency
    read_model: Dependency


class Readiness(msgspec.Struct, frozen=True):
    """Whether requests can be served, and what stands behind it."""

    status: State
    dependencies: Dependencies


class Health(msgspec.Struct, frozen=True):
    """Readiness, and what is served: version of the program, revision of the graph, sizes."""

    status: State
    version: str
    revision: int | None
    counts: dict[str, int]
    dependencies: Dependencies


async def readiness(
    gateway: Gateway, catalogue: SnapshotHolder, clock: Callable[[], float]
) -> Readiness:
    """Return how the dependencies are; answers within its own deadline."""
    store = await _store(gateway, clock)
    read_model = _read_model(catalogue)
    if read_model.status == "down":
        state: State = "down"
    else:
        state = "ok" if store.status == read_model.status == "ok" else "degraded"
    return Readiness(state, Dependencies(store=store, read_model=read_model))


def described(ready: Readiness, catalogue: SnapshotHolder, version: str) -> Health:
    """Return the readiness with what is served."""
    try:
        model = catalogue.current
    except NotReadyError:
        return Health(ready.status, version, None, {}, ready.dependencies)
    return Health(ready.status, version, model.revision, dict(model.counts), ready.dependencies)


async def _store(gateway: Gateway, clock: Callable[[], float]) -> Dependency:
    began = clock()
    try:
        async with asyncio.timeout(_DEADLINE_S):
            await gateway.ping()
    except (KenshoError, TimeoutError) as error:
        return Dependency("down", _since_ms(began, clock), str(error) or "no answer in time")
    return Dependency("ok", _since_ms(began, clock))


def _read_model(catalogue: SnapshotHolder) -> Dependency:
    try:
        revision = catalogue.current.revision
    except NotReadyError as error:
        return Dependency("down", 0.0, str(error))
    if catalogue.last_error is not None:
        return Dependency(
            "degraded", 0.0, f"still serving revision {revision}: {catalogue.last_error}"
        )
    return Dependency("ok", 0.0)


def _since_ms(began: float, clock: Callable[[], float]) -> float:
    return round((clock() - began) * 1000, 3)
