"""Records of one work among works as franchises see them."""

from collections.abc import Iterable

from kensho.domain.franchise.inputs import FranchiseWork, Relation
from kensho.domain.relations import KIND_FACTS
from kensho.domain.same_works.groups import same_works
from kensho.domain.same_works.records import CatalogueRecord, title_keys


def record_of(work: FranchiseWork) -> CatalogueRecord:
    """Return a work as records are compared; its season is not known."""
    return CatalogueRecord(
        id=work.id,
        keys=title_keys(work.titles),
        sources=work.sources,
        kind=work.kind,
        type=work.type,
        date=work.date,
        episodes=work.episodes,
        duration_s=work.duration_s,
    )


def same_work_relations(
    works: Iterable[FranchiseWork], relations: Iterable[Relation]
) -> list[Relation]:
    """Return relations from each record to the one that stands for its work."""
    told = list(relations)
    apart = {frozenset((one.source, one.target)) for one in told if not KIND_FACTS[one.kind].vague}
    stated = [(one.source, one.target) for one in told if one.kind == "same_work"]
    apart -= {frozenset(pair) for pair in stated}
    return [
        Relation(one.record, one.work, "same_work", one.method, one.confidence)
        for one in same_works(map(record_of, works), stated, apart)
    ]
