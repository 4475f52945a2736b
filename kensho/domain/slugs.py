"""Slugs: the permanent names of franchises in URLs, which follow members and are never reused.

The same works have the same slug: a franchise whose works were all of one before has the slug that
those had, whatever bore it meanwhile; of two that had it, the one that had it first. Else a
franchise keeps the slug of the earlier franchise with which it shares the most members. When two
franchises merge, the one that contributes more members keeps its slug and the other slug redirects
to it. When one splits, the larger part keeps the slug and the other gets a new one. The slug of a
franchise that dissolves is retired; it returns with the franchise that has most of its members.

Guarantees: pure, and independent of the order of inputs. Every slug ever assigned is in use or
retired, and is given to no franchise that shares no member with one that bore it; retired ones
redirect, in one step or several, to a slug in use, or nowhere. Whenever all franchises are again
what they were, so are their slugs.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from kensho.domain.titles import folded

_WORDS: Final = re.compile("[a-z0-9]+")
_INNER_AT: Final = re.compile(r"(?<=\w)@(?=\w)")
"""An @ between letters, as in THE iDOLM@STER."""
_NAMELESS: Final = "franchise"
_DIGEST_BYTES: Final = 12
_MOST_CHARS: Final = 80
"""Longer slugs are cut at a word, so that a URL fits on a line."""


class Slugged(msgspec.Struct, frozen=True):
    """A franchise as it is stored: its slug and the works in it."""

    slug: str
    members: frozenset[UUID]


class Unslugged(msgspec.Struct, frozen=True):
    """A franchise without a slug: its root, its titles (the best first), its works and its year."""

    root: UUID
    titles: tuple[str, ...]
    members: frozenset[UUID]
    year: str = ""


class PastSlug(NamedTuple):
    """A slug, and the works of a franchise that bore it and stopped; `since` orders them."""

    works: str
    slug: str
    since: int


class SlugMemory(msgspec.Struct, frozen=True):
    """What is remembered: who bore which slug, and the last members of each retired slug."""

    past: Collection[PastSlug] = ()
    members: Mapping[str, Collection[UUID]] = {}


class Slugs(msgspec.Struct, frozen=True):
    """The slug of each franchise, by its root, and the target of each retired slug (or `None`).

    A target may be retired too and lead on. `past` is what has to be remembered besides.
    """

    slugs: Mapping[UUID, str]
    redirects: Mapping[str, str | None]
    past: Sequence[PastSlug] = ()


def works_digest(works: Iterable[UUID]) -> str:
    """Return a digest by which a set of works is known again."""
    ids = b"".join(sorted(work.bytes for work in works))
    return hashlib.blake2b(ids, digest_size=_DIGEST_BYTES).hexdigest()


def assigned(
    before: Collection[Slugged],
    redirects: Mapping[str, str | None],
    now: Collection[Unslugged],
    memory: SlugMemory | None = None,
) -> Slugs:
    """Return the slugs of the franchises `now`, given those of `before` and all earlier redirects.

    No two franchises of `now` may share a work, and no two of `before`.
    """
    memory = memory or SlugMemory()
    matching = _Matching(now)
    # One work is no franchise: a cut run took the others.
    digests = {one.slug: works_digest(one.members) for one in before if len(one.members) > 1}
    matching.by_works(memory.past, digests)
    matching.by_members(before)
    matching.by_most_members(
        {slug: memory.members[slug] for slug in redirects if slug in memory.members}
    )
    slugs = matching.slugs
    taken = {franchise.slug for franchise in before} | set(redirects)
    taken.update(one.slug for one in memory.past)
    for franchise in sorted(now, key=lambda franchise: (-len(franchise.members), franchise.root)):
        if franchise.root not in slugs:
            slug = next(slug for slug in _candidates(franchise) if slug not in taken)
            taken.add(slug)
            slugs[franchise.root] = slug
    used = set(slugs.values())
    gone = {one.slug: matching.most_of(one.members) for one in before if one.slug not in used}
    moved = {slug: None if root is None else slugs[root] for slug, root in gone.items()}
    earlier = {slug: target for slug, target in redirects.items() if slug not in used}
    borne = {(works_digest(one.members), slugs[one.root]) for one in now}
    return Slugs(slugs, {**earlier, **moved}, _ended(digests, borne, memory.past))


def _ended(
    digests: Mapping[str, str], borne: Container[tuple[str, str]], past: Collection[PastSlug]
) -> list[PastSlug]:
    """Return which works bore a slug before and do not now, as far as that is not remembered."""
    known = {(one.works, one.slug) for one in past}
    ended = sorted((works, slug) for slug, works in digests.items())
    first = max((one.since for one in past), default=-1) + 1
    new = (one for one in ended if one not in known and one not in borne)
    return [PastSlug(works, slug, since) for since, (works, slug) in enumerate(new, first)]


class _Matching:
    """Gives the franchises of now the slugs of before, each slug and each franchise once."""

    def __init__(self, now: Collection[Unslugged]) -> None:
        self.slugs: Final[dict[UUID, str]] = {}
        self._used: Final[set[str]] = set()
        self._root_of_work: Final = {work: one.root for one in now for work in one.members}
        self._root_of_works: Final = {works_digest(one.members): one.root for one in now}

    def by_works(self, past: Iterable[PastSlug], before: Mapping[str, str]) -> None:
        """Give the slugs that the very same works had, those that had them first before others."""
        ordered = sorted(past, key=lambda one: (one.since, one.works))
        had = [(one.works, one.slug) for one in ordered]
        for works, slug in chain(had, sorted((works, slug) for slug, works in before.items())):
            if works in self._root_of_works:
                self._give(slug, self._root_of_works[works])

    def by_members(self, before: Iterable[Slugged]) -> None:
        """Give the slugs of those that share the most members, while there are any."""
        shared = {(one.slug, root): n for one in before for root, n in self._shared(one.members)}
        for slug, root in sorted(shared, key=lambda pair: (-shared[pair], pair)):
            self._give(slug, root)

    def by_most_members(self, retired: Mapping[str, Collection[UUID]]) -> None:
        """Give retired slugs to those that have most of their members."""
        most = {slug: self._shared(members)[:1] for slug, members in retired.items()}
        found = sorted((-n, slug, root) for slug, best in most.items() for root, n in best)
        for _, slug, root in found:
            self._give(slug, root)

    def most_of(self, members: Iterable[UUID]) -> UUID | None:
        """Return the root of the franchise that has most of these works now."""
        return next((root for root, _ in self._shared(members)), None)

    def _shared(self, members: Iterable[UUID]) -> list[tuple[UUID, int]]:
        homes = Counter(self._root_of_work[work] for work in members if work in self._root_of_work)
        return sorted(homes.items(), key=lambda one: (-one[1], one[0]))

    def _give(self, slug: str, root: UUID) -> None:
        if slug not in self._used and root not in self.slugs:
            self.slugs[root] = slug
            self._used.add(slug)


def _candidates(franchise: Unslugged) -> Iterator[str]:
    slugs = [slug for slug in map(slug_of, franchise.titles) if slug] or [_NAMELESS]
    yield slugs[0]
    if franchise.year:
        yield f"{slugs[0]}-{franchise.year}"
    for number in count(2):
        yield f"{slugs[0]}-{number}"


def slug_of(title: str) -> str:
    """Return a title as lower-case ASCII words joined by hyphens, or "" if it has no such words.

    Ornaments separate words: "SPY×FAMILY" is spy-x-family. An @ inside a word stands for an a.
    """
    words = _WORDS.findall(folded(_INNER_AT.sub("a", title)))
    while len(words) > 1 and len("-".join(words)) > _MOST_CHARS:
        words.pop()
    return "-".join(words)[:_MOST_CHARS]
