"""Relations that a curator states, one per line: `{"from": url, "kind": kind, "to": url}`.

`to` is the `kind` of `from`, in the kinds of the graph; works are named by URL or by short id
(`mal:20`). The lines of one work make one record, whose method is `curated`, so they win over what
other sources state. Kenshō's own sample has this form.

Performance: the whole file is in memory, for the lines of a work may lie apart.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from ingest.reading.decoding import RawDecoder, RecordSpot, choice_or_reject
from ingest.reading.files import SourceFile
from ingest.reading.json_lines import LineForm, json_lines
from ingest.reading.rejects import Rejects
from ingest.reading.source_values import source_id_or_reject
from ingest.source import Source
from kensho.domain.records import Claim, Record, RecordRelations
from kensho.domain.relations import KINDS, Kind


class _Raw(msgspec.Struct, frozen=True):
    from_work: str = msgspec.field(name="from")
    kind: str
    to_work: str = msgspec.field(name="to")


_FORM: Final = LineForm("curated relations", frozenset(("from", "kind", "to")))
_DECODER: Final = RawDecoder(_Raw)
_KINDS: Final[dict[str, Kind]] = {kind: kind for kind in KINDS}


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield one record per `from`, in the order in which they first appear.

    Raises:
        SourceFileError: no curated relations, or a truncated file.
    """
    claims: dict[str, dict[Claim, None]] = {}
    for line, raw in json_lines(file, _FORM, _DECODER, rejects):
        key = source_id_or_reject(raw.from_work, "from", RecordSpot(rejects, line))
        claim = key and _claim(raw, key, RecordSpot(rejects, line, key))
        if key and claim:
            claims.setdefault(key, {})[claim] = None
    for key, stated in claims.items():
        yield Record(key, (key,), links=RecordRelations(relations=tuple(stated)), method="curated")


def _claim(raw: _Raw, key: str, spot: RecordSpot) -> Claim | None:
    target = source_id_or_reject(raw.to_work, "to", spot)
    if target is None:
        return None
    if target == key:
        spot.refuse("to", raw.to_work, "a work is not related to itself")
        return None
    kind = choice_or_reject(raw.kind, _KINDS, "kind", spot)
    return Claim(kind, target) if kind else None


SOURCE: Final = Source(
    name="kensho-relations",
    title="Kenshō's curated relations",
    licence="Apache-2.0",
    order=38,
    rank=90,
    patterns=("curated/relations.jsonl*", "relations.jsonl*"),
    read=read,
)
