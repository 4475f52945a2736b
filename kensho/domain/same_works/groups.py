"""Groups the records of the catalogue that are one work, and names the one that stands for it.

Catalogues that join the ids of others miss some entries, so that a work is in the graph once with
nine ids and a second time with the tenth. Records of films are joined to works by sources, and are
works of their own where no source does.

Guarantees: pure, and independent of the order of records. No group holds two records that one
catalogue lists both, for a catalogue that lists two knows them to be different; nor two of which a
source states how they are related, or which curators keep apart; but what a curator says to be one
work is. A record that could as well be one
of two such works is part of neither: it is a collection of them, or names neither.

Performance: 6 s for 43,000 records, two thirds of it for their keys.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Final
from uuid import UUID

import msgspec

from kensho.domain.graphs import connected
from kensho.domain.relations import Method
from kensho.domain.same_works.likeness import likelihood, run_as_long
from kensho.domain.same_works.records import CatalogueRecord
from kensho.domain.works import AnimeType

LIKELY: Final = 0.6
"""The likelihood from which two records are taken to be one work."""
_POSSIBLE: Final = 0.3
"""The likelihood from which a record makes another pair doubtful."""
_RIVAL_ODDS: Final = 0.35
"""A pair is doubtful if the odds that one of its records is another work are this share of its.

T・P BON and its second season of the same year have odds of a quarter, two halves of a series that
a third catalogue lists as one have equal ones."""
_SUREST: Final = 1e-6
_MOST_BEARERS: Final = 16
"""A name that more records of a year bear identifies none: songs of a series, specials."""
_MOST_YEARS_APART: Final = 1
"""Catalogues date what opened at the turn of a year, or was announced, differently."""
_MOST_YEARS_STATED: Final = 2
"""A film opens abroad within two years; lists of ids contain mistakes, which are further apart."""
_YEAR_CHARS: Final = 4
_DAY_CHARS: Final = len("2006-04-03")

Pair = tuple[int, int]
_Beginning = tuple[int, AnimeType, str]
"""A main name, a type and a day."""


class SameWork(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A record that is the same work as another one, which stands for the work."""

    record: UUID
    work: UUID
    method: Method
    confidence: float


class _Group:
    """Records that are one work so far, and the catalogues that list any of them."""

    __slots__ = ("members", "providers")

    def __init__(self, member: int, providers: frozenset[str]) -> None:
        self.members = [member]
        self.providers = providers


class _Grouping:
    """Joins records under what must not be joined."""

    def __init__(
        self,
        records: Sequence[CatalogueRecord],
        apart: Collection[frozenset[UUID]],
        decided: Collection[frozenset[UUID]] = (),
    ) -> None:
        self._records = records
        self._decided = decided
        self._apart = apart
        self._providers = [record.providers for record in records]
        self._groups: dict[int, _Group] = {}
        self._unlikely: set[Pair] = set()

    def group(self, record: int) -> _Group:
        """Return the group of a record, which may be alone in it."""
        found = self._groups.get(record)
        if found is None:
            found = self._groups[record] = _Group(record, self._providers[record])
        return found

    def differ(self, one: int, other: int) -> bool:
        """Tell whether two records are known to be two works."""
        ends = frozenset((self._records[one].id, self._records[other].id))
        if ends in self._decided:
            return False
        return not self._providers[one].isdisjoint(self._providers[other]) or ends in self._apart

    def note_unlikely(self, pair: Pair) -> None:
        """Remember that two records that share a name are hardly one work."""
        self._unlikely.add(pair)

    def join(self, one: int, other: int) -> bool:
        """Join the groups of two records, unless any of their records differ."""
        here, there = self.group(one), self.group(other)
        if here is there:
            return True
        if not here.providers.isdisjoint(there.providers):
            return False
        for pair in product(here.members, there.members):
            # What is said of these two records counts for more than that they look unlike.
            is_other_pair = pair != (one, other)
            if self.differ(*pair) or (is_other_pair and self._look_unlike(*pair)):
                return False
        self.unite(one, other)
        return True

    def unite(self, one: int, other: int) -> None:
        """Join the groups of two records, whatever speaks against it."""
        here, there = self.group(one), self.group(other)
        if here is not there:
            here.members += there.members
            here.providers |= there.providers
            self._groups.update(dict.fromkeys(there.members, here))

    def _look_unlike(self, one: int, other: int) -> bool:
        """Tell whether records of a name are hardly one work, or one is a list of films."""
        if _pair(one, other) in self._unlikely:
            return True
        films = self._records[one], self._records[other]
        counts = [film.episodes or 1 for film in films if film.type == "movie"]
        return len(counts) > 1 and counts[0] != counts[1] and not run_as_long(*films)

    def groups(self) -> Iterator[list[int]]:
        """Yield the groups of two records and more."""
        for first, group in sorted(self._groups.items()):
            if len(group.members) > 1 and first == min(group.members):
                yield sorted(group.members)


def same_works(
    records: Iterable[CatalogueRecord],
    stated: Iterable[tuple[UUID, UUID]] = (),
    apart: Collection[frozenset[UUID]] = (),
    decided: Collection[frozenset[UUID]] = (),
) -> list[SameWork]:
    """Return the records that are the same work as another, each with the one that stands for it.

    `stated` are pairs that a source says to be one work; `apart` are pairs of which it says how
    they are related, or which curators keep apart; `decided` are those that curators say to be one.
    """
    ordered = sorted(records, key=lambda record: record.id)
    place = {record.id: number for number, record in enumerate(ordered)}
    grouping = _Grouping(ordered, apart, decided)
    likely = _likelihoods(ordered, grouping)
    seeds = [(place[one], place[other]) for one, other in stated if {one, other} <= place.keys()]
    ends_of = [sorted(place[one] for one in pair) for pair in decided if pair <= place.keys()]
    for one, other in sorted(ends_of):
        grouping.unite(one, other)
    said = _join_stated(seeds, ordered, grouping, likely)
    said |= {_pair(one, other) for one, other in ends_of}
    partners: defaultdict[int, dict[int, float]] = defaultdict(dict)
    for (one, other), sure in likely.items():
        partners[one][other] = partners[other][one] = sure
    beginnings = _beginnings(ordered)
    for (one, other), sure in sorted(likely.items(), key=lambda item: (-item[1], item[0])):
        if sure < LIKELY:
            break
        ends = ((one, other), (other, one))
        if not any(
            _is_doubtful(*pair, partners, ordered, grouping)
            or _is_later_part(*pair, beginnings, ordered, grouping)
            for pair in ends
        ):
            grouping.join(one, other)
    return [link for group in grouping.groups() for link in _links(group, ordered, said, likely)]


def kin_of(
    records: Iterable[CatalogueRecord], pairs: Iterable[Collection[UUID]] = ()
) -> dict[UUID, UUID]:
    """Return for each record that shares a name with another, or is one of `pairs`, its kin's mark.

    Whether two records are one work depends on their kin alone: what is said of two that are no kin
    (have another mark, or none) changes nothing.
    """
    bearer: dict[int, UUID] = {}
    links: list[tuple[UUID, ...]] = [tuple(sorted(pair)) for pair in pairs]
    for record in records:
        for name in record.keys.names:
            first = bearer.setdefault(name, record.id)
            if first != record.id:
                links.append((first, record.id))
    return connected(links)


def _likelihoods(records: Sequence[CatalogueRecord], grouping: _Grouping) -> dict[Pair, float]:
    """Return how likely pairs that share a name are one work, if it is at all possible."""
    found: dict[Pair, float] = {}
    for (one, other), rivals in _candidates(records).items():
        if not grouping.differ(one, other):
            sure = 0.0
            if _years_apart(records[one], records[other]) <= _MOST_YEARS_APART:
                sure = likelihood(records[one], records[other], rivals)
            if sure >= _POSSIBLE:
                found[one, other] = sure
            else:
                grouping.note_unlikely((one, other))
    return found


def _candidates(records: Sequence[CatalogueRecord]) -> dict[Pair, int]:
    """Return the pairs that share a name, and how many others bear the rarest name they share."""
    first: dict[int, int] = {}
    bearers: dict[int, list[int]] = {}
    for number, record in enumerate(records):
        for name in record.keys.names:
            seen = first.setdefault(name, number)
            if seen != number:
                bearers.setdefault(name, [seen]).append(number)
    found: dict[Pair, int] = {}
    for some in bearers.values():
        rivals = len(some) - 2
        for group in _comparable(some, records):
            for pair in combinations(group, 2):
                found[pair] = min(rivals, found.get(pair, rivals))
    return found


def _comparable(
    bearers: Sequence[int], records: Sequence[CatalogueRecord]
) -> Iterator[Sequence[int]]:
    """Yield the bearers of a name, of a common one by year."""
    if len(bearers) <= _MOST_BEARERS:
        yield bearers
        return
    of_year: defaultdict[int | None, list[int]] = defaultdict(list)
    for number in bearers:
        of_year[_year(records[number])].append(number)
    yield from (some for some in of_year.values() if 1 < len(some) <= _MOST_BEARERS)


def _join_stated(
    seeds: Iterable[Pair],
    records: Sequence[CatalogueRecord],
    grouping: _Grouping,
    likely: Mapping[Pair, float],
) -> set[Pair]:
    """Join what sources say to be one work; of two different works neither, or the likely one."""
    partners: defaultdict[int, set[int]] = defaultdict(set)
    for one, other in seeds:
        partners[one].add(other)
    said: set[Pair] = set()
    for one in sorted(partners):
        others = sorted(partners[one])
        if any(grouping.differ(*pair) for pair in combinations(others, 2)):
            others = [other for other in others if likely.get(_pair(one, other), 0.0) >= LIKELY]
            if len(others) > 1:
                continue
        for other in others:
            shares_name = not records[one].keys.names.isdisjoint(records[other].keys.names)
            is_near = _years_apart(records[one], records[other]) <= _MOST_YEARS_STATED
            if (shares_name or is_near) and grouping.join(one, other):
                said.add(_pair(one, other))
    return said


def _is_doubtful(
    record: int,
    partner: int,
    partners: Mapping[int, Mapping[int, float]],
    records: Sequence[CatalogueRecord],
    grouping: _Grouping,
) -> bool:
    """Tell whether a record could as well be another work than its partner, or holds both."""
    least = _RIVAL_ODDS * _odds(partners[record][partner])
    names, counted = records[record].keys.names, records[record].episodes
    agrees = counted is not None and counted == records[partner].episodes
    for rival, sure in partners[record].items():
        if rival != partner and grouping.differ(rival, partner):
            mains = {records[rival].keys.main, records[partner].keys.main}
            if _odds(sure) >= least or (not agrees and mains <= names):
                return True
    return False


def _is_later_part(
    part: int,
    whole: int,
    beginnings: Mapping[_Beginning, Sequence[int]],
    records: Sequence[CatalogueRecord],
    grouping: _Grouping,
) -> bool:
    """Tell whether a record is a later part of a run that another one counts as a whole.

    MyAnimeList has the 161 episodes of Ranma 1/2 in one record, which also bears the name of the
    143 of Nettou-hen; AniDB has these in a record of their own, and the first 18 in one that began
    on the day of the long one under its main name.
    """
    less, more = records[part].episodes, records[whole].episodes
    if less is None or more is None or less >= more:
        return False
    firsts = beginnings.get(_beginning(records[whole]), ())
    return part not in firsts and any(
        grouping.differ(first, part) and not grouping.differ(first, whole)
        for first in firsts
        if first != whole
    )


def _beginnings(records: Sequence[CatalogueRecord]) -> dict[_Beginning, list[int]]:
    """Return the records of one main name and type that began on one day, by both."""
    found: defaultdict[_Beginning, list[int]] = defaultdict(list)
    for number, record in enumerate(records):
        if len(record.date) == _DAY_CHARS:
            found[_beginning(record)].append(number)
    return {beginning: some for beginning, some in found.items() if len(some) > 1}


def _beginning(record: CatalogueRecord) -> _Beginning:
    return record.keys.main, record.type, record.date


def _links(
    group: Sequence[int],
    records: Sequence[CatalogueRecord],
    said: Collection[Pair],
    likely: Mapping[Pair, float],
) -> Iterator[SameWork]:
    """Yield the records of a work, each with the one that stands for it."""
    best = min(group, key=lambda number: _standing(records[number]))
    for number in group:
        if number != best:
            is_stated = _pair(number, best) in said
            others = (likely.get(_pair(number, other), 0.0) for other in group if other != number)
            sure = 1.0 if is_stated else round(max(others, default=0.0), 2)
            method: Method = "stated" if is_stated else "inferred"
            yield SameWork(records[number].id, records[best].id, method, sure)


def _standing(record: CatalogueRecord) -> tuple[bool, int, int, UUID]:
    """Return the sort key by which the best known record of a work comes first."""
    return (record.kind != "anime", -len(record.sources), -len(record.keys.whole), record.id)


def _odds(sure: float) -> float:
    return sure / max(1 - sure, _SUREST)


def _years_apart(one: CatalogueRecord, other: CatalogueRecord) -> int:
    """Return how many years lie between two records; none where one is not dated."""
    years = [year for record in (one, other) if (year := _year(record)) is not None]
    return max(years) - min(years) if len(years) > 1 else 0


def _year(record: CatalogueRecord) -> int | None:
    return int(record.date[:_YEAR_CHARS]) if record.date else None


def _pair(one: int, other: int) -> Pair:
    return (one, other) if one < other else (other, one)
