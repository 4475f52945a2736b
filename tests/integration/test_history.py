"""What changed with publications is kept longer than they are, whole or not at all."""

import asyncio
import datetime as dt
import io
import shutil
import zlib
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
import numpy as np
import pytest

from kensho.discovery import change_points
from kensho.discovery.comparisons import composed
from kensho.errors import InvalidInputError, NotFoundError, ReadModelError
from kensho.read_model import history as histories
from kensho.read_model import publications
from kensho.read_model.building import history_writing
from kensho.read_model.building.fetching import fetch
from kensho.read_model.building.history_writing import HistoryLimits, NewPublication
from kensho.read_model.building.publishing import make_current, publish
from kensho.read_model.comparison import delta_between
from kensho.read_model.folder_lives import MANIFEST
from kensho.read_model.history import History
from kensho.read_model.holder import Snapshot
from kensho.read_model.publications import IngestRun, Publication
from kensho.read_model.snapshot_folder import FileFacts, Manifest, OpenFolder
from kensho.storage.gateway import Gateway
from tests.support.catalogue_states import State, StateFranchise, StateWork, written
from tests.support.damage import DAMAGES, Damage
from tests.support.publishing import add_work, published

BEBOP, FILM, TRIGUN = (UUID(int=number) for number in (1, 2, 3))
STORE: Final = "0123456789ab"
NOON: Final = dt.datetime(2026, 11, 29, 12, tzinfo=dt.UTC)
ROOMY: Final = HistoryLimits(100, 1 << 24)
STATES: Final = [
    State({BEBOP: StateWork("Bebop")}),
    State({BEBOP: StateWork("Bebop"), FILM: StateWork("Film", anime_type="movie")}),
    State(
        {BEBOP: StateWork("Cowboy Bebop", score=8.75), FILM: StateWork("Film", anime_type="movie")},
        franchises={"bebop": StateFranchise("Bebop", ((BEBOP, "main"), (FILM, "film")))},
    ),
    State({BEBOP: StateWork("Cowboy Bebop", score=8.8), TRIGUN: StateWork("Trigun")}),
]


def publish_states(
    root: Path, states: list[State], limits: HistoryLimits = ROOMY, first: int = 1
) -> Publication:
    """Publish states one after another, a day apart; return the last publication."""
    found = publications.read(root)
    publication = found.stores[STORE] if found else None
    for revision, state in enumerate(states, start=first):
        publication = publish_folder(root, written(root, state, revision), limits, revision)
    assert publication is not None
    return publication


def publish_folder(root: Path, folder: Path, limits: HistoryLimits, day: int) -> Publication:
    publication = Publication(folder.name)
    found = publications.read(root)
    if found is not None:
        new = NewPublication(folder.name, NOON + dt.timedelta(days=day), ())
        name = history_writing.extend_history(root, found.stores[STORE], new, limits)
        publication = msgspec.structs.replace(publication, history=name)
    return make_current(root, STORE, publication, limits)


def history_of(root: Path, publication: Publication) -> History:
    assert publication.history is not None
    return History.open(root / publication.history)


def histories_in(root: Path) -> list[str]:
    return sorted(path.name for path in root.glob("history-*"))


def test_the_first_publication_has_no_history(tmp_path: Path) -> None:
    assert publish_states(tmp_path, STATES[:1]).history is None
    assert histories_in(tmp_path) == []


def test_what_changed_is_known_when_the_snapshots_are_gone(tmp_path: Path) -> None:
    history = history_of(tmp_path, publish_states(tmp_path, STATES))
    assert not (tmp_path / history.entries[0].snapshot).exists()
    assert [entry.revision for entry in history.entries] == [1, 2, 3, 4]
    assert history.entries[1].counts == {"work_came": 1}
    assert history.entries[3].counts == {
        "franchise_went": 1,
        "work_came": 1,
        "work_went": 1,
        "work_changed": 1,
    }
    kinds = [history.change(number).decode().kind for number in range(len(history))]
    assert kinds[:1] == ["work_came"]
    assert kinds[-4:] == ["franchise_went", "work_came", "work_went", "work_changed"]


@pytest.mark.parametrize(("before", "after"), [(0, 3), (1, 3), (0, 2), (2, 3), (1, 1)])
def test_any_two_publications_are_compared_as_their_snapshots_would_be(
    tmp_path: Path, before: int, after: int
) -> None:
    history = history_of(tmp_path, publish_states(tmp_path, STATES))
    direct = delta_between(
        OpenFolder.open(written(tmp_path / "apart", STATES[before], 7)),
        OpenFolder.open(written(tmp_path / "apart", STATES[after], 8)),
    )
    assert composed(history, before, after) == direct


def test_each_change_is_found_by_its_id_and_its_franchises(tmp_path: Path) -> None:
    history = history_of(tmp_path, publish_states(tmp_path, STATES))
    assert [history.number(history.id(n)) for n in range(len(history))] == [*range(len(history))]
    assert history.number(BEBOP) is None
    of_bebop = [history.change(int(n)).decode().kind for n in history.of_franchise("bebop")]
    assert of_bebop == [
        "franchise_came",
        "work_changed",
        "work_changed",
        "franchise_went",
        "work_went",
        "work_changed",
    ]
    assert len(history.of_franchise("trigun")) == 0
    assert {slug for slugs in history.slugs() for slug in slugs} == {"bebop"}


def test_an_unchanged_snapshot_leaves_the_history_as_it_is(tmp_path: Path) -> None:
    publication = publish_states(tmp_path, STATES[:2])
    again = publish_folder(tmp_path, tmp_path / publication.snapshot, ROOMY, 9)
    assert again.history == publication.history


def test_one_history_is_kept_for_a_store_and_what_a_build_left_behind_goes(tmp_path: Path) -> None:
    publish_states(tmp_path, STATES[:2])
    found = publications.read(tmp_path)
    assert found is not None
    killed = written(tmp_path, STATES[3], 9)  # and then comes no `current.json`
    new = NewPublication(killed.name, NOON, ())
    assert history_writing.extend_history(tmp_path, found.stores[STORE], new, ROOMY)
    assert len(histories_in(tmp_path)) == 2
    publication = publish_states(tmp_path, STATES[2:3], first=3)
    assert histories_in(tmp_path) == [publication.history]
    history = history_of(tmp_path, publication)
    assert [entry.revision for entry in history.entries] == [1, 2, 3]


def test_a_history_that_is_open_is_not_removed(tmp_path: Path) -> None:
    history = history_of(tmp_path, publish_states(tmp_path, STATES[:2]))
    publish_states(tmp_path, STATES[2:], first=3)
    assert (tmp_path / history.name).exists()
    assert history.change(0).decode().kind == "work_came"


def test_the_oldest_publications_go_first_and_later_ones_can_still_be_compared(
    tmp_path: Path,
) -> None:
    publication = publish_states(tmp_path, STATES, HistoryLimits(2, 1 << 24))
    history = history_of(tmp_path, publication)
    assert [entry.revision for entry in history.entries] == [3, 4]
    assert TRIGUN in composed(history, 0, 1).came
    assert change_points.place_of(history, "2", "from") is None
    assert [entry.before for entry in history.entries[1:]] == [history.entries[0].snapshot]


def test_no_history_is_kept_where_the_settings_say_so(tmp_path: Path) -> None:
    assert publish_states(tmp_path, STATES, HistoryLimits(0, 1 << 24)).history is None
    assert histories_in(tmp_path) == []


def test_changes_that_take_more_than_is_kept_are_counted(tmp_path: Path) -> None:
    publish_states(tmp_path, STATES[:3])
    publication = publish_states(tmp_path, STATES[3:], HistoryLimits(100, 100), first=4)
    history = history_of(tmp_path, publication)
    [entry] = history.entries
    assert entry.counts["work_went"] == 1
    assert entry.gap is not None
    assert "more changed than is kept" in entry.gap
    assert len(history) == 0


def test_a_snapshot_of_an_older_version_is_compared_too(tmp_path: Path) -> None:
    publication = publish_states(tmp_path, STATES[:1])
    path = tmp_path / publication.snapshot / MANIFEST
    older = msgspec.structs.replace(Manifest.of(path.read_bytes(), path), version=1)
    path.write_bytes(older.encoded())
    history = history_of(tmp_path, publish_states(tmp_path, STATES[1:2], first=2))
    assert history.entries[1].counts == {"work_came": 1}


def test_what_cannot_be_compared_is_a_gap_and_never_fails_a_publication(tmp_path: Path) -> None:
    publication = publish_states(tmp_path, STATES[:2])
    (tmp_path / publication.snapshot / "detail.bin").write_bytes(b"x")
    history = history_of(tmp_path, publish_states(tmp_path, STATES[2:], first=3))
    gap = history.entries[2].gap
    assert gap is not None
    assert "detail.bin" in gap
    with pytest.raises(NotFoundError, match="revision 3 is not known"):
        composed(history, 0, 3)
    assert TRIGUN in composed(history, 2, 3).came
    known = change_points.known_from(history)
    assert known is not None
    assert known.revision == 4


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_history_is_refused_and_begins_anew(tmp_path: Path, damage: Damage) -> None:
    publication = publish_states(tmp_path, STATES[:3])
    history = history_of(tmp_path, publication)
    folder = tmp_path / history.name
    for name in [path.name for path in folder.iterdir()]:
        sound = (folder / name).read_bytes()
        damage(folder / name)
        with pytest.raises(ReadModelError, match=history.name):
            History.open(folder)
        (folder / name).write_bytes(sound)
    damage(folder / "changes.bin")
    anew = history_of(tmp_path, publish_states(tmp_path, STATES[3:], first=4))
    assert [entry.revision for entry in anew.entries] == [3, 4]


def test_a_history_of_another_version_is_left_behind(tmp_path: Path) -> None:
    publication = publish_states(tmp_path, STATES[:2])
    assert publication.history is not None
    path = tmp_path / publication.history / MANIFEST
    manifest = Manifest.of(path.read_bytes(), path, histories.HISTORY_VERSION)
    path.write_bytes(msgspec.structs.replace(manifest, version=99).encoded())
    with pytest.raises(ReadModelError, match="version 99"):
        History.open(path.parent)


def crafted(folder: Path, name: str, data: bytes) -> None:
    """Give a history another file, with the right checksums: who can write one can write those."""
    path = folder / MANIFEST
    manifest = Manifest.of(path.read_bytes(), path, histories.HISTORY_VERSION)
    (folder / name).write_bytes(data)
    files = manifest.files | {name: FileFacts(len(data), zlib.crc32(data))}
    path.write_bytes(msgspec.structs.replace(manifest, files=files).encoded())


def array_with(folder: Path, name: str, place: tuple[int, ...], value: int) -> bytes:
    array = np.load(folder / name)
    array[place] = value
    written_to = io.BytesIO()
    np.save(written_to, array)
    return written_to.getvalue()


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("change_kinds.npy", (0,), 99),
        ("changes_places.npy", (0, 1), 1 << 40),
        ("changes_places.npy", (1, 1), 0),
        ("slug_changes.npy", (0,), 999),
        ("slug_changes.npy", (0,), -1),
        ("slug_offsets.npy", (0,), 1),
        ("slugs_ends.npy", (0,), 99),
    ],
)
def test_a_history_whose_numbers_lead_nowhere_is_refused(
    tmp_path: Path, name: str, place: tuple[int, ...], value: int
) -> None:
    folder = tmp_path / history_of(tmp_path, publish_states(tmp_path, STATES)).name
    crafted(folder, name, array_with(folder, name, place, value))
    with pytest.raises(ReadModelError, match=name):
        History.open(folder)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("change_ids.bin", b""),
        ("change_works.bin", b"x" * 31),
        ("slugs.bin", "béb".encode()),
        ("publications.json", b"[]"),
        ("publications.json", b'[{"snapshot":"../etc","at":"2026-11-29T12:00:00+00:00"}]'),
        ("publications.json", b'[{"snapshot":"1-000000000000","at":"noon","listed":9}]'),
        ("publications.json", b'[{"snapshot":"1-000000000000","at":"2026","delta":[5,1]}]'),
        ("publications.json", b'[{"snapshot":"1-000000000000","at":"2026","listed":-1}]'),
    ],
)
def test_a_history_whose_files_do_not_fit_one_another_is_refused(
    tmp_path: Path, name: str, data: bytes
) -> None:
    folder = tmp_path / history_of(tmp_path, publish_states(tmp_path, STATES)).name
    crafted(folder, name, data)
    with pytest.raises(ReadModelError):
        History.open(folder)


async def test_publishing_a_graph_tells_what_came_with_which_runs(
    graph: Gateway, tmp_path: Path
) -> None:
    holder = await published(graph, tmp_path)
    before = holder.held
    assert before.history is None
    await add_work(graph)
    await publish(graph, tmp_path)
    assert await holder.refresh()
    history = holder.held.history
    assert history is not None
    [_, entry] = history.entries
    assert entry.snapshot == holder.held.identity
    assert entry.counts == {"work_came": 1}
    change = history.change(0).decode()
    assert change.work is not None
    assert change.work.title == "Mushishi"


async def test_a_history_that_cannot_be_opened_keeps_no_snapshot_from_being_served(
    graph: Gateway, tmp_path: Path
) -> None:
    await published(graph, tmp_path)
    await add_work(graph)
    publication = await publish(graph, tmp_path)
    assert publication.history is not None
    (tmp_path / publication.history / "changes.bin").write_bytes(b"x")
    snapshot = Snapshot.published(tmp_path, publication)
    assert snapshot.history is None
    assert snapshot.model.works_total == 1


async def test_a_replica_takes_the_history_over(graph: Gateway, tmp_path: Path) -> None:
    origin, replica = tmp_path / "origin", tmp_path / "replica"
    await published(graph, origin)
    await add_work(graph)
    there = await publish(graph, origin)
    here = await fetch(str(origin), replica, "replica")
    assert here.history == there.history is not None
    assert len(await asyncio.to_thread(history_of, replica, here)) == 1
    shutil.rmtree(origin / there.history)
    shutil.rmtree(replica)
    without = await fetch(str(origin), replica, "replica")
    assert without.history is None
    assert without.snapshot == there.snapshot


def test_publications_are_found_by_revision_snapshot_and_date(tmp_path: Path) -> None:
    history = history_of(tmp_path, publish_states(tmp_path, STATES))
    identity = history.entries[2].snapshot
    expected = {
        "1": 0,
        "3": 2,
        "99": 3,
        "0": None,
        identity: 2,
        "2026-12-01": 1,
        "2026-12-01T11:00": 0,
        "2026-12-01T14:00+02:00": 1,
        "2026-12-02": 2,
        "2000-01-01": 0,  # when the first was built, as these snapshots tell
    }
    for text, place in expected.items():
        assert change_points.place_of(history, text, "since") == place, text


@pytest.mark.parametrize(
    "text", ["", "x", "-1", "2026-13-01", "2026-11-31", "1-2", "99-000000000000", "0001-01-01T00"]
)
def test_what_names_no_publication_is_told_with_its_field(tmp_path: Path, text: str) -> None:
    history = history_of(tmp_path, publish_states(tmp_path, STATES[:2]))
    with pytest.raises(InvalidInputError) as raised:
        change_points.place_of(history, text, "since")
    assert [problem.field for problem in raised.value.problems] == ["since"]


def test_a_run_is_found_by_how_its_id_begins(tmp_path: Path) -> None:
    publication = publish_states(tmp_path, STATES[:1])
    folder = written(tmp_path, STATES[1], 2)
    runs = [
        IngestRun("aodb", "finished", "2026-11", "2026-11-29T12:00:00.1Z", f"{letter}bcdef12-34")
        for letter in "ab"
    ]
    new = NewPublication(folder.name, NOON, runs)
    name = history_writing.extend_history(tmp_path, publication, new, ROOMY)
    assert name is not None
    history = History.open(tmp_path / name)
    assert [run.id for run in history.entries[1].runs] == ["abcdef12-34", "bbcdef12-34"]
    assert change_points.snapshot_of_run(history, "ABCDEF12") == folder.name
    assert change_points.snapshot_of_run(history, "abcdef1") is None
    assert change_points.snapshot_of_run(history, "cbcdef12") is None
