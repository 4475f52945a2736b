"""Kitsu: typed relations between anime, as `media-relationships` of its JSON:API, one a line.

`kensho harvest kitsu` writes such files. In a relationship the `destination` is the `role` of the
`source`. Ends that are manga are passed over: manga are no works here. Only relations are stated,
nothing of the works.

Performance: the claims of the whole file are in memory, for the lines of a work lie apart.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from ingest.reading.decoding import RawDecoder, RecordSpot, choice_or_reject
from ingest.reading.files import SourceFile
from ingest.reading.json_errors import error_in, value_at
from ingest.reading.json_lines import LineForm, json_lines
from ingest.reading.rejects import Rejects
from ingest.source import Source, packed
from kensho.domain.records import Claim, Record, RecordRelations
from kensho.domain.relations import ClaimedKind

_ANIME: Final = "anime"
_ROLES: Final[dict[str, ClaimedKind]] = {
    "sequel": "sequel",
    "prequel": "prequel",
    "alternative_setting": "alternative_setting",
    "alternative_version": "alternative_version",
    "side_story": "side_story",
    "parent_story": "parent_story",
    "summary": "summary",
    "full_story": "full_story",
    "spinoff": "spin_off",
    "adaptation": "adaptation",
    "character": "character",
    "other": "other",
}


class _End(msgspec.Struct, frozen=True):
    type: str
    id: Annotated[str, Meta(pattern=r"^[1-9][0-9]{0,17}$")]


class _Linkage(msgspec.Struct, frozen=True):
    data: _End


class _Ends(msgspec.Struct, frozen=True):
    source: _Linkage
    destination: _Linkage


class _Attributes(msgspec.Struct, frozen=True):
    role: str


class _Relationship(msgspec.Struct, frozen=True):
    attributes: _Attributes
    relationships: _Ends


class _Raw(msgspec.Struct, frozen=True):
    attributes: Any
    relationships: Any


_FORM: Final = LineForm(
    "Kitsu's media relationships", frozenset(("attributes", "relationships", "type"))
)
_DECODER: Final = RawDecoder(_Raw)


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield one record per anime that is a source of relationships, in order of appearance.

    Raises:
        SourceFileError: no such relationships, or a truncated file.
    """
    claims: dict[str, dict[Claim, None]] = {}
    for line, raw in json_lines(file, _FORM, _DECODER, rejects):
        found = _relationship(raw, RecordSpot(rejects, line))
        if found is None:
            continue
        source, target = found.relationships.source.data, found.relationships.destination.data
        if source.type != _ANIME or target.type != _ANIME:
            continue
        key = f"kitsu:{source.id}"
        spot = RecordSpot(rejects, line, key)
        if source.id == target.id:
            spot.refuse("destination", target.id, "a work is not related to itself")
            continue
        kind = choice_or_reject(found.attributes.role, _ROLES, "role", spot)
        if kind is not None:
            claims.setdefault(key, {})[Claim(kind, f"kitsu:{target.id}")] = None
    for key, stated in claims.items():
        yield Record(key, (key,), links=RecordRelations(relations=tuple(stated)))


def _relationship(raw: _Raw, spot: RecordSpot) -> _Relationship | None:
    """Return the whole relationship; one that lacks a part of it says nothing."""
    try:
        return msgspec.convert(raw, _Relationship, from_attributes=True)
    except msgspec.ValidationError as error:
        fault = error_in(str(error))
        document = {"attributes": raw.attributes, "relationships": raw.relationships}
        spot.refuse(fault.field, value_at(document, fault.steps), fault.reason)
        return None


SOURCE: Final = Source(
    name="kitsu",
    title="Kitsu media relationships",
    licence="none stated",
    order=38,
    rank=45,
    patterns=(*packed("media_relationships.jsonl"), *packed("kitsu/media_relationships.jsonl")),
    read=read,
)
