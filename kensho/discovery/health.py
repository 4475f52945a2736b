"""How the service is: which snapshot it serves, and why not the one that is published, if it isn't.

Guarantees: nothing here fails or waits. A service that can't follow what is published goes on with
the snapshot that it has and is degraded; only without any can nothing be served.
"""

import datetime as dt
from typing import Literal, TypeAlias

import msgspec

from kensho.errors import NotReadyError
from kensho.read_model.holder import SnapshotHolder
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


def readiness(holder: SnapshotHolder, now: dt.datetime) -> Readiness:
    """Return whether requests can be served, and from which snapshot."""
    try:
        model = holder.current
    except NotReadyError as error:
        return Readiness("down", Dependencies(Dependency("down", error.message)), None)
    state = Dependency("ok")
    if holder.last_error is not None:
        told = f"still serving snapshot {model.identity}: {holder.last_error}"
        state = Dependency("degraded", told)
    built_at = dt.datetime.fromtimestamp(model.built_at_s, dt.UTC)
    served = ServedSnapshot(
        identity=model.identity,
        revision=model.revision,
        version=SNAPSHOT_VERSION,
        built_at=built_at.isoformat(),
        age_s=max(0, int((now - built_at).total_seconds())),
    )
    return Readiness(state.status, Dependencies(state), served)


def health(holder: SnapshotHolder, now: dt.datetime, version: str) -> Health:
    """Return the readiness with what is served."""
    ready = readiness(holder, now)
    counts = {} if ready.snapshot is None else dict(holder.current.counts)
    revision = None if ready.snapshot is None else ready.snapshot.revision
    return Health(ready.status, version, revision, counts, ready.dependencies, ready.snapshot)
