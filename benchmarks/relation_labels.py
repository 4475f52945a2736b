"""The pairs whose kind a source states, as kinds are learnt from them and judged.

Three views of a pair, by what is withheld around it. "alone" withholds every stated kind: pages
that state kinds come or go with their whole franchise, so that most untyped pairs have none near.
"among" shows what the pages of *other* works state, as for a work whose own page is missing.
"next_to" withholds nothing but the pair itself.
"""

import argparse
import pickle
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeAlias
from uuid import UUID

import msgspec

from benchmarks.franchise_data import franchise_work_row
from ingest import curation
from ingest.pipeline.franchises.work_facts import pair_facts
from ingest.reading.files import SourceFile
from ingest.reading.rejects import RejectLog
from ingest.sources import anilist, aodb, curated_franchises, jikan
from kensho.domain.graphs import connected
from kensho.domain.inference.features import PairProfile, Reader, Vocabulary
from kensho.domain.inference.measures import measured
from kensho.domain.inference.model import RelationModel, in_order
from kensho.domain.inference.neighbourhood import RelatedPairs
from kensho.domain.inference.title_pairs import LOOSE, names
from kensho.domain.records import Record
from kensho.domain.relations import INVERSE, Assertion, Kind, resolve_parent
from kensho.storage import tables as snapshot
from kensho.storage.gateway import Gateway
from kensho.storage.opening import run_on_store

View: TypeAlias = Literal["alone", "among", "next_to"]

MODEL: Final = Path("ingest/models/relation_kinds.json")
LARGE_COMPONENT: Final = 150


class Label(NamedTuple):
    """A stated relation: `b` is the `kind` of `a`."""

    a: str
    b: str
    kind: Kind


class Graph(NamedTuple):
    """All that training and measuring read; `own` are pairs that only this work's page states;
    `works` are named by source id; `curated` are related pairs that curators type and no source."""

    around: RelatedPairs
    profiles: dict[str, PairProfile]
    edges: list[tuple[str, str]]
    labels: list[Label]
    lists: dict[tuple[str, str], frozenset[str]]
    pages: dict[str, frozenset[str]]
    own: dict[str, frozenset[frozenset[str]]]
    groups: dict[str, str]
    works: dict[str, str]
    curated: list[Label]


class Example(NamedTuple):
    """A pair as it is learnt from, the earlier work first.

    `bare` is what its titles, dates, sizes and synopses alone tell of it.
    """

    kind: Kind
    held: dict[str, float]
    bare: dict[str, float]
    group: int
    is_tellable: bool


def parsed_arguments() -> argparse.Namespace:
    """Return the store's URL (or a pickle of its rows) and the folder of data."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", required=True, help="URL of an ingested store")
    parser.add_argument("--rows", type=Path, help="pickled rows of that store, to save a minute")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    return parser.parse_args()


async def _rows(gateway: Gateway) -> dict[str, list[Any]]:
    tables = ("anime", "movies", "tags", "taggings", "sequels", "relations")
    return {
        name: [row async for page in getattr(snapshot, name)(gateway) for row in page]
        for name in tables
    }


def read_graph(arguments: argparse.Namespace) -> Graph:
    """Return the store's related works, and from the data who lists and who states what."""
    rows = (
        pickle.loads(arguments.rows.read_bytes())
        if arguments.rows
        else run_on_store(arguments.store, _rows)
    )
    labels = [label(r, "sequel") for r in rows["sequels"]]
    labels += [label(r, r.id.kind) for r in rows["relations"]]
    edges = sorted((one.a, one.b) for one in labels)
    labels = sorted(one for one in labels if one.kind != "related")
    vocabulary = msgspec.json.decode(MODEL.read_bytes(), type=RelationModel).vocabulary
    profiles = read_profiles(rows, {work for edge in edges for work in edge}, vocabulary)
    works = {source: str(w.id) for w in (*rows["anime"], *rows["movies"]) for source in w.sources}
    lists, pages = read_lists(arguments.data, works)
    around = RelatedPairs(profiles.values(), edges, labels, lists, pages)
    own = read_own(arguments.data, works)
    curated = read_curated(works, edges, labels)
    groups = franchises(profiles, edges, [*labels, *curated])
    return Graph(around, profiles, edges, labels, lists, pages, own, groups, works, curated)


def label(row: Any, kind: Kind) -> Label:
    """Return a relation as sources state it; what a curator says or was inferred is no label."""
    said = msgspec.json.decode(bytes(row.assertions), type=list[Assertion])
    stated = [one.kind for one in said if one.method == "stated" and one.kind != "related"]
    label: Kind = kind if kind in stated else "related"
    if label == "related" and stated:  # a curator says otherwise
        label = stated[0]
    return Label(str(row.id.of), str(row.id.work), label)


def read_profiles(
    rows: Mapping[str, list[Any]], wanted: set[str], vocabulary: Vocabulary
) -> dict[str, PairProfile]:
    """Return the profiles of the works wanted."""
    tags: defaultdict[UUID, list[UUID]] = defaultdict(list)
    named = {tag.id: tag.name for tag in rows["tags"]}
    for row in rows["taggings"]:
        tags[row.id.work].append(row.id.tag)
    reader = Reader(vocabulary)
    works = (work for work in (*rows["anime"], *rows["movies"]) if str(work.id) in wanted)
    facts = (pair_facts(franchise_work_row(work, tags[work.id]), named) for work in works)
    return {one.key: reader.profile(one) for one in facts}


def read_lists(
    data: Path, works: Mapping[str, str]
) -> tuple[dict[tuple[str, str], frozenset[str]], dict[str, frozenset[str]]]:
    """Return which providers list a work as related to another, and which have a page of it."""
    lists: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    pages: defaultdict[str, set[str]] = defaultdict(set)
    for record in records(data / "aodb/anime-offline-database.jsonl.zst", aodb.SOURCE):
        here = next((works[one] for one in record.ids if one in works), None)
        if here is not None:
            pages[here].update(one.partition(":")[0] for one in record.ids)
            for claim in record.links.relations:
                if there := works.get(claim.target):
                    lists[here, there].add(claim.target.partition(":")[0])
    return (
        {pair: frozenset(found) for pair, found in lists.items()},
        {work: frozenset(found) for work, found in pages.items()},
    )


def read_own(data: Path, works: Mapping[str, str]) -> dict[str, frozenset[frozenset[str]]]:
    """Return by work the pairs that its page alone states."""
    stated: defaultdict[frozenset[str], set[str]] = defaultdict(set)
    for path, source in (
        ("jikan/jikan_v4_full.jsonl.zst", jikan.SOURCE),
        ("anilist/anilist_media.jsonl.zst", anilist.SOURCE),
    ):
        for record in records(data / path, source):
            for claim in record.links.relations:
                here, there = works.get(record.key), works.get(claim.target)
                if here and there:
                    stated[frozenset((here, there))].add(here)
    own: defaultdict[str, set[frozenset[str]]] = defaultdict(set)
    for pair, pages in stated.items():
        if len(pages) == 1:
            own[min(pages)].add(pair)
    return {work: frozenset(pairs) for work, pairs in own.items()}


def read_curated(
    works: Mapping[str, str], edges: Iterable[tuple[str, str]], labels: Iterable[Label]
) -> list[Label]:
    """Return the related pairs whose kind `curation/` states and no source does."""
    related = set(map(frozenset, edges)) - {frozenset((one.a, one.b)) for one in labels}
    found: dict[frozenset[str], Label] = {}
    for path in curation.relation_files():
        for record in records(path, curated_franchises.SOURCE):
            for claim in record.links.relations:
                a, b = works.get(record.key), works.get(claim.target)
                if a and b and frozenset((a, b)) in related and claim.kind != "related":
                    label = Label(a, b, resolve_parent(claim.kind, ()))
                    found[frozenset((a, b))] = label
    return list(found.values())


def records(path: Path, source: Any) -> Iterator[Record]:
    """Return the records of a file."""
    found: Iterator[Record] = source.read(SourceFile(path), RejectLog(source.name, None))
    return found


def franchises(
    profiles: Mapping[str, PairProfile], edges: Sequence[tuple[str, str]], labels: Iterable[Label]
) -> dict[str, str]:
    """Return the franchise of each work: connected by any relation.

    In components too large for one franchise only works of like names are connected, and those of a
    labelled pair, so that no label stands between two franchises.
    """
    component = connected(edges)
    sizes = Counter(component.values())
    near = [
        (a, b)
        for a, b in edges
        if sizes[component[a]] <= LARGE_COMPONENT or names(profiles[a], profiles[b]) not in LOOSE
    ]
    alone = [(work, work) for work in component]
    return connected([*alone, *near, *((one.a, one.b) for one in labels)])


def examples(graph: Graph, view: View, labels: Sequence[Label] | None = None) -> list[Example]:
    """Return labelled pairs as seen in a view, by default those whose kind a source states."""
    groups = {name: n for n, name in enumerate(sorted(set(graph.groups.values())))}
    bare = RelatedPairs(map(stripped, graph.profiles.values()), graph.edges, graph.labels)
    made = []
    for a, b, kind in graph.labels if labels is None else labels:
        withheld = {
            "alone": None,
            "among": graph.own.get(a, frozenset()) | graph.own.get(b, frozenset()),
            "next_to": frozenset[frozenset[str]](),
        }[view]
        pair = graph.around.pair(a, b, withheld)
        forward = in_order(pair)
        made.append(
            Example(
                kind if forward is pair else INVERSE[kind],
                measured(forward),
                measured(in_order(bare.pair(a, b, withheld))),
                groups[graph.groups[a]],
                pair.is_tellable,
            )
        )
    return made


def stripped(work: PairProfile) -> PairProfile:
    """Return a work as a graph has it that was made from one plain list."""
    facts = msgspec.structs.replace(
        work.facts, studios=(), tags=frozenset[str](), end="", seasons=dict[str, int]()
    )
    return msgspec.structs.replace(work, facts=facts, tags=frozenset[str](), last_day=None)
