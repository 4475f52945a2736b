"""Many searches in one request: one answer to each text, the same that it has by itself.

Guarantees: answers stand in the order of the texts. A text that can't be searched for has an error
in place of an answer and disturbs no other; an option that is wrong is wrong for all. All texts are
searched for in one snapshot, in slices, so that others who wait for a thread get it between them.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

import msgspec

from kensho.discovery.search import SearchRequest
from kensho.discovery.search_views import ItemError, SearchAnswer, SearchAnswers, SearchPage
from kensho.errors import InvalidInputError
from kensho.read_model.encoded import Encoded, encoded
from kensho.search.name_readings import MAX_CHARS

MAX_TEXTS: Final = 100
SLICE_TEXTS: Final = 5
"""Texts that are searched for in one turn: names of files take some 2 ms each, the hardest 10, and
a turn costs 0.1 ms."""
_PASTED: Final = re.compile(r"[\t\n\r]+")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")

Search: TypeAlias = Callable[[SearchRequest], Encoded[SearchPage]]
Slice: TypeAlias = Callable[[], list[Encoded[SearchAnswer]]]


def slices(search: Search, texts: Sequence[str], request: SearchRequest) -> list[Slice]:
    """Return what answers a few of the texts at a time; `request` has the options of all."""

    def answering(first: int) -> Slice:
        part = range(first, min(first + SLICE_TEXTS, len(texts)))
        return lambda: [answer(search, texts[place], place, request) for place in part]

    return [answering(first) for first in range(0, len(texts), SLICE_TEXTS)]


def joined(parts: Sequence[list[Encoded[SearchAnswer]]]) -> Encoded[SearchAnswers]:
    """Return the answers of all slices."""
    return encoded(SearchAnswers([one.as_raw() for part in parts for one in part]))


def answer(search: Search, text: str, place: int, request: SearchRequest) -> Encoded[SearchAnswer]:
    """Return the answer to the text at this place, or why there is none."""
    try:
        found = search(msgspec.structs.replace(request, text=searchable(text)))
    except InvalidInputError as error:
        problem = "; ".join(message for _, message in error.problems)
        return encoded(SearchAnswer(error=ItemError(f"texts[{place}]", problem)))
    return encoded(SearchAnswer(found=found.as_raw()))


def searchable(text: str) -> str:
    """Return a text as it is searched for: in one line, and as much of its end as is read.

    Raises:
        InvalidInputError: it holds a control character.
    """
    line = _PASTED.sub(" ", text).strip(" ")
    if _CONTROL.search(line):
        raise InvalidInputError.of("q", "it holds a control character")
    return line[-MAX_CHARS:]
