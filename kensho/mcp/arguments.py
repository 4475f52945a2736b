"""What the tools take: one Struct a tool, which is its JSON Schema and its check alike."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from kensho.discovery.change_points import POINT
from kensho.discovery.paths import MOST_PATHS
from kensho.domain.watch_order.order import Order
from kensho.domain.works import AnimeType, Season, Status
from kensho.errors import FieldProblem, InvalidInputError
from kensho.search.name_readings import MAX_CHARS

T = TypeVar("T", bound=msgspec.Struct)
_SHOWN_CHARS: Final = 80
_MOST_SKIPPED: Final = 10_000

ChangeSort: TypeAlias = Literal["franchise", "work", "relation"]
WorkName: TypeAlias = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=300,
        description="A work: its UUID as other tools answer it, an id of a catalogue such as"
        " 'mal:20' or 'anilist:21', or the address of its page there. Not a title: search first.",
    ),
]
FranchiseName: TypeAlias = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=300,
        description="A franchise: its slug such as 'gundam', or its title or that of a work in it.",
    ),
]
Adult: TypeAlias = Annotated[
    bool | None,
    Meta(description="Whether to show adult works; they are hidden, and counted, by default."),
]
Skipped: TypeAlias = Annotated[
    int,
    Meta(
        ge=0,
        le=_MOST_SKIPPED,
        description="How many to skip: the `next_offset` of the answer before.",
    ),
]


class _Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every tool takes."""

    include_adult: Adult = None


class SearchArguments(_Asked, frozen=True, kw_only=True):
    """What to search for."""

    query: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=MAX_CHARS,
            description="A title in any spelling, script or language, the beginning of one, or an"
            " abbreviation. No question and no description: titles are searched, not synopses.",
        ),
    ]
    limit: Annotated[int, Meta(ge=1, le=25, description="How many works to answer.")] = 10
    offset: Skipped = 0
    types: Annotated[
        list[AnimeType], Meta(max_length=6, description="Only works of these types.")
    ] = []
    statuses: Annotated[
        list[Status], Meta(max_length=4, description="Only works in one of these statuses.")
    ] = []
    year: Annotated[int | None, Meta(description="Only works first shown in this year.")] = None
    season: Annotated[Season | None, Meta(description="Only works of this season.")] = None
    tag: Annotated[
        Annotated[str, Meta(min_length=1, max_length=50)] | None,
        Meta(description="Only works with this tag, such as 'time travel'."),
    ] = None


class MatchArguments(_Asked, frozen=True, kw_only=True):
    """What to identify."""

    texts: Annotated[
        list[Annotated[str, Meta(max_length=MAX_CHARS)]],
        Meta(
            min_length=1,
            max_length=20,
            description="Names of files or releases, paths, titles with season or episode, ids.",
        ),
    ]
    least_confidence: Annotated[
        float,
        Meta(ge=0, le=1, description="A work that is less sure is not matched, and says why."),
    ] = 0.5


class WorkArguments(_Asked, frozen=True, kw_only=True):
    """Which work to read."""

    work: WorkName
    related: Annotated[
        int, Meta(ge=0, le=50, description="How many related works to answer at most.")
    ] = 25


class FranchiseArguments(_Asked, frozen=True, kw_only=True):
    """Which franchise to read, and which of its works."""

    franchise: FranchiseName
    limit: Annotated[int, Meta(ge=1, le=50, description="How many members to answer.")] = 25
    offset: Skipped = 0


class OrderArguments(_Asked, frozen=True, kw_only=True):
    """Which franchise to order, and how."""

    franchise: FranchiseName
    order: Annotated[
        Order,
        Meta(
            description="'release' is recommended to newcomers, 'story' is the chronology of what"
            " happens, 'essential' leaves out what can be skipped."
        ),
    ] = "release"
    limit: Annotated[int, Meta(ge=1, le=50, description="How many steps to answer.")] = 25
    offset: Skipped = 0


class PathArguments(_Asked, frozen=True, kw_only=True):
    """Which two works to connect."""

    from_work: WorkName
    to_work: WorkName
    limit: Annotated[
        int, Meta(ge=1, le=MOST_PATHS, description="How many connections to answer at most.")
    ] = 3


class SimilarArguments(_Asked, frozen=True, kw_only=True):
    """What to find similar works of."""

    work: WorkName
    limit: Annotated[int, Meta(ge=1, le=25, description="How many works to answer.")] = 10


class ConflictArguments(_Asked, frozen=True, kw_only=True):
    """Of what to list contradictions: of a work, of a franchise, or of the whole graph."""

    work: WorkName | None = None
    franchise: FranchiseName | None = None
    limit: Annotated[int, Meta(ge=1, le=50, description="How many to answer.")] = 20
    offset: Skipped = 0


class ChangeArguments(_Asked, frozen=True, kw_only=True):
    """Of what to list changes, and since when."""

    since: Annotated[
        Annotated[str, Meta(pattern=POINT, max_length=40)] | None,
        Meta(
            description="Only what was published after this date (UTC) or revision, such as"
            " '2026-11-01' or '730'."
        ),
    ] = None
    franchise: FranchiseName | None = None
    kinds: Annotated[
        list[ChangeSort], Meta(max_length=3, description="Only changes of these sorts.")
    ] = []
    limit: Annotated[int, Meta(ge=1, le=50, description="How many to answer.")] = 20
    offset: Skipped = 0


def read_arguments(form: type[T], given: Mapping[str, object]) -> T:
    """Return the arguments of a call.

    Raises:
        InvalidInputError: one is unknown, missing or out of bounds; names each, with its value.
    """
    fields = {field.encode_name: field for field in msgspec.structs.fields(form)}
    problems = [
        FieldProblem(name[:_SHOWN_CHARS], f"there is no such argument; known are {known}")
        for name in given
        if name not in fields
        for known in [", ".join(fields)]
    ]
    values: dict[str, object] = {}
    for name, field in fields.items():
        if name not in given:
            problems += [FieldProblem(name, "it is missing")] if field.required else []
            continue
        try:
            values[field.name] = msgspec.convert(given[name], field.type)
        except msgspec.ValidationError as error:
            shown = repr(given[name])[:_SHOWN_CHARS]
            problems.append(FieldProblem(name, f"{shown} is not usable: {error}"))
    if problems:
        raise InvalidInputError(problems)
    return form(**values)
