"""Anifillerpedia: canon, mixed and filler labels of a series' episodes, one JSON document each.

The documents carry a title and no id; `curation/episodes/anifillerpedia.toml` says which MAL entry
each title is. A series that is not listed there is rejected by its title. `mixed` episodes are no
filler.

Performance: one small document.
"""

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from ingest.curation import series_ids
from ingest.reading.decoding import Int, RawDecoder, RecordSpot
from ingest.reading.documents import head_of, json_items
from ingest.reading.episodes import EpisodeLists
from ingest.reading.files import SourceFile
from ingest.reading.rejects import Rejects
from ingest.reading.source_values import has_members
from ingest.source import Source
from kensho.domain.records import EpisodeFacts, Record
from kensho.errors import SourceFileError


class _Raw(msgspec.Struct, frozen=True):
    episode_number: Int
    status: Literal["canon", "mixed", "filler"]


_DECODER: Final = RawDecoder(_Raw)


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield the record of the document's series, if it is a known one.

    Raises:
        SourceFileError: no Anifillerpedia document, or broken JSON.
    """
    expected = "a JSON document with series_title and labelled episodes"
    episodes = json_items(file, "episodes.item", rejects, expected=expected, is_ours=_is_ours)
    title = head_of(file, data="episodes").get("series_title")
    if not isinstance(title, str):
        raise SourceFileError(f"{file.path}: expected {expected}, found no series_title")
    key = series_ids().get(title)
    if key is None:
        reason = "no MAL id is known for this series; see curation/episodes/anifillerpedia.toml"
        rejects.add(1, "series_title", title, reason)
        return
    lists = EpisodeLists(file)
    for number, document in episodes:
        raw = _DECODER.convert(document, number, rejects)
        if raw is not None:
            label, filler = raw.status, raw.status == "filler"
            episode = EpisodeFacts(raw.episode_number, filler=filler, canon=label)
            lists.add(key, episode, RecordSpot(rejects, number, key))
    yield from lists.records()


def _is_ours(item: object) -> bool:
    return has_members(item, "episode_number", "status")


SOURCE: Final = Source(
    name="anifillerpedia",
    title="Anifillerpedia",
    licence="CC-BY-NC-SA-4.0",
    order=66,
    rank=55,
    patterns=("episodes/anifillerpedia_*.json*", "anifillerpedia_*.json*"),
    read=read,
)
