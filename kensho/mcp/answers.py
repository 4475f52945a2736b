"""What the tools answer: documents of a size that a model can read, each list bounded.

A list that is cut names how many members it has in all, in `left_out` or `total`. Relations read
"`other` is the `kind` of `work`".
"""

from typing import Literal
from uuid import UUID

import msgspec

from kensho.discovery.change_points import PublicationView
from kensho.discovery.file_matches import FileMatch
from kensho.domain.franchise.lines import LineKind
from kensho.domain.relations import Kind, Method
from kensho.domain.watch_order.order import Order
from kensho.domain.works import AnimeType, Role, Season, Status
from kensho.read_model.change_views import ChangeKind
from kensho.read_model.franchise_views import RoleCount, Years
from kensho.read_model.views import FranchiseRef, ImdbView, SimilarityReason

CutList = Literal["titles", "tags", "ids", "related", "guests", "lines", "set_aside", "namesakes"]


class WorkBrief(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A work in brief; year and episodes are null where they are not known."""

    id: UUID
    title: str
    type: AnimeType
    year: int | None
    episodes: int | None
    status: Status
    adult: bool = False


class WorkHit(WorkBrief, frozen=True, kw_only=True, omit_defaults=True):
    """A work that a query may mean, the title that it was found by, and its score 0..1."""

    matched_title: str
    score: float
    franchise: str | None = None


class FranchiseBrief(msgspec.Struct, frozen=True):
    """A franchise that a query may mean, and how many works belong to it."""

    slug: str
    title: str
    works: int


class NearTitle(msgspec.Struct, frozen=True):
    """A work whose title is near a query that found nothing."""

    id: UUID
    title: str


class HitList(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Works that a query may mean, best first, out of `total`.

    `confidence` is the probability, 0..1, that the first is the one that was meant. Where nothing
    was found, `reason` says why and `did_you_mean` has titles near the query. `next_offset` is
    there where more works follow.
    """

    works: list[WorkHit]
    total: int
    confidence: float
    hidden_adult: int
    franchises: list[FranchiseBrief]
    did_you_mean: list[NearTitle] = []
    reason: str | None = None
    next_offset: int | None = None


class MatchList(msgspec.Struct, frozen=True):
    """What each text means, in the order of the texts; `path` repeats the text."""

    matches: list[FileMatch]


class TagBrief(msgspec.Struct, frozen=True):
    """A tag of a work; relevance 0..1."""

    name: str
    relevance: float


class RelatedBrief(msgspec.Struct, frozen=True):
    """A related work, which is the `kind` of the work that was asked for, and who says so."""

    kind: Kind
    work: WorkBrief
    sources: list[str]


class WorkSheet(WorkBrief, frozen=True, kw_only=True, omit_defaults=True):
    """A work and the works one relation away.

    `ids` are those of other catalogues. `score` (0..10) is another catalogue's mean, `imdb` IMDb's
    own rating. `left_out` counts what the lists were too long for, `hidden_adult` related works
    that are adult.
    """

    season: Season | None
    titles: list[str]
    ids: list[str]
    studios: list[str]
    tags: list[TagBrief]
    related: list[RelatedBrief]
    hidden_adult: int
    left_out: dict[CutList, int] = {}
    synopsis: str | None = None
    score: float | None = None
    imdb: ImdbView | None = None
    duration_s: int | None = None
    franchise: FranchiseRef | None = None


class LineBrief(msgspec.Struct, frozen=True):
    """A line of a franchise: works that continue one another, and what accompanies them.

    `works` counts them, `essential` those that can't be skipped, which take about `hours`.
    """

    number: int
    title: str
    kind: LineKind
    works: int
    essential: int
    hours: int


class MemberBrief(msgspec.Struct, frozen=True, omit_defaults=True):
    """A work of a franchise, its role and line there, and why it belongs; the root has no why."""

    work: WorkBrief
    role: Role
    line: int
    reason: str | None = None


class FranchiseSheet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A franchise and a part of its works by date, the root first; lines in order of watching.

    `works_total` counts all members, `hidden_adult` those that are adult and not listed. `guests`
    are works of other franchises that show here.
    """

    slug: str
    title: str
    works_total: int
    episodes_total: int
    years: Years | None
    roles: list[RoleCount]
    lines: list[LineBrief]
    tags: list[str]
    members: list[MemberBrief]
    guests: list[WorkBrief]
    hidden_adult: int
    left_out: dict[CutList, int] = {}
    namesakes: list[FranchiseRef] = []
    next_offset: int | None = None


class StepBrief(msgspec.Struct, frozen=True):
    """A step of a watch order, counted from 1, and why it stands there, without spoilers."""

    position: int
    work: WorkBrief
    role: Role
    optional: bool
    line: int
    why: list[str]


class OrderSheet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of a watch order; `set_aside` says which relations it had to contradict."""

    slug: str
    title: str
    order: Order
    steps: list[StepBrief]
    steps_total: int
    lines: list[LineBrief]
    set_aside: list[str]
    hidden_adult: int
    left_out: dict[CutList, int] = {}
    next_offset: int | None = None


class RelationBrief(msgspec.Struct, frozen=True, rename={"source": "from", "target": "to"}):
    """A relation: `to` is the `kind` of `from`, as these sources say."""

    source: UUID
    target: UUID
    kind: Kind
    sources: list[str]


class Connection(msgspec.Struct, frozen=True):
    """A way from one work to another: in a sentence, its works, and the relations between them."""

    sentence: str
    works: list[WorkBrief]
    relations: list[RelationBrief]


class ConnectionList(msgspec.Struct, frozen=True):
    """The closest connections first; none where the works are strangers to one another."""

    connections: list[Connection]
    hidden_adult: int


class SimilarBrief(msgspec.Struct, frozen=True):
    """A similar work of another story, how similar (0..1), and why."""

    work: WorkBrief
    score: float
    why: list[SimilarityReason]


class SimilarSheet(msgspec.Struct, frozen=True):
    """The works most similar to one, the most similar first."""

    similar: list[SimilarBrief]


class KindSaid(msgspec.Struct, frozen=True):
    """A kind that sources assert of a relation, and how: stated, inferred or curated."""

    kind: Kind
    method: Method
    source: str
    since: str


class ConflictBrief(msgspec.Struct, frozen=True):
    """Two works of which sources say different things: `other` is the `kind` of `work`, it holds.

    All that is `said` reads in that direction.
    """

    work: WorkBrief
    other: WorkBrief
    kind: Kind
    said: list[KindSaid]


class ChangeBrief(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that changed, in words, with the publication that it came with.

    `work` and `franchise` are what other tools take; a work that went has none.
    """

    kind: ChangeKind
    text: str
    at: str
    revision: int
    work: UUID | None = None
    franchise: str | None = None


class ChangeSheet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What changed, the latest publication first, out of `total`; `hidden_adult` more are hidden.

    `known_from` is the earliest publication of which changes are known; null where none are.
    """

    changes: list[ChangeBrief]
    total: int
    hidden_adult: int
    known_from: PublicationView | None
    next_offset: int | None = None


class ConflictSheet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Contradictions among sources, out of `total`; `hidden_adult` more are of adult works."""

    conflicts: list[ConflictBrief]
    total: int
    hidden_adult: int
    next_offset: int | None = None
