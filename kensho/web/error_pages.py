"""Errors as pages: what went wrong, what may have been meant, and the id of the request.

Paths of programs (`/api`, `/health`, `/metrics`) are answered with problems instead. A page of an
error is never kept, and it must not fail itself: where there is no read model, it suggests nothing.
"""

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote

from kensho.discovery import suggestions
from kensho.errors import KenshoError
from kensho.http.problem_details import ErrorResponse, Headers
from kensho.http.responses import HTML
from kensho.web import urls
from kensho.web.completion_rows import CompletionRow, completion_row
from kensho.web.page_context import PageContext
from kensho.web.rendering import PAGE_HEADERS, Renderer
from kensho.web.viewer import language_in, preferences_in

_FOR_PROGRAMS: Final = ("/api", "/health", "/metrics")
_UNAUTHORIZED: Final = 401
_NOT_FOUND: Final = (404, 410)
_KNOWN: Final = frozenset((400, 401, 403, 404, 405, 410, 414, 429, 500, 503))
_NOT_KEPT: Final = "not_kept"
"""What was asked for is of a time of which nothing is kept."""
_MOST: Final = 5
_MOST_ASKED: Final = 20
_FRANCHISES: Final = "/hub/"
_WORD: Final = re.compile(r"[^\W_]{2,}")
_HEX: Final = re.compile(r"[0-9a-f]{4,}")
_MOST_CHARS: Final = 80


class ErrorPages:
    """Makes pages of errors; `context` raises while the service is not started."""

    def __init__(self, renderer: Renderer, context: Callable[[], PageContext]) -> None:
        self._renderer = renderer
        self._context = context

    def render(self, error: ErrorResponse) -> tuple[bytes, Headers] | None:
        """Return the page of an error and its headers, or `None` for a path of programs."""
        if is_for_programs(error.path):
            return None
        body = self._renderer.page(
            "error.html.jinja",
            language_in(error.parameters),
            error=error,
            key=_key(error),
            is_store_away=error.slug == "store_unavailable",
            sign_in_url=urls.sign_in(error.path) if error.status == _UNAUTHORIZED else None,
            is_franchise=is_of_franchise(error.path),
            suggestions=self._suggestions(error) if _is_unknown(error) else [],
        )
        return body, [(b"content-type", HTML), *PAGE_HEADERS]

    def _suggestions(self, error: ErrorResponse) -> list[CompletionRow]:
        """Return titles that the words of a path may mean, as the viewer calls them."""
        path = error.path
        text = words_of(path)
        if not text:
            return []
        try:
            services = self._context().services
            context = services.context(preferences_in(error.parameters))
            safe = context.is_safe
            found = suggestions.completions(context.snapshot, text, _MOST_ASKED, safe=safe)
        except KenshoError:
            return []
        near = found.decode().suggestions
        if is_of_franchise(path):  # another franchise is likelier meant than a work
            near.sort(key=lambda one: one.kind != "franchise")
        return [completion_row(context, one) for one in near[:_MOST]]


def _key(error: ErrorResponse) -> int | str:
    """Return by what name the words of an error are found."""
    if error.slug == _NOT_KEPT:
        return _NOT_KEPT
    return error.status if error.status in _KNOWN else "other"


def _is_unknown(error: ErrorResponse) -> bool:
    """Tell whether another name may have been meant."""
    return error.status in _NOT_FOUND and error.slug != _NOT_KEPT


def is_for_programs(path: str) -> bool:
    """Tell whether a path is answered for programs: with problems, not pages."""
    return any(path == root or path.startswith(f"{root}/") for root in _FOR_PROGRAMS)


def is_of_franchise(path: str) -> bool:
    """Tell whether a path is that of a franchise."""
    return path.startswith(_FRANCHISES)


def words_of(path: str) -> str:
    """Return the words in the last part of a path that may be of a title; ids are none.

    Of a franchise's pages it is the slug.
    """
    if is_of_franchise(path):
        path = path.removeprefix(_FRANCHISES).partition("/")[0]
    last = unquote(path.rstrip("/").rpartition("/")[2])[:_MOST_CHARS]
    words: list[str] = _WORD.findall(last)
    return " ".join(word for word in words if not (_HEX.fullmatch(word) and _has_digit(word)))


def _has_digit(word: str) -> bool:
    return any(char.isdigit() for char in word)
