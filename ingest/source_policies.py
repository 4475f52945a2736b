"""What is expected of each source's releases: the policy files `ingest/policies/<source>.toml`.

One file a source; `default.toml` has every limit, and a source's file names those that differ, or
says why nothing is limited (`by_hand`). Each entry has its reason. What they guard is in
`ingest.pipeline.guards`.
"""

from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias, get_args

import msgspec
from msgspec import Meta

from kensho.errors import FieldProblem, InvalidInputError

LossKind: TypeAlias = Literal[
    "records",
    "works",
    "ids",
    "titles",
    "tags",
    "relations",
    "franchises",
    "facts",
    "episodes",
    "recommendations",
    "redirects",
    "mappings",
    "collections",
]
"""What a release can take away; each is a guard of this name."""
GuardName: TypeAlias = LossKind | Literal["age", "size", "rejects"]

LOSS_KINDS: Final[tuple[LossKind, ...]] = get_args(LossKind)
GUARDS: Final[tuple[GuardName, ...]] = (*LOSS_KINDS, "age", "size", "rejects")

Reason: TypeAlias = Annotated[str, Meta(min_length=10, max_length=400)]
Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
Number: TypeAlias = Annotated[int, Meta(ge=0)]

_FOLDER: Final = "policies"
_DEFAULT: Final = "default"


class _Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Reason


class Limit(_Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of something may go, or be refused: `share` of it, and in any case `free` pieces."""

    share: Share
    free: Number = 0

    def of(self, total: int) -> int:
        """Return how many of `total` may go."""
        return max(self.free, int(total * self.share))


class ExpectedSize(_Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many records a whole release has."""

    least: Number
    most: Number


class Freshness(_Entry, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many days old a release may be before somebody should look whether a newer one exists."""

    days: Number


class _PolicyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    by_hand: Reason | None = None
    lost: dict[LossKind, Limit] = {}
    graph: dict[LossKind, Limit] = {}
    rejects: Limit | None = None
    size: ExpectedSize | None = None
    freshness: Freshness | None = None


class SourcePolicy(msgspec.Struct, frozen=True):
    """What is expected of one source; a kind that is not in `lost` or `graph` has no limit.

    `lost` limits what the source itself may no longer say, `graph` what the whole graph may lose by
    the sources of one run, in shares of what it holds.
    """

    rejects: Limit
    lost: Mapping[LossKind, Limit] = {}
    graph: Mapping[LossKind, Limit] = {}
    size: ExpectedSize | None = None
    freshness: Freshness | None = None


def load(folder: Path | None = None) -> Mapping[str, SourcePolicy]:
    """Return the policies by source; that of a source without a file is `""`.

    Raises:
        InvalidInputError: a file can't be read, or is of another form.
    """
    root = folder or Path(str(files("ingest"))) / _FOLDER
    found = {path.stem: _read(path) for path in sorted(root.glob("*.toml"))}
    default = found.pop(_DEFAULT, _PolicyFile())
    problems = list(_problems(found))
    if default.rejects is None:
        problems.append(FieldProblem(f"{_DEFAULT}.toml", "is needed, with [rejects]"))
    if problems or default.rejects is None:
        raise InvalidInputError(problems)
    general = SourcePolicy(default.rejects, default.lost, default.graph)
    return {"": general} | {name: _merged(general, file) for name, file in found.items()}


def _merged(general: SourcePolicy, own: _PolicyFile) -> SourcePolicy:
    if own.by_hand is not None:
        return SourcePolicy(own.rejects or general.rejects, own.lost)
    return SourcePolicy(
        rejects=own.rejects or general.rejects,
        lost={**general.lost, **own.lost},
        graph=general.graph,
        size=own.size,
        freshness=own.freshness,
    )


def _read(path: Path) -> _PolicyFile:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=_PolicyFile)
    except (OSError, msgspec.DecodeError, ValueError) as error:
        raise InvalidInputError.of(path.name, str(error)) from error


def _problems(found: Mapping[str, _PolicyFile]) -> Iterator[FieldProblem]:
    for name, file in found.items():
        if file.graph:
            place = f"{name}.toml: graph"
            yield FieldProblem(place, f"stands in {_DEFAULT}.toml, for all sources together")
        if file.size is not None and file.size.least > file.size.most:
            problem = f"{file.size.least:,} is more than {file.size.most:,}"
            yield FieldProblem(f"{name}.toml: size", problem)
