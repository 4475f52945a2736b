"""What a kept record of a dump must be: no more than the adapters of sources let through.

A dump comes from others. What stands in its records is shown on pages and followed as links, so it
is held to what every adapter holds its source to; the schema holds it to the rest.
"""

import re
from collections.abc import Container, Iterator
from typing import Final

import msgspec

from ingest.pipeline.record_store import RecordRow
from ingest.reading.bounds import fault_in
from ingest.reading.decoding import clean_line, clean_text, fold_tag
from kensho.domain.records import EpisodeFacts, RecordFacts, RecordRelations
from kensho.platform.settings import IngestSettings

_URL: Final = re.compile(r"https?://[^\s\x00-\x1f\x7f]+")
_ID: Final = re.compile(r"[a-z][a-z-]*:[^\s:\x00-\x1f\x7f]{1,200}")
_SHOWN_CHARS: Final = 80


def problems_of(row: RecordRow, sources: Container[str], limits: IngestSettings) -> Iterator[str]:
    """Yield what of a record no adapter lets through, by field and value."""
    _, source, key = row.id
    if source not in sources:
        yield f"id: the source {_shown(source)} is not in the manifest"
    for id_ in (key, *row.ids, *row.covers):
        if _ID.fullmatch(id_) is None:
            yield f"ids: {_shown(id_)} is not an id of a catalogue"
    try:
        facts = msgspec.json.decode(row.facts, type=RecordFacts)
        links = msgspec.json.decode(row.links or "{}", type=RecordRelations)
    except (msgspec.DecodeError, RecursionError) as error:
        yield f"facts or links of {key}: {error}"
        return
    for part in (facts, links):
        if (fault := fault_in(part, limits)) is not None:
            yield f"facts or links of {key}: {fault}"
    yield from _problems_of_facts(facts)
    for episode in facts.episodes:
        yield from _problems_of_episode(episode)


def _problems_of_facts(facts: RecordFacts) -> Iterator[str]:
    yield from _lines("titles", (title.text for title in facts.titles))
    yield from _lines("studios", facts.studios)
    yield from _lines("producers", facts.producers)
    yield from _text_and_address(facts.synopsis, "poster_url", facts.poster_url)
    for tag in facts.tags:
        if fold_tag(tag.name) != tag.name:
            yield f"tags: {_shown(tag.name)} is not spelt as tags are"


def _problems_of_episode(episode: EpisodeFacts) -> Iterator[str]:
    yield from _lines("titles", (title.text for title in episode.titles))
    yield from _text_and_address(episode.synopsis, "thumbnail_url", episode.thumbnail_url)


def _lines(field: str, texts: "Iterator[str] | tuple[str, ...]") -> Iterator[str]:
    for text in texts:
        if clean_line(text) != text:
            yield f"{field}: {_shown(text)} is no clean line of text"


def _text_and_address(text: str | None, field: str, url: str | None) -> Iterator[str]:
    if clean_text(text) != text:
        yield f"synopsis: {_shown(text or '')} is no clean text"
    if url is not None and _URL.fullmatch(url) is None:
        yield f"{field}: {_shown(url)} is not an http(s) address"


def _shown(text: str) -> str:
    return repr(text[:_SHOWN_CHARS])
