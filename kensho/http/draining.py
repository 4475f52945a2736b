"""The time between being told to stop and stopping, in which new requests are sent elsewhere."""

from collections.abc import Callable


class Draining:
    """Tells whether it has begun, and whoever listens when it does; it never ends."""

    def __init__(self) -> None:
        self._is_begun = False
        self._listeners: list[Callable[[], None]] = []

    def is_begun(self) -> bool:
        """Tell whether the process was told to stop."""
        return self._is_begun

    def listen(self, listener: Callable[[], None]) -> None:
        """Call `listener` once it begins."""
        self._listeners.append(listener)

    def begin(self) -> None:
        """Say that the process is about to stop; it still serves."""
        self._is_begun = True
        for listener in self._listeners:
            listener()
