"""`/api/queue`: the work items of curators, for managers."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

import msgspec
from litestar import Controller, Request
from litestar.openapi.spec import Example
from litestar.params import Body, PathParameter, QueryParameter

from kensho.api import examples
from kensho.api.operations import Documented, get_operation, post_operation
from kensho.api.parameters import DEFAULT_LIMIT, Limit, Safe
from kensho.api.providers import GivenQueue
from kensho.api.request_bodies import ItemChangeBody
from kensho.discovery.work_queue import ItemCount, ItemView, QueueList, QueueRequest
from kensho.domain.work_items import (
    ItemChange,
    ItemChangeRequest,
    ItemKind,
    ItemState,
    ItemWork,
    QueueItem,
)
from kensho.http.authentication import MANAGER_GUARDS, MANAGER_SECURITY, manager_of
from kensho.http.pooled import pooled
from kensho.http.responses import UncachedResponse
from kensho.read_model.encoded import encoded

ITEM_ID: Final = r"^[0-9a-f]{12}$"
ItemId: TypeAlias = Annotated[
    str,
    PathParameter(
        pattern=ITEM_ID,
        description="The id of a work item, which stays for as long as what it is about is found.",
        examples=[Example(value="1f3a9c02b7de")],
    ),
]
OfKind: TypeAlias = Annotated[
    ItemKind | None,
    QueryParameter(description="Items of this kind.", examples=[Example(value="conflict")]),
]
OfState: TypeAlias = Annotated[
    ItemState | None,
    QueryParameter(
        name="state",
        description="Items in this state; by default those that are open or accepted.",
        examples=[Example(value="open")],
    ),
]
OfAssignee: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=64,
        description="Items that this one has; `-` for items that nobody has.",
        examples=[Example(value="ada")],
    ),
]
OfWork: TypeAlias = Annotated[
    UUID | None,
    QueryParameter(
        description="Items about this work.", examples=[Example(value=examples.FIRST_ID)]
    ),
]
After: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        pattern=ITEM_ID,
        max_length=12,
        description="Items after this one: the `next_after` of the page before.",
        examples=[Example(value="1f3a9c02b7de")],
    ),
]
_WORK: Final = ItemWork(
    examples.FIRST_ID, examples.SUMMARY.title, f"/anime/{examples.FIRST_ID}", None
)
_ITEM: Final = QueueItem(
    id="1f3a9c02b7de",
    kind="conflict",
    state="open",
    sentence="Is Cowboy Bebop: Tengoku no Tobira a side story of or a sequel of Cowboy Bebop?",
    evidence=("AniList: Cowboy Bebop: Tengoku no Tobira is a side story of Cowboy Bebop",),
    works=(_WORK,),
    weight=0.97,
    found_at="2026-11-29T15:15:05+00:00",
    changed_at="2026-11-29T15:15:05+00:00",
    version=1,
)
_VIEW: Final = ItemView(
    _ITEM, [ItemChange("2026-11-29T16:00:00+00:00", "ada", "accept", "open", "accepted")]
)


class QueueQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which items are asked for."""

    kind: OfKind = None
    of_state: OfState = None
    assignee: OfAssignee = None
    work: OfWork = None
    after: After = None
    limit: Limit = DEFAULT_LIMIT
    safe: Safe = None


class QueueController(Controller):
    """Work items."""

    path = "/api/queue"
    guards = MANAGER_GUARDS
    security = MANAGER_SECURITY
    tags: Sequence[str] | None = ("queue",)

    @get_operation(
        None,
        Documented("List work items", "A page of work items."),
        QueueList([_ITEM], 1, 0, [ItemCount("conflict", "open", 1)], None),
    )
    @pooled
    def list_items(self, queue: GivenQueue, query: QueueQuery) -> UncachedResponse[QueueList]:
        """Return what curators should look at, what concerns the best-known works first.

        `counts` are those of all items by kind and state, whatever is asked for.
        """
        request = QueueRequest(
            kind=query.kind,
            state=query.of_state,
            assignee=query.assignee,
            work=query.work,
            after=query.after,
            limit=query.limit,
            safe=queue.hides_adult(query.safe),
        )
        return UncachedResponse(encoded(queue.page(request)))

    @get_operation("/{item_id:str}", Documented("Show a work item", "The item."), _VIEW)
    @pooled
    def read_item(self, queue: GivenQueue, item_id: ItemId) -> UncachedResponse[ItemView]:
        """Return an item with its evidence, and what became of it, the latest last."""
        return UncachedResponse(encoded(queue.item(item_id)))

    @post_operation("/{item_id:str}", Documented("Settle a work item", "The item then."), _VIEW)
    @pooled
    def change_item(
        self,
        queue: GivenQueue,
        request: Request[Any, Any, Any],
        item_id: ItemId,
        data: Annotated[ItemChangeBody, Body(description="What to do about it.")],
    ) -> UncachedResponse[ItemView]:
        """Accept an item, say that it is fixed or not to be fixed, reopen it, or assign it.

        Answers 409 if the item is so already, or if `version` is given and somebody has changed the
        item since.
        """
        asked = ItemChangeRequest(
            action=data.action,
            author=manager_of(request).name,
            reason=data.reason,
            assignee=data.assignee,
            version=data.version,
        )
        return UncachedResponse(encoded(queue.change(item_id, asked)))
