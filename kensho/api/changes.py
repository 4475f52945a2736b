"""`/api/changes` and `/api/diff`: what changed lately, and between two publications."""

from collections.abc import Sequence
from typing import Annotated, Final, TypeAlias

import msgspec
from litestar import Controller
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from kensho.api import examples
from kensho.api.franchises import MAX_SLUG_CHARS
from kensho.api.operations import Documented, get_operation, stream_operation
from kensho.api.parameters import DEFAULT_LIMIT, Cursor, Limit, Safe, listing
from kensho.api.providers import GivenChanges, GivenChangeSource
from kensho.discovery.change_points import POINT, PublicationView
from kensho.discovery.change_stream import ChangeStream, EventKind
from kensho.discovery.changes import (
    KIND_GROUPS,
    LISTED_KINDS,
    ChangeItem,
    ChangeList,
    ChangesRequest,
    DiffDocument,
    DiffRequest,
    kinds_of,
)
from kensho.discovery.comparisons import FieldCount, RelationCount
from kensho.http.event_stream import EventStreamResponse, Message, Part
from kensho.http.pooled import pooled
from kensho.http.privacy import PUBLIC
from kensho.http.request_costs import costing
from kensho.http.responses import PreparedResponse, ResponseMeta
from kensho.read_model.change_views import CHANGE_KINDS, ChangedFact, ChangedWork
from kensho.read_model.views import FranchiseRef

_SNAPSHOT: Final = "736-1f3a9c02b7de"
Since: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        schema_extra={"pattern": POINT},
        max_length=40,
        description="Changes of publications after this revision, or after this date or time (UTC "
        "where no zone is told).",
        examples=[Example(value="730"), Example(value="2026-11-01")],
    ),
]
OfFranchise: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=MAX_SLUG_CHARS,
        description="Changes of this franchise and its works, by its slug.",
        examples=[Example(value=examples.SLUG)],
    ),
]


def _kinds_parameter(known: Sequence[str], example: str) -> QueryParameter:
    """Return the parameter of a list of kinds of changes, and of groups of them."""
    return QueryParameter(
        schema_extra={"pattern": listing((*KIND_GROUPS, *known))},
        max_length=400,
        description="Changes of these kinds, by commas; `franchise`, `work` and `relation` name "
        "all of a sort.",
        examples=[Example(value=example)],
    )


OfListedKind: TypeAlias = Annotated[
    str | None, _kinds_parameter(LISTED_KINDS, "work_came,franchise")
]
OfKind: TypeAlias = Annotated[str | None, _kinds_parameter(CHANGE_KINDS, "work,relation")]
FromPoint: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        name="from",
        schema_extra={"pattern": POINT},
        max_length=40,
        description="What to compare with: a revision, the identity of a snapshot, or a date; one "
        "between two publications means the earlier. By default the publication before `to`.",
        examples=[Example(value="730")],
    ),
]
ToPoint: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        name="to",
        schema_extra={"pattern": POINT},
        max_length=40,
        description="What is compared, named as in `from`; by default the latest publication.",
        examples=[Example(value="736")],
    ),
]


class ChangesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of a list of changes."""

    since: Since = None
    franchise: OfFranchise = None
    kind: OfListedKind = None
    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor = None
    safe: Safe = None


class StreamQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of a stream of changes."""

    since: Since = None
    franchise: OfFranchise = None
    kind: OfListedKind = None
    safe: Safe = None


class DiffQuery(msgspec.Struct, frozen=True, kw_only=True):
    """The parameters of a comparison."""

    from_point: FromPoint = None
    to_point: ToPoint = None
    kind: OfKind = None
    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor = None
    safe: Safe = None


_AT: Final = "2026-11-29T15:15:05+00:00"
_WORK: Final = ChangedWork(examples.FIRST_ID, examples.SUMMARY.title, "anime", "tv", 1998)
_CHANGE: Final = ChangeItem(
    id=examples.SECOND_ID,
    kind="work_changed",
    work=_WORK,
    franchise=FranchiseRef(examples.SLUG, examples.SUMMARY.title),
    fields=(
        ChangedFact("episodes", 25, 26),
        ChangedFact("tags", gained=("space",)),
    ),
    at=_AT,
    revision=736,
    text="Cowboy Bebop: episodes 25 → 26; tags (new: space)",
)
_PUBLICATION: Final = PublicationView(_SNAPSHOT, 736, _AT)
_EARLIER: Final = PublicationView("730-02b7de1f3a9c", 730, "2026-11-22T15:14:11+00:00")


class SentEvent(msgspec.Struct, frozen=True):
    """An event of the stream; `data` is JSON: a change, a publication, or what is known from when.

    The comments between events, and the `retry` that opens a stream, are no events.
    """

    id: str
    event: EventKind
    data: str


_SENT: Final = SentEvent(str(_CHANGE.id), "change", msgspec.json.encode(_CHANGE).decode())


class _Events:
    """Changes as events are sent."""

    def __init__(self, stream: ChangeStream) -> None:
        self._stream = stream
        self.knows: Final = stream.knows

    def part(self, last: str | None) -> Part:
        part = self._stream.part(last)
        messages = [
            Message(event.kind, event.id, msgspec.json.encode(event.data)) for event in part.events
        ]
        return Part(messages, part.last, part.more)


class ChangesController(Controller):
    """What changed."""

    path = "/api"
    opt = PUBLIC
    tags: Sequence[str] | None = ("changes",)

    @get_operation(
        "/changes",
        Documented("List changes", "A page of changes."),
        ChangeList([_CHANGE], 1, _EARLIER, None),
        opt=costing(3),
    )
    @pooled
    def list_changes(
        self, changes: GivenChanges, query: ChangesQuery
    ) -> PreparedResponse[ChangeList]:
        """Return what changed: the latest publication first, franchises before works.

        Changes are known from the publication `known_from` on; older ones are dropped as
        `KENSHO_HISTORY_PUBLICATIONS` and `KENSHO_HISTORY_BYTES` say. Figures that moved (scores,
        ratings, votes) are no changes of this list; `/api/diff` has them.
        """
        request = ChangesRequest(
            since=query.since,
            franchise=query.franchise,
            kinds=kinds_of(query.kind, LISTED_KINDS),
            limit=query.limit,
            cursor=query.cursor,
            safe=changes.hides_adult(query.safe),
        )
        meta = ResponseMeta(tag=changes.tag)
        return PreparedResponse(changes.changes(request), changes.identity, meta=meta)

    @stream_operation(
        "/changes/stream",
        Documented("Follow changes", "Events, for as long as the client listens."),
        _SENT,
        opt=costing(3),
    )
    async def follow(
        self, change_source: GivenChangeSource, query: StreamQuery
    ) -> EventStreamResponse:
        """Tell changes as they are published, as server-sent events.

        An event `change` holds what `/api/changes` lists, oldest first; `publication` ends those of
        a publication, and comes at once for the current one where neither `since` nor a
        `Last-Event-ID` says where to begin. `lost` tells that what came after that id is not known
        any more. Streams are ended now and then: clients ask again with the last id.
        """
        request = ChangesRequest(
            since=query.since,
            franchise=query.franchise,
            kinds=kinds_of(query.kind, LISTED_KINDS),
            limit=1,
            safe=change_source().hides_adult(query.safe),
        )
        return EventStreamResponse(_Events(ChangeStream(change_source, request)))

    @get_operation(
        "/diff",
        Documented("Compare two publications", "What changed, and a page of the changes."),
        DiffDocument(
            before=_EARLIER,
            after=_PUBLICATION,
            counts={"work_changed": 1},
            relations=[RelationCount("sequel", 2, 0)],
            fields=[FieldCount("episodes", 1)],
            changes=[_CHANGE],
            total=1,
            next_cursor=None,
        ),
        opt=costing(200),
    )
    @pooled
    def compare(self, changes: GivenChanges, query: DiffQuery) -> PreparedResponse[DiffDocument]:
        """Return what changed between two publications, counted, and the changes page by page.

        What came and went again in between is no change. Of a work that was absent in between, only
        title, type, year and franchise are compared.
        """
        request = DiffRequest(
            before=query.from_point,
            after=query.to_point,
            kinds=kinds_of(query.kind, CHANGE_KINDS),
            limit=query.limit,
            cursor=query.cursor,
            safe=changes.hides_adult(query.safe),
        )
        meta = ResponseMeta(tag=changes.tag)
        return PreparedResponse(changes.diff(request), changes.identity, meta=meta)
