"""`/api/me`: what somebody has watched, and their list; and the audit log, for managers."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Annotated, Final, TypeAlias
from uuid import UUID

import msgspec
from itsdangerous import BadData
from itsdangerous.encoding import base64_decode, base64_encode
from litestar import Controller, Response, delete
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import Body, QueryParameter, SkipValidation

from kensho.api.operations import Documented, empty_operation, get_operation, put_operation
from kensho.api.parameters import DEFAULT_LIMIT, EXAMPLE_ID, Cursor, Limit, WorkId
from kensho.discovery.works import locate
from kensho.edges.accounts.audit import AuditLog, AuditQuery, AuditRow
from kensho.edges.accounts.authentication import SESSION_SECURITY, GivenSession
from kensho.edges.accounts.documents import AuditPage, WatchlistBody
from kensho.edges.accounts.sessions import Now
from kensho.edges.accounts.watching import (
    WatchedEpisode,
    Watching,
    WatchlistEntry,
    WatchState,
)
from kensho.errors import InvalidInputError
from kensho.http.authentication import MANAGER_GUARDS, MANAGER_SECURITY
from kensho.http.request_costs import costing
from kensho.http.responses import UncachedResponse
from kensho.read_model.encoded import encoded
from kensho.read_model.model import ReadModel

_WRITE_COST: Final = 5
"""A write of the store takes 2 to 5 ms."""
_AT: Final = dt.datetime(2026, 11, 30, 20, 15, tzinfo=dt.UTC)
_WATCHED: Final = WatchedEpisode(
    work=UUID(EXAMPLE_ID),
    episode=3,
    position_s=512.5,
    duration_s=1_420.0,
    is_finished=False,
    watched_at=_AT,
)
_ENTRY: Final = WatchlistEntry(work=UUID(EXAMPLE_ID), state="watching", progress=2, changed_at=_AT)
_ROW: Final = AuditRow(
    at=_AT,
    actor="5f8d6f0e-6f43-4c1e-9a57-0f6f1c3f9b10",
    action="session.sign_in",
    object="AY2ekEw7moMWDgUPvDn02rWn0j78BUnCYO-rkp5Tyzk",
    outcome="done",
    request_id="4bf92f3577b34da6",
)
Before: TypeAlias = Annotated[
    dt.datetime | None,
    QueryParameter(
        description="Only what was before this time: the `next_before` of the page before.",
        examples=[Example(value="2026-11-30T20:15:00Z")],
    ),
]
OfActor: TypeAlias = Annotated[
    str | None, QueryParameter(max_length=64, description="What this one did.")
]
OfAction: TypeAlias = Annotated[
    str | None, QueryParameter(max_length=64, description="Such as `session.sign_in`.")
]
OfObject: TypeAlias = Annotated[
    str | None,
    QueryParameter(name="object", max_length=128, description="What was done to this."),
]
OfState: TypeAlias = Annotated[
    WatchState | None, QueryParameter(name="state", description="Works in this state alone.")
]


class WatchedList(msgspec.Struct, frozen=True, kw_only=True):
    """Episodes, the latest watched first; `next_before` asks for those before them."""

    episodes: list[WatchedEpisode]
    next_before: dt.datetime | None = None


class Watchlist(msgspec.Struct, frozen=True, kw_only=True):
    """Works of somebody's list, what changed last first; `next_before` asks for those before."""

    entries: list[WatchlistEntry]
    next_before: dt.datetime | None = None


class PageQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of a list is asked for."""

    before: Before = None
    limit: Limit = DEFAULT_LIMIT


class WatchlistQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of somebody's list is asked for."""

    of_state: OfState = None
    before: Before = None
    limit: Limit = DEFAULT_LIMIT


class CountQuery(msgspec.Struct, frozen=True, kw_only=True):
    """How many are asked for."""

    limit: Limit = DEFAULT_LIMIT


class AuditPageQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows of the audit log are asked for."""

    actor: OfActor = None
    action: OfAction = None
    object_: OfObject = None
    before: Before = None
    cursor: Cursor = None
    limit: Limit = DEFAULT_LIMIT


class PersonalLists(msgspec.Struct, frozen=True):
    """What handlers here use: what people watch, and the model that tells which works there are."""

    watching: Watching
    model: Callable[[], ReadModel]


class AuditReading(msgspec.Struct, frozen=True):
    """What the handler of the audit log uses: the log, and the time."""

    log: AuditLog
    now: Now


GivenLists: TypeAlias = NamedDependency[SkipValidation[PersonalLists]]
GivenAudit: TypeAlias = NamedDependency[SkipValidation[AuditReading]]
"""The annotations under which handlers ask for `personal` and `audit`."""


class HistoryController(Controller):
    """What somebody has watched."""

    path = "/api/me"
    security = SESSION_SECURITY
    tags: Sequence[str] | None = ("me",)

    @get_operation(
        "/history",
        Documented("List what you watched", "Episodes, the latest watched first."),
        WatchedList(episodes=[_WATCHED]),
    )
    async def history(
        self, session: GivenSession, personal: GivenLists, query: PageQuery
    ) -> UncachedResponse[WatchedList]:
        """Return the episodes that whoever is signed in has watched, and how far."""
        found = await personal.watching.history(session.subject, query.before, query.limit)
        last = found[-1].watched_at if len(found) == query.limit else None
        return UncachedResponse(encoded(WatchedList(episodes=found, next_before=last)))

    @empty_operation(delete, "/history", Documented("Forget what you watched", "It is forgotten."))
    async def forget(self, session: GivenSession, personal: GivenLists) -> Response[None]:
        """Forget every episode that whoever is signed in has watched; the watchlist stays."""
        await personal.watching.forget(session.subject)
        return Response(None)

    @get_operation(
        "/continue",
        Documented("List what you could go on with", "The episode last watched of each work."),
        WatchedList(episodes=[_WATCHED]),
    )
    async def continuing(
        self, session: GivenSession, personal: GivenLists, query: CountQuery
    ) -> UncachedResponse[WatchedList]:
        """Return the last watched episode of each work, the latest first.

        After one that `is_finished` the next one is due, if there is one.
        """
        found = await personal.watching.continuing(session.subject, query.limit)
        return UncachedResponse(encoded(WatchedList(episodes=found)))


class WatchlistController(Controller):
    """What somebody means to watch."""

    path = "/api/me/watchlist"
    security = SESSION_SECURITY
    tags: Sequence[str] | None = ("me",)

    @get_operation(
        None,
        Documented("List your watchlist", "Works, what was changed last first."),
        Watchlist(entries=[_ENTRY]),
    )
    async def watchlist(
        self, session: GivenSession, personal: GivenLists, query: WatchlistQuery
    ) -> UncachedResponse[Watchlist]:
        """Return the works on the list of whoever is signed in."""
        found = await personal.watching.watchlist(
            session.subject, query.of_state, query.before, query.limit
        )
        last = found[-1].changed_at if len(found) == query.limit else None
        return UncachedResponse(encoded(Watchlist(entries=found, next_before=last)))

    @get_operation("/{work_id:str}", Documented("Show a work of your list", "The entry."), _ENTRY)
    async def entry(
        self, session: GivenSession, personal: GivenLists, work_id: WorkId
    ) -> UncachedResponse[WatchlistEntry]:
        """Return how far whoever is signed in is with a work; 404 if it is not on the list."""
        return UncachedResponse(encoded(await personal.watching.entry(session.subject, work_id)))

    @put_operation(
        "/{work_id:str}",
        Documented("Put a work on your list", "The entry then."),
        _ENTRY,
        opt=costing(_WRITE_COST),
    )
    async def put(
        self,
        session: GivenSession,
        personal: GivenLists,
        work_id: WorkId,
        data: Annotated[WatchlistBody, Body(description="How far you are with it.")],
    ) -> UncachedResponse[WatchlistEntry]:
        """Put a work on the list, or say anew how far it was watched."""
        locate(personal.model(), work_id)
        made = await personal.watching.put(session.subject, work_id, data.state, data.progress)
        return UncachedResponse(encoded(made))

    @empty_operation(
        delete, "/{work_id:str}", Documented("Take a work off your list", "It is not on it.")
    )
    async def drop(
        self, session: GivenSession, personal: GivenLists, work_id: WorkId
    ) -> Response[None]:
        """Take a work off the list; one that is not on it stays so."""
        await personal.watching.drop(session.subject, work_id)
        return Response(None)


class AuditController(Controller):
    """The audit log."""

    path = "/api/audit"
    guards = MANAGER_GUARDS
    security = MANAGER_SECURITY
    tags: Sequence[str] | None = ("audit",)

    @get_operation(
        None,
        Documented("Read the audit log", "Rows, the latest first."),
        AuditPage(rows=[_ROW]),
    )
    async def rows(self, audit: GivenAudit, query: AuditPageQuery) -> UncachedResponse[AuditPage]:
        """Return who did what to what, and what came of it."""
        asked = AuditQuery(
            actor=query.actor,
            action=query.action,
            object=query.object_,
            before=query.before,
            mark=None if query.cursor is None else _mark_of(query.cursor),
            limit=query.limit,
        )
        rows, mark = await audit.log.page(asked)
        page = AuditPage(
            rows=rows,
            next_before=None if mark is None else rows[-1].at,
            next_cursor=None if mark is None else base64_encode(mark).decode(),
        )
        return UncachedResponse(encoded(page))


def _mark_of(cursor: str) -> str:
    """Return the place in the log that a cursor names, which is checked there."""
    try:
        return base64_decode(cursor).decode("ascii")
    except (BadData, UnicodeDecodeError) as error:
        raise InvalidInputError.of("cursor", f"{cursor[:80]!r} is none of this list") from error
