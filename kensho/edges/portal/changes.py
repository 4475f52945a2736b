"""What a change of a film changes, and whether it may be seen then; pure."""

from collections.abc import Sequence
from typing import Final

import msgspec

from kensho.edges.portal.movies import PortalMovie, StreamSource
from kensho.errors import FieldProblem, InvalidInputError

_FIELDS: Final = {
    "title": "title",
    "synopsis": "synopsis",
    "genres": "genres",
    "durationMinutes": "duration_minutes",
    "posterUrl": "poster_url",
    "availability": "window",
    "streamSources": "sources",
    "captionTracks": "captions",
    "visibility": "visibility",
}
"""What managers change, by its name in the contract."""


def changed_fields(made: PortalMovie, held: PortalMovie) -> Sequence[str]:
    """Return what differs, by its names in the contract."""
    return [wire for wire, name in _FIELDS.items() if getattr(made, name) != getattr(held, name)]


def with_check(source: StreamSource, later: StreamSource | None) -> StreamSource:
    """Return a source with what was found of it since."""
    if later is None:
        return source
    return msgspec.structs.replace(
        later,
        quality_tag=source.quality_tag,
        drm_required=source.drm_required,
        primary=source.primary,
    )


def check_publishable(made: PortalMovie, held: PortalMovie) -> None:
    """Refuse what is new and can't be played, each at its field.

    What a film had before keeps nobody from changing another of its fields.
    """
    was_visible = held.visibility == "VISIBLE"
    had = [*(one.id for one in held.sources), *(one.id for one in held.captions)]
    old = frozenset(had if was_visible else ())
    problems: list[FieldProblem] = []
    for at, source in enumerate(made.sources):
        place = f"streamSources[{at}]"
        if source.primary and source.drm_required:
            said = "what is protected by DRM is not played here: name another source"
            problems.append(FieldProblem(f"{place}.drmRequired", said))
        is_wrong = source.status == "INVALID" or (source.primary and source.status != "VALID")
        if is_wrong and source.id not in old:
            said = source.problem or "it was not checked"
            problems.append(FieldProblem(f"{place}.streamUrl", said))
    for at, track in enumerate(made.captions):
        if track.status != "VALID" and track.id not in old:
            said = track.problem or "it was not checked"
            problems.append(FieldProblem(f"captionTracks[{at}].captionUrl", said))
    if problems:
        raise InvalidInputError(problems)
