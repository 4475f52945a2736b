"""What a manager asks for of a film, checked field by field before anything is fetched; pure.

Guarantees: all that is wrong is told at once, each at its field as the contract names it, such as
`captionTracks[1].languageCode`, and quotes the value. A draft that passes has one primary source
and one default track of captions, if it has any, and times in UTC.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Final, TypeVar
from uuid import UUID

import msgspec

from kensho.edges.portal.documents import (
    CaptionBody,
    CreateMovieBody,
    PatchMovieBody,
    SourceBody,
    WindowBody,
    caption_path,
)
from kensho.edges.portal.movies import AvailabilityWindow, PortalMovie, Visibility, title_key
from kensho.errors import FieldProblem, InvalidInputError
from kensho.platform.safe_fetch import checked_url

T = TypeVar("T")
MAX_TITLE_CHARS: Final = 200
MAX_SYNOPSIS_CHARS: Final = 5_000
MAX_GENRES: Final = 20
MAX_GENRE_CHARS: Final = 50
MAX_MINUTES: Final = 1_440
MAX_SOURCES: Final = 10
MAX_TRACKS: Final = 50
MAX_TAG_CHARS: Final = 40
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}")
"""The shape of BCP 47 tags in use, without those for private use."""
_YEARS: Final = range(1900, 2200)
_SHOWN: Final = 80


class MovieDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A film as a manager wants it to be."""

    title: str
    synopsis: str
    genres: Sequence[str]
    duration_minutes: int
    poster_url: str
    window: AvailabilityWindow
    sources: Sequence[SourceBody]
    captions: Sequence[CaptionBody]
    visibility: Visibility
    work: UUID | None = None


def new_draft(body: CreateMovieBody, *, loopback_allowed: bool) -> MovieDraft:
    """Return the draft of a new film.

    Raises:
        InvalidInputError: names every field that is wrong.
    """
    draft = MovieDraft(
        title=body.title.strip(),
        synopsis=body.synopsis.strip(),
        genres=[one.strip() for one in body.genres],
        duration_minutes=body.duration_minutes,
        poster_url=body.poster_url,
        window=_window(body.availability),
        sources=_with_one(body.stream_sources, "primary"),
        captions=_with_one(body.caption_tracks, "is_default"),
        visibility=body.visibility,
        work=body.work_id,
    )
    _check(draft, None, loopback_allowed=loopback_allowed)
    return draft


def changed_draft(
    movie: PortalMovie, body: PatchMovieBody, *, loopback_allowed: bool
) -> MovieDraft:
    """Return the draft of a film with changes; what is not named stays as it is.

    Raises:
        InvalidInputError: names every field that is wrong.
    """
    sources = body.stream_sources
    captions = body.caption_tracks
    draft = MovieDraft(
        title=_or(body.title, movie.title).strip(),
        synopsis=_or(body.synopsis, movie.synopsis).strip(),
        genres=[one.strip() for one in _or(body.genres, movie.genres)],
        duration_minutes=_or(body.duration_minutes, movie.duration_minutes),
        poster_url=_or(body.poster_url, movie.poster_url),
        window=movie.window
        if isinstance(body.availability, msgspec.UnsetType)
        else _window(body.availability),
        sources=kept_sources(movie)
        if isinstance(sources, msgspec.UnsetType)
        else _with_one(sources, "primary"),
        captions=kept_captions(movie)
        if isinstance(captions, msgspec.UnsetType)
        else _with_one([_without_own(movie, one) for one in captions], "is_default"),
        visibility=_or(body.visibility, movie.visibility),
        work=movie.work,
    )
    _check(draft, movie, loopback_allowed=loopback_allowed)
    return draft


def kept_sources(movie: PortalMovie) -> list[SourceBody]:
    """Return the sources of a film as a change names those that stay."""
    return [
        SourceBody(
            stream_source_id=one.id,
            quality_tag=one.quality_tag,
            drm_required=one.drm_required,
            primary=one.primary,
        )
        for one in movie.sources
    ]


def kept_captions(movie: PortalMovie) -> list[CaptionBody]:
    """Return the captions of a film as a change names those that stay."""
    return [
        CaptionBody(
            caption_track_id=one.id,
            language_code=one.language,
            format=one.format,
            is_default=one.is_default,
        )
        for one in movie.captions
    ]


def language_problem(language: str) -> str | None:
    """Return what is wrong with a language's tag."""
    if _LANGUAGE.fullmatch(language) is None:
        return f"{language[:_SHOWN]!r} is no language tag, such as en or pt-BR"
    return None


def _or(given: "T | msgspec.UnsetType", held: T) -> T:
    return held if isinstance(given, msgspec.UnsetType) else given


def _with_one(given: Sequence[T], flag: str) -> Sequence[T]:
    """Return what was given; where none bears the flag, the first does."""
    if not given or any(getattr(one, flag) for one in given):
        return given
    return [msgspec.structs.replace(given[0], **{flag: True}), *given[1:]]  # type: ignore[type-var]


def _without_own(movie: PortalMovie, given: CaptionBody) -> CaptionBody:
    """Return a track without the address that we serve it from: it is to stay as it is."""
    track = given.caption_track_id
    if track is not None and given.caption_url == caption_path(movie.id, track):
        return msgspec.structs.replace(given, caption_url=None)
    return given


def _window(body: WindowBody) -> AvailabilityWindow:
    return AvailabilityWindow(body.start, body.end, body.exclusive)


def _check(draft: MovieDraft, movie: PortalMovie | None, *, loopback_allowed: bool) -> None:
    def is_address(text: str) -> str | None:
        try:
            checked_url(text, loopback_allowed=loopback_allowed)
        except InvalidInputError as error:
            return error.problems[0].message
        return None

    problems = [
        *_text_problems(draft),
        *_window_problems(draft.window),
        *_named("posterUrl", is_address(draft.poster_url)),
        *_source_problems(draft, movie, is_address),
        *_caption_problems(draft, movie, is_address),
    ]
    if problems:
        raise InvalidInputError(problems)


def _named(field: str, message: str | None) -> Sequence[FieldProblem]:
    return () if message is None else (FieldProblem(field, message),)


def _text_problems(draft: MovieDraft) -> Sequence[FieldProblem]:
    found: list[FieldProblem] = []
    title = draft.title
    if not title_key(title) or len(title) > MAX_TITLE_CHARS or not _is_visible(title):
        expected = f"{title[:_SHOWN]!r}: expected 1 to {MAX_TITLE_CHARS} visible characters"
        found.append(FieldProblem("title", expected))
    if not 1 <= len(draft.synopsis) <= MAX_SYNOPSIS_CHARS:
        found.append(FieldProblem("synopsis", f"expected 1 to {MAX_SYNOPSIS_CHARS} characters"))
    if len(draft.genres) > MAX_GENRES:
        found.append(FieldProblem("genres", f"{len(draft.genres)} are more than {MAX_GENRES}"))
    for at, genre in enumerate(draft.genres):
        if not 1 <= len(genre) <= MAX_GENRE_CHARS or not _is_visible(genre):
            expected = f"{genre[:_SHOWN]!r}: expected 1 to {MAX_GENRE_CHARS} visible characters"
            found.append(FieldProblem(f"genres[{at}]", expected))
    if not 1 <= draft.duration_minutes <= MAX_MINUTES:
        said = f"{draft.duration_minutes} is not within 1..{MAX_MINUTES} minutes"
        found.append(FieldProblem("durationMinutes", said))
    return found


def _is_visible(text: str) -> bool:
    """Tell whether a text has no control characters; spaces of any script are taken."""
    return all(one.isprintable() or unicodedata.category(one) == "Zs" for one in text)


def _window_problems(window: AvailabilityWindow) -> Sequence[FieldProblem]:
    found: list[FieldProblem] = []
    for side, at in (("start", window.start), ("end", window.end)):
        if at is None:
            continue
        if at.tzinfo is None:
            said = f"{at.isoformat()!r} has no offset from UTC, such as Z or +02:00"
            found.append(FieldProblem(f"availability.{side}", said))
        elif at.year not in _YEARS:
            found.append(FieldProblem(f"availability.{side}", f"{at.year} is no year of a window"))
    if window.exclusive:
        found += [
            FieldProblem(f"availability.{side}", f"an exclusive window needs its {side}")
            for side, at in (("start", window.start), ("end", window.end))
            if at is None
        ]
    if found or window.start is None or window.end is None:
        return found
    if window.end <= window.start:
        said = f"the end ({window.end.isoformat()}) is not after the start"
        return [FieldProblem("availability.end", said)]
    return ()


def _source_problems(
    draft: MovieDraft, movie: PortalMovie | None, is_address: Callable[[str], str | None]
) -> Sequence[FieldProblem]:
    field, sources = "streamSources", draft.sources
    known = {one.id for one in movie.sources} if movie is not None else set[UUID]()
    found = [*_number_problems(field, len(sources), MAX_SOURCES)]
    if not sources and draft.visibility == "VISIBLE":
        found.append(FieldProblem(field, "a film needs a source: name the address of its .m3u8"))
    if sum(one.primary for one in sources) > 1:
        found.append(FieldProblem(field, "one source is primary, not several"))
    for at, one in enumerate(sources):
        place = f"{field}[{at}]"
        if one.stream_url is not None:
            found += _named(f"{place}.streamUrl", is_address(one.stream_url))
        elif one.stream_source_id is None:
            found.append(FieldProblem(f"{place}.streamUrl", "the address of a .m3u8 is missing"))
        elif one.stream_source_id not in known:
            said = f"'{one.stream_source_id}' is no source of this film"
            found.append(FieldProblem(f"{place}.streamSourceId", said))
        found += _named(f"{place}.qualityTag", _tag_problem(one.quality_tag or ""))
    return found


def _number_problems(field: str, number: int, most: int) -> Sequence[FieldProblem]:
    return _named(field, f"{number} are more than {most}" if number > most else None)


def _tag_problem(tag: str) -> str | None:
    if len(tag) <= MAX_TAG_CHARS and _is_visible(tag):
        return None
    return f"{tag[:_SHOWN]!r}: expected at most {MAX_TAG_CHARS} visible characters"


def _caption_problems(
    draft: MovieDraft, movie: PortalMovie | None, is_address: Callable[[str], str | None]
) -> Sequence[FieldProblem]:
    field, tracks = "captionTracks", draft.captions
    known = {one.id: one.language for one in movie.captions} if movie is not None else {}
    found = [*_number_problems(field, len(tracks), MAX_TRACKS)]
    if not tracks and draft.visibility == "VISIBLE":
        said = "a film needs captions: name a file of WebVTT or TTML, or upload one to a draft"
        found.append(FieldProblem(field, said))
    if sum(one.is_default for one in tracks) > 1:
        found.append(FieldProblem(field, "one track of captions is the default one, not several"))
    seen: set[str] = set()
    for at, one in enumerate(tracks):
        place = f"{field}[{at}]"
        language = one.language_code or known.get(one.caption_track_id or UUID(int=0))
        found += _named(f"{place}.languageCode", _repeated_problem(language, seen))
        if one.caption_url is not None:
            found += _named(f"{place}.captionUrl", is_address(one.caption_url))
        elif one.caption_track_id is None:
            said = "the address of a file of captions is missing"
            found.append(FieldProblem(f"{place}.captionUrl", said))
        elif one.caption_track_id not in known:
            said = f"'{one.caption_track_id}' is no track of this film"
            found.append(FieldProblem(f"{place}.captionTrackId", said))
    return found


def _repeated_problem(language: str | None, seen: set[str]) -> str | None:
    """Return what is wrong with the language of a track, which is noted as seen."""
    if language is None:
        return "the language's tag is missing"
    is_repeated = language.lower() in seen
    seen.add(language.lower())
    return language_problem(language) or (
        f"{language[:_SHOWN]!r} has a track already" if is_repeated else None
    )


def in_utc(at: dt.datetime | None) -> dt.datetime | None:
    """Return a time in UTC."""
    return None if at is None else at.astimezone(dt.UTC)
