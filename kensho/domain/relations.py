"""Relation kinds: what each means, how it reads from the other end.

Which of several assertions wins.

Reading rule, as on MyAnimeList, AniList and Kitsu: on A's page "sequel: B" means *B is the sequel
of A*. An edge is kept once, in its canonical direction: earlier, parent or source → later, child or
derived.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias, cast

import msgspec

from kensho.domain.records import ClaimedKind, Method

Kind: TypeAlias = Literal[
    "sequel",
    "prequel",
    "side_story",
    "parent_story",
    "summary",
    "full_story",
    "spin_off",
    "spun_off_from",
    "alternative_version",
    "alternative_setting",
    "same_setting",
    "adaptation",
    "source",
    "compilation",
    "contains",
    "character",
    "crossover",
    "music_video",
    "promotes",
    "other",
    "related",
]

_PAIRS: Final[tuple[tuple[Kind, Kind], ...]] = (
    ("sequel", "prequel"),
    ("side_story", "parent_story"),
    ("summary", "full_story"),
    ("spin_off", "spun_off_from"),
    ("adaptation", "source"),
    ("compilation", "contains"),
    ("music_video", "promotes"),
)
SYMMETRIC: Final[tuple[Kind, ...]] = (
    "alternative_version",
    "alternative_setting",
    "same_setting",
    "character",
    "crossover",
    "other",
    "related",
)
FORWARD: Final[frozenset[Kind]] = frozenset(forward for forward, _ in _PAIRS)
"""Kinds that already read from the earlier or parent work to the later or derived one."""

INVERSE: Final[dict[Kind, Kind]] = {
    **dict(_PAIRS),
    **{backward: forward for forward, backward in _PAIRS},
    **{kind: kind for kind in SYMMETRIC},
}
KINDS: Final[tuple[Kind, ...]] = tuple(INVERSE)

_METHOD_RANK: Final[dict[Method, int]] = {"curated": 2, "stated": 1, "inferred": 0}
_PARENT_FALLBACK: Final[Kind] = "parent_story"
_PARENTS: Final[frozenset[ClaimedKind]] = frozenset(
    ("side_story", "summary", "spin_off", "compilation")
)
"""The kinds whose other end a source may call just "parent"."""


class Assertion(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who says so: source, its snapshot date, the kind as read along the edge, how.

    How surely (0..1), and of an inferred kind why, in one line.
    """

    source: str
    snapshot: str
    kind: Kind
    method: Method
    confidence: float
    because: str | None = None


class Resolution(NamedTuple):
    """The kind that wins on an edge, and whether another typed kind was asserted as well."""

    kind: Kind
    conflict: bool


def resolve_parent(claimed: ClaimedKind, reciprocal: Iterable[ClaimedKind]) -> Kind:
    """Return the kind that a claim means.

    Reading an ambiguous `parent` by what the other end says back.
    """
    if claimed not in ("parent", "parent_story"):
        return cast("Kind", claimed)
    for kind in reciprocal:
        if kind in _PARENTS and kind != "parent":
            return INVERSE[kind]
    return _PARENT_FALLBACK


def winner(assertions: Sequence[Assertion], source_rank: Mapping[str, int]) -> Resolution:
    """Return the kind that wins: typed before untyped, then curated > stated > inferred.

    Among equals the higher-ranked source wins, then the newer snapshot, then the kind's name, so
    that the order of assertions does not matter. `assertions` are all read along the same direction
    and are not empty.
    """
    best = max(
        assertions,
        key=lambda a: (
            a.kind != "related",
            _METHOD_RANK[a.method],
            source_rank.get(a.source, 0),
            a.confidence,
            a.snapshot,
            a.kind,
        ),
    )
    typed = {a.kind for a in assertions if a.kind != "related"}
    return Resolution(best.kind, conflict=len(typed) > 1)
