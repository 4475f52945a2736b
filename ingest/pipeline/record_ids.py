"""Which ids of a record tell what it is about, and in which order they are asked."""

from collections.abc import Iterable
from typing import Final

from kensho.domain.records import Record

_SERIES_PROVIDERS: Final = ("imdb:", "tmdb:", "tvdb:")


def identifying_ids(record: Record, *, creates: bool) -> tuple[str, ...]:
    """Return the ids of a record that stand for its work alone.

    IMDb, TMDB and TVDB count a whole series as one title, so their ids identify films, never an
    anime entry.
    """
    if record.work_kind == "movie" and creates:
        return record.ids
    return tuple(i for i in record.ids if not i.startswith(_SERIES_PROVIDERS))


def lookup_ids(key: str, ids: Iterable[str], creates: bool) -> tuple[str, ...]:
    """Return the ids by which a record's work is looked for, in order of trust.

    An enricher's key may be no identifying id: IMDb's ratings are about all that its title covers.
    """
    return tuple(ids) if creates else (key, *(i for i in ids if i != key))


def covered_ids(record: Record) -> tuple[str, ...]:
    """Return the IMDb ids that a record maps its work to, which bring IMDb's own ratings."""
    return tuple(sorted({m.id for m in record.facts.mappings if m.id.startswith("imdb:")}))
