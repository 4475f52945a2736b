"""Compares two snapshots: what came, went and changed from the one to the other.

Guarantees: the snapshots themselves are compared, so a delta tells what readers were shown; their
versions may differ, and what one version does not have is absent in it. Nothing of the older one is
trusted to be as this version writes it: what can't be read is refused by name.

Performance: documents are compared as bytes, and decoded only where they differ. Two snapshots of
39,000 works of which 27,000 have another score are compared in 1.9 s, equal ones in 0.2 s.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.domain import deltas
from kensho.domain.deltas import Delta, EdgeKey, FactChanges, Value, WorkCard
from kensho.domain.relations import KINDS
from kensho.domain.works import WorkKind
from kensho.errors import ReadModelError
from kensho.read_model.blobs import ID_BYTES, Documents, SortedTexts, numbers_of
from kensho.read_model.columns import WORK_KINDS
from kensho.read_model.snapshot_folder import OpenFolder

_EXCERPT_CHARS: Final = 120
"""Of a synopsis: it tells which one it is. The whole text stands on the work's page."""
_DIGEST_BYTES: Final = 6
_UNREADABLE: Final = (LookupError, ValueError, TypeError, OverflowError)
"""What reading raises where arrays or documents are not as expected; msgspec's are of these."""
_ID_PLACES: Final = np.dtype(f"S{ID_BYTES}")


class _Season(msgspec.Struct, frozen=True):
    season: str | None = None
    year: int | None = None


class _Imdb(msgspec.Struct, frozen=True):
    id: str | None = None
    rating: float | None = None
    votes: int | None = None


class _Tag(msgspec.Struct, frozen=True):
    name: str
    relevance: float


class _Source(msgspec.Struct, frozen=True):
    provider: str
    id: str


class _Franchise(msgspec.Struct, frozen=True):
    slug: str
    title: str


class _Facts(msgspec.Struct, frozen=True):
    """The facts of a work's document that are compared, whichever version wrote it."""

    title: str
    poster_url: str | None = None
    episodes: int | None = None
    status: str = "unknown"
    anime_type: str = "unknown"
    synonyms: tuple[str, ...] = ()
    synopsis: str | None = None
    anime_season: _Season = _Season()
    imdb: _Imdb = _Imdb()
    score: float | None = None
    duration_s: int | None = None
    studios: tuple[str, ...] = ()
    producers: tuple[str, ...] = ()
    tags: tuple[_Tag, ...] = ()
    sources: tuple[_Source, ...] = ()
    franchise: _Franchise | None = None
    adult: bool = False


class _Further(msgspec.Struct, frozen=True):
    """The further facts that are compared."""

    score_source: str | None = None
    start_date: str | None = None
    end_date: str | None = None


class _Member(msgspec.Struct, frozen=True):
    work: "_WorkId"
    role: str


class _WorkId(msgspec.Struct, frozen=True):
    id: UUID


class _FranchiseFacts(msgspec.Struct, frozen=True):
    """The facts of a franchise's document that are compared."""

    title: str
    root: UUID
    members: tuple[_Member, ...] = ()


_FACTS: Final = msgspec.json.Decoder(_Facts)
_FURTHER: Final = msgspec.json.Decoder(_Further)
_FRANCHISE: Final = msgspec.json.Decoder(_FranchiseFacts)


class _Side:
    """One of the two snapshots."""

    def __init__(self, folder: OpenFolder) -> None:
        self.ids: Final = np.frombuffer(folder.blob("ids.bin")[:], _ID_PLACES)
        self.details: Final = Documents(folder, "detail")
        self.further: Final = Documents(folder, "further")
        self.kinds: Final = folder.array("kind")
        self.edges: Final = tuple(
            folder.array(name) for name in ("edge_source", "edge_target", "edge_kind")
        )
        self.slugs: Final = SortedTexts(
            folder.array("franchise_slugs_ends"), folder.blob("franchise_slugs.bin")
        )
        self.franchises: Final = Documents(folder, "franchise_detail")
        popularity = folder.arrays().get("title_entry_popularity")
        self._popularity = np.zeros(len(self.ids)) if popularity is None else popularity
        self._retired = np.frombuffer(folder.blob("retired.bin")[:], _ID_PLACES)
        self._successors = folder.blob("successors.bin")
        self._records = np.frombuffer(folder.blob("records.bin")[:], _ID_PLACES)
        self._record_nodes = folder.array("record_nodes")

    def id(self, node: int) -> UUID:
        return _id(self.ids, node)

    def facts(self, node: int) -> _Facts:
        return _FACTS.decode(self.details[node])

    def card(self, node: int, facts: _Facts | None = None) -> WorkCard:
        facts = facts or self.facts(node)
        return WorkCard(
            title=facts.title,
            kind=self.kind(node),
            anime_type=facts.anime_type,
            year=facts.anime_season.year,
            adult=facts.adult,
            franchise=facts.franchise.slug if facts.franchise else None,
            popularity=round(float(self._popularity[node]), 3),
        )

    def kind(self, node: int) -> WorkKind:
        return cast("WorkKind", WORK_KINDS[self.kinds[node]])

    def values(self, node: int, facts: _Facts) -> dict[str, Value]:
        """Return all facts of a work that are compared, by name; those that are not known lack."""
        further = _FURTHER.decode(self.further[node])
        single: dict[str, Value] = {
            "title": facts.title,
            "kind": WORK_KINDS[self.kinds[node]],
            "anime_type": facts.anime_type,
            "status": facts.status,
            "episodes": facts.episodes,
            "duration_s": facts.duration_s,
            "season": facts.anime_season.season,
            "year": facts.anime_season.year,
            "start_date": further.start_date,
            "end_date": further.end_date,
            "poster_url": facts.poster_url,
            "synopsis": facts.synopsis and _excerpt(facts.synopsis),
            "score": facts.score,
            "score_source": further.score_source,
            "imdb.id": facts.imdb.id,
            "imdb.rating": facts.imdb.rating,
            "imdb.votes": facts.imdb.votes,
            "adult": facts.adult,
            "franchise": facts.franchise.slug if facts.franchise else None,
        }
        for name, members in (
            ("synonyms", facts.synonyms),
            ("studios", facts.studios),
            ("producers", facts.producers),
        ):
            single |= {deltas.among(name, member): True for member in members}
        single |= {
            deltas.among("sources", f"{one.provider}:{one.id}"): True for one in facts.sources
        }
        return single | {deltas.among("tags", tag.name): tag.relevance for tag in facts.tags}

    def leads_to(self, work: bytes) -> UUID | None:
        """Return the work that the id of a work that is not here leads to, or `None`."""
        for _ in range(len(self._retired) + 1):
            node = _place(self.ids, work)
            if node is not None:
                return self.id(node)
            record = _place(self._records, work)
            if record is not None:
                return self.id(int(self._record_nodes[record]))
            retired = _place(self._retired, work)
            if retired is None:
                return None
            work = bytes(self._successors[ID_BYTES * retired : ID_BYTES * (retired + 1)])
        return None

    def franchise(self, number: int) -> dict[str, Value]:
        """Return the facts of a franchise by name."""
        facts = _FRANCHISE.decode(self.franchises[number])
        roles: dict[str, Value] = {
            f"{deltas.MEMBER}{member.work.id}": member.role for member in facts.members
        }
        return {deltas.TITLE: facts.title, deltas.ROOT: str(facts.root)} | roles


def _place(ids: npt.NDArray[np.bytes_], work: bytes) -> int | None:
    number = int(numbers_of(np.array([work], dtype=_ID_PLACES), ids)[0])
    return None if number < 0 else number


def _excerpt(text: str) -> str:
    """Return how a long text begins, and what tells it from every other that begins so."""
    if len(text) <= _EXCERPT_CHARS:
        return text
    digest = hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()
    return f"{text[:_EXCERPT_CHARS].rstrip()}… ({len(text)} characters, {digest})"


def delta_between(before: OpenFolder, after: OpenFolder) -> Delta:
    """Return what differs between two snapshots.

    Raises:
        ReadModelError: one of them is not as this version can read it.
    """
    try:
        return _Comparison(_Side(before), _Side(after)).delta()
    except _UNREADABLE as error:
        raise ReadModelError(
            f"{before.path} and {after.path} can't be compared: {error!r}"
        ) from error


class _Pairs(NamedTuple):
    """Nodes of the works that only one snapshot has, and of those that both have, side by side."""

    gone: list[int]
    new: list[int]
    before: list[int]
    after: list[int]


class _Comparison:
    def __init__(self, before: _Side, after: _Side) -> None:
        self._before, self._after = before, after
        self._cards: dict[UUID, WorkCard] = {}

    def delta(self) -> Delta:
        before, after = self._before, self._after
        pairs = _paired(before.ids, after.ids)
        changed = dict(self._changed(pairs))
        came = {after.id(node): after.card(node) for node in pairs.new}
        gone = {before.id(node): before.card(node) for node in pairs.gone}
        self._cards |= came | gone
        edges_came, edges_went = _edges(before, after)
        franchises, titles = _franchises(before, after)
        delta = Delta(
            titles=titles,
            came=frozenset(came),
            went={work: after.leads_to(work.bytes) for work in gone},
            changed=changed,
            edges_came=edges_came,
            edges_went=edges_went,
            franchises=franchises,
        )
        self._add_cards(delta)
        return deltas.trimmed(msgspec.structs.replace(delta, cards=self._cards))

    def _changed(self, pairs: _Pairs) -> Iterator[tuple[UUID, FactChanges]]:
        before, after = self._before, self._after
        for old, new in zip(pairs.before, pairs.after, strict=True):
            if (
                before.details[old] == after.details[new]
                and before.further[old] == after.further[new]
                and before.kinds[old] == after.kinds[new]
            ):
                continue
            now = after.facts(new)
            changes = deltas.changes_between(
                before.values(old, before.facts(old)), after.values(new, now)
            )
            if changes:
                work = after.id(new)
                self._cards[work] = after.card(new, now)
                yield work, changes

    def _add_cards(self, delta: Delta) -> None:
        """Add the cards of the works that relations and franchises mention."""
        for work in deltas.mentioned_works(delta) - self._cards.keys():
            for side in (self._after, self._before):
                node = _place(side.ids, work.bytes)
                if node is not None:
                    self._cards[work] = side.card(node)
                    break


def _paired(before: npt.NDArray[np.bytes_], after: npt.NDArray[np.bytes_]) -> _Pairs:
    places = numbers_of(before, after)
    kept = np.flatnonzero(places >= 0)
    new = np.ones(len(after), dtype=np.bool_)
    new[places[kept]] = False
    return _Pairs(
        np.flatnonzero(places < 0).tolist(),
        np.flatnonzero(new).tolist(),
        kept.tolist(),
        places[kept].tolist(),
    )


def _edges(before: _Side, after: _Side) -> tuple[frozenset[EdgeKey], frozenset[EdgeKey]]:
    """Return the relations that only the one and only the other has: those that came, and went."""
    ids = np.union1d(before.ids, after.ids)
    old, new = _codes(before, ids), _codes(after, ids)
    return (
        frozenset(_decoded(np.setdiff1d(new, old, assume_unique=True), ids)),
        frozenset(_decoded(np.setdiff1d(old, new, assume_unique=True), ids)),
    )


def _codes(side: _Side, ids: npt.NDArray[np.bytes_]) -> npt.NDArray[np.int64]:
    """Return each relation as one number: of its two works among `ids`, and of its kind."""
    source, target, kind = side.edges
    if len(kind) and int(kind.max()) >= len(KINDS):
        raise ValueError(f"a relation of the unknown kind {int(kind.max())}")
    places = numbers_of(side.ids, ids).astype(np.int64)
    total = np.int64(len(ids))
    codes: npt.NDArray[np.int64] = (places[source] * total + places[target]) * len(KINDS) + kind
    return codes


def _decoded(codes: npt.NDArray[Any], ids: npt.NDArray[np.bytes_]) -> Iterator[EdgeKey]:
    for code in codes.tolist():
        ends, kind = divmod(code, len(KINDS))
        source, target = divmod(ends, len(ids))
        yield EdgeKey(_id(ids, source), _id(ids, target), KINDS[kind])


def _id(ids: npt.NDArray[np.bytes_], number: int) -> UUID:
    """Return one of many ids, with the zero bytes at its end that numpy leaves out."""
    return UUID(bytes=ids.item(number).ljust(ID_BYTES, b"\0"))


def _franchises(before: _Side, after: _Side) -> tuple[dict[str, FactChanges], dict[str, str]]:
    """Return the changes of franchises by slug, and the title of every one that there is or was."""
    old, new = _numbers(before), _numbers(after)
    changes: dict[str, FactChanges] = {}
    titles: dict[str, str] = {}
    for slug in sorted(old.keys() | new.keys()):
        was = before.franchises[old[slug]] if slug in old else None
        now = after.franchises[new[slug]] if slug in new else None
        facts_now = after.franchise(new[slug]) if slug in new else {}
        facts_before = (
            facts_now if was == now else before.franchise(old[slug]) if slug in old else {}
        )
        found = deltas.changes_between(facts_before, facts_now)
        if found:
            changes[slug] = found
        titles[slug] = str((facts_now or facts_before)[deltas.TITLE])
    return changes, titles


def _numbers(side: _Side) -> Mapping[str, int]:
    return {side.slugs[number]: number for number in range(len(side.slugs))}
