"""A folder of the read model is whole or refused: every file, every kind of damage."""

import shutil
from pathlib import Path

import msgspec
import pytest

from kensho.errors import ReadModelError
from kensho.read_model import folder_lives
from kensho.read_model.building import writer
from kensho.read_model.folder_lives import MANIFEST
from kensho.read_model.identity import GraphPoint
from kensho.read_model.model import ReadModel
from kensho.read_model.snapshot_folder import Manifest
from tests.support.damage import DAMAGES, Damage
from tests.support.random_graphs import WORK_IDS as IDS
from tests.support.random_graphs import RandomGraph, RandomTag, RandomWork, inputs_of

GRAPH = RandomGraph(
    works=tuple(
        RandomWork(work, "anime", 2020, "fall", 8.0, 7.5, ("mal:1",), ()) for work in IDS[:3]
    ),
    edges=frozenset({(IDS[0], IDS[1], "sequel"), (IDS[1], IDS[2], "side_story")}),
    tags=(RandomTag(IDS[3], "drama", "genre"),),
    taggings={(IDS[0], IDS[3]): 0.5},
    retired={IDS[4]: IDS[0], IDS[5]: None},
)


SEVEN = GraphPoint(7).identity


def written(root: Path, revision: int = 7) -> Path:
    return writer.write(root, GraphPoint(revision), inputs_of(GRAPH))


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("sound"))


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_to_any_file_is_found_and_the_file_named(
    sound: Path, tmp_path: Path, damage: Damage
) -> None:
    names = [path.name for path in sound.iterdir()]
    assert len(names) > 40
    for name in names:
        folder = tmp_path / name
        shutil.copytree(sound, folder)
        damage(folder / name)
        with pytest.raises(ReadModelError, match=name):
            ReadModel.open(folder)


def test_every_byte_of_the_manifest_counts(sound: Path, tmp_path: Path) -> None:
    shutil.copytree(sound, tmp_path / SEVEN)
    text = (sound / MANIFEST).read_bytes()
    for place in range(len(text)):
        altered = bytearray(text)
        altered[place] ^= 1
        (tmp_path / SEVEN / MANIFEST).write_bytes(altered)
        with pytest.raises(ReadModelError, match=MANIFEST):
            ReadModel.open(tmp_path / SEVEN)


def test_a_folder_of_another_version_is_refused(sound: Path, tmp_path: Path) -> None:
    shutil.copytree(sound, tmp_path / SEVEN)
    manifest = msgspec.json.decode((sound / MANIFEST).read_bytes(), type=Manifest)
    other = msgspec.structs.replace(manifest, version=manifest.version + 1)
    (tmp_path / SEVEN / MANIFEST).write_bytes(other.encoded())
    with pytest.raises(ReadModelError, match="version"):
        ReadModel.open(tmp_path / SEVEN)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadModelError, match=MANIFEST):
        ReadModel.open(tmp_path / "1")


def test_a_build_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    stray = msgspec.structs.replace(GRAPH, works=GRAPH.works[:1])
    with pytest.raises(ReadModelError, match=IDS[1].hex):
        writer.write(tmp_path, GraphPoint(1), inputs_of(stray))
    assert list(tmp_path.iterdir()) == []


def test_a_tagging_with_an_unknown_tag_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReadModelError, match="tagging"):
        writer.write(tmp_path, GraphPoint(1), inputs_of(msgspec.structs.replace(GRAPH, tags=())))


def test_a_work_that_comes_twice_is_refused(tmp_path: Path) -> None:
    twice = msgspec.structs.replace(GRAPH, works=(*GRAPH.works, GRAPH.works[0]))
    with pytest.raises(ReadModelError, match="twice"):
        writer.write(tmp_path, GraphPoint(1), inputs_of(twice))


def test_a_relation_of_a_work_to_itself_is_left_out(tmp_path: Path) -> None:
    looped = msgspec.structs.replace(GRAPH, edges=GRAPH.edges | {(IDS[0], IDS[0], "other")})
    model = ReadModel.open(writer.write(tmp_path, GraphPoint(1), inputs_of(looped)))
    assert model.counts["edges"] == len(GRAPH.edges)


def test_an_open_model_outlives_its_folder_and_its_replacement(tmp_path: Path) -> None:
    model = ReadModel.open(written(tmp_path))
    before = [model.summary(node) for node in range(model.works_total)]
    written(tmp_path)  # replaces the folder of the same revision
    shutil.rmtree(tmp_path / SEVEN)
    assert [model.summary(node) for node in range(model.works_total)] == before
    assert model.season_nodes(2020, "fall").tolist() == [0, 1, 2]


def test_mapped_arrays_refuse_to_be_written(sound: Path) -> None:
    with pytest.raises(ValueError, match="read-only"):
        ReadModel.open(sound).columns.year[0] = 1


def test_sweeping_keeps_the_named_revisions_and_other_peoples_files(tmp_path: Path) -> None:
    for revision in (1, 2, 3):
        written(tmp_path, revision)
    (tmp_path / ".part-9-1").mkdir()
    (tmp_path / "730").mkdir()  # as it was named before identities
    (tmp_path / "notes").mkdir()
    folder_lives.sweep(tmp_path, keep={GraphPoint(2).identity, GraphPoint(3).identity})
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        GraphPoint(2).identity,
        GraphPoint(3).identity,
        "notes",
    ]
    folder_lives.sweep(tmp_path / "absent", keep=set())
