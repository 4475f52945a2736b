"""What managers do to films: make, change, publish, hide and delete them, and give them captions.

Guarantees: nothing is published that a viewer could not play. What a manager asks for is checked as
a whole, the network included, before anything is written; then it is written with its row in the
audit log in one transaction, over the revision that was read. So of two managers who change a film
at once, the second is told.
"""

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from kensho.discovery.works import locate_film
from kensho.edges.accounts.sessions import Now
from kensho.edges.portal import captions
from kensho.edges.portal.captions import CaptionReader, CheckedCaptions
from kensho.edges.portal.changes import changed_fields, check_publishable, with_check
from kensho.edges.portal.documents import (
    CaptionBody,
    CreateMovieBody,
    PatchMovieBody,
    SourceBody,
    UploadCaptionBody,
)
from kensho.edges.portal.forms import (
    MovieDraft,
    changed_draft,
    in_utc,
    language_problem,
    new_draft,
)
from kensho.edges.portal.movie_store import AuditEntry, CaptionText, MovieStore, window_taken
from kensho.edges.portal.movies import (
    CaptionTrack,
    PortalMovie,
    StreamSource,
    Visibility,
    blockers,
    slug_of,
)
from kensho.edges.portal.seals import SourceSeals
from kensho.edges.portal.sources import SourceCheck, SourceProber
from kensho.edges.store import new_id
from kensho.errors import (
    ChangedMeanwhileError,
    ConflictError,
    FieldProblem,
    GoneError,
    InvalidInputError,
    MovedError,
    NotFoundError,
)
from kensho.read_model.model import ReadModel

_TRIES: Final = 5
"""To publish or hide a film that others change at the same time."""
_AGAIN: Final = dt.timedelta(hours=1)
"""After which a source that could not be reached is looked at again."""
_TRUSTED: Final = dt.timedelta(days=3)
"""For so long a source that can't be reached counts as what it was found to be last."""
_CHANGED: Final = "changed_meanwhile"


class PortalParts(msgspec.Struct, frozen=True, kw_only=True):
    """What the service works with; `changed` is called after every change.

    `model` is the graph that is served, and raises `NotReadyError` while there is none.
    """

    store: MovieStore
    seals: SourceSeals
    prober: SourceProber
    reader: CaptionReader
    model: Callable[[], ReadModel]
    now: Now
    changed: Callable[[], None]
    recheck: dt.timedelta
    loopback_allowed: bool = False


class PreparedMovie(NamedTuple):
    """A film that can be written: the new texts of captions, and the fields that are changed."""

    movie: PortalMovie
    texts: Sequence[CaptionText]
    changed: Sequence[str]


class PortalService:
    """Changes films for managers, whose names are `actor`s."""

    def __init__(self, parts: PortalParts) -> None:
        self._parts = parts

    async def create(self, body: CreateMovieBody, actor: str) -> PortalMovie:
        """Make a film; return it.

        Raises:
            InvalidInputError: names every field that is wrong.
            ConflictError: `title_taken`; `work_taken`, another film is linked to that work;
                `window_taken`, it would be visible while another film plays alone, or play alone
                while another is visible.
        """
        prepared = await self.prepared(body)
        audit = AuditEntry(actor=actor, action="movie.create", changed=prepared.changed)
        try:
            return await self._put(prepared, audit)
        except ChangedMeanwhileError as error:
            raise _work_taken(prepared.movie.id) from error

    async def prepared(self, body: CreateMovieBody) -> PreparedMovie:
        """Return a new film as it would be written, its sources and captions looked at."""
        parts = self._parts
        draft = new_draft(body, loopback_allowed=parts.loopback_allowed)
        if draft.work is not None:
            self._check_work(draft.work)
        now = parts.now()
        movie = draft.work or new_id(now)
        empty = PortalMovie(
            id=movie,
            revision=0,
            title="",
            slug="",
            synopsis="",
            genres=(),
            duration_minutes=0,
            poster_url="",
            work=draft.work,
            visibility="HIDDEN",
            created_at=now,
            changed_at=now,
        )
        return await self._settled(empty, draft)

    async def patch(
        self, movie: UUID, body: PatchMovieBody, actor: str, expected: int | None
    ) -> PortalMovie:
        """Change a film, of the expected revision if one is; return it as it is then.

        Raises:
            NotFoundError: there is no such film.
            InvalidInputError, ConflictError: as `create`.
            ChangedMeanwhileError: it has another revision than was expected.
        """
        held = await self._expected(movie, expected)
        draft = changed_draft(held, body, loopback_allowed=self._parts.loopback_allowed)
        prepared = await self._settled(held, draft)
        if not prepared.changed:
            return held
        audit = AuditEntry(actor=actor, action="movie.update", changed=prepared.changed)
        return await self._put_over(prepared, audit, expected)

    async def set_visibility(
        self, movie: UUID, visibility: Visibility, actor: str, expected: int | None
    ) -> PortalMovie:
        """Publish or hide a film; raises as `patch`, and where something blocks publishing it.

        A source that was not found right is looked at again first.
        """
        action = "movie.publish" if visibility == "VISIBLE" else "movie.hide"
        audit = AuditEntry(actor=actor, action=action, changed=["visibility"])
        for attempt in range(_TRIES):
            held = await self._expected(movie, expected)
            if held.visibility == visibility:
                return held
            if visibility == "VISIBLE":
                held = await self._publishable(held)
            made = msgspec.structs.replace(
                held, visibility=visibility, changed_at=self._parts.now()
            )
            try:
                return await self._put_over(PreparedMovie(made, (), ()), audit, expected)
            except (ChangedMeanwhileError, ConflictError) as error:
                changed = isinstance(error, ChangedMeanwhileError) or error.code == _CHANGED
                if expected is not None or not changed or attempt == _TRIES - 1:
                    raise
        raise _changed_at_once()

    async def upload(
        self, movie: UUID, body: UploadCaptionBody, actor: str, expected: int | None
    ) -> PortalMovie:
        """Give a film captions of a language, in place of those that it had; raises as `patch`."""
        held = await self._expected(movie, expected)
        problem = language_problem(body.language_code)
        if problem is not None:
            raise InvalidInputError.of("languageCode", problem)
        found = captions.checked(body.text.encode(), body.format, held.duration_minutes)
        if found.webvtt is None:
            raise InvalidInputError.of("text", found.problem or "it is not right")
        now = self._parts.now()
        same = body.language_code.lower()
        others = [one for one in held.captions if one.language.lower() != same]
        is_default = body.is_default or not any(one.is_default for one in others)
        if is_default:
            others = [msgspec.structs.replace(one, is_default=False) for one in others]
        track = CaptionTrack(
            id=new_id(now),
            language=body.language_code,
            format=body.format,
            is_default=is_default,
            status="VALID",
            validated_at=now,
            cues=found.cues,
        )
        made = msgspec.structs.replace(held, captions=[*others, track], changed_at=now)
        texts = [CaptionText(track.id, found.webvtt)]
        audit = AuditEntry(actor=actor, action="movie.captions", changed=["captionTracks"])
        return await self._put_over(PreparedMovie(made, texts, ()), audit, expected)

    async def undo(self, movie: UUID, actor: str, expected: int | None) -> PortalMovie:
        """Take back the last change of a film; once more brings it again. Raises as `patch`.

        What was found of a source since then stays, and nothing is published again that could not
        be played.

        Raises:
            ConflictError: `nothing_to_undo`, the film was not changed since it was made.
        """
        held = await self._expected(movie, expected)
        former = await self._parts.store.former(movie)
        if former is None:
            said = "the film was not changed since it was made: hide it instead"
            raise ConflictError(said, code="nothing_to_undo")
        looked_at = {one.id: one for one in held.sources}
        made = msgspec.structs.replace(
            former,
            revision=held.revision,
            sources=[with_check(one, looked_at.get(one.id)) for one in former.sources],
            changed_at=self._parts.now(),
        )
        if made.visibility == "VISIBLE":
            made = await self._publishable(made)
        changed = changed_fields(made, held)
        audit = AuditEntry(actor=actor, action="movie.undo", changed=changed)
        return await self._put_over(PreparedMovie(made, (), changed), audit, expected)

    async def delete(self, movie: UUID, actor: str, expected: int | None) -> None:
        """Delete a film that was never published; raises as `patch`.

        Raises:
            ConflictError: `was_published`.
        """
        held = await self._expected(movie, expected)
        try:
            await self._parts.store.delete(held, AuditEntry(actor=actor, action="movie.delete"))
        except ChangedMeanwhileError as error:
            if expected is not None:
                raise
            raise _changed_at_once() from error
        self._parts.changed()

    async def recheck(self, movie: PortalMovie) -> None:
        """Look at a film's sources again, and write what was found; and seal them with today's key.

        A film whose source is no longer right plays for nobody until it is.
        """
        parts = self._parts
        found = [await self._looked_at(movie, one) for one in movie.sources]
        was = [one.status for one in movie.sources]
        changed = [one.status for one in found] != was
        audit = (
            AuditEntry(actor="service", action="source.recheck", changed=["streamSources"])
            if changed
            else None
        )
        await parts.store.set_checks(movie, found, parts.now(), audit)
        if changed:
            parts.changed()

    async def _looked_at(self, movie: PortalMovie, source: StreamSource) -> StreamSource:
        parts = self._parts
        url = parts.seals.open(movie.id, source)
        checked = self._after(source, await parts.prober.check(url))
        if parts.seals.is_of_first_key(source):
            return checked
        return msgspec.structs.replace(checked, sealed=parts.seals.seal(movie.id, source.id, url))

    def _after(self, source: StreamSource, check: SourceCheck) -> StreamSource:
        """Return a source as it is after it was looked at."""
        now = self._parts.now()
        if check.status == "UNKNOWN":
            seen = source.validated_at
            is_trusted = source.status == "VALID" and seen is not None and now - seen < _TRUSTED
            return msgspec.structs.replace(
                source,
                status="VALID" if is_trusted else check.status,
                problem=check.problem,
                due_at=now + min(_AGAIN, self._parts.recheck),
            )
        return msgspec.structs.replace(
            source,
            status=check.status,
            problem=check.problem,
            validated_at=now if check.status == "VALID" else source.validated_at,
            due_at=now + self._parts.recheck,
            duration_s=check.duration_s,
            variants=check.variants,
        )

    async def _publishable(self, movie: PortalMovie) -> PortalMovie:
        """Return a film that may be published; raises `ConflictError` with all that blocks it."""
        if any(one.primary and one.status != "VALID" for one in movie.sources):
            sources = [await self._looked_at(movie, one) for one in movie.sources]
            movie = msgspec.structs.replace(movie, sources=sources)
        found = blockers(movie)
        if found:
            raise ConflictError(
                "; ".join(one.message for one in found),
                code=found[0].code,
                issues=[one.problem for one in found],
            )
        return movie

    async def _expected(self, movie: UUID, expected: int | None) -> PortalMovie:
        held = await self._parts.store.get(movie)
        if expected is not None and held.revision != expected:
            raise ChangedMeanwhileError(
                f"the film has revision {held.revision}, not {expected}: read it again"
            )
        return held

    async def _put_over(
        self, prepared: PreparedMovie, audit: AuditEntry, expected: int | None
    ) -> PortalMovie:
        """Write a change; one that came too late is a conflict where nothing was expected."""
        try:
            return await self._put(prepared, audit)
        except ChangedMeanwhileError as error:
            if expected is not None:
                raise
            raise _changed_at_once() from error

    async def _put(self, prepared: PreparedMovie, audit: AuditEntry) -> PortalMovie:
        if prepared.movie.visibility == "VISIBLE":
            rivals = await self._parts.store.rivals(prepared.movie, self._parts.now())
            if rivals:
                raise window_taken([one.problem() for one in rivals])
        made = await self._parts.store.put(prepared.movie, prepared.texts, audit)
        self._parts.changed()
        return made

    def _check_work(self, work: UUID) -> None:
        try:
            locate_film(self._parts.model(), work)
        except MovedError as error:
            said = f"'{work}' was merged into '{error.successor}': link that"
            raise InvalidInputError.of("workId", said) from error
        except (NotFoundError, GoneError) as error:
            raise InvalidInputError.of("workId", error.message) from error

    async def _settled(self, held: PortalMovie, draft: MovieDraft) -> PreparedMovie:
        """Return a film as a draft wants it, what is new in it looked at.

        Raises:
            InvalidInputError: it is to be visible, and something that is new can't be played.
        """
        sources, tracks = await asyncio.gather(
            asyncio.gather(*(self._source(held, one) for one in draft.sources)),
            asyncio.gather(*(self._track(held, one, draft) for one in draft.captions)),
        )
        made = msgspec.structs.replace(
            held,
            title=draft.title,
            slug=slug_of(draft.title, held.id),
            synopsis=draft.synopsis,
            genres=list(draft.genres),
            duration_minutes=draft.duration_minutes,
            poster_url=draft.poster_url,
            visibility=draft.visibility,
            starts_at=in_utc(draft.window.start),
            ends_at=in_utc(draft.window.end),
            exclusive=draft.window.exclusive,
            sources=sources,
            captions=[track for track, _ in tracks],
        )
        if draft.visibility == "VISIBLE":
            check_publishable(made, held)
        changed = changed_fields(made, held)
        if changed:
            made = msgspec.structs.replace(made, changed_at=self._parts.now())
        texts = [CaptionText(track.id, text) for track, text in tracks if text is not None]
        return PreparedMovie(made, texts, changed)

    async def _source(self, movie: PortalMovie, given: SourceBody) -> StreamSource:
        parts = self._parts
        known = next((one for one in movie.sources if one.id == given.stream_source_id), None)
        if known is not None:
            known = msgspec.structs.replace(
                known,
                quality_tag=given.quality_tag,
                drm_required=given.drm_required,
                primary=given.primary,
            )
            if given.stream_url is None or given.stream_url == parts.seals.open(movie.id, known):
                return known
        id_ = new_id(parts.now())
        url = given.stream_url or ""
        source = StreamSource(
            id=id_,
            sealed=parts.seals.seal(movie.id, id_, url),
            quality_tag=given.quality_tag,
            drm_required=given.drm_required,
            primary=given.primary,
        )
        return self._after(source, await parts.prober.check(url))

    async def _track(
        self, movie: PortalMovie, given: CaptionBody, draft: MovieDraft
    ) -> tuple[CaptionTrack, str | None]:
        """Return a track of captions, and its text where that is new."""
        known = next((one for one in movie.captions if one.id == given.caption_track_id), None)
        if known is not None and given.caption_url is None:
            kept = msgspec.structs.replace(
                known,
                language=given.language_code or known.language,
                is_default=given.is_default,
            )
            return kept, None
        now, url = self._parts.now(), given.caption_url or ""
        found: CheckedCaptions = await self._parts.reader.fetched(
            url, given.format, draft.duration_minutes
        )
        track = CaptionTrack(
            id=new_id(now),
            language=given.language_code or "",
            format=given.format,
            url=url,
            is_default=given.is_default,
            status=found.status,
            validated_at=now if found.status == "VALID" else None,
            problem=found.problem,
            cues=found.cues,
        )
        return track, found.webvtt


def _work_taken(movie: UUID) -> ConflictError:
    problem = FieldProblem("workId", f"'{movie}' has a film of the portal already")
    return ConflictError(problem.message, code="work_taken", issues=(problem,))


def _changed_at_once() -> ConflictError:
    return ConflictError("the film was changed at the same time: try again", code=_CHANGED)
