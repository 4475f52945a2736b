"""The graph, or a part of it, for other programs: JSON, GraphML, GEXF, Cypher, DOT.

Guarantees: memory holds one node or edge and a piece of text at a time, whatever the size of the
graph; the same revision gives the same bytes. Every file says at its head where its facts come from
and under which licences.

Performance: 10 µs for each edge, 20 µs for each node.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from kensho.discovery.export_formats import as_cypher, as_dot, as_gexf, as_graphml
from kensho.domain.relations import Assertion
from kensho.domain.works import SEASONS
from kensho.read_model import graph_views
from kensho.read_model.encoded import Encoded
from kensho.read_model.graph_views import (
    ExportBridge,
    ExportEdge,
    ExportGraph,
    ExportNode,
    ExportNotice,
    FranchiseGraphDocument,
)
from kensho.read_model.model import ReadModel
from kensho.read_model.views import SourceView, Summary


class Format(NamedTuple):
    """How a graph is written: its media type, the ending of its files' names, its writer."""

    media_type: str
    suffix: str
    write: Callable[[ExportGraph], Iterator[bytes]]


FORMATS: Final[Mapping[str, Format]] = {
    "json": Format("application/json", ".json", graph_views.write_json),
    "graphml": Format("application/graphml+xml", ".graphml", as_graphml.write),
    "gexf": Format("application/gexf+xml", ".gexf", as_gexf.write),
    "cypher": Format("application/x-cypher-query", ".cypher", as_cypher.write),
    "dot": Format("text/vnd.graphviz", ".gv", as_dot.write),
}
LICENCES: Final[Mapping[str, str]] = {
    "anime-offline-database": "ODbL 1.0",
    "Kenshō's own sample catalogue": "Apache-2.0",
    "Kenshō's curated films": "Apache-2.0",
    "MyAnimeList through Jikan v4": "none stated (MyAnimeList's data)",
    "AniList": "none stated",
    "Kitsu media relationships": "none stated",
    "TMDB collections": "MIT (data: TMDB)",
    "Anime films catalogue": "MIT",
    "IMDb film franchises": "GPL-3.0 (data)",
    "Relations that come with Kenshō": "Apache-2.0",
    "Kenshō's curated relations": "Apache-2.0",
    "Kometa Anime-IDs": "MIT",
    "AniDB titles dump": "CC-BY-NC-SA-4.0",
    "bangumi-data": "CC-BY-4.0",
    "Anime-Lists (AniDB to TheTVDB, TMDB, IMDb)": "none stated",
    "IMDb title basics": "IMDb non-commercial",
    "IMDb title ratings": "IMDb non-commercial",
    "Kenshō's curated episodes": "Apache-2.0",
    "MyAnimeList episodes": "none stated",
    "Anifillerpedia": "CC-BY-NC-SA-4.0",
    "erengy/anime-relations (Taiga)": "CC0-1.0",
    "AniList recommendations": "none stated",
    "Statements of this installation's curators": "Apache-2.0",
    "Works that this installation's curators added": "Apache-2.0",
    "anime-offline-database, dead entries": "ODbL 1.0",
}
"""Licence of each source, as `kensho ingest --list` names it; a test compares the two."""
NOTES: Final = (
    "Made by Kenshō. The assertions of an edge name the sources that it is from; facts, titles and"
    " ids of works are from any of these, under their licences:",
    *(f"{title}: {licence}." for title, licence in LICENCES.items()),
)


class _Names(msgspec.Struct, frozen=True):
    """What the stored detail of a work says of its pages and its further titles."""

    sources: tuple[SourceView, ...] = ()
    synonyms: tuple[str, ...] = ()


_PIECE_BYTES: Final = 64 * 1024
"""Large enough that sending costs little by the byte, small enough to hold for many readers."""
_SUMMARY: Final = msgspec.json.Decoder(Summary)
_NAMES: Final = msgspec.json.Decoder(_Names)
_ASSERTIONS: Final = msgspec.json.Decoder(tuple[Assertion, ...])


class _Contents(msgspec.Struct, frozen=True):
    """The stored document of a franchise's graph."""

    nodes: tuple[ExportNode, ...]
    edges: tuple[ExportEdge, ...]
    bridges: tuple[ExportBridge, ...]


_CONTENTS: Final = msgspec.json.Decoder(_Contents)


def export(graph: ExportGraph, name: str) -> Iterator[bytes]:
    """Yield `graph` in the format of this name, one of `FORMATS`, in pieces of some 64 KiB."""
    piece = bytearray()
    for text in FORMATS[name].write(graph):
        piece += text
        if len(piece) >= _PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    yield bytes(piece)


def whole(model: ReadModel, *, safe: bool = True) -> ExportGraph:
    """Return the whole graph: every work and every edge; `safe` leaves adult works out."""
    notice = ExportNotice(title="Kenshō: the whole graph", revision=model.revision, notes=NOTES)
    hidden = model.columns.adult if safe else np.zeros(model.works_total, dtype=np.bool_)
    edges = (
        _edge(model, number)
        for number in range(model.counts["edges"])
        if not (hidden[(edge := model.edge(number)).source] or hidden[edge.target])
    )
    return ExportGraph(notice, _nodes(model, hidden), edges)


def of_franchise(title: str, document: bytes) -> ExportGraph:
    """Return the graph of a franchise, given the stored document of it."""
    contents = _CONTENTS.decode(document)
    return ExportGraph(_notice(title), contents.nodes, contents.edges, contents.bridges)


def franchise_as_json(title: str, document: bytes) -> Encoded[FranchiseGraphDocument]:
    """Return the graph of a franchise as `export` writes it as JSON, without reading it."""
    # The notice comes first and the stored members follow: the largest take 1 ms to parse.
    notice = msgspec.json.encode(_notice(title))
    return Encoded(FranchiseGraphDocument, b'{"notice":' + notice + b"," + document[1:] + b"\n")


def _notice(title: str) -> ExportNotice:
    """Return the notice at the head of a franchise's graph."""
    return ExportNotice(title=f"Kenshō: {title}", notes=NOTES)


def _nodes(model: ReadModel, hidden: npt.NDArray[np.bool_]) -> Iterator[ExportNode]:
    columns = model.columns
    for number in np.flatnonzero(~hidden).tolist():
        summary = _SUMMARY.decode(model.summary(number))
        names = _NAMES.decode(model.detail(number))
        season, score = columns.season.item(number), columns.score.item(number)
        yield ExportNode(
            id=str(summary.id),
            title=summary.title,
            kind=model.kind(number),
            anime_type=summary.anime_type,
            status=summary.status,
            year=columns.year.item(number) or None,
            season=SEASONS[season] if season >= 0 else None,
            episodes=summary.episodes,
            score=None if math.isnan(score) else score,
            imdb_rating=summary.imdb_rating,
            sources=tuple(f"{page.provider}:{page.id}" for page in names.sources) or None,
            synonyms=names.synonyms or None,
        )


def _edge(model: ReadModel, number: int) -> ExportEdge:
    source, target, kind = model.edge(number)
    assertions = _assertions(model.assertions(number))
    return ExportEdge(str(model.id(source)), str(model.id(target)), kind, assertions)


@lru_cache(maxsize=4096)
def _assertions(document: bytes) -> tuple[Assertion, ...]:
    """Decode assertions; 76,000 edges have 72 different lists."""
    return _ASSERTIONS.decode(document)
