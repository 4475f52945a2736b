"""How the service is: which snapshot it serves, and why not the one that is published, if it isn't.

Guarantees: nothing here fails or waits. A service that can't follow what is published goes on with
the snapshot that it has and is degraded; only without any can nothing be served.
"""

import datetime as dt
from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec

from kensho.errors import NotReadyError
from kensho.read_model.holder import SnapshotHolder
from kensho.read_model.model import ReadModel
from kensho.read_model.version import SNAPSHOT_VERSION

State: TypeAlias = Literal["ok", "degraded", "down"]


class Dependency(msgspec.Struct, frozen=True, omit_defaults=True):
    """One dependency: its state, and why it is not well."""

    status: State
    detail: str | None = None


class Dependencies(msgspec.Struct, frozen=True):
    """What the service depends on."""

    read_model: Dependency


class ServedSnapshot(msgspec.Struct, frozen=True):
    """The snapshot that is served: of which state of the graph, in which version, and how old."""

    identity: str
    revision: int
    version: int
    built_at: str
    age_s: int


class Readiness(msgspec.Struct, frozen=True):
    """Whether requests can be served, and from what."""

    status: State
    dependencies: Dependencies
    snapshot: ServedSnapshot | None


class Health(msgspec.Struct, frozen=True):
    """Readiness, and what is served: version of the program, revision of the graph, sizes."""

    status: State
    version: str
    revision: int | None
    counts: dict[str, int]
    dependencies: Dependencies
    snapshot: ServedSnapshot | None


class HealthService:
    """Tells how the service is; it answers whether or not a snapshot is open."""

    def __init__(
        self, snapshots: SnapshotHolder, now: Callable[[], dt.datetime], version: str
    ) -> None:
        self._snapshots = snapshots
        self._now = now
        self._version = version

    def readiness(self) -> Readiness:
        """Return whether requests can be served, and from which snapshot."""
        try:
            model = self._snapshots.current
        except NotReadyError as error:
            return _down(error)
        return self._ready(model)

    def health(self) -> Health:
        """Return the readiness with what is served."""
        try:
            model = self._snapshots.current
        except NotReadyError as error:
            down = _down(error)
            return Health(down.status, self._version, None, {}, down.dependencies, None)
        ready = self._ready(model)
        return Health(
            status=ready.status,
            version=self._version,
            revision=model.revision,
            counts=dict(model.counts),
            dependencies=ready.dependencies,
            snapshot=ready.snapshot,
        )

    def _ready(self, model: ReadModel) -> Readiness:
        state = Dependency("ok")
        if self._snapshots.last_error is not None:
            problem = f"still serving snapshot {model.identity}: {self._snapshots.last_error}"
            state = Dependency("degraded", problem)
        built_at = dt.datetime.fromtimestamp(model.built_at_s, dt.UTC)
        served = ServedSnapshot(
            identity=model.identity,
            revision=model.revision,
            version=SNAPSHOT_VERSION,
            built_at=built_at.isoformat(),
            age_s=max(0, int((self._now() - built_at).total_seconds())),
        )
        return Readiness(state.status, Dependencies(state), served)


def _down(error: NotReadyError) -> Readiness:
    return Readiness("down", Dependencies(Dependency("down", error.message)), None)
