"""What a request is served from, handed to handlers as one dependency.

One, because Litestar resolves several in a task group, anew for every request.
"""

import datetime as dt
from collections.abc import Callable
from typing import TypeAlias

import msgspec
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from kensho.errors import NotReadyError
from kensho.http.metrics import Metrics
from kensho.read_model.holder import SnapshotHolder
from kensho.read_model.model import ReadModel


class Services(msgspec.Struct, frozen=True):
    """What requests are served from; `now` is in UTC."""

    catalogue: SnapshotHolder
    now: Callable[[], dt.datetime]
    metrics: Metrics
    version: str

    @property
    def model(self) -> ReadModel:
        """Return the read model of now, for one answer; raises `NotReadyError`."""
        return self.catalogue.current

    @property
    def identity(self) -> str | None:
        """Return the identity of the snapshot that is served, or `None` while there is none."""
        try:
            return self.catalogue.current.identity
        except NotReadyError:
            return None

    @property
    def revision(self) -> int | None:
        """Return the revision that is served, or `None` while there is no read model."""
        try:
            return self.catalogue.current.revision
        except NotReadyError:
            return None


GivenServices: TypeAlias = NamedDependency[SkipValidation[Services]]
"""The annotation under which handlers ask for `desk`."""
