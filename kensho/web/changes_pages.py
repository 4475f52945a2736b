"""`/changes`, and feeds of changes: what came, went and became another, the latest first.

`/changes/RUN` has what came with the publication of one run, as `kensho runs diff RUN` prints it.

A feed (Atom, RFC 4287) has the latest changes of all franchises or of one. Whoever follows it reads
it again and again, mostly to be told that nothing is new: its tag is that of snapshot and history.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final, Literal, NamedTuple, TypeAlias
from uuid import UUID, uuid5

import msgspec
from litestar import Controller, get
from litestar.params import FromPath

from kensho.discovery.change_points import is_point, snapshot_of_run
from kensho.discovery.changes import (
    KIND_GROUPS,
    LISTED_KINDS,
    ChangeItem,
    ChangeService,
    ChangesRequest,
    DiffRequest,
    kinds_of,
)
from kensho.domain.works import NAMESPACE
from kensho.errors import NotFoundError
from kensho.http.pooled import pooled
from kensho.http.privacy import PUBLIC
from kensho.http.responses import PreparedResponse, ResponseMeta
from kensho.read_model.history import PublicationEntry
from kensho.read_model.wording import SOURCE_NAMES
from kensho.web import urls
from kensho.web.change_texts import change_text, fact_name
from kensho.web.filtered_lists import ListPage
from kensho.web.forms import get_page
from kensho.web.franchise_pages import frame
from kensho.web.maps import map_store
from kensho.web.page_context import GivenPageContext, PageContext

PER_PAGE: Final = 60
"""As many lines as three screens of a laptop."""
PER_FEED: Final = 50
"""Readers ask every hour and keep what they have read."""
ATOM: Final = ResponseMeta(
    media_type=b"application/atom+xml; charset=utf-8", headers=((b"x-robots-tag", b"noindex"),)
)
Sort: TypeAlias = Literal["franchise", "work", "relation"]


class ChangesForm(msgspec.Struct, frozen=True):
    """Which changes are shown: of a franchise by its slug, and of a sort."""

    franchise: str | None = None
    kind: Sort | None = None
    cursor: str | None = None


class ChangeLine(NamedTuple):
    """A change in words, and the page of what it tells of; `None` where that is gone."""

    item: ChangeItem
    text: str
    url: str | None


class PublishedChanges(NamedTuple):
    """Changes that came with one publication, and the sources that were read for it.

    `past_url` is the page of the franchise as it was then, where that is kept.
    """

    at: str
    revision: int
    sources: Sequence[str]
    lines: Sequence[ChangeLine]
    past_url: str | None = None


class ChangesPageController(Controller):
    """The latest changes, as a page."""

    path = "/changes"
    opt = PUBLIC

    @get_page()
    @pooled
    def changes(self, context: GivenPageContext, form: ChangesForm) -> PreparedResponse:
        """Show the latest changes by publication."""
        service = _service(context)
        slug = form.franchise
        request = ChangesRequest(
            franchise=slug,
            kinds=kinds_of(form.kind, LISTED_KINDS),
            limit=PER_PAGE,
            cursor=form.cursor,
            safe=context.is_safe,
        )
        items, next_cursor, total = service.page(request)
        number = None if slug is None else context.model.franchises.number(slug)
        franchise = None if number is None else map_store.franchise_of(context.model, number)
        page = ListPage(urls.changes(), {"franchise": slug, "kind": form.kind})
        return context.page(
            "changes.html.jinja",
            tag=service.tag,
            published=_by_publication(context, items, franchise.slug if franchise else None),
            total=total,
            franchise=franchise,
            form=form,
            sorts=[
                (sort, page.url(kind=None if form.kind == sort else sort)) for sort in KIND_GROUPS
            ],
            feed_url=urls.changes_feed(None if franchise is None else franchise.slug),
            first_url=page.url() if form.cursor else None,
            next_url=next_cursor and page.url(cursor=next_cursor),
        )


class PublicationForm(msgspec.Struct, frozen=True):
    """Which part of the changes of a publication is shown."""

    cursor: str | None = None


class PublicationPageController(Controller):
    """What came with a publication: that of a run, or of a revision, a snapshot or a day."""

    path = "/changes/{point:str}"
    opt = PUBLIC

    @get_page()
    @pooled
    def changes(
        self, context: GivenPageContext, point: FromPath[str], form: PublicationForm
    ) -> PreparedResponse:
        """Show what a publication changed: counts, facts, relations by kind, and each by name."""
        service, history = _service(context), context.snapshot.history
        known = None if history is None else snapshot_of_run(history, point)
        if known is None and not is_point(point):
            raise NotFoundError(f"no publication is known that came with run {point!r}")
        request = DiffRequest(
            after=known or point,
            kinds=frozenset(LISTED_KINDS),
            limit=PER_PAGE,
            cursor=form.cursor,
            safe=context.is_safe,
        )
        found = service.difference(request)
        entries = {one.snapshot: one for one in history.entries} if history else {}
        page = ListPage(urls.publication(point), {})
        return context.page(
            "publication.html.jinja",
            tag=service.tag,
            found=found,
            fields=[(fact_name(one.field, context.messages), one.works) for one in found.fields],
            sources=_sources(entries.get(found.after.snapshot)),
            lines=_lines(context, found.changes),
            first_url=page.url() if form.cursor else None,
            next_url=found.next_cursor and page.url(cursor=found.next_cursor),
        )


class ChangesFeedController(Controller):
    """The latest changes of all franchises, as a feed."""

    path = "/changes.atom"
    opt = PUBLIC

    @get()
    @pooled
    def feed(self, context: GivenPageContext) -> PreparedResponse:
        """Return the latest changes."""
        messages = context.messages
        return _feed(context, None, messages.format("changes.title"), urls.changes())


class FranchiseFeedController(Controller):
    """The latest changes of a franchise, as a feed."""

    path = "/hub/{slug:str}/changes.atom"
    opt = PUBLIC

    @get()
    @pooled
    def feed(self, context: GivenPageContext, slug: FromPath[str]) -> PreparedResponse:
        """Return the latest changes of a franchise."""
        number = frame.locate(context, slug)
        title = map_store.franchise_of(context.model, number).title
        shown = context.messages.format("changes.of", title=title)
        return _feed(context, slug, shown, urls.franchise(slug))


def _service(context: PageContext) -> ChangeService:
    services = context.services
    return ChangeService(context.snapshot, services.cursors, services.changes, safe=context.is_safe)


def _feed(context: PageContext, slug: str | None, title: str, page: str) -> PreparedResponse:
    service = _service(context)
    request = ChangesRequest(franchise=slug, limit=PER_FEED, safe=context.is_safe)
    items, _, _ = service.page(request)
    built_at = dt.datetime.fromtimestamp(context.model.built_at_s, dt.UTC).isoformat()
    body = context.render(
        "changes.atom.jinja",
        title=title,
        id=_feed_id(slug),
        updated=items[0].at if items else built_at,
        page=page,
        feed_url=urls.changes_feed(slug),
        lines=_lines(context, items),
    )
    return context.respond(body, ATOM._replace(tag=service.tag))


def _feed_id(slug: str | None) -> UUID:
    """Return the id of a feed: wherever it is served, it is the same feed."""
    return uuid5(NAMESPACE, f"feed:{slug or ''}")


def _by_publication(
    context: PageContext, items: Iterable[ChangeItem], slug: str | None
) -> list[PublishedChanges]:
    history = context.snapshot.history
    entries = {(one.at, one.revision): one for one in history.entries} if history else {}
    return [
        PublishedChanges(
            *point,
            _sources(entries.get(point)),
            _lines(context, list(changes)),
            _past_url(context, entries.get(point), slug),
        )
        for point, changes in groupby(items, key=lambda item: (item.at, item.revision))
    ]


def _past_url(context: PageContext, entry: PublicationEntry | None, slug: str | None) -> str | None:
    past = context.snapshot.past
    if entry is None or slug is None or past is None:
        return None
    kept = {one.snapshot for one in past.publications[:-1]}
    is_kept = entry.snapshot in kept
    return urls.at_time(urls.franchise(slug), entry.snapshot) if is_kept else None


def _sources(entry: PublicationEntry | None) -> list[str]:
    """Return the names of the sources that were read for a publication."""
    runs = () if entry is None else entry.runs
    return list(dict.fromkeys(SOURCE_NAMES.get(run.source, run.source) for run in runs))


def _lines(context: PageContext, items: Iterable[ChangeItem]) -> list[ChangeLine]:
    return [
        ChangeLine(item, change_text(item, context.messages), _url(context, item)) for item in items
    ]


def _url(context: PageContext, item: ChangeItem) -> str | None:
    """Return the page of what a change tells of, where there is one."""
    relation = item.relation
    works = (item.work, item.became, relation.target if relation else None)
    for work in works:
        if work is not None and context.model.node(work.id) is not None:
            return context.url_of(work.id)
    slug = item.franchise.slug if item.franchise else None
    is_there = slug is not None and context.model.franchises.number(slug) is not None
    return urls.franchise(slug) if slug is not None and is_there else None
