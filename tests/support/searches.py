"""Revisions with titles for tests, built from rows without a store; and a store to search in."""

import contextlib
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec

from kensho.discovery import titles
from kensho.discovery.read_model import Revision
from kensho.discovery.title_reading import TitleReading
from kensho.discovery.work_reading import Surroundings, work_input
from kensho.domain.works import Title, tag_uuid
from kensho.graph.build import Build
from kensho.graph.inputs import TaggingInput, TagInput
from kensho.storage.gateway import Gateway
from kensho.storage.rows import Membership, Redirect, Work
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

    works: Sequence[Work]
    tags: Mapping[UUID, Sequence[str]] = {}
    memberships: Sequence[Membership] = ()
    redirects: Sequence[Redirect] = ()


def work(number: int, title: str, *others: str, **facts: Any) -> Work:
    """Return a work with this title and these further ones."""
    named = (Title(title, kind="main"), *(Title(other) for other in others))
    known: dict[str, Any] = {
        "kind": "anime",
        "anime_type": "tv",
        "status": "finished",
        "sources": (),
        **facts,
    }
    return Work(id=uuid.UUID(int=number), title=title, titles=named, **known)


@contextlib.contextmanager
def opened(shelf: Shelf, *, revision: int = 1) -> Iterator[Revision]:
    """Build and open a revision."""
    names = TitleReading()
    with scratch_folder() as root, Build(root, revision) as model:
        tags = sorted({tag for borne in shelf.tags.values() for tag in borne})
        model.add_tags(TagInput(tag_uuid(tag), tag, None) for tag in tags)
        model.add_taggings(
            TaggingInput(work, tag_uuid(tag), 0.5)
            for work, borne in shelf.tags.items()
            for tag in borne
        )
        names.add_memberships(shelf.memberships)
        model.add_works(work_input(row, Surroundings()) for row in shelf.works)
        names.add_works(shelf.works)
        names.add_redirects(shelf.redirects)
        titles.write(model.folder, names.packed())
        yield Revision.open(model.commit("tests"))


async def searchable_store(folder: Path) -> str:
    """Write the small graph with an adult work, a franchise and a redirect; return its URL."""
    url = await written_store(folder / "kensho.db")
    async with Gateway.open(StoreSettings(url), own_queries()) as gateway:
        works = [str(graphs.NARUTO), str(graphs.NARUTO_2)]
        await gateway.run_script(_MORE, {"adult": str(graphs.GITS_SSS), "works": works})
    return url
