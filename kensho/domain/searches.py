"""What became of a search, as far as it is counted: by its text, and by nobody's name."""

import re
from typing import Final, NamedTuple
from uuid import UUID

from kensho.domain.titles import folded

MAX_TEXT_CHARS: Final = 80
"""Longer texts are names of files, or something pasted by mistake."""
_NOT_TITLE: Final = re.compile(r"[/\\@]")
"""Stands in paths, addresses and mails, which are no titles and may tell of a person."""
_LONG_NUMBER: Final = re.compile(r"\d{7}")
"""So many digits in a row are a telephone number, or an id."""


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
    if len(typed) > MAX_TEXT_CHARS or _NOT_TITLE.search(typed):
        return None
    text = folded(typed)
    if not 2 <= len(text) <= MAX_TEXT_CHARS or _LONG_NUMBER.search(text):  # noqa: PLR2004 -- letters
        return None
    return SearchOutcome(text, found)
