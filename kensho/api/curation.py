"""`/api/curation`: what managers state of works and franchises, and who says what."""

from collections.abc import Sequence
from typing import Annotated, Any, Final, TypeAlias, TypeVar

import msgspec
from litestar import Controller, Request
from litestar.openapi.spec import Example
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import Meta

from kensho.api.operations import (
    Documented,
    delete_operation,
    get_operation,
    post_operation,
)
from kensho.api.providers import GivenCuration
from kensho.domain.curation_documents import (
    ActDraft,
    ActLog,
    ActOutcome,
    FactDifference,
    HistoryDocument,
    SaidFact,
)
from kensho.domain.curator_acts import CuratorAct, FactStatement
from kensho.http.authentication import MANAGER_GUARDS, MANAGER_SECURITY, manager_of
from kensho.http.request_costs import costing
from kensho.http.responses import UncachedResponse
from kensho.read_model.encoded import encoded

T = TypeVar("T")

_ACT_ID: Final = "66172e6d690a7ee0"
_MOST: Final = 200
_COST: Final = 100
"""A process and a second of one core, or several; curators are few, and guarded."""
DryRun: TypeAlias = Annotated[
    bool,
    QueryParameter(
        description="Only say what would change: members, orders and slugs, by name. Nothing is"
        " written.",
    ),
]
Reason: TypeAlias = Annotated[
    str,
    QueryParameter(
        min_length=3,
        max_length=1000,
        description="Why it is taken back.",
        examples=[Example(value="the credits say otherwise")],
    ),
]
_ACT: Final = CuratorAct(
    _ACT_ID,
    "2026-11-29T12:00:00.000000+00:00",
    "ada",
    "the credits say so",
    FactStatement(work="mal:20", field="year", value=2002),
    "https://example.org/credits",
)


class StatementRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A statement: `says` has the name of the act (`act`) and what that takes.

    Works are named by UUID, source id or address, franchises by slug or any of their works:
    `{"act": "fact", "work": "mal:20", "field": "year", "value": 2002}`. The acts are those of
    `kensho curate`. `against` is the `version` that was seen: it is refused with 409 where somebody
    said more of these works since.
    """

    says: dict[str, Any]
    reason: Annotated[str, Meta(min_length=3, max_length=1000)]
    source: Annotated[str, Meta(max_length=2000)] | None = None
    against: Annotated[str, Meta(pattern="^[0-9a-f]{16}$")] | None = None

    def draft(self, author: str) -> ActDraft:
        """Return the statement as an act of `author`."""
        return ActDraft(self.says, author, self.reason, self.source, self.against)


def _told(document: T) -> UncachedResponse[T]:
    return UncachedResponse(encoded(document))


class LogQuery(msgspec.Struct, frozen=True):
    """What of the log is listed."""

    limit: Annotated[
        int, QueryParameter(ge=1, le=_MOST, description="How many acts are listed.")
    ] = 50
    offset: Annotated[
        int, QueryParameter(ge=0, le=1_000_000, description="How many of the last are passed over.")
    ] = 0


class CurationController(Controller):
    """Statements of curators."""

    path = "/api/curation"
    guards = MANAGER_GUARDS
    security = MANAGER_SECURITY
    tags: Sequence[str] | None = ("curation",)

    @get_operation(
        "/statements",
        Documented("List acts of curators", "A part of the log, the last act first."),
        ActLog([_ACT], 1, _ACT_ID, {"mal:20": "Naruto"}),
        opt=costing(_COST),
    )
    async def statements(
        self, curation: GivenCuration, query: LogQuery
    ) -> UncachedResponse[ActLog]:
        """Return what curators stated: who, when, why, and by which later act it counts no more."""
        return _told(await curation.log(query.limit, query.offset))

    @get_operation(
        "/history/{name:str}",
        Documented("Tell who says what", "All that is said of a work, or the acts of a franchise."),
        HistoryDocument(
            "7975ea90-4fc6-5205-ae16-1837e088332a",
            "Naruto",
            "anime",
            (_ACT,),
            (SaidFact("year", "2002", "curator", _ACT.at, counts=True, act=_ACT_ID, author="ada"),),
            _ACT_ID,
        ),
        opt=costing(_COST),
    )
    async def history(
        self,
        curation: GivenCuration,
        name: Annotated[
            str,
            PathParameter(
                max_length=200,
                description="A work by UUID or source id, or a franchise by its slug.",
                examples=[Example(value="mal:20")],
            ),
        ],
    ) -> UncachedResponse[HistoryDocument]:
        """Return who said what, since when, and what else was said."""
        return _told(await curation.history(name))

    @post_operation(
        "/statements",
        Documented(
            "State something",
            "The act, and what changes by name.",
            {404: "There is no work or franchise that it names."},
        ),
        ActOutcome((_ACT,), (), (FactDifference("Naruto", "year", "2001", "2002"),), (), 731),
        opt=costing(_COST),
    )
    async def state(
        self,
        request: Request[Any, Any, Any],
        curation: GivenCuration,
        data: JSONBody[StatementRequest],
        dry_run: DryRun = False,
    ) -> UncachedResponse[ActOutcome]:
        """Make an act, which applies at once, or only say what would change.

        It is published beside requests: pages show it within a minute.
        """
        draft = data.draft(manager_of(request).name)
        return _told(await curation.act(draft, is_trial=dry_run))

    @delete_operation(
        "/statements/{act:str}",
        Documented("Undo an act", "The act of undoing, and what changes by name."),
        ActOutcome((_ACT,), (), (FactDifference("Naruto", "year", "2002", "2001"),), (), 732),
        opt=costing(_COST),
    )
    async def undo(
        self,
        request: Request[Any, Any, Any],
        curation: GivenCuration,
        act: Annotated[
            str,
            PathParameter(
                schema_extra={"pattern": "^[0-9a-f]{16}$"},
                max_length=16,
                description="The act that is taken back.",
                examples=[Example(value=_ACT_ID)],
            ),
        ],
        reason: Reason,
        dry_run: DryRun = False,
    ) -> UncachedResponse[ActOutcome]:
        """Take an act back: what it overruled counts again, and both stay in the log."""
        says = {"act": "undo", "of": act}
        draft = ActDraft(says, manager_of(request).name, reason)
        return _told(await curation.act(draft, is_trial=dry_run))
