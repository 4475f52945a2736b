"""Readers of a server, and what they were answered while something failed."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Mapping
from typing import Final, NamedTuple

import httpx

from tests.support.processes import Running

SOUND_S: Final = 2.0
"""It is well again from when on nothing is wrong for so long."""
EVERY_S: Final = 0.1
READERS: Final = 3
"""Of each path of discovery: enough that every worker has some."""
PRIVATE_EVERY_S: Final = 2.0
"""What one session asks for then keeps within its 120 requests a minute."""
EPISODES: Final = 20
"""`{episode}` in a private path is the next each time, so that none is kept; it is given back."""
PATIENCE_S: Final = 30.0
"""How soon it must be well again: EDGES.md."""
_SERVER_ERROR: Final = 500


class Asked(NamedTuple):
    """One request: when it was answered, how long that took, and with what (0: not at all)."""

    at: float
    path: str
    status: int
    seconds: float
    is_same: bool

    @property
    def is_sound(self) -> bool:
        """Tell whether it was answered as before."""
        return self.status == httpx.codes.OK and self.is_same


class Watch:
    """Asks for each path again and again, on a connection kept by each reader.

    `private` are asked with the headers, and may fail with what they depend on; all others are
    discovery, whose answers must be those of before.
    """

    def __init__(
        self,
        server: Running,
        paths: tuple[str, ...],
        private: tuple[str, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self._base = server.base
        self._headers = dict(headers or {})
        self._private = frozenset(private)
        self._bodies = {path: httpx.get(self._base + path).text for path in paths}
        self._asked: list[Asked] = []
        self._paths = len(paths) + len(private)
        self._ending = threading.Event()
        self._readers = [
            threading.Thread(target=self._read, args=(path,))
            for path in (*(paths * READERS), *private)
        ]

    def __enter__(self) -> "Watch":
        for reader in self._readers:
            reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for reader in self._readers:
            reader.join()

    def well_since(self, moment: float) -> float:
        """Wait until all is well; return how many seconds after `moment` the last fault was."""
        while time.monotonic() < moment + PATIENCE_S + SOUND_S:
            time.sleep(0.1)
            wrong = [one.at for one in self._asked if one.at >= moment and not one.is_sound]
            since = max(wrong, default=moment)
            sound = {one.path for one in self._asked if one.at > since and one.is_sound}
            if time.monotonic() - since > SOUND_S and len(sound) == self._paths:
                return since - moment
        return float("inf")

    def told(self) -> "Told":
        """Return what came of all requests until now."""
        of_discovery = [one for one in self._asked if one.path not in self._private]
        of_private = [one for one in self._asked if one.path in self._private]
        return Told(
            len(self._asked),
            sum(one.status == _SERVER_ERROR for one in self._asked),
            sum(not one.status for one in self._asked),
            sum(bool(one.status) and not one.is_sound for one in of_discovery),
            max((one.seconds for one in of_discovery), default=0.0),
            Counter(one.status for one in of_private if one.status != httpx.codes.OK),
        )

    def _read(self, path: str) -> None:
        episodes = itertools.cycle(range(1, EPISODES + 1))
        with httpx.Client(base_url=self._base, headers=self._headers, timeout=15) as client:
            while not self._ending.is_set():
                began = time.monotonic()
                target = path.format(episode=next(episodes))
                try:
                    answer = client.get(target)
                    if target != path:
                        client.delete(target)
                    status, body = answer.status_code, answer.text
                except httpx.TransportError:
                    status, body = 0, ""
                at = time.monotonic()
                is_same = body == self._bodies.get(path, body)
                self._asked.append(Asked(at, path, status, at - began, is_same))
                self._ending.wait(PRIVATE_EVERY_S if path in self._private else EVERY_S)


class Told(NamedTuple):
    """What readers met: requests, 500s, connections lost, answers of discovery that were others,
    the longest of discovery in seconds, and how private requests were refused."""

    asked: int
    failures: int
    lost: int
    changed: int
    longest_s: float
    refused: Counter[int]
