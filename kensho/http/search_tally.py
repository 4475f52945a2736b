"""Counts searches that nothing answers, and what people open after they have corrected the text.

A text counts as corrected into a work if the same client searched for it without result, then for
another one with results, and then opened the work, all within ten minutes. Answers that are sent as
kept bytes count too: the pipeline tells of every answer that bears an outcome.

Guarantees: of a client only the last text without result is held, for ten minutes and in memory
alone, under a digest of its address with a key that is made anew in each process. What leaves this
module are texts with numbers. Clients and texts that are held are bounded: beyond that the oldest
client is forgotten, and texts that are new are not counted until the next `drain`.

Performance: half a microsecond for a search; nothing at all for other answers while no client has
searched in vain. Used from the event loop alone. A client whose requests reach several workers may
be missed by all; what is counted is counted once.
"""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from hashlib import blake2b
from time import monotonic
from typing import Final
from uuid import UUID

from kensho.domain.searches import SearchCount, SearchOutcome

OPENED: Final = frozenset(
    (
        "/anime/{work_id}",
        "/movies/{work_id}",
        "/api/anime/{work_id}",
        "/api/movies/{work_id}",
    )
)
"""The routes on which a client opens a work."""
_SESSION_S: Final = 600
_MOST_CLIENTS: Final = 4_096
"""They take under 2 MB."""
_MOST_TEXTS: Final = 4_096
_DIGEST_BYTES: Final = 8


class _Session:
    """The last text of a client that found nothing, and whether another one then found some."""

    __slots__ = ("began_s", "is_corrected", "text")

    def __init__(self, text: str, began_s: float) -> None:
        self.text = text
        self.began_s = began_s
        self.is_corrected = False


class SearchTally:
    """What one process has counted since the last `drain`."""

    def __init__(self, clock_s: Callable[[], float] = monotonic) -> None:
        self._clock_s = clock_s
        self._key = secrets.token_bytes(_DIGEST_BYTES)
        self._sessions: OrderedDict[bytes, _Session] = OrderedDict()
        self._counted: dict[tuple[str, UUID | None], int] = {}

    @property
    def is_waiting(self) -> bool:
        """Tell whether any client has searched in vain lately, so that what it opens matters."""
        return bool(self._sessions)

    def searched(self, client: str, outcome: SearchOutcome) -> str | None:
        """Take note of a search; return `nothing` or `found` if it is counted."""
        name, now_s = self._name(client), self._clock_s()
        session = self._session(name, now_s)
        if outcome.found:
            if session is not None and session.text != outcome.text:
                session.is_corrected = True
            return "found"
        if session is not None and session.text == outcome.text:
            return None  # the same page again
        self._sessions[name] = _Session(outcome.text, now_s)
        self._sessions.move_to_end(name)
        if len(self._sessions) > _MOST_CLIENTS:
            self._sessions.popitem(last=False)
        self._count(outcome.text, None)
        return "nothing"

    def opened(self, client: str, path: str) -> str | None:
        """Take note that a client opened the work that ends a path; return `corrected` if so."""
        name = self._name(client)
        session = self._session(name, self._clock_s())
        if session is None or not session.is_corrected:
            return None
        try:
            work = UUID(path.rpartition("/")[2])
        except ValueError:
            return None
        del self._sessions[name]
        self._count(session.text, work)
        return "corrected"

    def drain(self) -> list[SearchCount]:
        """Return what was counted, and begin anew."""
        counted, self._counted = self._counted, {}
        return [SearchCount(text, work, times) for (text, work), times in counted.items()]

    def give_back(self, counts: list[SearchCount]) -> None:
        """Take back what could not be written."""
        for one in counts:
            self._count(one.text, one.work, one.times)

    def _session(self, name: bytes, now_s: float) -> _Session | None:
        session = self._sessions.get(name)
        if session is not None and now_s - session.began_s > _SESSION_S:
            del self._sessions[name]
            return None
        return session

    def _count(self, text: str, work: UUID | None, times: int = 1) -> None:
        key = text, work
        if key in self._counted or len(self._counted) < _MOST_TEXTS:
            self._counted[key] = self._counted.get(key, 0) + times

    def _name(self, client: str) -> bytes:
        return blake2b(client.encode(), key=self._key, digest_size=_DIGEST_BYTES).digest()
