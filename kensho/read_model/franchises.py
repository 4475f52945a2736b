"""Franchises by slug: their ready documents, their members and guests, and retired slugs.

Guarantees: franchises are numbered in the order of their slugs; a work belongs to at most one. The
first member is the root. A tag changes when and only when the documents that it stands for do,
whatever else happened to the graph: those of `SHARING_A_TAG` have one in common; the graph of a
franchise has its own, since it also tells of works outside of the franchise.

Performance: 5 µs to find a slug, a slice to read a document.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from kensho.errors import ReadModelError
from kensho.read_model.blobs import (
    Documents,
    NewDocuments,
    SortedTexts,
    as_column,
    joined,
    numbers_of,
)
from kensho.read_model.inputs import FranchiseInput, RetiredSlugInput
from kensho.read_model.snapshot_folder import NewFolder, OpenFolder

DocumentName: TypeAlias = Literal["summary", "detail", "release", "story", "essential", "graph"]
"""The documents of a franchise; those between "detail" and "graph" are its watch orders."""

DOCUMENT_NAMES: Final[tuple[DocumentName, ...]] = get_args(DocumentName)
SHARING_A_TAG: Final[tuple[DocumentName, ...]] = (
    "summary",
    "detail",
    "release",
    "story",
    "essential",
)
NO_FRANCHISE: Final = -1
_TAG_BYTES: Final = 8
"""A tag is stored as one 64-bit integer."""
_RUNS: Final = ("members", "records", "guests")


class RetiredSlugState(NamedTuple):
    """A retired slug: its franchise became `successor`, or dissolved (`None`)."""

    successor: str | None


class NewFranchises:
    """Franchises of a read model in the making, in any order."""

    def __init__(self, folder: NewFolder) -> None:
        self._folder = folder
        self._documents = {
            name: NewDocuments(folder, f"franchise_{name}") for name in DOCUMENT_NAMES
        }
        self._franchises: list[tuple[bytes, dict[str, bytes], float]] = []
        self._adult: list[bool] = []
        self._tags: list[tuple[int, int]] = []
        self._retired: list[tuple[bytes, bytes]] = []

    def add(self, franchise: FranchiseInput) -> None:
        """Add a franchise; its documents go to disk."""
        for name in DOCUMENT_NAMES:
            self._documents[name].add(franchise.documents[name])
        runs = {
            name: b"".join(work.bytes for work in works)
            for name, works in zip(
                _RUNS, (franchise.members, franchise.records, franchise.guests), strict=True
            )
        }
        self._franchises.append((franchise.slug.encode(), runs, franchise.popularity))
        self._adult.append(franchise.adult)
        self._tags.append(
            (_tag(franchise.documents, SHARING_A_TAG), _tag(franchise.documents, ("graph",)))
        )

    def add_retired(self, slugs: Iterable[RetiredSlugInput]) -> None:
        """Add retired slugs."""
        self._retired += [(one.slug.encode(), (one.successor or "").encode()) for one in slugs]

    def write(self, ids: npt.NDArray[np.bytes_]) -> int:
        """Write everything, given the ascending ids of all works; return how many there are.

        Raises:
            ReadModelError: a franchise names a work that was not added, or two have one slug.
        """
        slugs = [slug for slug, _, _ in self._franchises]
        if len(set(slugs)) < len(slugs):
            raise ReadModelError("a franchise came twice")
        order = np.array(sorted(range(len(slugs)), key=slugs.__getitem__), dtype=np.int64)
        places: list[int] = order.tolist()
        franchises = [self._franchises[place] for place in places]
        for documents in self._documents.values():
            self._folder.arrays(documents.arrays(order))
        popularity = np.array([one[2] for one in franchises], dtype=np.float64)
        self._folder.arrays(
            {
                "franchise_tags": np.array(self._tags, dtype=np.uint64).reshape(-1, 2)[order],
                "franchise_adult": np.array(self._adult, dtype=np.bool_)[order],
                "franchise_listed": np.argsort(-popularity, kind="stable").astype(np.int32),
                **_runs_of([runs for _, runs, _ in franchises], ids),
            }
        )
        self._write_texts("franchise_slugs", [slug for slug, _, _ in franchises])
        retired = sorted(self._retired)
        self._write_texts("retired_slugs", [slug for slug, _ in retired])
        self._write_texts("slug_successors", [successor for _, successor in retired])
        return len(franchises)

    def _write_texts(self, name: str, texts: list[bytes]) -> None:
        ends, data = joined(texts)
        self._folder.arrays({f"{name}_ends": ends})
        self._folder.file(f"{name}.bin").write(data)


def _runs_of(
    franchises: list[dict[str, bytes]], ids: npt.NDArray[np.bytes_]
) -> dict[str, npt.NDArray[np.int32]]:
    """Return the members, records and guests of all franchises, and the franchise of each node."""
    arrays: dict[str, npt.NDArray[np.int32]] = {}
    of_node = np.full(len(ids), NO_FRANCHISE, dtype=np.int32)
    for name in _RUNS:
        columns = [as_column(runs[name]) for runs in franchises]
        nodes = numbers_of(as_column(b"".join(runs[name] for runs in franchises)), ids)
        if np.any(nodes < 0):
            raise ReadModelError("a franchise names a work that was not added")
        sizes = np.array([0, *(len(column) for column in columns)], dtype=np.int32)
        arrays[f"franchise_{name}"] = nodes
        arrays[f"franchise_{name}_offsets"] = np.cumsum(sizes, dtype=np.int32)
        if name != "guests":
            of_node[nodes] = np.repeat(np.arange(len(franchises), dtype=np.int32), sizes[1:])
    return arrays | {"node_franchise": of_node}


def _tag(documents: Mapping[str, bytes], names: Iterable[DocumentName]) -> int:
    summed = hashlib.blake2b(digest_size=_TAG_BYTES)
    for name in names:
        summed.update(b"%d:" % len(documents[name]))
        summed.update(documents[name])
    return int.from_bytes(summed.digest())


class Franchises:
    """The franchises of one revision."""

    def __init__(self, folder: OpenFolder) -> None:
        self._documents = {name: Documents(folder, f"franchise_{name}") for name in DOCUMENT_NAMES}
        self._tags = folder.array("franchise_tags")
        self._runs = {
            name: (folder.array(f"franchise_{name}"), folder.array(f"franchise_{name}_offsets"))
            for name in _RUNS
        }
        self._slugs = _texts(folder, "franchise_slugs")
        self._retired = _texts(folder, "retired_slugs")
        self._successors = _texts(folder, "slug_successors")
        self.by_node: Final[npt.NDArray[np.int32]] = folder.array("node_franchise")
        """The number of the franchise that each node belongs to, or `NO_FRANCHISE`."""
        self.listed: Final[npt.NDArray[np.int32]] = folder.array("franchise_listed")
        """Every franchise, the most popular first, then by slug."""
        self.adult: Final[npt.NDArray[np.bool_]] = folder.array("franchise_adult")
        """Whether all members of a franchise are adult."""

    def __len__(self) -> int:
        """Return how many franchises there are."""
        return len(self._slugs)

    def number(self, slug: str) -> int | None:
        """Return the number of the franchise of this slug, or `None`."""
        return self._slugs.find(slug)

    def slug(self, number: int) -> str:
        """Return a franchise's slug."""
        return self._slugs[number]

    def retired(self, slug: str) -> RetiredSlugState | None:
        """Return where a retired slug leads; `None` where `slug` is not retired."""
        place = self._retired.find(slug)
        return None if place is None else RetiredSlugState(self._successors[place] or None)

    def members(self, number: int) -> npt.NDArray[np.int32]:
        """Return the nodes of the members of a franchise: the root first, then by date."""
        return self._run("members", number)

    def records(self, number: int) -> npt.NDArray[np.int32]:
        """Return the nodes that are further records of members."""
        return self._run("records", number)

    def guests(self, number: int) -> npt.NDArray[np.int32]:
        """Return the nodes of a franchise's guests."""
        return self._run("guests", number)

    def document(self, number: int, name: DocumentName) -> bytes:
        """Return a ready document of a franchise: a JSON object."""
        return self._documents[name][number]

    def tag(self, number: int, name: DocumentName) -> bytes:
        """Return the tag of a document, from which its ETag is made: hexadecimal digits."""
        return b"%016x" % self._tags.item(number, int(name == "graph"))

    def _run(self, name: str, number: int) -> npt.NDArray[np.int32]:
        nodes, offsets = self._runs[name]
        return nodes[offsets[number] : offsets[number + 1]]


def _texts(folder: OpenFolder, name: str) -> SortedTexts:
    return SortedTexts(folder.array(f"{name}_ends"), folder.blob(f"{name}.bin"))
