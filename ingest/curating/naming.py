"""Find the works and franchises that a curator names, and complete what a statement leaves out.

A work is named by its UUID, any source id (`mal:20`) or the address of a provider's page; a
franchise by its slug or any of its works. Statements are kept in source ids, which mean the same in
every store, so each name is replaced by the id of the work at the best-known provider.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, cast
from uuid import UUID

import msgspec

from ingest.pipeline.record_store import as_json
from ingest.reading.decoding import fold_tag
from kensho.domain import ids
from kensho.domain.curator_acts import CuratorStatement
from kensho.domain.works import Role, WorkKind
from kensho.errors import ActConflictError, GoneError, InvalidInputError, NotFoundError
from kensho.storage.gateway import Gateway

_FIRST: Final = ("mal", "anilist", "anidb", "kitsu", "tmdb", "imdb")
"""Providers in the order in which a work is named by their ids: the best known first."""
_MOST_MEMBERS: Final = 200
_ONE: Final = ("work", "other", "to")
_OF_FRANCHISES: Final = ("move", "split", "rename")
_MANY: Final = ("works", "others", "away_from", "members")


class NamedWork(msgspec.Struct, frozen=True):
    """A work as it is named: by its title and year, the ids of its pages, and its franchise."""

    id: UUID
    kind: WorkKind
    title: str
    sources: tuple[str, ...]
    year: int | None = None
    slug: str | None = None
    franchise: str | None = None

    @property
    def name(self) -> str:
        """The source id by which statements name the work."""
        places = {provider: place for place, provider in enumerate(_FIRST)}
        return min(self.sources, key=lambda one: (places.get(one.split(":")[0], len(places)), one))


class NamedFranchise(msgspec.Struct, frozen=True):
    """A franchise as it is named: its root and its works, each with its role."""

    slug: str
    title: str
    root: UUID
    members: tuple[tuple[UUID, Role], ...]


class Names:
    """Looks up names in one open store."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def work(self, name: str, field: str = "work") -> NamedWork:
        """Return the work that `name` means.

        Raises:
            InvalidInputError: it is no name of a work.
            NotFoundError: no work has it.
        """
        try:
            found = UUID(name)
        except ValueError:
            found = await self._behind(name, field)
        cards = await self.cards((found,))
        if not cards:
            raise NotFoundError(f"{field}: the graph has no work {name}")
        if not cards[0].sources:
            raise InvalidInputError.of(field, f"{name!r}: the work has no id of any provider")
        return cards[0]

    async def cards(self, works: Iterable[UUID]) -> list[NamedWork]:
        """Return what is known of works, without those that are none."""
        params = {"works": as_json(list(works))}
        return await self._gateway.fetch("curating.work_cards", params, into=list[NamedWork])

    async def franchise(self, name: str, field: str = "franchise") -> NamedFranchise:
        """Return the franchise of a slug, or of the work that `name` means.

        Raises:
            NotFoundError, GoneError: there is none, or none any more.
        """
        slug = name
        if ":" in name or is_uuid(name):
            card = await self.work(name, field)
            if card.slug is None:
                raise NotFoundError(f"{field}: {card.title} ({name}) is of no franchise")
            slug = card.slug
        seen: set[str] = set()
        while slug not in seen:
            seen.add(slug)
            found = await self._gateway.fetch(
                "curating.franchise_of", {"slug": slug}, into=list[NamedFranchise]
            )
            if found:
                return found[0]
            params = {"slug": slug}
            leads = await self._gateway.fetch("curating.successor_of", params, into=list[str])
            slug = leads[0] if leads else slug
        if len(seen) > 1:
            raise GoneError(f"{field}: the franchise {name!r} is no more")
        raise NotFoundError(f"{field}: no franchise has the slug {name!r}")

    async def _behind(self, name: str, field: str) -> UUID:
        source_id = ids.parse(name)
        if source_id is None:
            raise InvalidInputError.of(
                field, f"{name!r} is no UUID, no id like mal:20 and no known address"
            )
        params = {"source_id": source_id}
        found = await self._gateway.fetch("works.find", params, into=list[tuple[str, UUID]])
        if not found:
            raise NotFoundError(f"{field}: no work carries the id {source_id}")
        return found[0][1]


async def completed(draft: dict[str, Any], names: Names) -> CuratorStatement:
    """Return the statement that a draft means: works by their ids, and what follows from them.

    Raises:
        InvalidInputError: the draft is no statement, or a name is none.
        NotFoundError: nothing has a name that it uses.
        ActConflictError: it can't be said of these works.
    """
    draft = dict(draft)
    kind = draft.get("act")
    if not isinstance(kind, str):
        raise InvalidInputError.of("act", f"{kind!r} names no act")
    if kind == "undo":
        return _converted(draft)
    if kind in _OF_FRANCHISES:
        await _complete_franchise(draft, names)
    await _name_works(draft, names)
    if kind == "tag" and isinstance(draft.get("name"), str):
        draft["name"] = fold_tag(draft["name"])
    _parse_ids(draft)
    if kind == "id":
        await _complete_id(draft, names)
    elif kind == "work":
        await _require_new(draft, names)
    return _converted(draft)


async def _name_works(draft: dict[str, Any], names: Names) -> None:
    """Put the source id of each work in the place of its name."""
    for field in _ONE:
        if isinstance(draft.get(field), str):
            draft[field] = (await names.work(draft[field], field)).name
    for field in _MANY:
        if isinstance(draft.get(field), list | tuple):
            given = cast("Sequence[object]", draft[field])
            draft[field] = [(await names.work(str(one), field)).name for one in given]


async def _complete_franchise(draft: dict[str, Any], names: Names) -> None:
    """Fill in the franchise that an act on franchises is about."""
    kind, target_slug = draft["act"], None
    if kind == "rename":
        about = await names.franchise(str(draft.get("work", "")), "work")
        cards = await names.cards(work for work, _ in about.members[:_MOST_MEMBERS])
        draft["work"] = str(about.root)
        draft["members"] = [str(card.id) for card in cards if card.sources]
        return
    if kind == "move":
        target = await names.franchise(str(draft.get("to", "")), "to")
        draft["to"], target_slug = str(target.root), target.slug
    if draft.get("others" if kind == "split" else "away_from"):
        return
    roots: dict[UUID, None] = {}
    moved = [await names.work(str(one), "works") for one in draft.get("works") or ()]
    for card in moved:
        if card.slug is None:
            continue
        old = await names.franchise(card.slug, "works")
        if old.slug == target_slug:
            raise ActConflictError(f"works: {card.title} is of the franchise {old.slug} already")
        roots[_rest_of(old, {one.id for one in moved})] = None
    if kind == "split" and not roots:
        raise ActConflictError(
            "works: none of them is of a franchise, so there is nothing to split"
        )
    draft["others" if kind == "split" else "away_from"] = [str(one) for one in roots]


def _rest_of(old: NamedFranchise, moved: set[UUID]) -> UUID:
    """Return the work that stands for what is left of a franchise: its root, if that stays."""
    left = [work for work, _ in old.members if work not in moved]
    if old.root not in moved:
        return old.root
    if not left:
        raise ActConflictError(f"works: nothing would be left of the franchise {old.slug}")
    return left[0]


def _parse_ids(draft: dict[str, Any]) -> None:
    """Read addresses of pages as the ids that they are."""
    if isinstance(draft.get("id"), str):
        draft["id"] = ids.parse(draft["id"]) or draft["id"]
    if isinstance(draft.get("ids"), list | tuple):
        draft["ids"] = [ids.parse(str(one)) or str(one) for one in draft["ids"]]


async def _complete_id(draft: dict[str, Any], names: Names) -> None:
    """Note which ids a deprecated one stands beside; refuse one that is another work's."""
    card, id_ = await names.work(str(draft["work"])), str(draft.get("id", ""))
    if draft.get("rank") == "deprecated":
        others = [one for one in card.sources if one != id_]
        if card.name == id_ and others:
            draft["work"] = msgspec.structs.replace(card, sources=tuple(others)).name
        draft["beside"] = others
        return
    owner = await _owner(id_, names)
    if owner is not None and owner.id != card.id:
        raise ActConflictError(
            f"id: {id_} is of {owner.title} ({owner.id}): say that both are one work (same),"
            " or deprecate it there first"
        )


async def _require_new(draft: dict[str, Any], names: Names) -> None:
    for one in draft.get("ids") or ():
        if (owner := await _owner(one, names)) is not None:
            raise ActConflictError(f"ids: {one} is of {owner.title} ({owner.id}) already")


async def _owner(source_id: str, names: Names) -> NamedWork | None:
    try:
        return await names.work(source_id, "id")
    except NotFoundError:
        return None


def _converted(draft: dict[str, Any]) -> CuratorStatement:
    try:
        return cast("CuratorStatement", msgspec.convert(draft, CuratorStatement))
    except msgspec.ValidationError as error:
        where = str(error).rpartition("$.")[2].strip("`") if "$." in str(error) else "act"
        raise InvalidInputError.of(where, str(error)) from error


def is_uuid(text: str) -> bool:
    """Tell whether a text is a UUID, in any form that Python reads."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def titles_of(cards: Sequence[NamedWork]) -> dict[UUID, str]:
    """Return what works are called, with their years."""
    return {card.id: f"{card.title} ({card.year})" if card.year else card.title for card in cards}
