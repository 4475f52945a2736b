"""The forms of managers, and what they ask for; pure.

A form is text, as it was typed: it becomes a body of the API here, so that one set of rules judges
both, and is shown again as it is where something is wrong. `named` brings problems of the API's
fields to the fields of a form.

Guarantees: all that is wrong with a form is told at once. Times are typed and meant in UTC.
"""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal, NamedTuple, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Meta

from kensho.edges.portal.documents import (
    CaptionBody,
    CreateMovieBody,
    PatchMovieBody,
    SourceBody,
    UploadCaptionBody,
    WindowBody,
)
from kensho.edges.portal.forms import kept_captions, kept_sources, new_draft
from kensho.edges.portal.movies import PortalMovie, Visibility
from kensho.errors import FieldProblem, InvalidInputError

CAPTION_ROWS: Final = (1, 2, 3, 4)
"""Of the form of a new film; further tracks are added to the film."""
_TEXT: Final = 20_000
_MINUTES: Final = re.compile(r"[0-9]{1,6}", re.ASCII)
_UUID: Final = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_FORMATS: Final = {"": "WEBVTT", "WEBVTT": "WEBVTT", "TTML": "TTML"}
_PLACE: Final = re.compile(r"(\w+)(?:\[(\d+)\])?(?:\.(\w+))?")
_ANY_DRAFT: Final = 1
"""A length that stands in for one that makes no sense, while the other fields are judged."""
_Line: TypeAlias = Annotated[str, Meta(max_length=2_100)]
_Text: TypeAlias = Annotated[str, Meta(max_length=_TEXT)]
_FIELDS: Final = {
    "title": "title",
    "synopsis": "synopsis",
    "genres": "genres",
    "durationMinutes": "minutes",
    "posterUrl": "poster",
    "availability.start": "start",
    "availability.end": "end",
    "availability": "start",
    "availability.exclusive": "exclusive",
    "workId": "work",
    "text": "file",
    "languageCode": "language",
}
"""Of a form, by the names that the API has for them."""


class AboutForm(msgspec.Struct, frozen=True):
    """What a film is, and when it is available; `revision` is that of the page it was typed on."""

    title: _Line = ""
    synopsis: _Text = ""
    genres: _Line = ""
    minutes: _Line = ""
    poster: _Line = ""
    start: _Line = ""
    end: _Line = ""
    exclusive: bool = False
    revision: int = 0


class NewFilmForm(AboutForm, frozen=True):
    """A new film, with a source and up to four tracks of captions; `step` says whether to publish.

    `default` is the number of the track that is on by default.
    """

    work: _Line = ""
    source: _Line = ""
    tag: _Line = ""
    default: Literal[1, 2, 3, 4] = 1
    language_1: _Line = ""
    url_1: _Line = ""
    format_1: _Line = ""
    language_2: _Line = ""
    url_2: _Line = ""
    format_2: _Line = ""
    language_3: _Line = ""
    url_3: _Line = ""
    format_3: _Line = ""
    language_4: _Line = ""
    url_4: _Line = ""
    format_4: _Line = ""
    step: Literal["draft", "publish"] = "draft"

    @property
    def tracks(self) -> Sequence[int]:
        """Return the numbers of the rows that were filled in."""
        return [n for n in CAPTION_ROWS if self.of(n, "language") or self.of(n, "url")]

    def of(self, row: int, field: str) -> str:
        """Return what was typed in a row of captions."""
        value: str = getattr(self, f"{field}_{row}")
        return value


class SourceForm(msgspec.Struct, frozen=True):
    """What is to become of the sources of a film: one is added, or something is done to one."""

    action: Literal["add", "replace", "primary", "remove", "check"] = "add"
    source: UUID | None = None
    url: _Line = ""
    tag: _Line = ""
    revision: int = 0


class CaptionForm(msgspec.Struct, frozen=True):
    """What is to become of the captions of a film."""

    action: Literal["add", "default", "remove"] = "add"
    track: UUID | None = None
    language: _Line = ""
    url: _Line = ""
    format: _Line = "WEBVTT"
    is_default: bool = False
    revision: int = 0


class UploadForm(msgspec.Struct, frozen=True):
    """A file of captions as text; `unread` says why there is none."""

    language: _Line = ""
    format: _Line = "WEBVTT"
    is_default: bool = False
    revision: int = 0
    file: str = ""
    unread: str = ""


class VisibilityForm(msgspec.Struct, frozen=True):
    """Whether viewers are to see a film."""

    visibility: Visibility = "HIDDEN"
    revision: int = 0


class RevisionForm(msgspec.Struct, frozen=True):
    """What needs no more than the film as it was seen."""

    revision: int = 0


class FormProblems(NamedTuple):
    """What is wrong: at fields of a form, by their names, and what is at none of them."""

    fields: Mapping[str, str]
    others: Sequence[str]


def form_of(movie: PortalMovie) -> AboutForm:
    """Return the form of a film as it is."""
    return AboutForm(
        title=movie.title,
        synopsis=movie.synopsis,
        genres=", ".join(movie.genres),
        minutes=str(movie.duration_minutes),
        poster=movie.poster_url,
        start=typed(movie.starts_at),
        end=typed(movie.ends_at),
        exclusive=movie.exclusive,
        revision=movie.revision,
    )


def typed(at: dt.datetime | None) -> str:
    """Return a time as a field for times holds it, in UTC and to the minute."""
    return "" if at is None else at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M")


def new_film(form: NewFilmForm, *, loopback_allowed: bool) -> CreateMovieBody:
    """Return the film that a form asks for.

    Raises:
        InvalidInputError: names every field that is wrong, as far as that needs no look outside.
    """
    problems: list[FieldProblem] = []
    body = CreateMovieBody(
        title=form.title,
        synopsis=form.synopsis,
        genres=_genres(form.genres),
        duration_minutes=_minutes(form.minutes, problems),
        poster_url=form.poster,
        availability=_window(form, None, problems),
        stream_sources=[
            SourceBody(stream_url=form.source, quality_tag=form.tag or None, primary=True)
        ]
        if form.source
        else [],
        caption_tracks=[
            CaptionBody(
                language_code=form.of(n, "language"),
                caption_url=form.of(n, "url") or None,
                format=_format(form.of(n, "format"), f"captionTracks[{at}].format", problems),
                is_default=n == form.default,
            )
            for at, n in enumerate(form.tracks)
        ],
        work_id=_work(form.work, problems),
        visibility="VISIBLE" if form.step == "publish" else "HIDDEN",
    )
    try:
        new_draft(body, loopback_allowed=loopback_allowed)
    except InvalidInputError as error:
        told = {one.field for one in problems}
        problems += [one for one in error.problems if one.field not in told]
    if problems:
        raise InvalidInputError(problems)
    return body


def changes(form: AboutForm, movie: PortalMovie) -> PatchMovieBody:
    """Return what a form changes of a film; a time that was not typed anew keeps its seconds.

    Raises:
        InvalidInputError: names every field that makes no sense.
    """
    problems: list[FieldProblem] = []
    body = PatchMovieBody(
        title=form.title,
        synopsis=form.synopsis,
        genres=_genres(form.genres),
        duration_minutes=_minutes(form.minutes, problems),
        poster_url=form.poster,
        availability=_window(form, movie, problems),
    )
    if problems:
        raise InvalidInputError(problems)
    return body


def with_source(movie: PortalMovie, form: SourceForm) -> PatchMovieBody:
    """Return a change of a film's sources: one more, another address, another primary, one fewer.

    Raises:
        InvalidInputError: the film has no such source.
    """
    held = kept_sources(movie)
    given = SourceBody(stream_url=form.url or None, quality_tag=form.tag or None)
    if form.action == "add":
        is_first = not any(one.primary for one in held)
        return PatchMovieBody(
            stream_sources=[*held, msgspec.structs.replace(given, primary=is_first)]
        )
    at = _index([one.id for one in movie.sources], form.source, "source")
    if form.action == "remove":
        del held[at]
    elif form.action == "replace":
        held[at] = msgspec.structs.replace(given, primary=held[at].primary)
    else:
        held = [msgspec.structs.replace(one, primary=place == at) for place, one in enumerate(held)]
    return PatchMovieBody(stream_sources=held)


def with_captions(movie: PortalMovie, form: CaptionForm) -> PatchMovieBody:
    """Return a change of a film's captions: one track more, another default, one fewer.

    A track of a language that there is already takes its place.

    Raises:
        InvalidInputError: the film has no such track, or the format is none.
    """
    held = kept_captions(movie)
    if form.action == "add":
        problems: list[FieldProblem] = []
        track = CaptionBody(
            language_code=form.language,
            caption_url=form.url or None,
            format=_format(form.format, "format", problems),
            is_default=form.is_default,
        )
        if problems:
            raise InvalidInputError(problems)
        same = form.language.lower()
        others = [one for one in held if (one.language_code or "").lower() != same]
        if form.is_default or not any(one.is_default for one in others):
            track = msgspec.structs.replace(track, is_default=True)
            others = [msgspec.structs.replace(one, is_default=False) for one in others]
        return PatchMovieBody(caption_tracks=[*others, track])
    at = _index([one.id for one in movie.captions], form.track, "track")
    if form.action == "remove":
        del held[at]
    else:
        held = [
            msgspec.structs.replace(one, is_default=place == at) for place, one in enumerate(held)
        ]
    return PatchMovieBody(caption_tracks=held)


def uploaded(form: UploadForm) -> UploadCaptionBody:
    """Return the captions that a form brings.

    Raises:
        InvalidInputError: there is no file, or no such format.
    """
    problems: list[FieldProblem] = []
    if form.unread:
        problems.append(FieldProblem("text", form.unread))
    body = UploadCaptionBody(
        language_code=form.language,
        format=_format(form.format, "format", problems),
        text=form.file,
        is_default=form.is_default,
    )
    if problems:
        raise InvalidInputError(problems)
    return body


def named(problems: Sequence[FieldProblem], form: msgspec.Struct) -> FormProblems:
    """Return problems of the API's fields at the fields of a form."""
    fields: dict[str, str] = {}
    others: list[str] = []
    known = set(form.__struct_fields__)
    for one in problems:
        field = _field(one.field, form)
        if field in known and field not in fields:
            fields[field] = one.message
        else:
            others.append(one.message)
    return FormProblems(fields, others)


def _field(place: str, form: msgspec.Struct) -> str:
    """Return the field of a form that a field of the API was typed in."""
    match = _PLACE.fullmatch(place)
    if match is None:
        return place
    name, at, part = match[1], int(match[2] or 0), match[3]
    if name == "captionTracks":
        field = {"languageCode": "language", "format": "format"}.get(part or "", "url")
        if isinstance(form, NewFilmForm):
            row = form.tracks[at] if at < len(form.tracks) else 1
            field = f"{field}_{row}"
    elif name == "streamSources":
        address = "source" if isinstance(form, NewFilmForm) else "url"
        field = "tag" if part == "qualityTag" else address
    else:
        field = _FIELDS.get(place, _FIELDS.get(name, place))
    return field


def _genres(text: str) -> list[str]:
    return [one.strip() for one in text.split(",") if one.strip()]


def _minutes(text: str, problems: list[FieldProblem]) -> int:
    if _MINUTES.fullmatch(text) is None:
        said = f"{text[:20]!r} is no number of minutes" if text else "how long is the film?"
        problems.append(FieldProblem("durationMinutes", said))
        return _ANY_DRAFT
    return int(text)


def _window(form: AboutForm, movie: PortalMovie | None, problems: list[FieldProblem]) -> WindowBody:
    def side(name: str, text: str, held: dt.datetime | None) -> dt.datetime | None:
        if held is not None and text == typed(held):
            return held
        if not text:
            return None
        try:
            at = dt.datetime.fromisoformat(text)
        except ValueError:
            said = f"{text[:40]!r} is no time, such as 2026-12-01T18:00"
            problems.append(FieldProblem(f"availability.{name}", said))
            return None
        return at.replace(tzinfo=dt.UTC) if at.tzinfo is None else at

    starts_at = side("start", form.start, None if movie is None else movie.starts_at)
    ends_at = side("end", form.end, None if movie is None else movie.ends_at)
    return WindowBody(starts_at, ends_at, form.exclusive)


def _work(text: str, problems: list[FieldProblem]) -> UUID | None:
    """Return the id of a film of the graph: by itself, or in the address of its page."""
    if not text:
        return None
    found = _UUID.search(text)
    if found is None:
        said = f"{text[:80]!r} names no film: give the address of its page here"
        problems.append(FieldProblem("workId", said))
        return None
    return UUID(found[0])


def _format(text: str, field: str, problems: list[FieldProblem]) -> Literal["WEBVTT", "TTML"]:
    if text not in _FORMATS:
        problems.append(FieldProblem(field, f"{text[:20]!r} is neither WEBVTT nor TTML"))
    return "TTML" if text == "TTML" else "WEBVTT"


def _index(ids: Sequence[UUID], wanted: UUID | None, field: str) -> int:
    if wanted is None or wanted not in ids:
        raise InvalidInputError.of(field, f"the film has no {field} '{wanted}' any more")
    return ids.index(wanted)
