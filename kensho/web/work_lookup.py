"""Finds the work that a viewer names: by an id, another catalogue's id or address, or a title."""

from typing import Final, NamedTuple
from uuid import UUID

from kensho.discovery import works
from kensho.discovery.filters import Filters
from kensho.discovery.related_works import summary_of
from kensho.discovery.search import SearchRequest
from kensho.domain import ids
from kensho.errors import GoneError, MovedError, NotFoundError
from kensho.read_model.views import Summary
from kensho.web.page_context import PageContext

_MOST_ALTERNATIVES: Final = 4
"""Other readings are a hint below the field, not a list of results."""


class AlternativeWork(NamedTuple):
    """Another work that a text may mean."""

    id: UUID
    title: str


class WorkLookup(NamedTuple):
    """What was asked for, the work it was taken for, and what else it may be.

    `is_by_title` tells that the work was chosen among those of such a title.
    """

    query: str
    work: Summary | None
    alternatives: list[AlternativeWork]
    is_by_title: bool = False

    @property
    def value(self) -> str:
        """Return what the field of a form shows."""
        return self.work.title if self.work is not None else self.query


def find_work(context: PageContext, text: str) -> WorkLookup:
    """Return the work that a text names."""
    if not text:
        return WorkLookup("", None, [])
    try:
        return WorkLookup(text, _by_id(context, UUID(text)), [])
    except ValueError:
        node = _by_source_id(context, text)
    if node is not None:
        return WorkLookup(text, summary_of(context.model, node).decode(), [])
    return _by_title(context, text)


def _by_id(context: PageContext, work: UUID) -> Summary | None:
    """Return the work of an id, or the one that it was merged into."""
    model = context.model
    try:
        return summary_of(model, works.locate(model, work)).decode()
    except MovedError as error:
        return _by_id(context, UUID(error.successor))
    except (GoneError, NotFoundError):
        return None


def _by_source_id(context: PageContext, text: str) -> int | None:
    """Return the first work that an id such as `mal:20`, or an address, stands for."""
    source_id = ids.parse(text)
    found = context.model.resolve(source_id) if source_id is not None else []
    return found[0].node if found else None


def _by_title(context: PageContext, text: str) -> WorkLookup:
    filters = Filters(safe=context.is_safe)
    search = SearchRequest(text=text, filters=filters, limit=1 + _MOST_ALTERNATIVES)
    page = context.services.search.page(context.snapshot, search).decode()
    best = page.results[0] if page.results else None
    alternatives = [
        AlternativeWork(one.id, one.title)
        for one in (*page.results, *(page.suggestions or ()))
        if best is None or one.id != best.id
    ]
    return WorkLookup(text, best, alternatives[:_MOST_ALTERNATIVES], is_by_title=True)
