"""Numbers and times as pages write them. Pure."""

from typing import Final

_MINUTE_S: Final = 60
_HOUR_MIN: Final = 60


def number(value: float) -> str:
    """Return a number with its thousands apart: "1,204"; a fraction keeps its digits."""
    return f"{value:,}"


def minutes(seconds: int) -> str:
    """Return a length of time: "24 min", "1 h 55 min"."""
    whole = max(1, round(seconds / _MINUTE_S))
    hours, rest = divmod(whole, _HOUR_MIN)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def percent(share: float) -> str:
    """Return a share as a page writes it: "94 %"; never a hundred where something is missing."""
    whole = round(share * 100)
    return f"{99 if whole == 100 and share < 1 else whole} %"  # noqa: PLR2004 -- per cent


def moment(text: str) -> str:
    """Return a time that is written as ISO 8601 in UTC, to the minute: "2026-11-20 16:25 UTC"."""
    return f"{text[:10]} {text[11:16]} UTC"
