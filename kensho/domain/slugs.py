"""Slugs: the permanent names of franchises in URLs, which are never changed and never reused.

A franchise keeps the slug of the earlier franchise with which it shares the most members. When two
franchises merge, the one that contributes more members keeps its slug and the other slug redirects
to it. When one splits, the larger part keeps the slug and the other gets a new one. The slug of a
franchise that dissolves is retired: it redirects nowhere and is not assigned again.

Guarantees: pure, and independent of the order of inputs. Every slug ever assigned is in use or
retired; a retired one redirects, in one step, to a slug in use, or nowhere.
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
"""An @ between letters, as in THE iDOLM@STER."""
_NAMELESS: Final = "franchise"
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


class Slugs(msgspec.Struct, frozen=True):
    """The slug of each franchise, by its root, and the target of each retired slug (or `None`)."""

    slugs: Mapping[UUID, str]
    redirects: Mapping[str, str | None]


def assigned(
    before: Collection[Slugged], redirects: Mapping[str, str | None], now: Collection[Unslugged]
) -> Slugs:
    """Return the slugs of the franchises `now`, given those of `before` and all earlier redirects.

    No two franchises of `now` may share a work, and no two of `before`.
    """
    kept, gone = _matched(before, now)
    taken = {franchise.slug for franchise in before} | set(redirects)
    slugs = dict(kept)
    for franchise in sorted(now, key=lambda franchise: (-len(franchise.members), franchise.root)):
        if franchise.root not in slugs:
            slug = next(slug for slug in _candidates(franchise) if slug not in taken)
            taken.add(slug)
            slugs[franchise.root] = slug
    moved = {slug: None if root is None else slugs[root] for slug, root in gone.items()}
    earlier = {
        slug: target if target is None else moved.get(target, target)
        for slug, target in redirects.items()
    }
    return Slugs(slugs, {**earlier, **moved})


def _matched(
    before: Iterable[Slugged], now: Iterable[Unslugged]
) -> tuple[dict[UUID, str], dict[str, UUID | None]]:
    """Return the kept slugs by root, and the root that each retired slug leads to, if any."""
    root_of_work = {work: franchise.root for franchise in now for work in franchise.members}
    shared: dict[tuple[str, UUID], int] = {}
    slugs: list[str] = []
    for franchise in before:
        slugs.append(franchise.slug)
        for work in franchise.members:
            if work in root_of_work:
                pair = (franchise.slug, root_of_work[work])
                shared[pair] = shared.get(pair, 0) + 1
    kept: dict[UUID, str] = {}
    in_use: set[str] = set()
    successors: dict[str, UUID] = {}
    for slug, root in sorted(shared, key=lambda pair: (-shared[pair], pair)):
        successors.setdefault(slug, root)
        if slug not in in_use and root not in kept:
            kept[root] = slug
            in_use.add(slug)
    return kept, {slug: successors.get(slug) for slug in slugs if slug not in in_use}


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
