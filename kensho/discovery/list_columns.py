"""What lists of works need beyond the columns of a snapshot: when, after what, how well known.

Guarantees: everything follows from the snapshot. What precedes a work are the steps before it in
its line that are not optional.

Performance: read once for a snapshot, in 0.4 s for 40,000 works.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Final
from uuid import UUID

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.discovery.filters import Nodes
from kensho.domain.popularity import own_popularity_of, popularity_in_lists
from kensho.domain.works import AnimeType, Role
from kensho.read_model.columns import ANIME_TYPES, STATUSES
from kensho.read_model.franchise_views import FOLDED_ROLES
from kensho.read_model.model import ReadModel

NOTHING: Final = -1
_UNTOLD: Final[frozenset[Role]] = frozenset((*FOLDED_ROLES, "summary"))
"""Roles of works for which nothing need be watched first."""
_NO_DAY: Final = np.datetime64("NaT", "D")
_TV: Final = ANIME_TYPES.index("tv")
_ONGOING: Final = STATUSES.index("ongoing")


class _Listed(msgspec.Struct):
    """What is read of a detail to know how well a work is known."""

    anime_type: AnimeType
    synonyms: list[msgspec.Raw]
    sources: list[msgspec.Raw]
    score: float | None = None


class _Dates(msgspec.Struct):
    start_date: str | None = None
    end_date: str | None = None


class _Work(msgspec.Struct):
    id: UUID
    episodes: int | None = None
    duration_s: int | None = None


class _Step(msgspec.Struct):
    work: _Work
    role: Role
    optional: bool
    line: int


class _Order(msgspec.Struct):
    steps: list[_Step]


_LISTED: Final = msgspec.json.Decoder(_Listed)
_DATES: Final = msgspec.json.Decoder(_Dates)
_ORDER: Final = msgspec.json.Decoder(_Order)


class ListColumns:
    """Columns by node: where the line of a work begins, what precedes it, how well it is known."""

    def __init__(self, model: ReadModel) -> None:
        total = model.works_total
        dates = [_DATES.decode(model.further(node).bytes) for node in range(total)]
        self._series = np.flatnonzero(model.columns.anime_type == _TV).astype(np.int32)
        self._first = _days(one.start_date for one in dates)[self._series]
        self._last = _days(one.end_date for one in dates)[self._series]
        self._is_ongoing = model.columns.status[self._series] == _ONGOING
        self._as_of = np.datetime64(model.as_of, "D")
        self.line_start: Final[npt.NDArray[np.int32]] = np.full(total, NOTHING, dtype=np.int32)
        """The first step of a work's line; `NOTHING` for itself and for what stands alone."""
        self.seconds_before: Final[npt.NDArray[np.int32]] = np.zeros(total, dtype=np.int32)
        for number in range(len(model.franchises)):
            self._read_lines(model, _ORDER.decode(model.franchises.document(number, "release")))
        self.popularity: Final[npt.NDArray[np.float64]] = self._popularity(model)
        """How well known a work is, by itself and by what it goes on from."""

    def shown_since(self, began_before: dt.date, still_on: dt.date) -> Nodes:
        """Return the series of television that began before a day and went on up to another.

        One whose end is not known goes on up to the day of the snapshot, if it has not ended.
        """
        day = np.datetime64(still_on, "D")
        is_on = self._is_ongoing & bool(day <= self._as_of)
        goes_on = np.where(np.isnat(self._last), is_on, self._last >= day)
        return self._series[(self._first < np.datetime64(began_before, "D")) & goes_on]

    def _read_lines(self, model: ReadModel, order: _Order) -> None:
        before: dict[int, tuple[int, int]] = {}
        for step in order.steps:
            node = model.node(step.work.id)
            if node is None:
                continue
            start, seconds = before.get(step.line, (NOTHING, 0))
            if start != NOTHING and step.role not in _UNTOLD:
                self.line_start[node], self.seconds_before[node] = start, seconds
            if not step.optional:
                length = (step.work.episodes or 1) * (step.work.duration_s or 0)
                before[step.line] = node if start == NOTHING else start, seconds + length

    def _popularity(self, model: ReadModel) -> npt.NDArray[np.float64]:
        votes = model.likeness.votes_total().tolist()
        own, sources = np.empty(len(votes)), np.empty(len(votes))
        for node, vote in enumerate(votes):  # one by one: all of them together take 60 MB
            one = _LISTED.decode(model.detail(node))
            sources[node] = len(one.sources)
            own[node] = own_popularity_of(
                one.anime_type,
                titles=len(one.synonyms) + 1,
                sources=len(one.sources),
                score=one.score,
                votes=vote,
            )
        starts = np.where(self.line_start == NOTHING, np.arange(len(own)), self.line_start)
        return popularity_in_lists(own, own[starts], model.columns.score, sources)


def days_begun(model: ReadModel) -> npt.NDArray[np.datetime64]:
    """Return on which day works began that have begun on the day of the snapshot; else `NaT`."""
    dates = (_DATES.decode(model.further(node).bytes) for node in range(model.works_total))
    days = _days(one.start_date for one in dates)
    days[days > np.datetime64(model.as_of, "D")] = _NO_DAY
    return days


def _days(dates: Iterable[str | None]) -> npt.NDArray[np.datetime64]:
    """Return days; of one that is known to the month or year it is the first."""
    return np.array([date or _NO_DAY for date in dates], dtype="datetime64[D]")
