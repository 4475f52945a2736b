"""Relation kinds: one table of what each means, and the rule by which one of several wins.

Relations read as on MyAnimeList, AniList and Kitsu: "sequel: B" on A's page means that *B is the
sequel of A*. An edge is stored once, in its canonical direction, which runs from the earlier,
parent or source work to the later, child or derived one.

Everything that depends on a kind is derived from `KIND_FACTS`: codes and costs in the snapshot,
roles, watch orders, maps. What cannot be derived (texts, the schema, the curators' policy and
`Kind` itself) is compared with the table by `tests/unit/test_relation_kinds.py`, so that a new kind
needs one row here, and its texts.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias, cast

import msgspec

from kensho.domain.works import Role

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
RelationKind: TypeAlias = Kind | Literal["same_work", "joined"]
"""The kinds of the graph, and two that only franchises use: `same_work` joins two records of one
work, `joined` is a curator's decision or a collection that a source states."""
ClaimedKind: TypeAlias = Kind | Literal["parent"]
"""A relation kind as a source states it: the kinds of the graph, and `parent`.

`parent` (AniList's PARENT) says only that B is above A; its kind is taken from what B's page says
of A.
"""
Method: TypeAlias = Literal["stated", "inferred", "curated"]
Family: TypeAlias = Literal["story", "side", "spin_off", "retelling", "world", "mention", "group"]
"""What several kinds have in common, which decides their colour on maps and graphs. `group` says
only that works belong together."""
RouteWeight: TypeAlias = Literal["track", "branch", "thin"]
"""How boldly an edge is drawn: it continues a story, branches off from one, or only mentions it."""

METHOD_RANK: Final[Mapping[Method, int]] = {"curated": 2, "stated": 1, "inferred": 0}
"""The rank of each method: of two assertions, the one with the higher rank wins."""


class PathCost(NamedTuple):
    """The cost of an edge in a path if a source states its kind, and if the kind was inferred."""

    stated: int
    inferred: int


class KindFacts(NamedTuple):
    """The facts of a relation kind.

    `code` is its number in snapshots; it never changes and is never reused for another kind. `path`
    is the cost of such an edge in a path; `reason_cost` is its cost in the chain of relations that
    explains why a work is a member of a franchise. `role` is the role of the target in a franchise,
    or, for a symmetric kind, of one of the two works. `order_rank` is how surely the earlier end
    comes first in a watch order; `None` means that the kind does not affect the order. A kind that
    `spreads` is transitive: it holds between any two works that a path of it connects. A kind that
    `makes_guests` shows a work in a franchise other than its own. A source may call the other end
    of a `parent_like` kind just "parent". A `vague` kind does not tell how two works are related.
    """

    code: int | None
    inverse: RelationKind
    family: Family
    path: PathCost
    reason_cost: float
    is_forward: bool = True
    role: Role | None = None
    order_rank: int | None = None
    weight: RouteWeight = "thin"
    spreads: bool = False
    makes_guests: bool = False
    parent_like: bool = False
    vague: bool = False


def _backward(kind: RelationKind, code: int, facts: KindFacts, role: Role | None) -> KindFacts:
    """Return the facts of the inverse of a kind."""
    return facts._replace(code=code, inverse=kind, is_forward=False, role=role, parent_like=False)


# Costs of paths were set by hand on the paths that `docs/benchmarks.md` lists: ten sequels relate
# two works more closely than one edge of unknown kind. A test asserts stated < inferred < untyped
# for each kind. Costs of reasons were set by hand on the reasons of members.
_LOOSE: Final = 3.0
_UNTOLD: Final = 9.0
"""Of kinds that do not tell how works are related: a path of three sequels and side stories says
more than one such edge."""
_NO_PATH: Final = PathCost(0, 0)
"""Of kinds that no edge of the graph has: paths never pass them."""
_SEQUEL: Final = KindFacts(  # One story goes on: the closest that two works can be.
    0, "prequel", "story", PathCost(2, 3), 1.0, role="main", order_rank=3, weight="track"
)
_SIDE_STORY: Final = KindFacts(  # The same people at the same time, beside the story.
    1, "parent_story", "side", PathCost(3, 5), 1.2,
    role="side", order_rank=2, weight="branch", parent_like=True,
)  # fmt: skip
_SUMMARY: Final = KindFacts(  # The same story told again, shorter.
    2, "full_story", "mention", PathCost(3, 5), 1.2, role="summary", order_rank=1, parent_like=True
)
_SPIN_OFF: Final = KindFacts(  # A story of its own that began in another.
    3, "spun_off_from", "spin_off", PathCost(5, 8), 1.5,
    role="spin_off", order_rank=0, weight="branch", parent_like=True,
)  # fmt: skip
_ADAPTATION: Final = KindFacts(  # The same story in another medium.
    4, "source", "mention", PathCost(4, 6), _LOOSE
)
_COMPILATION: Final = KindFacts(  # Parts of the work, put together with others.
    5, "contains", "mention", PathCost(5, 8), _LOOSE, makes_guests=True, parent_like=True
)
_MUSIC_VIDEO: Final = KindFacts(  # Made to promote the work, and tells little of it.
    6, "promotes", "mention", PathCost(8, 12), _LOOSE, role="music"
)

KIND_FACTS: Final[Mapping[RelationKind, KindFacts]] = {
    "sequel": _SEQUEL,
    "side_story": _SIDE_STORY,
    "summary": _SUMMARY,
    "spin_off": _SPIN_OFF,
    "adaptation": _ADAPTATION,
    "compilation": _COMPILATION,
    "music_video": _MUSIC_VIDEO,
    "prequel": _backward("sequel", 7, _SEQUEL, "main"),
    "parent_story": _backward("side_story", 8, _SIDE_STORY, "main"),
    "full_story": _backward("summary", 9, _SUMMARY, "main"),
    "spun_off_from": _backward("spin_off", 10, _SPIN_OFF, "main"),
    "source": _backward("adaptation", 11, _ADAPTATION, None),
    "contains": _backward("compilation", 12, _COMPILATION, None),
    "promotes": _backward("music_video", 13, _MUSIC_VIDEO, None),
    "alternative_version": KindFacts(  # The same story told again, differently.
        14, "alternative_version", "retelling", PathCost(4, 6), 1.3,
        role="alternative", weight="branch", spreads=True,
    ),
    "alternative_setting": KindFacts(  # The same people in another world.
        15, "alternative_setting", "retelling", PathCost(6, 9), 1.8,
        role="alternative", spreads=True,
    ),
    "same_setting": KindFacts(  # Other people in the same world.
        16, "same_setting", "world", PathCost(6, 9), 1.8, spreads=True
    ),
    "character": KindFacts(  # One guest may join any two works.
        17, "character", "world", PathCost(12, 18), _LOOSE
    ),
    "crossover": KindFacts(  # It joins works that are otherwise unrelated.
        18, "crossover", "world", PathCost(14, 19), _LOOSE, role="crossover", makes_guests=True
    ),
    "other": KindFacts(  # The source itself could not say what this is.
        19, "other", "mention", PathCost(12, 18), _UNTOLD, vague=True
    ),
    "related": KindFacts(  # May be any of these.
        20, "related", "group", PathCost(20, 20), _UNTOLD, vague=True
    ),
    "joined": KindFacts(None, "joined", "group", _NO_PATH, 0.5),
    "same_work": KindFacts(None, "same_work", "group", _NO_PATH, _LOOSE),
}  # fmt: skip


def kinds_of(table: Mapping[RelationKind, KindFacts]) -> tuple[Kind, ...]:
    """Return the kinds of the graph in the order of their codes, which run from 0 without gaps.

    Raises:
        ValueError: two kinds have one code, or a code is left out.
    """
    codes = {facts.code: kind for kind, facts in table.items() if facts.code is not None}
    stored = sum(facts.code is not None for facts in table.values())
    if sorted(codes) != list(range(stored)):
        raise ValueError(f"the codes of kinds are not those from 0 to {stored - 1}: {codes}")
    return tuple(cast("Kind", codes[code]) for code in range(stored))


KINDS: Final = kinds_of(KIND_FACTS)
"""The kinds of the graph; the index of each is its code in snapshots."""
INVERSE: Final[Mapping[Kind, Kind]] = {
    kind: cast("Kind", KIND_FACTS[kind].inverse) for kind in KINDS
}
SYMMETRIC: Final = tuple(kind for kind in KINDS if INVERSE[kind] == kind)
FORWARD: Final = frozenset(
    kind for kind in KINDS if KIND_FACTS[kind].is_forward and kind not in SYMMETRIC
)
"""Kinds that already read from the earlier or parent work to the later or derived one."""

_PARENT_FALLBACK: Final[Kind] = "parent_story"
"""The kind of a `parent` claim if the other end states no relation back. Chosen by hand; no
measurement."""


class Assertion(msgspec.Struct, frozen=True, omit_defaults=True):
    """The provenance of a relation: which source asserts it, and how.

    `snapshot` is the date of the source's data, empty where it is not known; `kind` reads along the
    edge; `confidence` runs 0..1; `because` explains an inferred kind in one line, or why an
    assertion reads otherwise than its source states it, or is a curator's reason; `by` is that
    curator, `note` what else they say.
    A `denied` assertion says that the works are not related so; that they are not `related` denies
    every kind.
    """

    source: str
    snapshot: str
    kind: Kind
    method: Method
    confidence: float
    because: str | None = None
    by: str | None = None
    note: str | None = None
    denied: bool = False


class Resolution(NamedTuple):
    """The kind that wins on an edge, and whether another typed kind was asserted as well."""

    kind: Kind
    conflict: bool


def inverse(kind: RelationKind) -> RelationKind:
    """Return the kind of the same relation as seen from its other end."""
    return KIND_FACTS[kind].inverse


def resolve_parent(claimed: ClaimedKind, reciprocal: Iterable[ClaimedKind]) -> Kind:
    """Return the kind that a claim means; `reciprocal` are the other end's claims about this one.

    They decide what an ambiguous `parent` means.
    """
    if claimed not in ("parent", "parent_story"):
        return cast("Kind", claimed)
    for kind in reciprocal:
        if kind != "parent" and KIND_FACTS[kind].parent_like:
            return INVERSE[kind]
    return _PARENT_FALLBACK


def standing(
    assertions: Sequence[Assertion], source_rank: Mapping[str, int]
) -> tuple[list[Assertion], list[Assertion]]:
    """Return the assertions that no denial overrules, and the denials that overrule one.

    A denial overrules what is asserted by no better method (curated > stated > inferred), and of
    equal methods by no source of higher rank. `assertions` must all read in the same direction.
    """
    denials = [one for one in assertions if one.denied]
    if not denials:
        return list(assertions), denials

    def strength(one: Assertion) -> tuple[int, int]:
        return METHOD_RANK[one.method], source_rank.get(one.source, 0)

    stands: list[Assertion] = []
    effective: dict[Assertion, None] = {}
    for one in assertions:
        if one.denied:
            continue
        of_kind = (no for no in denials if no.kind in (one.kind, "related"))
        overruling = [no for no in of_kind if strength(no) >= strength(one)]
        effective.update(dict.fromkeys(overruling))
        if not overruling:
            stands.append(one)
    return stands, list(effective)


def winner(assertions: Sequence[Assertion], source_rank: Mapping[str, int]) -> Resolution:
    """Return the kind that wins: typed before untyped, then curated > stated > inferred.

    Among equals the higher-ranked source wins, then the newer snapshot, then the kind's name, so
    that the order of assertions does not matter. `assertions` must all read in the same direction
    and must not be empty.
    """
    best = max(
        assertions,
        key=lambda a: (
            a.kind != "related",
            METHOD_RANK[a.method],
            source_rank.get(a.source, 0),
            a.confidence,
            a.snapshot,
            a.kind,
        ),
    )
    return Resolution(best.kind, conflict=is_contradictory(assertions))


def is_contradictory(assertions: Iterable[Assertion]) -> bool:
    """Tell whether assertions of one relation, read in one direction, name more than one kind."""
    return len({one.kind for one in assertions if one.kind != "related"}) > 1
