"""Which providers' pages of a work list another one, as the sources that unite providers repeat it.

Such a source (anime-offline-database) names related works by their ids on every provider that has
them; who lists what tells kinds of relations apart (`kensho.domain.inference.features`). Kept as
bits: 150 bytes a pair.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, Self
from uuid import UUID


class ListedPair(NamedTuple):
    """The providers whose page of `work` lists `other`."""

    work: UUID
    other: UUID
    providers: tuple[str, ...]


class Listings:
    """Collects which providers list what."""

    def __init__(self) -> None:
        self._bit: dict[str, int] = {}
        self._lists: dict[tuple[UUID, UUID], int] = {}
        self._bits: dict[tuple[str, ...], int] = {}
        self._names: dict[int, frozenset[str]] = {0: frozenset()}

    def add(self, work: UUID, other: UUID, source_id: str) -> None:
        """Note that the provider of `source_id` lists `other` on its page of `work`."""
        provider = source_id.partition(":")[0]
        bit = self._bit.setdefault(provider, 1 << len(self._bit))
        self._lists[work, other] = self._lists.get((work, other), 0) | bit

    @classmethod
    def of_pairs(cls, pairs: Iterable[ListedPair]) -> Self:
        """Return the listings that `pairs` told."""
        found = cls()
        for work, other, providers in pairs:
            found.set(work, other, providers)
        return found

    def set(self, work: UUID, other: UUID, providers: tuple[str, ...]) -> None:
        """Note which providers, and no others, list `other` on their page of `work`."""
        bits = self._bits.get(providers)
        if bits is None:
            each = (self._bit.setdefault(name, 1 << len(self._bit)) for name in providers)
            bits = self._bits[providers] = sum(each)
        self._lists[work, other] = bits

    def pairs(self, ends: Iterable[tuple[UUID, UUID]]) -> Iterator[ListedPair]:
        """Yield what there is between both ends of relations, in either direction."""
        for one, other in ends:
            for pair in ((one, other), (other, one)):
                if pair in self._lists:
                    yield ListedPair(*pair, tuple(self.of(*pair)))

    def of(self, work: UUID, other: UUID) -> frozenset[str]:
        """Return the providers whose page of `work` lists `other`."""
        bits = self._lists.get((work, other), 0)
        names = self._names.get(bits)
        if names is None:
            names = frozenset(name for name, bit in self._bit.items() if bits & bit)
            self._names[bits] = names
        return names


def pages_of(
    records: Iterable[tuple[Iterable[UUID], Iterable[str]]],
) -> Mapping[UUID, frozenset[str]]:
    """Return the providers that have a page of each work, given works and ids of records."""
    pages: dict[UUID, frozenset[str]] = {}
    interned: dict[frozenset[str], frozenset[str]] = {}
    for works, ids in records:
        providers = frozenset(source_id.partition(":")[0] for source_id in ids)
        for work in works:
            found = pages.get(work, frozenset()) | providers
            pages[work] = interned.setdefault(found, found)
    return pages
