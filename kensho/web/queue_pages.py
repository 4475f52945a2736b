"""`/queue`: the work items of curators, for managers, by mouse or by keyboard.

What is done is sent by plain forms, so that everything works without scripts; a script gives keys
to the buttons. After a change the next item of the same list follows.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Annotated, Any, Final, NamedTuple
from uuid import UUID

import msgspec
from litestar import Controller, Request, post
from litestar.params import FromPath
from msgspec import Meta

from kensho.discovery.work_queue import ItemView, QueueRequest
from kensho.domain.curation_documents import ActDraft
from kensho.domain.work_items import (
    ITEM_KINDS,
    ITEM_STATES,
    MAX_REASON_CHARS,
    UNDONE,
    ItemAction,
    ItemChangeRequest,
    ItemKind,
    ItemState,
)
from kensho.errors import (
    ConflictError,
    InvalidInputError,
    KenshoError,
    StoreInUseError,
)
from kensho.http.authentication import MANAGER_PAGE_GUARDS, manager_of
from kensho.http.pooled import pooled
from kensho.http.problem_details import kind_of
from kensho.http.request_costs import costing
from kensho.http.responses import HTML, UncachedResponse
from kensho.http.targets import FORM
from kensho.web import urls
from kensho.web.filtered_lists import ListPage
from kensho.web.forms import get_page, posted, read
from kensho.web.page_context import GivenPageServices, PageServices
from kensho.web.rendering import PAGE_HEADERS
from kensho.web.sign_in_page import going_to

PER_PAGE: Final = 50
"""As many lines as two screens of a laptop."""


class QueueForm(msgspec.Struct, frozen=True):
    """Which items are shown, and from where on."""

    kind: ItemKind | None = None
    state: ItemState | None = None
    assignee: Annotated[str, Meta(max_length=64)] | None = None
    work: UUID | None = None
    safe: bool | None = None
    after: Annotated[str, Meta(pattern="^[0-9a-f]{12}$")] | None = None


class ChangeForm(msgspec.Struct, frozen=True):
    """What is done about an item; `version` is that of the item on the page."""

    action: ItemAction = "accept"
    reason: str = ""
    assignee: str | None = None
    version: int | None = None


class TitleForm(msgspec.Struct, frozen=True):
    """A text that is to be a title of a work: a UUID, an id such as `mal:20`, or an address."""

    work: Annotated[str, Meta(max_length=300)] = ""
    text: Annotated[str, Meta(max_length=300)] = ""
    reason: Annotated[str, Meta(max_length=900)] = ""


class QueueChoice(NamedTuple):
    """A value of a filter: what it is called, how many items it leaves, its link."""

    value: str
    items: int
    href: str
    is_on: bool


_SERVER_ERROR: Final = 500
_ACT_COST: Final = 100
"""A process and seconds of a core, as for acts by the API."""
_FORM: Final[Mapping[str, Any] | None] = {FORM: QueueForm}


class QueuePageController(Controller):
    """The list, and its items."""

    path = "/queue"
    guards = MANAGER_PAGE_GUARDS

    @get_page()
    @pooled
    def queue(
        self, request: Request[Any, Any, Any], services: GivenPageServices, form: QueueForm
    ) -> UncachedResponse:
        """Show the items, those of the best-known works first."""
        asked = _request(services, form)
        found = services.queue.page(asked)
        page = _list_page(form)
        counted = {(one.kind, one.state): one.items for one in found.counts}
        states = UNDONE if form.state is None else (form.state,)
        return _page(
            services,
            "queue.html.jinja",
            manager=manager_of(request).name,
            found=found,
            form=form,
            items=[(item, _item_url(form, item.id)) for item in found.items],
            kinds=[
                QueueChoice(
                    kind,
                    sum(counted.get((kind, state), 0) for state in states),
                    page.url(kind=None if form.kind == kind else kind, after=None),
                    form.kind == kind,
                )
                for kind in ITEM_KINDS
            ],
            states=[
                QueueChoice(
                    state,
                    sum(counted.get((kind, state), 0) for kind in ITEM_KINDS),
                    page.url(state=None if form.state == state else state, after=None),
                    form.state == state,
                )
                for state in ITEM_STATES
            ],
            mine_url=page.url(assignee=manager_of(request).name, after=None),
            nobody_url=page.url(assignee="-", after=None),
            anybody_url=page.url(assignee=None, after=None),
            all_url=page.url(safe="false", after=None),
            first_url=page.url(after=None) if form.after else None,
            next_url=found.next_after and page.url(after=found.next_after),
        )

    @get_page("/{item_id:str}")
    @pooled
    def item(
        self,
        request: Request[Any, Any, Any],
        services: GivenPageServices,
        item_id: FromPath[str],
        form: QueueForm,
    ) -> UncachedResponse:
        """Show an item, its evidence, what became of it, and what can be done."""
        return _item_page(request, services, form, services.queue.item(item_id))

    @post("/{item_id:str}/change", opt=_FORM)
    async def change(
        self, request: Request[Any, Any, Any], services: GivenPageServices, item_id: FromPath[str]
    ) -> UncachedResponse:
        """Do what the form says, and go on to the next item; or say why it was not done."""
        form = read(request, QueueForm)
        following = await asyncio.to_thread(
            services.queue.following, _request(services, form), item_id
        )
        try:
            given = await posted(request, ChangeForm)
            asked = ItemChangeRequest(
                action=given.action,
                author=manager_of(request).name,
                reason=given.reason,
                assignee=given.assignee,
                version=given.version,
            )
            await asyncio.to_thread(services.queue.change, item_id, asked)
        except (ConflictError, InvalidInputError) as error:
            status = 400 if isinstance(error, InvalidInputError) else 409
            view = await asyncio.to_thread(services.queue.item, item_id)
            return await asyncio.to_thread(
                _item_page, request, services, form, view, wrong=error.message, status=status
            )
        if given.action in ("assign", "reopen"):
            return going_to(_item_url(form, item_id))
        return going_to(_item_url(form, following) if following else _list_page(form).url())

    @post("/{item_id:str}/title", opt={**(_FORM or {}), **costing(_ACT_COST)})
    async def add_title(
        self, request: Request[Any, Any, Any], services: GivenPageServices, item_id: FromPath[str]
    ) -> UncachedResponse:
        """Add the text that people searched for to the titles of a work, and go on."""
        form = read(request, QueueForm)
        view = await asyncio.to_thread(services.queue.item, item_id)
        following = await asyncio.to_thread(
            services.queue.following, _request(services, form), item_id
        )
        try:
            await _add_title(services, request, item_id)
        except KenshoError as error:
            status = kind_of(error).status
            if status >= _SERVER_ERROR and not isinstance(error, StoreInUseError):
                raise
            return await asyncio.to_thread(
                _item_page, request, services, form, view, wrong=error.message, status=status
            )
        return going_to(_item_url(form, following) if following else _list_page(form).url())


async def _add_title(services: PageServices, request: Request[Any, Any, Any], item_id: str) -> None:
    """State that a text is a title of a work, and that the item is fixed.

    Raises:
        KenshoError: the statement is refused, or can't be made now.
    """
    given = await posted(request, TitleForm)
    author = manager_of(request).name
    reason = given.reason or f"people search for it (work item {item_id})"
    says = {"act": "title", "work": given.work, "text": given.text, "kind": "synonym"}
    outcome = await services.curation.act(ActDraft(says, author, reason), is_trial=False)
    told = f"title added to {given.work}: " + ", ".join(act.id for act in outcome.acts)
    asked = ItemChangeRequest(action="fix", author=author, reason=told[:MAX_REASON_CHARS])
    with contextlib.suppress(ConflictError):  # another curator has said so meanwhile
        await asyncio.to_thread(services.queue.change, item_id, asked)


def _item_page(
    request: Request[Any, Any, Any],
    services: PageServices,
    form: QueueForm,
    view: ItemView,
    *,
    wrong: str | None = None,
    status: int = 200,
) -> UncachedResponse:
    asked = _request(services, form)
    following = services.queue.following(asked, view.item.id)
    return _page(
        services,
        "queue_item.html.jinja",
        status=status,
        manager=manager_of(request).name,
        view=view,
        wrong=wrong,
        action_url=_item_url(form, view.item.id, "change"),
        title_url=_item_url(form, view.item.id, "title"),
        list_url=_list_page(form).url(),
        next_url=following and _item_url(form, following),
    )


def _request(services: PageServices, form: QueueForm) -> QueueRequest:
    return QueueRequest(
        kind=form.kind,
        state=form.state,
        assignee=form.assignee,
        work=form.work,
        after=form.after,
        limit=PER_PAGE,
        safe=services.queue.hides_adult(form.safe),
    )


def _parameters(form: QueueForm) -> dict[str, object]:
    safe = None if form.safe is None else str(form.safe).lower()
    return {**msgspec.structs.asdict(form), "safe": safe}


def _list_page(form: QueueForm) -> ListPage:
    return ListPage(urls.queue(), _parameters(form))


def _item_url(form: QueueForm, item: str, part: str | None = None) -> str:
    """Return the page of an item, or where a form on it is sent, with the list one came from."""
    path = urls.queue_item(item) + (f"/{part}" if part else "")
    return urls.with_query(path, {**_parameters(form), "after": None})


def _page(
    services: PageServices, template: str, *, status: int = 200, **variables: Any
) -> UncachedResponse:
    body = services.renderer.page(template, **variables)
    return UncachedResponse(body, status=status, media_type=HTML, headers=PAGE_HEADERS)
