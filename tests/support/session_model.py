"""What sessions do, written down slowly: a list of dictionaries, and a clock that is told.

The stores and the service are compared with it, step by step.
"""

import datetime as dt
from typing import Any, Final

START: Final = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
IDLE_S: Final = 900.0
LONGEST_S: Final = 43_200.0
REPEAT_S: Final = 10.0


class ToldClock:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> dt.datetime:
        """Return the time in UTC."""
        return START + dt.timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return the time in seconds."""
        return self.seconds


class SessionModel:
    """All sessions that there ever were; `ended` ones stay in the list."""

    def __init__(self, clock: ToldClock) -> None:
        self.clock = clock
        self.all: list[dict[str, Any]] = []

    def begin(self, name: str, subject: int) -> None:
        """Note that a session has begun."""
        self.all.append(
            {
                "id": name,
                "subject": subject,
                "began_s": self.clock.seconds,
                "used_s": self.clock.seconds,
                "generation": 0,
                "rotated_s": None,
                "sealed": None,
                "ended": False,
            }
        )

    def goes_on(self, number: int) -> bool:
        """Tell whether a session was neither ended nor idle for too long, nor is too old."""
        one, now_s = self.all[number], self.clock.seconds
        if one["ended"]:
            return False
        if now_s >= one["used_s"] + IDLE_S or now_s >= one["began_s"] + LONGEST_S:
            one["ended"] = True
        return not one["ended"]

    def renew(self, number: int) -> bool:
        """Use a session."""
        if not self.goes_on(number):
            return False
        self.all[number]["used_s"] = self.clock.seconds
        return True

    def rotate(self, number: int, generation: int) -> str:
        """Take a refresh token."""
        if not self.goes_on(number):
            return "unknown"
        one, now_s = self.all[number], self.clock.seconds
        if generation > one["generation"]:
            return "unknown"
        if generation == one["generation"]:
            one.update(generation=generation + 1, rotated_s=now_s, used_s=now_s)
            return "rotated"
        if generation == one["generation"] - 1 and now_s - one["rotated_s"] <= REPEAT_S:
            one["used_s"] = now_s
            return "repeated"
        one["ended"] = True
        return "reused"

    def end(self, number: int) -> bool:
        """End a session; tell whether it went on."""
        went_on = self.goes_on(number)
        self.all[number]["ended"] = True
        return went_on

    def end_all(self, subject: int, besides: int | None) -> set[str]:
        """End the sessions of a subject; return which."""
        ended = {
            one["id"]
            for number, one in enumerate(self.all)
            if one["subject"] == subject and number != besides and self.goes_on(number)
        }
        for one in self.all:
            one["ended"] = one["ended"] or one["id"] in ended
        return ended

    def of_subject(self, subject: int) -> set[str]:
        """Return the sessions of a subject that go on."""
        return {
            one["id"]
            for number, one in enumerate(self.all)
            if one["subject"] == subject and self.goes_on(number)
        }

    def ends_s(self, number: int) -> float:
        """Return when a session ends if nobody uses it, in seconds since the start."""
        one = self.all[number]
        ends_s: float = min(one["used_s"] + IDLE_S, one["began_s"] + LONGEST_S)
        return ends_s
