"""The health of the service: the snapshot it serves, and why it cannot serve the published one.

Guarantees: nothing here fails or waits. A service that cannot open the published snapshot continues
with the one it has and reports itself as degraded, and so does one whose workers, folder, disk or
clock are not as they should be. Without any snapshot it is not ready.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

import msgspec

from kensho.errors import NotReadyError
from kensho.platform.secret_values import masked
from kensho.read_model.holder import SnapshotHolder
from kensho.read_model.model import ReadModel
from kensho.read_model.version import SNAPSHOT_VERSION

State: TypeAlias = Literal["ok", "degraded", "down"]
ReadyState: TypeAlias = Literal["ok", "degraded", "down", "draining"]
"""`draining`: the process was told to stop, and new requests are to be sent to another one."""


class Dependency(msgspec.Struct, frozen=True, omit_defaults=True):
    """One dependency: its state, and why it is not well."""

    status: State
    detail: str | None = None


class Dependencies(msgspec.Struct, frozen=True):
    """What the service depends on; all but the read model are named when they are not well."""

    read_model: Dependency
    workers: Dependency | msgspec.UnsetType = msgspec.UNSET
    folder: Dependency | msgspec.UnsetType = msgspec.UNSET
    disk: Dependency | msgspec.UnsetType = msgspec.UNSET
    clock: Dependency | msgspec.UnsetType = msgspec.UNSET


class ServedSnapshot(msgspec.Struct, frozen=True):
    """The snapshot that is served: of which state of the graph, in which version, and how old."""

    identity: str
    revision: int
    version: int
    built_at: str
    age_s: int


class Readiness(msgspec.Struct, frozen=True):
    """Whether requests can be served; where details are told, also from what."""

    status: ReadyState
    dependencies: Dependencies | msgspec.UnsetType = msgspec.UNSET
    snapshot: ServedSnapshot | msgspec.UnsetType | None = msgspec.UNSET


class Health(msgspec.Struct, frozen=True):
    """Readiness, and what is served: version of the program, revision of the graph, sizes."""

    status: State
    version: str
    revision: int | None
    counts: dict[str, int]
    dependencies: Dependencies
    snapshot: ServedSnapshot | None


class HealthService:
    """Tells how the service is; it answers whether or not a snapshot is open.

    Why something is not well is told with `details` only, since it names folders and machines; the
    sign-in of a URL never is.
    """

    def __init__(
        self,
        snapshots: SnapshotHolder,
        now: Callable[[], dt.datetime],
        version: str,
        *,
        details: bool,
        problems: Callable[[], Mapping[str, str]] = dict,
        is_draining: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take also what tells why something around the service is not as it should be."""
        self._problems = problems
        self._is_draining = is_draining
        self._snapshots = snapshots
        self._now = now
        self._version = version
        self._details = details

    def readiness(self) -> Readiness:
        """Return whether requests can be served; with details, why not, or from which snapshot."""
        found = self.health()
        status = "draining" if self._is_draining() else found.status
        if not self._details:
            return Readiness(status)
        return Readiness(status, found.dependencies, found.snapshot)

    def health(self) -> Health:
        """Return the readiness with what is served."""
        others = {
            name: self._dependency("degraded", reason) for name, reason in self._problems().items()
        }
        try:
            model = self._snapshots.current
        except NotReadyError as error:
            down = self._dependency("down", error.message)
            return Health("down", self._version, None, {}, Dependencies(down, **others), None)
        state = Dependency("ok")
        if self._snapshots.last_error is not None:
            problem = f"still serving snapshot {model.identity}: {self._snapshots.last_error}"
            state = self._dependency("degraded", problem)
        return Health(
            status="degraded" if others else state.status,
            version=self._version,
            revision=model.revision,
            counts=dict(model.counts),
            dependencies=Dependencies(state, **others),
            snapshot=self._served(model),
        )

    def _dependency(self, status: State, reason: str) -> Dependency:
        return Dependency(status, masked(reason) if self._details else None)

    def _served(self, model: ReadModel) -> ServedSnapshot:
        built_at = dt.datetime.fromtimestamp(model.built_at_s, dt.UTC)
        return ServedSnapshot(
            identity=model.identity,
            revision=model.revision,
            version=SNAPSHOT_VERSION,
            built_at=built_at.isoformat(),
            age_s=max(0, int((self._now() - built_at).total_seconds())),
        )
