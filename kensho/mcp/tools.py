"""The tools: what each takes, does and answers, read from the annotations of its handler.

Guarantees: every tool reads one snapshot and changes nothing. A description is the docstring of the
handler, written for the model that reads it.
"""

import contextlib
import inspect
from collections.abc import Callable, Generator, Sequence
from typing import Any, Final, NamedTuple, TypeVar, get_type_hints
from uuid import UUID

import msgspec

from kensho.discovery import franchises, search_batches
from kensho.discovery.adult import franchises_shown
from kensho.discovery.browse import Calendar
from kensho.discovery.change_points import known_from
from kensho.discovery.changes import LISTED_KINDS, ChangeService, ChangesRequest, kinds_of
from kensho.discovery.comparisons import KnownChanges
from kensho.discovery.conflicts import Conflict, ConflictService
from kensho.discovery.cursors import Cursors
from kensho.discovery.file_matches import file_match
from kensho.discovery.filter_values import FilterTexts
from kensho.discovery.resolve import work_named
from kensho.discovery.search import SearchRequest, SearchService, TitleSearch
from kensho.discovery.search_views import SearchPage
from kensho.discovery.snapshot_service import PerSnapshot
from kensho.discovery.works import WorkService
from kensho.errors import FieldProblem, GoneError, InvalidInputError, MovedError, NotFoundError
from kensho.mcp.answers import (
    ChangeSheet,
    ConflictSheet,
    ConnectionList,
    FranchiseBrief,
    FranchiseSheet,
    HitList,
    MatchList,
    NearTitle,
    OrderSheet,
    SimilarBrief,
    SimilarSheet,
    WorkHit,
    WorkSheet,
)
from kensho.mcp.arguments import (
    ChangeArguments,
    ConflictArguments,
    FranchiseArguments,
    MatchArguments,
    OrderArguments,
    PathArguments,
    SearchArguments,
    SimilarArguments,
    WorkArguments,
)
from kensho.mcp.sheets import Sheets, Slice
from kensho.read_model.holder import Snapshot

A = TypeVar("A", bound=msgspec.Struct)
R = TypeVar("R", bound=msgspec.Struct)


class ToolParts(NamedTuple):
    """What the calls of all tools have in common."""

    search: TitleSearch
    calendar: Calendar
    conflicts: PerSnapshot[Sequence[Conflict]]
    cursors: Cursors
    changes: KnownChanges


class ToolCall:
    """One call: the snapshot it reads, and whether it hides what is adult."""

    def __init__(self, snapshot: Snapshot, parts: ToolParts, *, include_adult: bool | None) -> None:
        self.snapshot: Final = snapshot
        self.safe: Final = parts.search.safe if include_adult is None else not include_adult
        self.sheets: Final = Sheets(snapshot.model, safe=self.safe)
        self._parts = parts

    @property
    def search(self) -> SearchService:
        """Return the searches in the snapshot."""
        return SearchService(self.snapshot, self._parts.search, self._parts.calendar)

    @property
    def works(self) -> WorkService:
        """Return the works of the snapshot."""
        return WorkService(self.snapshot)

    @property
    def conflicts(self) -> ConflictService:
        """Return the contradictions in the snapshot."""
        return ConflictService(self.snapshot, self._parts.conflicts, safe=self.safe)

    @property
    def changes(self) -> ChangeService:
        """Return what changed up to the snapshot."""
        return ChangeService(
            self.snapshot, self._parts.cursors, self._parts.changes, safe=self.safe
        )

    def franchise_ever(self, text: str) -> str:
        """Return the slug of a franchise, dissolved ones included; else raises as `franchise`."""
        try:
            number = self.franchise(text)
        except GoneError:
            return text
        return franchises.summary(self.snapshot.model, number).decode().slug

    def work(self, text: str, field: str) -> UUID:
        """Return the work that an argument names.

        Raises:
            InvalidInputError: it names none or several, or one that is adult and hidden.
            GoneError, NotFoundError: there is none, or none any more.
        """
        model = self.snapshot.model
        work = model.id(work_named(model, text, field))
        if not self.sheets.is_shown(work):
            raise InvalidInputError.of(
                field, f"{text!r} is an adult work; include_adult=true shows it"
            )
        return work

    def franchise(self, text: str) -> int:
        """Return the franchise of this slug, or that a title means; one that moved is followed.

        Raises:
            InvalidInputError: it is adult and hidden.
            GoneError, NotFoundError: there is none, or none any more.
        """
        try:
            number = _followed(self.snapshot, text)
        except NotFoundError:
            with naming("franchise"):
                found = franchises.listed(self.snapshot, text, safe=self.safe).nodes
            if not len(found):
                raise NotFoundError(f"franchise: none is meant by {text!r}") from None
            number = int(found[0])
        if not len(franchises_shown(self.snapshot.model, [number], safe=self.safe)):
            raise InvalidInputError.of(
                "franchise", f"{text!r} is an adult franchise; include_adult=true shows it"
            )
        return number


class ReadTool(NamedTuple):
    """A tool: its names, what it takes and answers, and its handler."""

    name: str
    title: str
    description: str
    form: type[msgspec.Struct]
    answer: type[msgspec.Struct]
    run: Callable[[ToolCall, Any], msgspec.Struct]


TOOLS: Final[dict[str, ReadTool]] = {}
"""The tools by name; filled below, once."""


def _tool(title: str) -> Callable[[Callable[[ToolCall, A], R]], Callable[[ToolCall, A], R]]:
    """Declare a handler as the tool of its name."""

    def declare(handler: Callable[[ToolCall, A], R]) -> Callable[[ToolCall, A], R]:
        hints = get_type_hints(handler)
        TOOLS[handler.__name__] = ReadTool(
            name=handler.__name__,
            title=title,
            description=inspect.getdoc(handler) or "",
            form=hints["asked"],
            answer=hints["return"],
            run=handler,
        )
        return handler

    return declare


@_tool("Search works")
def search(call: ToolCall, asked: SearchArguments) -> HitList:
    """Find anime and anime films by title, best first; also the franchises that the text may mean.

    Spelling, script, word order and missing letters are forgiven. `confidence` says how sure it is
    that the first work is the one that was meant: below 0.9, check title, year and type, or ask.
    Use the ids of the answer with the other tools. To identify file names, use `match`.
    """
    service = call.search
    texts = FilterTexts(
        type=",".join(asked.types) or None,
        status=",".join(asked.statuses) or None,
        season=asked.season,
        year=asked.year,
        tag=asked.tag,
        safe=call.safe,
    )
    request = SearchRequest(
        text=asked.query,
        filters=service.filters(texts),
        limit=asked.limit,
        offset=asked.offset,
        facets=False,
    )
    with naming("query"):
        page = service.page(request).decode()
    return _hits(call, page, Slice(asked.offset, asked.limit))


@_tool("Identify files and titles")
def match(call: ToolCall, asked: MatchArguments) -> MatchList:
    """Say which one work, season and episode each text means, with a confidence of 0..1.

    For names of video files and releases, paths, and titles as people write them. A text without an
    `id` was not matched, and `reason` says why. `redirected` tells that the episode was counted on
    from an earlier work; `beyond` that the work has no such episode.
    """
    service = call.search
    request = SearchRequest(
        text="", filters=service.filters(FilterTexts(safe=call.safe)), limit=1, facets=False
    )
    answers = [
        search_batches.answer(service.page, text, place, request).decode()
        for place, text in enumerate(asked.texts)
    ]
    matches = [
        file_match(text, answer, asked.least_confidence)
        for text, answer in zip(asked.texts, answers, strict=True)
    ]
    return MatchList(matches)


@_tool("Read a work")
def work(call: ToolCall, asked: WorkArguments) -> WorkSheet:
    """Read all that is known of one work, with its sequels, prequels and other related works.

    A related work is the `kind` of this one: "sequel" means that it continues this work, and
    "parent_story" that this work is a side story of it.
    """
    return call.sheets.work(
        call.works.detail(call.work(asked.work, "work")).decode(), asked.related
    )


@_tool("Read a franchise")
def franchise(call: ToolCall, asked: FranchiseArguments) -> FranchiseSheet:
    """Read what belongs to a franchise: works by date, each with its role and why it belongs.

    `lines` are the stories of the franchise that go on by themselves. To tell in which order to
    watch them, use `watch_order`.
    """
    number = call.franchise(asked.franchise)
    found = franchises.detail(call.snapshot.model, number).decode()
    return call.sheets.franchise(found, Slice(asked.offset, asked.limit))


@_tool("Order a franchise")
def watch_order(call: ToolCall, asked: OrderArguments) -> OrderSheet:
    """Tell in which order to watch a franchise, and why each work stands where it does.

    Steps that are `optional` can be skipped. `why` tells nothing of the story.
    """
    number = call.franchise(asked.franchise)
    found = franchises.watch_order(call.snapshot.model, number, asked.order).decode()
    return call.sheets.order(found, Slice(asked.offset, asked.limit))


@_tool("Connect two works")
def paths(call: ToolCall, asked: PathArguments) -> ConnectionList:
    """Tell how two works are connected, the closest way first, each way also as a sentence.

    No connection means that no chain of relations joins them.
    """
    ends = call.work(asked.from_work, "from_work"), call.work(asked.to_work, "to_work")
    if ends[0] == ends[1]:
        raise InvalidInputError.of("to_work", f"{asked.to_work!r} is from_work itself")
    return call.sheets.connections(call.works.paths(*ends, asked.limit).decode())


@_tool("Find similar works")
def similar(call: ToolCall, asked: SimilarArguments) -> SimilarSheet:
    """Find works of other stories that share rare tags or a studio, or are recommended together.

    Works of the same franchise are left out: `work` and `franchise` tell those.
    """
    found = call.works.similar(call.work(asked.work, "work"), asked.limit).decode()
    return SimilarSheet(
        [SimilarBrief(call.sheets.brief(one.id), one.score, [*one.why]) for one in found.similar]
    )


@_tool("List contradictions")
def conflicts(call: ToolCall, asked: ConflictArguments) -> ConflictSheet:
    """List relations of which catalogues name different kinds, with who says what.

    Give `work` for those of a work, `franchise` for those of all its works, or neither for all.
    """
    if asked.work is not None and asked.franchise is not None:
        problem = "give either work or franchise"
        raise InvalidInputError([FieldProblem(name, problem) for name in ("work", "franchise")])
    found = call.conflicts.conflicts(
        _nodes_of(call, asked), asked.limit, skip=asked.offset, safe=call.safe
    )
    return ConflictSheet(
        conflicts=[call.sheets.conflict(one) for one in found.conflicts],
        total=found.total,
        hidden_adult=found.hidden,
        next_offset=Slice(asked.offset, asked.limit).next_of(found.total),
    )


@_tool("List changes")
def changes(call: ToolCall, asked: ChangeArguments) -> ChangeSheet:
    """List what came, went and became another in the catalogue, the latest publication first.

    Each change says in `text` what it is: new works and relations, other facts, franchises that
    split, merged or were renamed. Scores and votes that moved are not listed. Give `franchise` for
    what is new in one, `since` for what came after a date or revision.
    """
    request = ChangesRequest(
        since=asked.since,
        franchise=None if asked.franchise is None else call.franchise_ever(asked.franchise),
        kinds=kinds_of(",".join(asked.kinds) or None, LISTED_KINDS),
        limit=asked.limit,
        skip=asked.offset,
        safe=call.safe,
    )
    listed, _, total = call.changes.page(request)
    every = msgspec.structs.replace(request, safe=False)
    hidden = call.changes.page(every)[2] - total if call.safe else 0
    history = call.snapshot.history
    return ChangeSheet(
        changes=[call.sheets.change(one) for one in listed],
        total=total,
        hidden_adult=hidden,
        known_from=None if history is None else known_from(history),
        next_offset=Slice(asked.offset, asked.limit).next_of(total),
    )


def _nodes_of(call: ToolCall, asked: ConflictArguments) -> list[int] | None:
    model = call.snapshot.model
    if asked.work is not None:
        node = model.node(call.work(asked.work, "work"))
        return [] if node is None else [node]
    if asked.franchise is not None:
        return [*map(int, model.franchises.members(call.franchise(asked.franchise)))]
    return None


def _hits(call: ToolCall, page: SearchPage, part: Slice) -> HitList:
    return HitList(
        works=[
            WorkHit(
                **msgspec.structs.asdict(call.sheets.brief(one.id)),
                matched_title=one.matched_title,
                score=one.score,
                franchise=one.franchise.slug if one.franchise is not None else None,
            )
            for one in page.results
        ],
        total=page.total,
        confidence=page.confidence,
        hidden_adult=page.hidden.adult,
        franchises=[FranchiseBrief(one.slug, one.title, one.works) for one in page.franchises],
        did_you_mean=[NearTitle(one.id, one.title) for one in page.suggestions or ()],
        reason=page.reason,
        next_offset=part.next_of(page.total),
    )


def _followed(snapshot: Snapshot, slug: str) -> int:
    """Return the franchise of a slug, or that it became part of; raises as `locate`."""
    try:
        return franchises.locate(snapshot.model, slug)
    except MovedError as error:
        return franchises.locate(snapshot.model, error.successor)


@contextlib.contextmanager
def naming(argument: str) -> Generator[None]:
    """Name this argument where a use case complains of the parameter `q` of the HTTP API."""
    try:
        yield
    except InvalidInputError as error:
        raise InvalidInputError(
            [
                FieldProblem(argument if name == "q" else name, message)
                for name, message in error.problems
            ]
        ) from error
