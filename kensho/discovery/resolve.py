"""Resolve an id or URL of another catalogue to the works behind it.

An id may stand for several works: a TVDB series covers what AniDB lists as many. Then all are
listed, with the work's own episodes that the id covers, where a source tells. TMDB numbers its
films, series and collections apart: a bare number names every one of them.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal, TypeAlias, cast, get_args
from uuid import UUID

import msgspec

from kensho.discovery.related_works import title_of
from kensho.discovery.snapshot_service import SnapshotService
from kensho.discovery.works import locate_successor
from kensho.domain import ids as source_ids
from kensho.errors import FieldProblem, InvalidInputError, NotFoundError
from kensho.read_model.encoded import Encoded, encoded
from kensho.read_model.model import ReadModel
from kensho.read_model.views import EpisodeRange, ResolvedWork

Provider: TypeAlias = Literal[
    "anidb",
    "anilist",
    "anime-planet",
    "animecountdown",
    "animenewsnetwork",
    "anisearch",
    "bangumi",
    "imdb",
    "kitsu",
    "livechart",
    "mal",
    "simkl",
    "tmdb",
    "tvdb",
]
_LOCAL: Final = re.compile("[!-9;-~]{1,200}")
_MOST_NAMED: Final = 5
"""Works that an error names where an id stands for several."""
_SHOWN_CHARS: Final = 80
TMDB_KINDS: Final = ("movie", "tv", "collection")


class ResolvedWorks(msgspec.Struct, frozen=True):
    """The works behind one id."""

    results: list[ResolvedWork]


class ResolvedBatch(msgspec.Struct, frozen=True):
    """The works behind each of many ids, in the asked order, and the ids without any."""

    items: dict[str, list[ResolvedWork]]
    missing: list[str]


class ResolveService(SnapshotService):
    """Ids of other catalogues, looked up in one snapshot."""

    def works(
        self, url: str | None, provider: Provider | None, local: str | None
    ) -> Encoded[ResolvedWorks]:
        """Return the works behind a page or an id of a provider.

        Raises:
            InvalidInputError: as `source_ids_named`.
            NotFoundError: as `source_ids_named`, or there is no work behind it.
        """
        found = resolve(self.model, source_ids_named(url, provider, local))
        if not found:
            raise NotFoundError(f"no work is behind {url or f'{provider}:{local}'}")
        return encoded(ResolvedWorks(found))

    def batch(self, provider: Provider, ids: Sequence[str]) -> Encoded[ResolvedBatch]:
        """Return what is behind each of `ids` at `provider`."""
        return encoded(resolve_batch(self.model, provider, ids))


def source_ids_named(
    url: str | None, provider: Provider | None, local: str | None
) -> tuple[str, ...]:
    """Return the source ids that a request names: by `url`, by `provider` and `id`, or by `id`.

    An id that says whose it is, `mal:20`, needs no provider.

    Raises:
        InvalidInputError: two ways at once, or none whole; an id or a provider that can't be.
        NotFoundError: no known provider serves the URL.
    """
    if url is not None:
        if provider is not None or local is not None:
            raise InvalidInputError.of("url", "give either url, or provider and id")
        source_id = source_ids.from_url(url)
        if source_id is None:
            raise NotFoundError(f"no known provider serves {url!r}")
        return (source_id,)
    if provider is None and local is not None and ":" in local:
        provider, local = _parted(local)
    if provider is None or local is None:
        absent = [n for n, value in (("provider", provider), ("id", local)) if value is None]
        raise InvalidInputError(
            [FieldProblem(n, "give url, or both provider and id") for n in absent]
        )
    if _LOCAL.fullmatch(local) is None:
        raise InvalidInputError.of("id", f"{local!r} is not an id: visible letters without spaces")
    return spellings(provider, local)


def work_named(model: ReadModel, text: str, field: str) -> int:
    """Return the one work that `text` names: its UUID, an id such as `mal:20`, or an address.

    Raises:
        InvalidInputError: it is none of these, or stands for several works; `field` is named.
        GoneError, NotFoundError: as `locate_successor`, or there is no work behind it.
    """
    try:
        return locate_successor(model, UUID(text))
    except ValueError:
        pass
    shown = repr(text[:_SHOWN_CHARS])
    source_id = source_ids.parse(text)
    if source_id is None:
        known = ", ".join(get_args(Provider))
        problem = f"{shown} is no UUID, no id such as 'mal:20' and no page of {known}"
        raise InvalidInputError.of(field, problem)
    provider, _, local = source_id.partition(":")
    found = resolve(model, spellings(cast("Provider", provider), local))
    if not found:
        raise NotFoundError(f"{field}: no work is behind {shown}")
    nodes = {model.node(one.id): one for one in found}
    if len(nodes) > 1:
        named = ", ".join(f"{one.title} ({one.id})" for one in [*nodes.values()][:_MOST_NAMED])
        more = f" and {len(nodes) - _MOST_NAMED} more" if len(nodes) > _MOST_NAMED else ""
        raise InvalidInputError.of(field, f"{shown} stands for several works: {named}{more}")
    return locate_successor(model, found[0].id)


def _parted(source_id: str) -> tuple[Provider, str]:
    """Return whose id it is, and the id there."""
    name, _, local = source_id.partition(":")
    known = get_args(Provider)
    if name.lower() not in known:
        problem = f"{name!r} is not a provider: known are {', '.join(known)}"
        raise InvalidInputError.of("id", problem)
    return cast("Provider", name.lower()), local


def spellings(provider: Provider, local: str) -> tuple[str, ...]:
    """Return the source ids that `local` may mean at `provider`."""
    if provider == "tmdb" and local.isdecimal():
        return tuple(f"tmdb:{kind}/{local}" for kind in TMDB_KINDS)
    return (f"{provider}:{local}",)


def resolve(model: ReadModel, ids: Iterable[str]) -> list[ResolvedWork]:
    """Return the works behind any of `ids`, each once for each range; none is an empty list."""
    found = [
        ResolvedWork(
            id=model.id(match.node),
            kind=model.kind(match.node),
            title=title_of(model, match.node),
            episodes=EpisodeRange(match.first, match.last) if match.first or match.last else None,
        )
        for source_id in ids
        for match in model.resolve(source_id)
    ]
    return list(dict.fromkeys(found))


def resolve_batch(model: ReadModel, provider: Provider, ids: Sequence[str]) -> ResolvedBatch:
    """Return what is behind each of `ids` at `provider`."""
    answers = {local: resolve(model, spellings(provider, local)) for local in ids}
    return ResolvedBatch(
        items={local: works for local, works in answers.items() if works},
        missing=[local for local, works in answers.items() if not works],
    )
