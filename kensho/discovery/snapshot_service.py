"""Services over one snapshot, and values that are costly to compute from a snapshot.

A service is made for each request and uses the snapshot that was served when the request arrived,
so that everything the request reads comes from the same snapshot.
"""

from collections.abc import Callable
from typing import Final, Generic, TypeVar
from weakref import WeakKeyDictionary

from kensho.discovery.time_travel import PastModel
from kensho.read_model.holder import Snapshot
from kensho.read_model.model import ReadModel

T = TypeVar("T")


class SnapshotService:
    """A group of use cases over one snapshot; `safe` tells whether its lists hide what is adult.

    With `past` it reads the model of an earlier one.
    """

    def __init__(
        self, snapshot: Snapshot, *, safe: bool = True, past: PastModel | None = None
    ) -> None:
        self.snapshot: Final = snapshot
        self.past: Final = past
        self.model: Final = snapshot.model if past is None else past.model
        self._safe: Final = safe

    def hides_adult(self, safe: bool | None) -> bool:
        """Return whether adult works are hidden for a request's `safe`, which may be absent."""
        return self._safe if safe is None else safe

    @property
    def identity(self) -> str:
        """Return the identity of the snapshot."""
        return self.model.identity


class PerSnapshot(Generic[T]):
    """A value for each snapshot, made when it is first asked for and kept as long as its model.

    So that of the next snapshot can be made while requests still read the one before. A value must
    not hold the model, which would then be held for ever. If several threads ask at once, it may be
    computed twice, with the same result.
    """

    def __init__(self, make: Callable[[ReadModel], T]) -> None:
        self._make = make
        self._kept: WeakKeyDictionary[ReadModel, T] = WeakKeyDictionary()

    def of(self, model: ReadModel) -> T:
        """Return the value of a snapshot."""
        kept = self._kept.get(model)
        if kept is None:
            kept = self._kept[model] = self._make(model)
        return kept

    def has(self, model: ReadModel) -> bool:
        """Tell whether the value of a snapshot is made."""
        return model in self._kept
