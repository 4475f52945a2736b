"""Franchises by slug: their ready documents, who is at home or a guest in them, and what moved.

Guarantees: franchises are numbered in the order of their slugs; a work is at home in at most one.
The first member is the root. A tag changes when and only when the documents that it stands for do,
whatever else happened to the graph: `HUB_TAGGED` has one, the graph of a franchise its own, since
that tells of works beyond the border.

Performance: 5 µs to find a slug, a slice to read a document.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

from kensho.errors import ReadModelError
from kensho.read_model.documents import Documents, NewDocuments
from kensho.read_model.inputs import FranchiseInput, RetiredSlugInput
from kensho.read_model.keys import SortedTexts, as_column, joined, numbers_of
from kensho.read_model.snapshot_folder import NewFolder, OpenFolder

Paper: TypeAlias = Literal["card", "hub", "release", "story", "essential", "graph"]
"""The documents of a franchise; those between "hub" and "graph" are its watch orders."""

PAPERS: Final[tuple[Paper, ...]] = get_args(Paper)
HUB_TAGGED: Final[tuple[Paper, ...]] = ("card", "hub", "release", "story", "essential")
NO_FRANCHISE: Final = -1
_TAG_BYTES: Final = 8
_RUNS: Final = ("members", "records", "guests")


class RetiredSlugState(NamedTuple):
    """A slug that stands no more: it leads to `successor`, or nowhere."""

    successor: str | None


class NewFranchiseDocuments:
    """Franchises of a read model in the making, in any order."""

    def __init__(self, folder: NewFolder) -> None:
        self._folder = folder
        self._papers = {name: NewDocuments(folder, f"hub_{name}") for name in PAPERS}
        self._hubs: list[tuple[bytes, dict[str, bytes], float]] = []
        self._tags: list[tuple[int, int]] = []
        self._retired: list[tuple[bytes, bytes]] = []

    def add(self, hub: FranchiseInput) -> None:
        """Add a franchise; its documents go to disk."""
        for name in PAPERS:
            self._papers[name].add(hub.papers[name])
        runs = {
            name: b"".join(work.bytes for work in works)
            for name, works in zip(_RUNS, (hub.members, hub.records, hub.guests), strict=True)
        }
        self._hubs.append((hub.slug.encode(), runs, hub.popularity))
        self._tags.append((_tag(hub.papers, HUB_TAGGED), _tag(hub.papers, ("graph",))))

    def add_retired(self, slugs: Iterable[RetiredSlugInput]) -> None:
        """Add slugs that stand no more."""
        self._retired += [(one.slug.encode(), (one.successor or "").encode()) for one in slugs]

    def write(self, ids: npt.NDArray[np.bytes_]) -> int:
        """Write everything, given the ascending ids of all works; return how many there are.

        Raises:
            ReadModelError: a franchise names a work that was not added, or two have one slug.
        """
        slugs = [slug for slug, _, _ in self._hubs]
        if len(set(slugs)) < len(slugs):
            raise ReadModelError("a franchise came twice")
        order = np.array(sorted(range(len(slugs)), key=slugs.__getitem__), dtype=np.int64)
        places: list[int] = order.tolist()
        hubs = [self._hubs[place] for place in places]
        for papers in self._papers.values():
            self._folder.arrays(papers.arrays(order))
        popularity = np.array([one[2] for one in hubs], dtype=np.float64)
        self._folder.arrays(
            {
                "hub_tags": np.array(self._tags, dtype=np.uint64).reshape(-1, 2)[order],
                "hub_listed": np.argsort(-popularity, kind="stable").astype(np.int32),
                **_runs_of([runs for _, runs, _ in hubs], ids),
            }
        )
        self._write_texts("hub_slugs", [slug for slug, _, _ in hubs])
        retired = sorted(self._retired)
        self._write_texts("retired_slugs", [slug for slug, _ in retired])
        self._write_texts("slug_successors", [successor for _, successor in retired])
        return len(hubs)

    def _write_texts(self, name: str, texts: list[bytes]) -> None:
        ends, data = joined(texts)
        self._folder.arrays({f"{name}_ends": ends})
        self._folder.file(f"{name}.bin").write(data)


def _runs_of(
    hubs: list[dict[str, bytes]], ids: npt.NDArray[np.bytes_]
) -> dict[str, npt.NDArray[np.int32]]:
    """Return the nodes of all franchises, by what they are there, and the home of each node."""
    arrays: dict[str, npt.NDArray[np.int32]] = {}
    home = np.full(len(ids), NO_FRANCHISE, dtype=np.int32)
    for name in _RUNS:
        columns = [as_column(runs[name]) for runs in hubs]
        nodes = numbers_of(as_column(b"".join(runs[name] for runs in hubs)), ids)
        if np.any(nodes < 0):
            raise ReadModelError("a franchise names a work that was not added")
        sizes = np.array([0, *(len(column) for column in columns)], dtype=np.int32)
        arrays[f"hub_{name}"] = nodes
        arrays[f"hub_{name}_offsets"] = np.cumsum(sizes, dtype=np.int32)
        if name != "guests":
            home[nodes] = np.repeat(np.arange(len(hubs), dtype=np.int32), sizes[1:])
    return arrays | {"node_hub": home}


def _tag(papers: Mapping[str, bytes], names: Iterable[Paper]) -> int:
    summed = hashlib.blake2b(digest_size=_TAG_BYTES)
    for name in names:
        summed.update(b"%d:" % len(papers[name]))
        summed.update(papers[name])
    return int.from_bytes(summed.digest())


class FranchiseDocuments:
    """The franchises of one revision."""

    def __init__(self, folder: OpenFolder) -> None:
        self._papers = {name: Documents(folder, f"hub_{name}") for name in PAPERS}
        self._tags = folder.array("hub_tags")
        self._runs = {
            name: (folder.array(f"hub_{name}"), folder.array(f"hub_{name}_offsets"))
            for name in _RUNS
        }
        self._slugs = _texts(folder, "hub_slugs")
        self._retired = _texts(folder, "retired_slugs")
        self._successors = _texts(folder, "slug_successors")
        self.homes: Final[npt.NDArray[np.int32]] = folder.array("node_hub")
        """The franchise that each node is at home in, or `NO_FRANCHISE`."""
        self.listed: Final[npt.NDArray[np.int32]] = folder.array("hub_listed")
        """Every franchise, the most popular first, then by slug."""

    def __len__(self) -> int:
        """Return how many franchises there are."""
        return len(self._slugs)

    def number(self, slug: str) -> int | None:
        """Return the number of the franchise of this slug, or `None`."""
        return self._slugs.find(slug)

    def slug(self, hub: int) -> str:
        """Return a franchise's slug."""
        return self._slugs[hub]

    def retired(self, slug: str) -> RetiredSlugState | None:
        """Return where a slug leads that stands no more; `None` for any other."""
        place = self._retired.find(slug)
        return None if place is None else RetiredSlugState(self._successors[place] or None)

    def members(self, hub: int) -> npt.NDArray[np.int32]:
        """Return the nodes of the works at home in a franchise: the root first, then by date."""
        return self._run("members", hub)

    def records(self, hub: int) -> npt.NDArray[np.int32]:
        """Return the nodes that are further records of members."""
        return self._run("records", hub)

    def guests(self, hub: int) -> npt.NDArray[np.int32]:
        """Return the nodes of a franchise's guests."""
        return self._run("guests", hub)

    def paper(self, hub: int, name: Paper) -> bytes:
        """Return a ready document of a franchise: a JSON object."""
        return self._papers[name][hub]

    def tag(self, hub: int, name: Paper) -> bytes:
        """Return the tag of a document: hexadecimal digits."""
        return b"%016x" % self._tags.item(hub, int(name == "graph"))

    def _run(self, name: str, hub: int) -> npt.NDArray[np.int32]:
        nodes, offsets = self._runs[name]
        return nodes[offsets[hub] : offsets[hub + 1]]


def _texts(folder: OpenFolder, name: str) -> SortedTexts:
    return SortedTexts(folder.array(f"{name}_ends"), folder.blob(f"{name}.bin"))
