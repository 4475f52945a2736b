"""What a list of changes and a comparison of publications are made from, computed once and kept.

Guarantees: a change is hidden from who asks for no adult works if a work that it tells of is adult,
as the snapshot that is served knows it, or, of a work that is gone, as the history does; a change
of a franchise is if all its members are. What the history does not know is refused, never told as
no change.

Performance: which changes of a history are hidden is computed once for a snapshot, 50 ms for 20,000
changes. A comparison takes 0.15 s for each publication between in which all scores moved, and 0.8 s
for the list; those that were asked for last are kept.
"""

from collections import Counter, OrderedDict
from collections.abc import Iterable
from typing import Final, NamedTuple, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.domain import deltas
from kensho.domain.deltas import Delta
from kensho.domain.relations import KINDS, Kind
from kensho.errors import NotFoundError
from kensho.platform import memory
from kensho.read_model import change_lists
from kensho.read_model.change_lists import ListedChange
from kensho.read_model.change_views import CHANGE_KINDS, ChangeKind
from kensho.read_model.history import History
from kensho.read_model.holder import Snapshot
from kensho.read_model.model import ReadModel

K = TypeVar("K")
V = TypeVar("V")
_KEPT_COMPARISONS: Final = 2
"""One with all scores takes some 20 MB."""


class RelationCount(msgspec.Struct, frozen=True):
    """How many relations of a kind came and went."""

    kind: Kind
    came: int
    went: int


class FieldCount(msgspec.Struct, frozen=True):
    """Of how many works a fact changed."""

    field: str
    works: int


class Comparison(NamedTuple):
    """What is shown of the changes between two publications, and counts of it."""

    changes: list[ListedChange]
    counts: dict[ChangeKind, int]
    relations: list[RelationCount]
    fields: list[FieldCount]


class KnownChanges:
    """What is computed once: which changes are hidden, and the comparisons asked for last.

    If several threads ask at once, a value may be computed twice, with the same result.
    """

    def __init__(self) -> None:
        self._hidden: tuple[str, str, npt.NDArray[np.bool_]] = ("", "", np.empty(0, np.bool_))
        self._listed: OrderedDict[tuple[str, int, int], list[ListedChange]] = OrderedDict()
        self._compared: OrderedDict[tuple[object, ...], Comparison] = OrderedDict()

    def hidden(self, snapshot: Snapshot, history: History) -> npt.NDArray[np.bool_]:
        """Tell for each change of a history whether it is hidden from who asks for no adult works.

        Shape (changes,).
        """
        identity, name, found = self._hidden
        if (identity, name) != (snapshot.identity, history.name):
            found = _hidden(snapshot.model, history)
            self._hidden = snapshot.identity, history.name, found
        return found

    def between(
        self, snapshot: Snapshot, history: History, places: tuple[int, int], *, safe: bool
    ) -> Comparison:
        """Return what changed from one publication of a history to a later one, both by number.

        Raises:
            NotFoundError: that is not known.
        """
        key = (snapshot.identity, history.name, *places, safe)
        found = self._compared.get(key)
        if found is None:
            listed = self._changes_between(history, *places)
            model = snapshot.model
            shown = [one for one in listed if not (safe and _is_hidden(model, one))]
            found = Comparison(shown, _counted(shown), _relations(shown), _fields(shown))
            _keep(self._compared, key, found)
        return found

    def _changes_between(self, history: History, before: int, after: int) -> list[ListedChange]:
        key = history.name, before, after
        found = self._listed.get(key)
        if found is None:
            name = f"{history.entries[before].snapshot}..{history.entries[after].snapshot}"
            with memory.without_cycle_collection():  # which takes half of the time otherwise
                found = change_lists.changes_of(composed(history, before, after), name)
            _keep(self._listed, key, found)
        return found


def _keep(kept: OrderedDict[K, V], key: K, value: V) -> None:
    """Keep a value in the place of the one that was made first of too many."""
    kept[key] = value
    while len(kept) > _KEPT_COMPARISONS:
        kept.pop(next(iter(kept)), None)


def composed(history: History, before: int, after: int) -> Delta:
    """Return what changed from one publication of a history to a later one, both by number.

    Raises:
        NotFoundError: it is not known of a publication between them.
    """
    for number in range(before + 1, after + 1):
        entry = history.entries[number]
        if entry.gap is not None or entry.before != history.entries[number - 1].snapshot:
            why = entry.gap or "it followed another snapshot"
            raise NotFoundError(f"what changed with revision {entry.revision} is not known: {why}")
    found = (history.delta(number) for number in range(before + 1, after + 1))
    return deltas.compose(delta for delta in found if delta is not None)


def _hidden(model: ReadModel, history: History) -> npt.NDArray[np.bool_]:
    """Compute which changes are hidden."""
    nodes = model.nodes(history.works.reshape(-1)).reshape(history.works.shape)
    named = history.works != b""
    is_known = nodes >= 0
    adult_now = (is_known & model.columns.adult[np.maximum(nodes, 0)]) if len(nodes) else is_known
    some_are_gone = (named & ~is_known).any(axis=1)
    hidden: npt.NDArray[np.bool_] = adult_now.any(axis=1) | (some_are_gone & history.adult)
    for number in np.flatnonzero(~named.any(axis=1)).tolist():
        franchise = history.change(number).decode().franchise
        known = None if franchise is None else model.franchises.number(franchise.slug)
        hidden[number] = history.adult[number] if known is None else model.franchises.adult[known]
    return hidden


def _is_hidden(model: ReadModel, one: ListedChange) -> bool:
    """Tell whether a change is hidden, by the rule of `KnownChanges.hidden`."""
    nodes = [model.node(work) for work in one.works]
    if any(node is not None and model.columns.adult[node] for node in nodes):
        return True
    if one.works:
        return one.adult and None in nodes
    slug = one.change.franchise.slug if one.change.franchise else ""
    number = model.franchises.number(slug)
    return one.adult if number is None else bool(model.franchises.adult[number])


def _counted(changes: Iterable[ListedChange]) -> dict[ChangeKind, int]:
    counted = Counter(one.change.kind for one in changes)
    return {kind: counted[kind] for kind in CHANGE_KINDS if counted[kind]}


def _relations(changes: Iterable[ListedChange]) -> list[RelationCount]:
    came: Counter[Kind] = Counter()
    went: Counter[Kind] = Counter()
    for one in changes:
        change = one.change
        if change.was is not None:
            went[change.was.kind] += 1
        if change.relation is not None:
            (went if change.kind == "relation_went" else came)[change.relation.kind] += 1
    return [
        RelationCount(kind, came[kind], went[kind]) for kind in KINDS if came[kind] or went[kind]
    ]


def _fields(changes: Iterable[ListedChange]) -> list[FieldCount]:
    """Count the works of which each fact changed, the commonest first."""
    counted: Counter[str] = Counter()
    for one in changes:
        if one.change.work is not None:
            counted.update({deltas.FactName.of(fact.field).name for fact in one.change.fields})
    return [
        FieldCount(field, works)
        for field, works in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    ]
