"""A film of the portal, and the rules of when it may be published and when it plays; pure.

Guarantees: times are instants in UTC, so that no change of clocks moves a window. A window holds
its start and not its end; either may be open. A film plays if it is visible, within its window, and
has a primary source and captions that were found right: `is_playable` is the only place that says
so. `blockers` name all that a film lacks for being published.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, TypeAlias
from uuid import UUID

import msgspec
from typing_extensions import override

from kensho.errors import FieldProblem

Visibility: TypeAlias = Literal["VISIBLE", "HIDDEN"]
Schedule: TypeAlias = Literal["CURRENT", "UPCOMING", "EXPIRED"]
CheckStatus: TypeAlias = Literal["VALID", "INVALID", "UNKNOWN"]
CaptionFormat: TypeAlias = Literal["WEBVTT", "TTML"]
PublishingState: TypeAlias = Literal["draft", "ready", "scheduled", "playing", "ended", "blocked"]
BlockerCode: TypeAlias = Literal["captions_missing", "source_invalid"]
_NO_LETTERS: Final = re.compile(r"[^a-z0-9]+")
_MOST_SLUG_CHARS: Final = 80


class AvailabilityWindow(msgspec.Struct, frozen=True):
    """When a film is available: from its start, up to its end and no longer; either may be open.

    While one that is `exclusive` is open, no other film plays. It has both sides.
    """

    start: dt.datetime | None = None
    end: dt.datetime | None = None
    exclusive: bool = False

    def schedule(self, now: dt.datetime) -> Schedule:
        """Tell whether the window is open at a time, is to come, or is over."""
        if self.end is not None and now >= self.end:
            return "EXPIRED"
        return "UPCOMING" if self.start is not None and now < self.start else "CURRENT"


class SourceVariant(msgspec.Struct, frozen=True, kw_only=True):
    """A quality that a source has: bits a second, lines of picture, codecs."""

    bandwidth: int
    height: int | None = None
    codecs: str | None = None


class StreamSource(msgspec.Struct, frozen=True, kw_only=True):
    """A source of a film: its sealed address, and what came of the last check.

    `validated_at` is when it was found right last, `due_at` when it is to be looked at again.
    """

    id: UUID
    sealed: str
    quality_tag: str | None = None
    drm_required: bool = False
    primary: bool = False
    status: CheckStatus = "UNKNOWN"
    validated_at: dt.datetime | None = None
    due_at: dt.datetime | None = None
    problem: str | None = None
    duration_s: float | None = None
    variants: Sequence[SourceVariant] = ()

    @override
    def __repr__(self) -> str:
        return f"StreamSource({self.id}, {self.status})"


class CaptionTrack(msgspec.Struct, frozen=True, kw_only=True):
    """A track of captions: where it came from (nowhere if uploaded), and what was found in it."""

    id: UUID
    language: str
    format: CaptionFormat
    url: str | None = None
    is_default: bool = False
    status: CheckStatus = "UNKNOWN"
    validated_at: dt.datetime | None = None
    problem: str | None = None
    cues: int = 0


class ListedMovie(msgspec.Struct, frozen=True, kw_only=True):
    """A film as lists show it; `work` is the film of the graph that it is linked to."""

    id: UUID
    revision: int
    title: str
    slug: str
    synopsis: str
    genres: Sequence[str]
    duration_minutes: int
    poster_url: str
    work: UUID | None = None
    visibility: Visibility
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    exclusive: bool = False

    @property
    def window(self) -> AvailabilityWindow:
        """Return when the film is available, and whether alone."""
        return AvailabilityWindow(self.starts_at, self.ends_at, self.exclusive)


class PortalMovie(ListedMovie, frozen=True, kw_only=True):
    """A film with all that is held of it; `revision` counts what managers changed."""

    sources: Sequence[StreamSource] = ()
    captions: Sequence[CaptionTrack] = ()
    created_at: dt.datetime
    changed_at: dt.datetime

    @property
    def primary(self) -> StreamSource | None:
        """Return the source that is played."""
        return next((one for one in self.sources if one.primary), None)

    @property
    def valid_captions(self) -> Sequence[CaptionTrack]:
        """Return the tracks of captions that can be shown, the default one first."""
        valid = [one for one in self.captions if one.status == "VALID"]
        return sorted(valid, key=lambda one: not one.is_default)


class OverviewMovie(ListedMovie, frozen=True, kw_only=True):
    """A film as managers list it, with what decides whether it can be played."""

    changed_at: dt.datetime
    primary_status: CheckStatus | None = None
    primary_drm: bool = False
    captions_right: int = 0

    @property
    def is_blocked(self) -> bool:
        """Tell whether anything keeps it from being published, as `blockers` names it."""
        return not self.captions_right or self.primary_drm or self.primary_status != "VALID"

    def state(self, now: dt.datetime) -> PublishingState:
        """Return where it stands, as `publishing_state`."""
        return _state(self, now, is_blocked=self.is_blocked)


class WindowRival(msgspec.Struct, frozen=True, kw_only=True):
    """A visible film that another's window shares time with, where one of both plays alone."""

    title: str
    starts_at: dt.datetime | None = None
    ends_at: dt.datetime | None = None
    exclusive: bool = False

    def problem(self) -> FieldProblem:
        """Return what is told of it at the window that conflicts with it."""
        sides = [
            f"{word} {at.astimezone(dt.UTC):%Y-%m-%d %H:%M}"
            for word, at in (("from", self.starts_at), ("until", self.ends_at))
            if at is not None
        ]
        when = f" {' '.join(sides)} UTC" if sides else ""
        if self.exclusive:
            said = f"{self.title!r} plays alone{when}: end before that, or begin after it"
        else:
            said = (
                f"{self.title!r} is available{when}, and while an exclusive window is open nothing"
                " else plays: choose another time, or end that film before"
            )
        return FieldProblem("availability", said)


class Blocker(NamedTuple):
    """Why a film can't be published: the field to change, and what is wrong with it."""

    code: BlockerCode
    field: str
    message: str

    @property
    def problem(self) -> FieldProblem:
        """Return it as something wrong with a field."""
        return FieldProblem(self.field, self.message)


def blockers(movie: PortalMovie) -> Sequence[Blocker]:
    """Return all that keeps a film from being published; nothing if it can be."""
    found: list[Blocker] = []
    if not movie.valid_captions:
        said = next((one.problem for one in movie.captions if one.problem), None)
        message = said or "a film needs captions: name a file of WebVTT or TTML, or upload one"
        found.append(Blocker("captions_missing", "captionTracks", message))
    problem = _source_problem(movie)
    if problem is not None:
        found.append(Blocker("source_invalid", "streamSources", problem))
    return found


def _source_problem(movie: PortalMovie) -> str | None:
    source = movie.primary
    if source is None:
        return "a film needs a source: name the address of its .m3u8"
    if source.drm_required:
        return "the source is protected by DRM, which is not played here: name another"
    if source.status == "VALID":
        return None
    return source.problem or "the source was not checked yet"


def is_playable(movie: PortalMovie, now: dt.datetime) -> bool:
    """Tell whether anybody may play a film at a time."""
    is_open = movie.visibility == "VISIBLE" and movie.window.schedule(now) == "CURRENT"
    return is_open and not blockers(movie)


def publishing_state(movie: PortalMovie, now: dt.datetime) -> PublishingState:
    """Return where a film stands between its first draft and the end of its window.

    A `blocked` one was published and has lost what it needs: its source is no longer right.
    """
    return _state(movie, now, is_blocked=bool(blockers(movie)))


def _state(movie: ListedMovie, now: dt.datetime, *, is_blocked: bool) -> PublishingState:
    if movie.visibility == "HIDDEN":
        return "draft" if is_blocked else "ready"
    if is_blocked:
        return "blocked"
    states: dict[Schedule, PublishingState] = {
        "UPCOMING": "scheduled",
        "CURRENT": "playing",
        "EXPIRED": "ended",
    }
    return states[movie.window.schedule(now)]


def title_key(title: str) -> str:
    """Return the one spelling of a title: widths, capitals and spaces tell no two films apart."""
    return " ".join(unicodedata.normalize("NFKC", title).casefold().split())


def slug_of(title: str, movie: UUID) -> str:
    """Return what stands for a title in addresses; one without Latin letters gets its film's id."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = _NO_LETTERS.sub("-", plain).strip("-")[:_MOST_SLUG_CHARS].rstrip("-")
    return slug or f"film-{movie.hex[:12]}"
