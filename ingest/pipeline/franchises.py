"""Franchises that sources state outright.

Film collections. Ids are derived, slugs are given once and kept.
"""

import re
import unicodedata
import uuid
from collections.abc import Iterable, Mapping
from typing import Self

import msgspec

from kensho.domain.records import Collection
from kensho.domain.works import NAMESPACE


class Franchise(msgspec.Struct, frozen=True):
    """The row of a franchise in the graph."""

    id: uuid.UUID
    slug: str
    title: str
    source_id: str

    @classmethod
    def of(cls, collection: Collection) -> Self:
        """Return the franchise that a source's collection makes, with the slug of its title."""
        franchise_id = uuid.uuid5(NAMESPACE, f"franchise:{collection.id}")
        return cls(franchise_id, slugify(collection.title), collection.title, collection.id)


def slugify(title: str) -> str:
    """Return the title as lower-case ASCII words joined by hyphens.

    `franchise` where none is left.
    """
    ascii_text = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", ascii_text)) or "franchise"


def plan(
    stored: Iterable[Franchise], desired: Mapping[uuid.UUID, Franchise]
) -> tuple[list[Franchise], list[uuid.UUID]]:
    """Return (rows to write, ids to drop). A franchise that stands keeps its slug.

    A new one gets a free one.
    """
    known = {f.id: f for f in stored}
    taken = {f.slug for f in known.values()}
    rows: list[Franchise] = []
    for franchise in sorted(desired.values(), key=lambda f: (f.slug, f.source_id)):
        old = known.get(franchise.id)
        if old is None:
            slug = next(s for s in _candidates(franchise.slug) if s not in taken)
            taken.add(slug)
            rows.append(msgspec.structs.replace(franchise, slug=slug))
        elif old.title != franchise.title:
            rows.append(msgspec.structs.replace(franchise, slug=old.slug))
    return rows, [f for f in known if f not in desired]


def _candidates(slug: str) -> Iterable[str]:
    yield slug
    number = 2
    while True:
        yield f"{slug}-{number}"
        number += 1
