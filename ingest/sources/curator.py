"""Acts of curators: what people state of works and franchises by `kensho curate`, API and pages.

One act a line (JSON Lines), as `kensho curate log --jsonl` prints them; each is a record of its
own, `act:<id>`, so that who said what, when and why stays whatever the other sources do. An act
that was undone or overruled says nothing more, and stays as well.

Works that curators add are a source of their own (`curator-works`), which makes works.

Performance: the acts of a file stay in memory; a curator makes some thousands.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from ingest.reading.decoding import RawDecoder, RecordSpot, clean_text, fold_tag, latest_year
from ingest.reading.files import SourceFile
from ingest.reading.json_lines import LineForm, json_lines
from ingest.reading.rejects import Rejects
from ingest.source import Source
from kensho.domain.curator_acts import (
    CuratorAct,
    EpisodeStatement,
    FactStatement,
    IdStatement,
    MappingStatement,
    NewWork,
    RelationStatement,
    SameWorkStatement,
    TagStatement,
    TitleStatement,
    problems_of_statement,
    typed_value,
    works_named,
)
from kensho.domain.records import (
    Claim,
    EpisodeFacts,
    Mapping,
    Record,
    RecordFacts,
    RecordRelations,
    Tagging,
)
from kensho.domain.works import Title, WorkKind

_FORM: Final = LineForm("acts of curators", frozenset(("id", "at", "author", "reason", "says")))
_DECODER: Final = RawDecoder(CuratorAct)


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield a record for each act that adds no work, in the order of the file.

    Raises:
        SourceFileError: no acts of curators, or a truncated file.
    """
    yield from (record_of(act) for act in _acts(file, rejects) if not _adds(act))


def read_works(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield a record for each act that adds a work; raises as `read` does."""
    yield from (record_of(act) for act in _acts(file, rejects) if _adds(act))


def record_of(act: CuratorAct) -> Record:
    """Return the record of an act; it says nothing but the act itself where this does not count."""
    says = act.says
    ids = works_named(says)[:1]
    kind: WorkKind = "anime"
    facts, links = RecordFacts(), RecordRelations()
    if isinstance(says, NewWork):
        ids, kind = says.ids, says.kind
    if act.stands:
        facts, links = _facts(act), _links(act)
        if isinstance(says, IdStatement) and says.rank != "deprecated":
            ids = (says.work, says.id)
    facts = msgspec.structs.replace(facts, act=act)
    return Record(act.key, ids, kind, facts, links, method="curated")


def _acts(file: SourceFile, rejects: Rejects) -> Iterator[CuratorAct]:
    seen, latest = set[str](), latest_year()
    for line, act in json_lines(file, _FORM, _DECODER, rejects):
        spot = RecordSpot(rejects, line, act.key)
        if act.id in seen:
            spot.refuse("id", act.id, "an earlier line is the act of this id")
            continue
        seen.add(act.id)
        problems = problems_of_statement(act.says, latest)
        for problem in problems:
            spot.refuse(problem.field, act.id, problem.message)
        if not problems:
            yield act


def _adds(act: CuratorAct) -> bool:
    return isinstance(act.says, NewWork)


def _facts(act: CuratorAct) -> RecordFacts:
    """Return what an act states of a work itself; what it deprecates is no fact."""
    says = act.says
    stated: dict[str, object] = {}
    if getattr(says, "rank", "normal") == "deprecated":
        return RecordFacts()
    match says:
        case NewWork():
            stated = {
                "titles": (Title(says.title, says.language, "main"),),
                "anime_type": says.anime_type,
                "year": says.start_date.year if says.start_date else says.year,
                "start_date": says.start_date,
                "episode_count": says.episode_count,
            }
        case FactStatement():
            stated = {says.field: _clean(says)}
        case TitleStatement():
            kind = "main" if says.rank == "preferred" else says.kind
            stated = {"titles": (Title(says.text, says.language, kind),)}
        case TagStatement():
            stated = {"tags": (Tagging(fold_tag(says.name), says.category, says.relevance),)}
        case MappingStatement():
            mapping = Mapping(says.id, says.season, says.first, says.last, says.offset)
            stated = {"mappings": (mapping,)}
        case EpisodeStatement():
            stated = {"episodes": (_episode(says),)}
        case _:
            pass
    return msgspec.structs.replace(RecordFacts(), **stated)


def _clean(says: FactStatement) -> object:
    value = typed_value(says)
    return clean_text(value) if says.field == "synopsis" else value


def _episode(says: EpisodeStatement) -> EpisodeFacts:
    titles = (Title(says.title, says.language, "main"),) if says.title else ()
    return EpisodeFacts(
        number=says.number,
        titles=titles,
        air_date=says.air_date,
        duration_s=says.duration_s,
        filler=says.filler,
        canon=says.canon,
        recap=says.recap,
    )


def _links(act: CuratorAct) -> RecordRelations:
    says = act.says
    if isinstance(says, RelationStatement):
        claim = Claim(says.kind, says.other, act.reason, act.author, act.source, says.denied)
        return RecordRelations(relations=(claim,))
    if isinstance(says, SameWorkStatement):
        other = (says.other,)
        if says.denied:
            return RecordRelations(different_from=other)
        return RecordRelations(same_as=other)
    return RecordRelations()


SOURCE: Final = Source(
    name="curator",
    title="Statements of this installation's curators",
    licence="Apache-2.0",
    order=38,
    rank=100,
    patterns=("curated/acts.jsonl*",),
    read=read,
)
WORKS: Final = Source(
    name="curator-works",
    title="Works that this installation's curators added",
    licence="Apache-2.0",
    order=37,
    rank=15,
    patterns=("curated/added_works.jsonl*",),
    read=read_works,
    creates=True,
)
