"""What a viewer names as an end of a connection: an id, another catalogue's, or a title."""

from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from kensho.discovery import works
from kensho.discovery.facets import Filters
from kensho.discovery.search import SearchRequest
from kensho.discovery.search_views import SearchPage
from kensho.domain import ids
from kensho.errors import GoneError, MovedError, NotFoundError
from kensho.read_model.views import Summary
from kensho.web.page_context import PageContext

_OTHERS: Final = 4
_PAGE: Final = msgspec.json.Decoder(SearchPage)
_SUMMARY: Final = msgspec.json.Decoder(Summary)


class OtherWork(NamedTuple):
    """Another work that a text may mean."""

    id: UUID
    title: str


class NamedWork(NamedTuple):
    """An end: what was asked, the work it was taken for, and what else it may be.

    `by_title` tells that the work was chosen by us.
    """

    asked: str
    work: Summary | None
    others: list[OtherWork]
    by_title: bool = False

    @property
    def value(self) -> str:
        """Return what the field of a form shows."""
        return self.work.title if self.work is not None else self.asked


async def find_work(desk: PageContext, text: str) -> NamedWork:
    """Return the end that a text names."""
    if not text:
        return NamedWork("", None, [])
    try:
        return NamedWork(text, _summary(desk, UUID(text)), [])
    except ValueError:
        node = _of_catalogue(desk, text)
    if node is not None:
        return NamedWork(text, _SUMMARY.decode(desk.model.summary(node)), [])
    return await _by_title(desk, text)


def _summary(desk: PageContext, work: UUID) -> Summary | None:
    """Return the work of an id, or the one that it was merged into."""
    model = desk.model
    try:
        return _SUMMARY.decode(model.summary(works.locate(model, work)))
    except MovedError as error:
        return _summary(desk, UUID(error.successor))
    except (GoneError, NotFoundError):
        return None


def _of_catalogue(desk: PageContext, text: str) -> int | None:
    """Return the work that an id such as `mal:20`, or an address, stands for first."""
    source_id = ids.parse(text)
    behind = desk.model.resolve(source_id) if source_id is not None else []
    return behind[0].node if behind else None


async def _by_title(desk: PageContext, text: str) -> NamedWork:
    filters = Filters(safe=desk.searching.safe)
    asked = SearchRequest(text=text, filters=filters, limit=1 + _OTHERS)
    page = _PAGE.decode(await desk.searching.answer(desk.held, asked))
    near = [*page.results, *(page.suggestions or ())]
    best = page.results[0] if page.results else None
    others = [OtherWork(one.id, one.title) for one in near if best is None or one.id != best.id]
    return NamedWork(text, best, others[:_OTHERS], by_title=True)
