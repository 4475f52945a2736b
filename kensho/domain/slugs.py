"""Permanent names of franchises in addresses: given once, never changed, never used again.

A franchise is the same as before where it holds more of its members than any other does. When two
become one, the slug of the part that gives more members stays and the other leads to it; when one
becomes two, the larger part keeps the slug and the other gets a new one. A franchise that dissolves
leaves its slug behind, which leads nowhere and is not given again.

Guarantees: pure, independent of the order of inputs; every slug that was ever given is in use or
retired, and a retired one leads to a slug that is in use, in one step, or nowhere.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import count
from typing import Final
from uuid import UUID

import msgspec

from kensho.domain.titles import folded

_WORDS: Final = re.compile("[a-z0-9]+")
_INNER_AT: Final = re.compile(r"(?<=\w)@(?=\w)")
"""THE iDOLM@STER."""
_NAMELESS: Final = "franchise"
_MOST_CHARS: Final = 80
"""Longer slugs are cut at a word: an address should fit on a line."""


class Slugged(msgspec.Struct, frozen=True):
    """A franchise as it is stored: its slug and the works in it."""

    slug: str
    members: frozenset[UUID]


class Unslugged(msgspec.Struct, frozen=True):
    """A franchise as it is now: its root, titles to name it by, the best first, year and works."""

    root: UUID
    titles: tuple[str, ...]
    members: frozenset[UUID]
    year: str = ""


class Slugs(msgspec.Struct, frozen=True):
    """The slug of each franchise, by its root, and where earlier slugs lead: `None` is nowhere."""

    slugs: Mapping[UUID, str]
    redirects: Mapping[str, str | None]


def assigned(
    before: Collection[Slugged], redirects: Mapping[str, str | None], now: Collection[Unslugged]
) -> Slugs:
    """Return the slugs of the franchises of now, given those of before and all earlier redirects.

    No two franchises of now share a work, nor do two of before.
    """
    kept, gone = _matched(before, now)
    taken = {one.slug for one in before} | set(redirects)
    slugs = dict(kept)
    for one in sorted(now, key=lambda one: (-len(one.members), one.root)):
        if one.root not in slugs:
            slug = next(slug for slug in _candidates(one) if slug not in taken)
            taken.add(slug)
            slugs[one.root] = slug
    moved = {slug: None if root is None else slugs[root] for slug, root in gone.items()}
    earlier = {
        slug: target if target is None else moved.get(target, target)
        for slug, target in redirects.items()
    }
    return Slugs(slugs, {**earlier, **moved})


def _matched(
    before: Iterable[Slugged], now: Iterable[Unslugged]
) -> tuple[dict[UUID, str], dict[str, UUID | None]]:
    """Return which franchises keep which slug, and who took most of those that are retired."""
    home = {work: one.root for one in now for work in one.members}
    shared: dict[tuple[str, UUID], int] = {}
    slugs: list[str] = []
    for one in before:
        slugs.append(one.slug)
        for work in one.members:
            if work in home:
                pair = (one.slug, home[work])
                shared[pair] = shared.get(pair, 0) + 1
    kept: dict[UUID, str] = {}
    in_use: set[str] = set()
    heirs: dict[str, UUID] = {}
    for slug, root in sorted(shared, key=lambda pair: (-shared[pair], pair)):
        heirs.setdefault(slug, root)
        if slug not in in_use and root not in kept:
            kept[root] = slug
            in_use.add(slug)
    return kept, {slug: heirs.get(slug) for slug in slugs if slug not in in_use}


def _candidates(one: Unslugged) -> Iterator[str]:
    named = [slug for slug in map(slug_of, one.titles) if slug] or [_NAMELESS]
    yield named[0]
    if one.year:
        yield f"{named[0]}-{one.year}"
    for number in count(2):
        yield f"{named[0]}-{number}"


def slug_of(title: str) -> str:
    """Return a title as lower-case ASCII words joined by hyphens; empty where it has none.

    Ornament parts words, "SPY×FAMILY" is spy-x-family; an @ inside of one is its a.
    """
    words = _WORDS.findall(folded(_INNER_AT.sub("a", title)))
    while len(words) > 1 and len("-".join(words)) > _MOST_CHARS:
        words.pop()
    return "-".join(words)[:_MOST_CHARS]
