"""What became of a search, as far as it is counted: by its text, and by nobody's name."""

from typing import Final, NamedTuple
from uuid import UUID

from kensho.domain.titles import folded

MAX_TEXT_CHARS: Final = 80
"""Longer texts are names of files, or something pasted by mistake."""
_NOT_TITLES: Final = ("/", "\\", "@", "://")
"""Paths, addresses and mails are no titles, and may tell of a person."""
_LONGEST_NUMBER: Final = 6
"""More digits in a row are a telephone number, or an id."""


class SearchOutcome(NamedTuple):
    """The folded text of a search, and whether it found anything."""

    text: str
    found: bool


class SearchCount(NamedTuple):
    """How often a text found nothing; with a work, how often people then opened that one."""

    text: str
    work: UUID | None
    times: int


def outcome_of(typed: str, *, found: bool) -> SearchOutcome | None:
    """Return the outcome of a search, or nothing of a text that is not to be counted."""
    if len(typed) > MAX_TEXT_CHARS or any(sign in typed for sign in _NOT_TITLES):
        return None
    text = folded(typed)
    if not 2 <= len(text) <= MAX_TEXT_CHARS or _has_long_number(text):  # noqa: PLR2004 -- letters
        return None
    return SearchOutcome(text, found)


def _has_long_number(text: str) -> bool:
    digits = 0
    for char in text:
        digits = digits + 1 if char.isdigit() else 0
        if digits > _LONGEST_NUMBER:
            return True
    return False
