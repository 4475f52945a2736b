"""Relations that a curator states or denies, one a line: `{"from": url, "kind": kind, "to": url}`.

`to` is the `kind` of `from`, in the kinds of the graph; works are named by URL or by short id
(`mal:20`). A kind with `not_` before it denies that: `not_sequel` says that `to` is not the sequel,
`not_related` that the two are not related in any way. `reason`, `by` and `note` may say why, who
says so, and what else there is to say; they are kept and shown. The lines of one work make one
record, whose method is `curated`, so they win over what other sources state. Kenshō's own sample
has this form.

Performance: the whole file is in memory, for the lines of a work may lie apart.
"""

from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from ingest.reading.decoding import RawDecoder, RecordSpot, choice_or_reject, clean_line
from ingest.reading.files import SourceFile
from ingest.reading.json_lines import LineForm, json_lines
from ingest.reading.rejects import Rejects
from ingest.reading.source_values import source_id_or_reject
from ingest.source import Source
from kensho.domain.records import Claim, Record, RecordRelations
from kensho.domain.relations import KINDS, Kind

_MAX_WORDS: Final = 1_000
"""Characters of a reason or a note, which pages show beside the relation; a name has fewer."""
_DENIED: Final = "not_"


class _Raw(msgspec.Struct, frozen=True):
    from_work: str = msgspec.field(name="from")
    kind: str
    to_work: str = msgspec.field(name="to")
    reason: str | None = None
    by: str | None = None
    note: str | None = None


_FORM: Final = LineForm("curated relations", frozenset(("from", "kind", "to")))
_DECODER: Final = RawDecoder(_Raw)
_KINDS: Final[Mapping[str, tuple[Kind, bool]]] = {
    f"{_DENIED if denied else ''}{kind}": (kind, denied)
    for kind in KINDS
    for denied in (False, True)
}
"""What a line may say: the kind, and whether it is denied."""


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield one record per `from`, in the order in which they first appear.

    Raises:
        SourceFileError: no curated relations, or a truncated file.
    """
    claims: dict[str, dict[tuple[str, str, bool], Claim]] = {}
    for line, raw in json_lines(file, _FORM, _DECODER, rejects):
        key = source_id_or_reject(raw.from_work, "from", RecordSpot(rejects, line))
        spot = RecordSpot(rejects, line, key)
        claim = key and _claim(raw, key, spot)
        if not key or not claim:
            continue
        stated = claims.setdefault(key, {})
        first = stated.setdefault((claim.kind, claim.target, claim.denied), claim)
        if claim != first:
            before = file.relation_lines[key, claim.target]
            spot.refuse("record", raw.kind, f"line {before} says the same with other words")
        file.relation_lines.setdefault((key, claim.target), line)
    for key, stated in claims.items():
        links = RecordRelations(relations=tuple(stated.values()))
        yield Record(key, (key,), links=links, method="curated")


def _claim(raw: _Raw, key: str, spot: RecordSpot) -> Claim | None:
    target = source_id_or_reject(raw.to_work, "to", spot)
    if target is None:
        return None
    if target == key:
        spot.refuse("to", raw.to_work, "a work is not related to itself")
        return None
    said = choice_or_reject(raw.kind, _KINDS, "kind", spot)
    if said is None:
        return None
    words = {name: _words(getattr(raw, name), name, spot) for name in ("reason", "by", "note")}
    return Claim(said[0], target, **words, denied=said[1])


def _words(text: str | None, field: str, spot: RecordSpot) -> str | None:
    """Return what a curator says, in one line; empty is nothing."""
    words = clean_line(text or "")
    if len(words) <= _MAX_WORDS:
        return words or None
    spot.refuse(field, words, f"longer than {_MAX_WORDS:,} characters")
    return None


SOURCE: Final = Source(
    name="kensho-relations",
    title="Kenshō's curated relations",
    licence="Apache-2.0",
    order=38,
    rank=90,
    patterns=("curated/relations.jsonl*", "relations.jsonl*"),
    read=read,
)
