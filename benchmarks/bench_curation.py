"""How far the curated relations agree with what sources say: `python -m benchmarks.bench_curation`.

Reads `curation/franchises/` and the edges of an ingested store. For each relation: does a source
list the pair as related, does a source that types it say the same, and is what comes later in a
story also later in time? Sources that say "other" or "character" say nothing of the kind, and are
counted apart.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple
from uuid import UUID

from benchmarks.franchise_data import Edge, Graph, real
from ingest import curation
from ingest.curation_forms import CuratedRelation, stated_relations
from kensho.domain.relations import INVERSE, METHOD_RANK, Assertion, Kind

_OWN: Final = "kensho-curation"
_VAGUE: Final = ("other", "character")


class Comparison(NamedTuple):
    """A curated relation of two works of the store, and what sources say of the same pair."""

    file: str
    stated: CuratedRelation
    listed: bool
    theirs: Kind | None


def main() -> None:
    """Print the figures, and every pair on which the two differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--store", required=True)
    graph = real(parser.parse_args().store)
    found = list(comparisons(graph))
    typed = [one for one in found if one.theirs is not None]
    vague = [one for one in typed if one.theirs in _VAGUE]
    clear = [one for one in typed if one not in vague]
    agree = sum(one.theirs == one.stated.kind for one in clear)
    print(f"curated relations: {sum(1 for _ in _relations())}, of works of the store {len(found)}")
    print(f"listed by a source as related: {_share(sum(one.listed for one in found), len(found))}")
    print(f"no source gives a kind: {len(found) - len(typed)}")
    print(
        f"a source gives the same kind: {_share(agree, len(clear))} (floor .97); vague {len(vague)}"
    )
    print(f"by kind: {dict(Counter(one.stated.kind for one in found).most_common())}")
    for one in clear:
        if one.theirs != one.stated.kind:
            print(f"  {one.file}: {one.stated} but a source says {one.theirs}")
    for name, early in earlier_sequels(graph):
        print(f"  {name}: {early.work} continues {early.of} and was made before it")


def comparisons(graph: Graph) -> Iterator[Comparison]:
    """Yield each curated relation whose works are in the store."""
    edges: dict[frozenset[UUID], Edge] = {frozenset((e.of, e.work)): e for e in graph.edges}
    for name, stated in _relations():
        of, work = graph.by_source.get(stated.of), graph.by_source.get(stated.work)
        if of is None or work is None:
            continue
        edge = edges.get(frozenset((of, work)))
        others = [a for a in edge.assertions if a.source != _OWN] if edge else []
        kind = _kind(others)
        if kind is not None and edge is not None and edge.of != of:
            kind = INVERSE[kind]
        yield Comparison(name, stated, bool(others), kind)


def earlier_sequels(graph: Graph) -> Iterator[tuple[str, CuratedRelation]]:
    """Yield the sequels that are older than what they continue: prequels made later, or slips."""
    for name, stated in _relations():
        if stated.kind == "sequel" and {stated.of, stated.work} <= graph.by_source.keys():
            before = graph.works[graph.by_source[stated.of]].date
            after = graph.works[graph.by_source[stated.work]].date
            if before and after and after < before:
                yield name, stated


def _relations() -> Iterator[tuple[str, CuratedRelation]]:
    for path in curation.relation_files():
        for _, stated in stated_relations(curation.franchise_file(path.read_bytes())):
            yield path.stem, stated


def _kind(assertions: list[Assertion]) -> Kind | None:
    typed = [a for a in assertions if a.kind != "related" and a.method == "stated"]
    best = max(typed, key=lambda a: (METHOD_RANK[a.method], a.confidence, a.source), default=None)
    return best.kind if best else None


def _share(count: int, of: int) -> str:
    return f"{count} of {of} ({count / max(1, of):.3f})"


if __name__ == "__main__":
    main()
