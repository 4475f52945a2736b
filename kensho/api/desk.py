"""What a request is served from, handed to handlers as one dependency.

One, because Litestar resolves several in a task group, anew for every request.
"""

from collections.abc import Callable
from typing import TypeAlias

import msgspec
from litestar.di import NamedDependency
from litestar.params import SkipValidation

from kensho.api.metrics import Metrics
from kensho.discovery.browse import Calendar, Films
from kensho.discovery.cursors import Cursors
from kensho.discovery.read_model import Catalogue
from kensho.discovery.searching import Searching
from kensho.errors import NotReadyError
from kensho.graph.model import ReadModel
from kensho.storage.gateway import Gateway


class Desk(msgspec.Struct, frozen=True):
    """The open rooms of the house; `clock` is steady and in seconds."""

    gateway: Gateway
    catalogue: Catalogue
    cursors: Cursors
    films: Films
    calendar: Calendar
    searching: Searching
    clock: Callable[[], float]
    metrics: Metrics
    version: str

    @property
    def model(self) -> ReadModel:
        """Return the read model of now, for one answer; raises `NotReadyError`."""
        return self.catalogue.current

    @property
    def revision(self) -> int | None:
        """Return the revision that is served, or `None` while there is no read model."""
        try:
            return self.catalogue.current.revision
        except NotReadyError:
            return None


GivenDesk: TypeAlias = NamedDependency[SkipValidation[Desk]]
"""The annotation under which handlers ask for `desk`."""
