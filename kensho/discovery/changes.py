"""Changes: what came, went and became another with the latest publications, or between two.

Guarantees: the latest publication comes first. A change is shown if the works that it tells of may
be shown (`comparisons`); a franchise that changed names those of its members that may be.

Performance: a page takes 10 µs for each change on it, besides what is computed once.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.discovery.change_points import (
    PublicationView,
    check_point,
    known_from,
    place_of,
    view_of,
)
from kensho.discovery.comparisons import FieldCount, KnownChanges, RelationCount
from kensho.discovery.cursors import Cursors, OrderedList
from kensho.discovery.snapshot_service import SnapshotService
from kensho.errors import InvalidInputError, NotFoundError
from kensho.read_model import change_wording
from kensho.read_model.change_views import CHANGE_KINDS, Change, ChangedWork, ChangeKind
from kensho.read_model.encoded import Encoded, encoded
from kensho.read_model.history import History
from kensho.read_model.holder import Snapshot

Numbers = npt.NDArray[np.int64]
KIND_GROUPS: Final = ("franchise", "work", "relation")
"""Words for all kinds of changes of one sort."""
LISTED_KINDS: Final[tuple[ChangeKind, ...]] = tuple(
    kind for kind in CHANGE_KINDS if kind != "figures_moved"
)
"""The kinds that a list of changes has: of figures that moved only the number is kept there."""
_MOST_PACKED_BYTES: Final = 16_777_216
"""What a page of a comparison is made from at most: 13 weeks in which all scores moved, or 2.5 s.
The command line, which names everything at once, compares any time."""


class ChangeItem(Change, frozen=True, kw_only=True, omit_defaults=True):
    """A change with the publication that it came with, and in words."""

    at: str
    revision: int
    text: str


class ChangeList(msgspec.Struct, frozen=True):
    """A page of changes; `total` counts all pages, `next_cursor` is null on the last.

    `known_from` is the earliest publication whose changes are known; null where none are.
    """

    changes: list[ChangeItem]
    total: int
    known_from: PublicationView | None
    next_cursor: str | None


class DiffDocument(msgspec.Struct, frozen=True, rename={"before": "from", "after": "to"}):
    """What changed between two publications: counts of all of it, and a page of the changes."""

    before: PublicationView
    after: PublicationView
    counts: dict[ChangeKind, int]
    relations: list[RelationCount]
    fields: list[FieldCount]
    changes: list[ChangeItem]
    total: int
    next_cursor: str | None


class ChangesRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which changes are asked for, and which part of them; `safe` leaves adult works out.

    Without a cursor the part begins after the first `skip`.
    """

    since: str | None = None
    franchise: str | None = None
    kinds: frozenset[ChangeKind] | None = None
    limit: int
    cursor: str | None = None
    skip: int = 0
    safe: bool = True


class DiffRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Between which publications, and which part of the changes is asked for.

    Without a `limit` it is all of them, between publications however far apart.
    """

    before: str | None = None
    after: str | None = None
    kinds: frozenset[ChangeKind] | None = None
    limit: int | None
    cursor: str | None = None
    safe: bool = True


def kinds_of(text: str | None, among: Sequence[ChangeKind]) -> frozenset[ChangeKind] | None:
    """Return the kinds that a list by commas names, groups included; `None` is all of `among`.

    Raises:
        InvalidInputError: a word is neither a kind nor a group of kinds.
    """
    if text is None:
        return None
    found: set[ChangeKind] = set()
    for word in text.split(","):
        if word in KIND_GROUPS:
            found |= {kind for kind in among if kind.startswith(f"{word}_")}
        elif word in among:
            found |= {kind for kind in among if kind == word}
        else:
            known = ", ".join((*KIND_GROUPS, *among))
            raise InvalidInputError.of("kind", f"{word!r} is no kind of changes: {known}")
    return frozenset(found)


class ChangeService(SnapshotService):
    """Changes, as one snapshot and its history know them."""

    def __init__(
        self, snapshot: Snapshot, cursors: Cursors, known: KnownChanges, *, safe: bool = True
    ) -> None:
        super().__init__(snapshot, safe=safe)
        self._cursors = cursors
        self._known = known

    @property
    def tag(self) -> bytes:
        """Return what changes when and only when answers may: of the snapshot and the history."""
        history = self.snapshot.history
        name = "" if history is None else history.name.replace("-", "")
        return f"{self.identity.replace('-', 'x')}{name}".encode()

    def changes(self, request: ChangesRequest) -> Encoded[ChangeList]:
        """Return a page of changes, those of the latest publication first.

        Raises:
            InvalidInputError: `since` is no revision or date, or the cursor is not one of this
                list.
            NotFoundError: there never was such a franchise.
        """
        listed, next_cursor, total = self.page(request)
        history = self.snapshot.history
        known = None if history is None else known_from(history)
        return encoded(ChangeList(listed, total, known, next_cursor))

    def page(self, request: ChangesRequest) -> tuple[list[ChangeItem], str | None, int]:
        """Return changes, the cursor of the next ones, and how many there are in all."""
        history = self.snapshot.history
        check_point(request.since, "since")
        kinds = None if request.kinds is None else sorted(request.kinds)
        query = f"changes?{request.since}&{request.franchise}&{kinds}&{request.safe}"
        if history is None:
            self._check_franchise(request.franchise, None)
            nothing = OrderedList((), self.identity, self.model.id, self.model.node)
            self._cursors.cut(nothing, query, request.cursor, request.limit)
            return [], None, 0
        numbers = self.numbers(history, request)
        ordered = OrderedList(numbers.tolist(), self.identity, history.id, history.number)
        part = self._cursors.cut(ordered, query, request.cursor, request.limit, skip=request.skip)
        items = [self.item(history, number, safe=request.safe) for number in part.nodes]
        return items, part.next_cursor, part.total

    def numbers(self, history: History, request: ChangesRequest) -> Numbers:
        """Return the numbers of the changes that are asked for, in their order.

        Raises:
            InvalidInputError, NotFoundError: as `changes`.
        """
        chosen = np.arange(len(history), dtype=np.int64)
        if request.franchise is not None:
            chosen = self._of_franchise(history, request.franchise)
        if request.since is not None:
            place = place_of(history, request.since, "since")
            first = 0 if place is None else place + 1
            chosen = chosen[history.publication_of[chosen] >= first]
        if request.kinds is not None:
            codes = [CHANGE_KINDS.index(kind) for kind in request.kinds]
            chosen = chosen[np.isin(history.kinds[chosen], codes)]
        if request.safe:
            chosen = chosen[~self._known.hidden(self.snapshot, history)[chosen]]
        latest_first: Numbers = chosen[np.lexsort((chosen, -history.publication_of[chosen]))]
        return latest_first

    def _of_franchise(self, history: History, slug: str) -> Numbers:
        """Return the changes of a franchise, and of the one that its slug leads to now."""
        self._check_franchise(slug, history)
        slugs, retired = [slug], self.model.franchises.retired(slug)
        if retired is not None and retired.successor is not None:
            slugs.append(retired.successor)
        found = np.concatenate([history.of_franchise(one) for one in slugs])
        return np.unique(found).astype(np.int64)

    def _check_franchise(self, slug: str | None, history: History | None) -> None:
        if (
            slug is None
            or self.model.franchises.number(slug) is not None
            or self.model.franchises.retired(slug) is not None
            or (history is not None and len(history.of_franchise(slug)))
        ):
            return
        raise NotFoundError(f"there is no franchise {slug!r}")

    def item(self, history: History, number: int, *, safe: bool) -> ChangeItem:
        """Return a change of a history; `safe` leaves out its adult members."""
        entry = history.entries[int(history.publication_of[number])]
        change = history.change(number).decode()
        return self._told(change, entry.at, entry.revision, safe=safe)

    def _told(self, change: Change, at: str, revision: int, *, safe: bool) -> ChangeItem:
        if safe:
            change = self._without_adult(change)
        fields = {name: getattr(change, name) for name in Change.__struct_fields__}
        return ChangeItem(**fields, at=at, revision=revision, text=change_wording.told(change))

    def _without_adult(self, change: Change) -> Change:
        members = tuple(one for one in change.members if not self._is_adult(one.work))
        became = change.became
        return msgspec.structs.replace(
            change,
            members=members,
            became=None if became is not None and self._is_adult(became) else became,
        )

    def _is_adult(self, work: ChangedWork) -> bool:
        node = self.model.node(work.id)
        return work.adult if node is None else bool(self.model.columns.adult[node])

    def diff(self, request: DiffRequest) -> Encoded[DiffDocument]:
        """Return what changed between two publications; by default with the latest.

        Raises:
            InvalidInputError: what is named is no revision, snapshot or date, the second is before
                the first, too much changed between them, or the cursor is not one of this list.
            NotFoundError: what was published then, or what changed since, is not known.
        """
        return encoded(self.difference(request))

    def difference(self, request: DiffRequest) -> DiffDocument:
        """Return what `diff` returns, as a value."""
        history = self.snapshot.history
        check_point(request.before, "from")
        check_point(request.after, "to")
        if history is None:
            raise NotFoundError("what earlier publications changed is not known")
        before, after = _ends(history, request)
        if request.limit is not None:
            _check_size(history, before, after)
        found = self._known.between(self.snapshot, history, (before, after), safe=request.safe)
        listed = [
            one
            for one in found.changes
            if request.kinds is None or one.change.kind in request.kinds
        ]
        entry = history.entries[after]
        limit = len(listed) if request.limit is None else request.limit

        def id_of(number: int) -> UUID:
            return listed[number].change.id

        def number_of(change: UUID) -> int | None:
            places = (number for number in range(len(listed)) if id_of(number) == change)
            return next(places, None)

        ordered = OrderedList(range(len(listed)), self.identity, id_of, number_of)
        kinds = None if request.kinds is None else sorted(request.kinds)
        query = f"diff?{history.entries[before].snapshot}&{entry.snapshot}&{kinds}&{request.safe}"
        part = self._cursors.cut(ordered, query, request.cursor, limit)
        return DiffDocument(
            before=view_of(history.entries[before]),
            after=view_of(entry),
            counts=found.counts,
            relations=found.relations,
            fields=found.fields,
            changes=[
                self._told(listed[n].change, entry.at, entry.revision, safe=request.safe)
                for n in part.nodes
            ],
            total=part.total,
            next_cursor=part.next_cursor,
        )


def _ends(history: History, request: DiffRequest) -> tuple[int, int]:
    """Return the numbers of the two publications that a request names."""
    last = len(history.entries) - 1
    after = last if request.after is None else place_of(history, request.after, "to")
    if request.before is not None:
        before = place_of(history, request.before, "from")
    else:
        before = None if after in (None, 0) else (after or 0) - 1
    if before is None or after is None:
        first = history.entries[0]
        raise NotFoundError(
            f"what was published then is not known: the history begins with revision"
            f" {first.revision} of {first.at}"
        )
    if before > after:
        raise InvalidInputError.of("from", "what is compared with is later than `to`")
    return before, after


def _check_size(history: History, before: int, after: int) -> None:
    """Refuse a comparison that takes longer than a request may.

    Raises:
        InvalidInputError: it does.
    """
    sizes = [end - start for start, end in (one.delta for one in history.entries)]
    if after - before > 1 and sum(sizes[before + 1 : after + 1]) > _MOST_PACKED_BYTES:
        raise InvalidInputError.of(
            "from",
            "too much changed since to be compared here: ask for a shorter time, or use"
            " `kensho runs diff`",
        )
