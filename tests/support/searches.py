"""Revisions with titles for tests, built from rows without a store; and a store to search in."""

import contextlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec

from kensho.domain.works import Title, tag_uuid
from kensho.read_model import titles
from kensho.read_model.building.titles import TitleCollector
from kensho.read_model.building.united_works import UnitedWorks
from kensho.read_model.building.works import WorkExtras, work_input
from kensho.read_model.building.writer import SnapshotWriter
from kensho.read_model.holder import Snapshot
from kensho.read_model.identity import GraphPoint
from kensho.read_model.inputs import TaggingInput, TagInput
from kensho.storage.gateway import Gateway
from kensho.storage.rows import MembershipRow, RedirectRow, SamePairRow, WorkRow
from kensho.storage.store_settings import StoreSettings
from tests.support import graphs
from tests.support.read_models import scratch_folder
from tests.support.servers import written_store
from tests.support.stores import own_queries

_MORE: Final = """
BEGIN;
UPDATE type::record('anime', <uuid>$adult) SET adult = true RETURN NONE;
CREATE franchise:naruto SET slug = 'naruto', title = 'Naruto', digest = '1',
  root = type::record('anime', <uuid>$works[0]) RETURN NONE;
INSERT RELATION INTO in_franchise $works.map(|$w| {
  id: [<uuid>$w, 'naruto'], in: type::record('anime', <uuid>$w), out: franchise:naruto,
  role: 'main', because: []
}) RETURN NONE;
INSERT RELATION INTO redirects_episodes_to {
  id: [<uuid>$works[0], <uuid>$works[1], 221], in: type::record('anime', <uuid>$works[0]),
  out: type::record('anime', <uuid>$works[1]), first: 221, to_first: 1, source: 'test'
} RETURN NONE;
UPDATE meta:graph SET revision += 1 RETURN NONE;
COMMIT;
"""


class Shelf(msgspec.Struct, frozen=True):
    """What a revision is made of; tags are by name, and of a work."""

    works: Sequence[WorkRow]
    tags: Mapping[UUID, Sequence[str]] = {}
    memberships: Sequence[MembershipRow] = ()
    redirects: Sequence[RedirectRow] = ()
    same: Sequence[SamePairRow] = ()


def work(number: int, title: str, *others: str, **facts: Any) -> WorkRow:
    """Return a work with this title and these further ones."""
    named = (Title(title, kind="main"), *(Title(other) for other in others))
    known: dict[str, Any] = {
        "kind": "anime",
        "anime_type": "tv",
        "status": "finished",
        "sources": (),
        **facts,
    }
    return WorkRow(id=uuid.UUID(int=number), title=title, titles=named, **known)


@contextlib.contextmanager
def opened(shelf: Shelf, *, revision: int = 1) -> Iterator[Snapshot]:
    """Build and open a revision."""
    names = TitleCollector()
    with scratch_folder() as root, SnapshotWriter(root, GraphPoint(revision)) as model:
        tags = sorted({tag for borne in shelf.tags.values() for tag in borne})
        model.add_tags(TagInput(tag_uuid(tag), tag, "theme") for tag in tags)
        model.add_taggings(
            TaggingInput(work, tag_uuid(tag), 0.5)
            for work, borne in shelf.tags.items()
            for tag in borne
        )
        united = UnitedWorks()
        united.add_same(shelf.same)
        united.settle()
        works = united.works(shelf.works)
        names.add_memberships(united.memberships(shelf.memberships))
        model.add_works(work_input(row, WorkExtras()) for row in works)
        model.add_records(united.records)
        names.add_works(works)
        names.add_redirects(shelf.redirects)
        titles.write(model.folder, names.parts())
        yield Snapshot.open(model.commit())


async def searchable_store(folder: Path) -> str:
    """Write the small graph with an adult work, a franchise and a redirect; return its URL."""
    url = await written_store(folder / "kensho.db")
    async with Gateway.open(StoreSettings(url), own_queries()) as gateway:
        works = [str(graphs.NARUTO), str(graphs.NARUTO_2)]
        await gateway.run_script(_MORE, {"adult": str(graphs.GITS_SSS), "works": works})
    return url
