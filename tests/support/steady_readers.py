"""Readers that ask all the time, and count how each request ended."""

import itertools
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Final

import httpx

from tests.support.processes import until
from tests.support.raw_clients import PATIENCE_S

_READERS: Final = 4


class Readers:
    """Readers that ask for targets in turn, on kept and on new connections; `{n}` is ever new.

    Each waits for `pause_s` after all targets, so that it keeps within limits.
    """

    def __init__(self, port: int, targets: Sequence[str], *, pause_s: float = 0) -> None:
        self._pause_s = pause_s
        self._targets = targets
        self._numbers = itertools.count()
        self._base = f"http://127.0.0.1:{port}"
        self._done = threading.Event()
        self.ends: Counter[str] = Counter()
        self._threads = [
            threading.Thread(target=self._read, args=(number % 2 == 0,), daemon=True)
            for number in range(_READERS)
        ]

    def __enter__(self) -> "Readers":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Let readers end with their last answer."""
        self._done.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)

    def until_more(self, answers: int) -> None:
        """Wait until so many more were answered."""
        wanted = self.ends.total() + answers
        until(lambda: self.ends.total() >= wanted)

    def _read(self, keeps_connection: bool) -> None:
        with httpx.Client(base_url=self._base, timeout=PATIENCE_S) as client:
            while not self._done.wait(self._pause_s):
                for pattern in self._targets:
                    target = pattern.replace("{n}", str(next(self._numbers)))
                    headers = {} if keeps_connection else {"connection": "close"}
                    try:
                        answer = _asked(client, target, headers)
                        self.ends[str(answer.status_code)] += 1
                    except httpx.TransportError as error:
                        self.ends[repr(error)] += 1


def _asked(client: httpx.Client, target: str, headers: dict[str, str]) -> httpx.Response:
    """Ask as browsers do: again, once, where a kept connection ended as the request was sent.

    An nginx that reloads closes connections that are idle, and can't know what is on its way.
    """
    try:
        return client.get(target, headers=headers)
    except httpx.RemoteProtocolError:
        if "connection" in headers:
            raise
        return client.get(target, headers=headers)
