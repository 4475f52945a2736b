"""anime-offline-database's dead entries: ids that a provider does not serve, one file per provider.

A file is a JSON document `{..., "lastUpdate": ..., "deadEntries": ["123", ...]}`, pretty-printed or
minified, perhaps compressed; the provider is told by the file's name alone (`myanimelist.json`,
`anidb-minified.json.zst`). A record says that its key is dead and nothing else. The database asks
without a sign-in, so an adult work that a provider hides is on its list like one that is deleted;
which of the two it is can be told only beside what others say of the work
(`ingest.pipeline.compose`).

Performance: one pass.
"""

from collections.abc import Iterator
from typing import Final

from ingest.reading.documents import head_of, json_items
from ingest.reading.files import SourceFile
from ingest.reading.rejects import Rejects
from ingest.source import Source, packed
from kensho.domain.ids import parse
from kensho.domain.records import Record
from kensho.errors import SourceFileError

_DATA: Final = "deadEntries"
_PROVIDERS: Final = {
    "anidb": "anidb",
    "anilist": "anilist",
    "anime-planet": "anime-planet",
    "animecountdown": "animecountdown",
    "animenewsnetwork": "animenewsnetwork",
    "anisearch": "anisearch",
    "kitsu": "kitsu",
    "livechart": "livechart",
    "myanimelist": "mal",
    "mal": "mal",
    "simkl": "simkl",
}
"""The names of the files, without their ends, and whose ids they hold."""


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield a dead record per id, in file order."""
    provider = _provider(file)
    items = json_items(
        file, f"{_DATA}.item", rejects, expected=f"ids as texts in `{_DATA}`", is_ours=_is_id
    )
    for number, item in items:
        key = parse(f"{provider}:{item}") if isinstance(item, str) else None
        if key is None:
            rejects.add(number, _DATA, item, f"not an id of {provider}")
        else:
            yield Record(key=key, ids=(key,), dead=True)


def snapshot(file: SourceFile) -> str | None:
    """Return the date of the file, `lastUpdate`."""
    date = head_of(file, data=_DATA).get("lastUpdate")
    return date if isinstance(date, str) else None


def _provider(file: SourceFile) -> str:
    stem = file.name.removesuffix(".json").removesuffix("-minified")
    provider = _PROVIDERS.get(stem.removeprefix("dead-entries-"))
    if provider is None:
        raise SourceFileError(
            f"{file.path}: expected dead entries in a file named after their provider"
            f" ({', '.join(_PROVIDERS)}), found the name {stem!r}"
        )
    return provider


def _is_id(item: object) -> bool:
    return isinstance(item, str)


SOURCE: Final = Source(
    name="dead-entries",
    title="anime-offline-database, dead entries",
    licence="ODbL 1.0",
    order=90,
    rank=0,
    patterns=tuple(
        pattern
        for folder in ("", "aodb/")
        for name in _PROVIDERS
        for form in ("", "-minified")
        for pattern in packed(f"{folder}dead-entries/{name}{form}.json")
    ),
    read=read,
    snapshot=snapshot,
)
