"""How many users there are, second by second: four shapes of load."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

Users = Callable[[float], tuple[int, float]]
"""The users there shall be at a part of the time, 0 to 1, and how many may come a second."""


class Shape(NamedTuple):
    """A shape: how many users when, and for how long where nobody says."""

    says: str
    seconds: float
    users: Users


def shapes(users: int) -> Mapping[str, Shape]:
    """Return the shapes by name, for this many users at their height (stress: at its end)."""

    def normal(_part: float) -> tuple[int, float]:
        return users, users / 10

    def spike(part: float) -> tuple[int, float]:
        is_high = 1 / 3 <= part < 2 / 3
        return (users, users) if is_high else (max(1, users // 10), users / 10)

    def stress(part: float) -> tuple[int, float]:
        return max(1, round(users * (int(part * STEPS) + 1) / STEPS)), users / STEPS

    return {
        "normal": Shape("as many all the time", 120, normal),
        "spike": Shape("ten times as many, at once, for a third of the time", 90, spike),
        "stress": Shape(f"more and more, in {STEPS} steps: where is the knee?", 240, stress),
        "soak": Shape("as many for an hour: does anything grow?", 3_600, normal),
    }


STEPS: Final = 8
