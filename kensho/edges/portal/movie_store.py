"""Films, the text of their captions and viewing sessions in the store of the edges.

Guarantees: a change of a film, the captions that it brings, its row in the audit log and what the
film was before are written in one transaction: all of them or nothing. A change that was meant for
another revision is refused, as are a title that another film has, a visible film without captions,
and one at a time at which another plays alone, by the schema itself.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from kensho.edges.portal.movies import (
    ListedMovie,
    OverviewMovie,
    PortalMovie,
    Schedule,
    StreamSource,
    Visibility,
    WindowRival,
    title_key,
)
from kensho.errors import (
    ChangedMeanwhileError,
    ConflictError,
    FieldProblem,
    NotFoundError,
    StorageError,
)
from kensho.platform.logs import REQUEST
from kensho.storage.gateway import Gateway

MOST_LISTED: Final = 5_000
_TAKEN: Final = "already contains"
_CHANGED: Final = "changed_meanwhile"
_NO_CAPTIONS: Final = "captions_missing"
_WINDOW_TAKEN: Final = "window_taken"
_WAS_PUBLISHED: Final = "was_published"


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What is noted of a change, together with it: who did what, and which fields it changed."""

    actor: str
    action: str
    changed: Sequence[str] = ()


class CaptionText(msgspec.Struct, frozen=True):
    """The text of a new track of captions, as WebVTT."""

    id: UUID
    webvtt: str


class Viewing(msgspec.Struct, frozen=True, kw_only=True):
    """A viewing session: of which film, of whom if they were signed in, and until when."""

    movie: UUID
    viewer: UUID | None = None
    started_at: dt.datetime
    ends_at: dt.datetime


class MovieStore:
    """Reads and writes films; every method raises `StorageError`."""

    def __init__(self, gateway: Callable[[], Gateway]) -> None:
        """Take what returns the open store, or raises `StoreUnavailableError`."""
        self._gateway = gateway

    async def find(self, movie: UUID) -> PortalMovie | None:
        """Return a film, if there is one of this id."""
        found = await self._gateway().fetch(
            "edges.portal_movie", {"id": movie}, into=list[PortalMovie]
        )
        return found[0] if found else None

    async def get(self, movie: UUID) -> PortalMovie:
        """Return a film; raises `NotFoundError` where there is none."""
        found = await self.find(movie)
        if found is None:
            raise no_such_film(movie)
        return found

    async def former(self, movie: UUID) -> PortalMovie | None:
        """Return a film as it was before its last change, if it was changed."""
        found = await self._gateway().fetch(
            "edges.portal_former", {"id": movie}, into=list[PortalMovie]
        )
        return found[0] if found else None

    async def listed(
        self, visibility: Visibility | None, schedule: Schedule | None, now: dt.datetime
    ) -> list[ListedMovie]:
        """Return films by their start, then title: of a visibility and schedule, or all."""
        given: dict[str, object] = {
            "visibility": visibility,
            "schedule": schedule,
            "now": now.isoformat(),
            "limit": MOST_LISTED,
        }
        return await self._gateway().fetch("edges.portal_movies", given, into=list[ListedMovie])

    async def overview(self) -> list[OverviewMovie]:
        """Return all films by their start, then title."""
        return await self._gateway().fetch(
            "edges.portal_overview", {"limit": MOST_LISTED}, into=list[OverviewMovie]
        )

    async def rivals(self, movie: PortalMovie, now: dt.datetime) -> list[WindowRival]:
        """Return visible films that share time with a film's window, where one is to play alone."""
        given: dict[str, object] = {
            "id": movie.id,
            "starts_at": movie.starts_at,
            "ends_at": movie.ends_at,
            "exclusive": movie.exclusive,
            "now": now.isoformat(),
        }
        return await self._gateway().fetch("edges.portal_rivals", given, into=list[WindowRival])

    async def put(
        self, movie: PortalMovie, texts: Sequence[CaptionText], audit: AuditEntry
    ) -> PortalMovie:
        """Write a film over the revision that it has, 0 for a new one; return it as it is then.

        Raises:
            ChangedMeanwhileError: there is another revision of it.
            ConflictError: `title_taken`, or `captions_missing` or `window_taken` where it would be
                visible so.
        """
        given: dict[str, object] = {
            "id": movie.id,
            "expected": movie.revision,
            "movie": _row(movie),
            "texts": [{"id": one.id, "webvtt": one.webvtt} for one in texts],
            "kept": [one.id for one in movie.captions],
            "audit": _audit_row(movie.id, audit),
        }
        try:
            await self._gateway().execute("edges.put_portal_movie", given)
        except StorageError as error:
            raise _told(error, movie) from error
        return msgspec.structs.replace(movie, revision=movie.revision + 1)

    async def delete(self, movie: PortalMovie, audit: AuditEntry) -> None:
        """Delete a film of the revision that it has, with its captions; its audit rows stay.

        Raises:
            ChangedMeanwhileError: there is another revision of it, or none.
            ConflictError: `was_published`, viewers may have seen it.
        """
        given: dict[str, object] = {
            "id": movie.id,
            "expected": movie.revision,
            "audit": _audit_row(movie.id, audit),
        }
        try:
            await self._gateway().execute("edges.delete_portal_movie", given)
        except StorageError as error:
            if _WAS_PUBLISHED in error.message:
                said = "the film was published once: hide it, since only drafts are deleted"
                raise ConflictError(said, code=_WAS_PUBLISHED) from error
            raise _told(error, movie) from error

    async def was_published(self, movie: UUID) -> bool:
        """Tell whether a film was ever visible."""
        given: dict[str, object] = {"object": _audited(movie)}
        return bool(
            await self._gateway().fetch("edges.portal_was_published", given, into=list[bool])
        )

    async def due(self, now: dt.datetime, limit: int) -> list[PortalMovie]:
        """Return films with a source that is to be looked at again, the longest due first."""
        given: dict[str, object] = {"now": now.isoformat(), "limit": limit}
        return await self._gateway().fetch("edges.portal_movies_due", given, into=list[PortalMovie])

    async def set_checks(
        self,
        movie: PortalMovie,
        sources: Sequence[StreamSource],
        at: dt.datetime,
        audit: AuditEntry | None,
    ) -> None:
        """Write what was found of a film's sources, unless managers changed it meanwhile."""
        given: dict[str, object] = {
            "id": movie.id,
            "expected": movie.revision,
            "sources": [_source_row(one) for one in sources],
            "at": at.isoformat(),
            "audit": [] if audit is None else [_audit_row(movie.id, audit)],
        }
        await self._gateway().execute("edges.set_portal_checks", given)

    async def changed_at(self) -> dt.datetime | None:
        """Return when any film was changed last."""
        found = await self._gateway().fetch("edges.portal_changed", {}, into=list[dt.datetime])
        return found[0] if found else None

    async def caption(self, movie: UUID, track: UUID) -> str | None:
        """Return the text of a film's track of captions, as WebVTT."""
        found = await self._gateway().fetch(
            "edges.caption_text", {"movie": movie, "id": track}, into=list[str]
        )
        return found[0] if found else None

    async def add_viewing(self, id_: str, viewing: Viewing, context: str) -> None:
        """Note that somebody begins to watch a film; `context` is what their player said."""
        given: dict[str, object] = {
            "id": id_,
            "movie": viewing.movie,
            "viewer": viewing.viewer,
            "context": context,
            "started_at": viewing.started_at.isoformat(),
            "ends_at": viewing.ends_at.isoformat(),
        }
        await self._gateway().execute("edges.add_viewing", given)

    async def viewing(self, id_: str, now: dt.datetime) -> Viewing | None:
        """Return a viewing session that goes on."""
        given: dict[str, object] = {"id": id_, "now": now.isoformat()}
        found = await self._gateway().fetch("edges.viewing", given, into=list[Viewing])
        return found[0] if found else None

    async def drop_viewings(self, before: dt.datetime) -> None:
        """Forget the viewing sessions that ended before a time."""
        await self._gateway().execute("edges.drop_viewings", {"before": before.isoformat()})


def no_such_film(movie: UUID) -> NotFoundError:
    """Return the error of a film that there is not, or that its caller may not see."""
    return NotFoundError(f"there is no film '{movie}'", code="movie_not_found")


def title_taken(title: str) -> ConflictError:
    """Return the error of a title that another film has."""
    problem = FieldProblem("title", f"{title[:80]!r} is the title of another film")
    return ConflictError(problem.message, code="title_taken", issues=(problem,))


def window_taken(problems: Sequence[FieldProblem]) -> ConflictError:
    """Return the error of a window that shares time with one, where one is to play alone."""
    said = "; ".join(one.message for one in problems)
    return ConflictError(said, code=_WINDOW_TAKEN, issues=problems)


def _told(error: StorageError, movie: PortalMovie) -> Exception:
    """Return what a refusal of the store means."""
    if _CHANGED in error.message:
        return ChangedMeanwhileError("the film was changed meanwhile: read it again")
    if _NO_CAPTIONS in error.message:
        problem = FieldProblem("captionTracks", "a visible film needs captions that are right")
        return ConflictError(problem.message, code=_NO_CAPTIONS, issues=(problem,))
    if _WINDOW_TAKEN in error.message:
        said = "another film has this time, and one of both is to play alone"
        return window_taken([FieldProblem("availability", said)])
    if _TAKEN in error.message and "portal_movie_title" in error.message:
        return title_taken(movie.title)
    return error


def _row(movie: PortalMovie) -> Mapping[str, Any]:
    return {
        **{
            name: getattr(movie, name)
            for name in (
                *("title", "slug", "synopsis", "duration_minutes", "poster_url", "work"),
                *("visibility", "starts_at", "ends_at", "exclusive", "created_at", "changed_at"),
            )
        },
        "title_key": title_key(movie.title),
        "genres": list(movie.genres),
        "sources": [_source_row(one) for one in movie.sources],
        "captions": [msgspec.structs.asdict(one) for one in movie.captions],
    }


def _source_row(source: StreamSource) -> Mapping[str, Any]:
    row = msgspec.structs.asdict(source)
    return {**row, "variants": [msgspec.structs.asdict(one) for one in source.variants]}


def _audited(movie: UUID) -> str:
    """Return what the audit log calls a film."""
    return f"movie:{movie}"


def _audit_row(movie: UUID, audit: AuditEntry) -> Mapping[str, Any]:
    request = REQUEST.get()
    return {
        "actor": audit.actor,
        "action": audit.action,
        "object": _audited(movie),
        "outcome": "done",
        "request_id": "" if request is None else request.request_id,
        "changed": list(audit.changed),
    }
