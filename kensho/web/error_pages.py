"""Errors as pages: what went wrong, what may have been meant, and the id of the request.

The machine's paths (`/api`, `/health`, `/metrics`) are answered with problems instead, so this says
`None` of them. A page of an error is never kept, and it must not fail itself: where the read model
is not there, it does without it.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final, Protocol
from urllib.parse import unquote

from kensho.discovery import suggestions
from kensho.discovery.search_views import Completion
from kensho.errors import FieldProblem, KenshoError
from kensho.web.page_context import PageContext
from kensho.web.rendering import Renderer

_MACHINES: Final = ("/api", "/health", "/metrics")
_NOT_FOUND: Final = (404, 410)
_KNOWN: Final = frozenset((400, 404, 405, 410, 414, 429, 500, 503))
_MOST: Final = 5
_MOST_ASKED: Final = 20
_HUBS: Final = "/hub/"
_WORD: Final = re.compile(r"[^\W_]{2,}")
_HEX: Final = re.compile(r"[0-9a-f]{4,}")
_MOST_CHARS: Final = 80


class ErrorPageFacts(Protocol):
    """What `kensho.http.problem_details` knows of a failed request."""

    @property
    def status(self) -> int:
        """Return the status of the answer."""
        ...

    @property
    def slug(self) -> str:
        """Return the name of this kind of failure."""
        ...

    @property
    def detail(self) -> str:
        """Return what went wrong, in a sentence."""
        ...

    @property
    def path(self) -> str:
        """Return the path that was asked for."""
        ...

    @property
    def request_id(self) -> str:
        """Return the id under which the failure was logged."""
        ...

    @property
    def fields(self) -> Sequence[FieldProblem]:
        """Return the parameters at fault."""
        ...

    @property
    def location(self) -> str | None:
        """Return where the page is now."""
        ...

    @property
    def retry_after_s(self) -> int | None:
        """Return when it is worth trying again."""
        ...


class ErrorPages:
    """Makes pages of errors; `context` raises while the service is not started."""

    def __init__(self, renderer: Renderer, context: Callable[[], PageContext]) -> None:
        self._renderer = renderer
        self._context = context

    def body(self, fault: ErrorPageFacts) -> bytes | None:
        """Return the page of a failure, or `None` for a path of machines."""
        if is_for_machines(fault.path):
            return None
        return self._renderer.page(
            "fault.html.jinja",
            fault=fault,
            known=fault.status if fault.status in _KNOWN else "other",
            is_store_away=fault.slug == "store_unavailable",
            of_hub=is_of_hub(fault.path),
            near=self._near(fault.path) if fault.status in _NOT_FOUND else [],
        )

    def _near(self, path: str) -> list[Completion]:
        """Return titles that the words of a path may mean."""
        text = words_of(path)
        if not text:
            return []
        try:
            context = self._context()
            safe = context.is_safe
            found = suggestions.completions(context.snapshot, text, _MOST_ASKED, safe=safe)
        except KenshoError:
            return []
        near = found.decode().suggestions
        if is_of_hub(path):  # another franchise is likelier meant than a work
            near.sort(key=lambda one: one.kind != "franchise")
        return near[:_MOST]


def is_for_machines(path: str) -> bool:
    """Tell whether a path is answered for programs: with problems, not pages."""
    return any(path == root or path.startswith(f"{root}/") for root in _MACHINES)


def is_of_hub(path: str) -> bool:
    """Tell whether a path is that of a franchise."""
    return path.startswith(_HUBS)


def words_of(path: str) -> str:
    """Return the words in the last part of a path that may be of a title; ids are none.

    Of a franchise's pages it is the slug.
    """
    if is_of_hub(path):
        path = path.removeprefix(_HUBS).partition("/")[0]
    last = unquote(path.rstrip("/").rpartition("/")[2])[:_MOST_CHARS]
    words: list[str] = _WORD.findall(last)
    return " ".join(word for word in words if not (_HEX.fullmatch(word) and _has_digit(word)))


def _has_digit(word: str) -> bool:
    return any(char.isdigit() for char in word)
