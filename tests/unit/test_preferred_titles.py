"""Titles in the language that a viewer prefers, wherever a document names a work."""

from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

import msgspec
import numpy as np
import pytest

from kensho.discovery import franchises
from kensho.discovery.preferred_titles import PreferredTitles, TitleChoice
from kensho.domain.works import Title
from kensho.read_model.franchise_views import FranchiseLine
from kensho.read_model.holder import Snapshot
from kensho.read_model.views import FranchiseRef
from kensho.storage.rows import StoredFranchise
from tests.support import franchise_snapshots
from tests.support.franchise_snapshots import Rows, member, relation, work

TITAN, SECOND = UUID(int=1), UUID(int=2)
TITLES = (
    Title("Shingeki no Kyojin", "ja-Latn", "main"),
    Title("AoT", "en", "short"),
    Title("Titan Attack", "en"),
    Title("Attack on Titan", "en", "official"),
    Title("Shingeki", "ja", "official"),
    Title("進撃の巨人", "ja", "official"),
)


@pytest.fixture(scope="module")
def held() -> Iterator[Snapshot]:
    first = msgspec.structs.replace(work(1, "Shingeki no Kyojin", year=2013), titles=TITLES)
    rows = Rows(
        works=[first, work(2, "Shingeki no Kyojin 2", year=2017)],
        franchises=[StoredFranchise("titan", "Shingeki no Kyojin", TITAN, "d")],
        memberships=[member(1, "titan"), member(2, "titan", relation(1, 2))],
        edges=[(TITAN, SECOND, "sequel", "stated")],
    )
    with franchise_snapshots.opened(rows) as held:
        yield held


@pytest.mark.parametrize(
    ("choice", "title"),
    [("romaji", "Shingeki no Kyojin"), ("english", "Attack on Titan"), ("native", "進撃の巨人")],
)
def test_a_work_is_called_as_is_preferred(held: Snapshot, choice: TitleChoice, title: str) -> None:
    titles = PreferredTitles(held.model, choice)
    assert titles.of(TITAN, "Shingeki no Kyojin") == title
    assert titles.of(SECOND, "Shingeki no Kyojin 2") == "Shingeki no Kyojin 2"
    assert titles.of(UUID(int=99), "unknown") == "unknown"


def test_every_document_names_works_alike(held: Snapshot) -> None:
    titles = PreferredTitles(held.model, "english")
    found = titles.applied(franchises.detail(held.model, 0).decode())
    assert found.title == "Attack on Titan"
    assert [one.work.title for one in found.members] == ["Attack on Titan", "Shingeki no Kyojin 2"]
    assert found.lines[0].title == "Attack on Titan"
    order = titles.applied(franchises.watch_order(held.model, 0, "release").decode())
    assert [step.work.title for step in order.steps] == ["Attack on Titan", "Shingeki no Kyojin 2"]
    assert titles.applied({"in": [FranchiseRef("titan", "Shingeki no Kyojin")]}) == {
        "in": [FranchiseRef("titan", "Attack on Titan")]
    }
    own = FranchiseLine(0, "The wall", "own", (TITAN,), 1, 1)
    assert titles.applied(own) is own


def test_a_tuple_of_a_work_is_named_too(held: Snapshot) -> None:
    class Named(NamedTuple):
        id: UUID
        title: str

    titles = PreferredTitles(held.model, "native")
    assert titles.applied((Named(TITAN, "x"), 3)) == (Named(TITAN, "進撃の巨人"), 3)


def test_romaji_changes_nothing_at_all(held: Snapshot) -> None:
    detail = franchises.detail(held.model, 0).decode()
    assert PreferredTitles(held.model, "romaji").applied(detail) is detail


def test_lists_are_sorted_by_what_is_shown(held: Snapshot) -> None:
    model = held.model
    nodes = PreferredTitles(model, "native").sorted(np.array([0, 1], dtype=np.int32))
    assert [model.id(int(node)) for node in nodes] == [SECOND, TITAN]
