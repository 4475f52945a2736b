"""A snapshot with right checksums and wrong numbers is refused by name, or harmless."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from kensho.errors import ReadModelError
from kensho.read_model.holder import Snapshot
from kensho.read_model.snapshot_folder import OpenFolder
from tests.support.crafted_snapshots import as_file, exercise, with_file, written
from tests.support.damaged_arrays import damaged_array, damaged_blob
from tests.support.examples import examples
from tests.support.read_models import scratch_folder

_DAMAGES = examples(2)
"""Of each array and text: 200 snapshots in all."""
_FREE = frozenset(
    (
        *("imdb_rating", "score", "year", "tag_relevances", "similar_by_tag", "similar_by_node"),
        *(
            "imdb_votes",
            "episode_counts",
            "franchise_tags",
            "recommended_votes",
            "source_first",
            "source_last",
        ),
        *("title_entry_year", "title_row_digits", "title_row_plain_length", "title_season_codes"),
        *(
            "title_phrase_word_bytes",
            "neighbour_costs",
            "title_redirects",
        ),  # of the latter this is an episode
    )
)
"""Arrays whose numbers lead nowhere: any number of their kind may stand there."""
UNCOUNTED: Final = pytest.mark.no_cover
"""What opens hundreds of snapshots, as those do that are counted: half a minute of a processor."""


@pytest.fixture(scope="module")
def sound() -> Iterator[Path]:
    with scratch_folder() as root:
        yield written(root)


@pytest.fixture
def scratch() -> Iterator[Path]:
    with scratch_folder() as root:
        yield root


def test_the_sound_snapshot_has_something_in_every_array(sound: Path) -> None:
    exercise(Snapshot.open(sound))
    folder = OpenFolder.open(sound)
    assert [name for name, array in folder.arrays().items() if not array.size] == []
    assert [name for name in folder.manifest.files if not len(folder.blob(name))] == []


def test_a_number_beyond_what_it_counts_is_refused_with_file_and_place(
    sound: Path, scratch: Path
) -> None:
    for name, array in OpenFolder.open(sound).arrays().items():
        if array.dtype.kind not in "iu" or name in _FREE or name.endswith(("_codes", "_hashes")):
            continue
        crafted = np.array(array)
        crafted.reshape(-1)[array.size // 2] = np.iinfo(array.dtype).max
        copy = with_file(sound, f"{name}.npy", as_file(crafted), scratch)
        with pytest.raises(ReadModelError, match=rf"{copy}/.*\.npy: "):  # or of one beside it
            pytest.fail(f"{name}: {Snapshot.open(copy)}")


@UNCOUNTED
@pytest.mark.parametrize("is_missing", [True, False], ids=["missing", "no array"])
def test_a_file_that_is_missing_or_of_another_form_is_refused_by_its_name(
    sound: Path, scratch: Path, is_missing: bool
) -> None:
    for name in OpenFolder.open(sound).manifest.files:
        data = None if is_missing else b"\x93NUMPY\x01\x00\x20\x00{'descr': 'O', 'shape': (-1,)}"
        copy = with_file(sound, name, data, scratch)
        named = name if is_missing or name.endswith(".npy") else ""  # or what tells of the text
        with pytest.raises(ReadModelError, match=f"{copy}/{named}"):
            Snapshot.open(copy)


@UNCOUNTED
def test_whatever_is_wrong_with_an_array_the_snapshot_is_refused_or_can_be_read(
    sound: Path, scratch: Path
) -> None:
    drawn = random.Random(11)
    refused = [
        is_refused(with_file(sound, f"{name}.npy", as_file(damaged_array(array, drawn)), scratch))
        for name, array in OpenFolder.open(sound).arrays().items()
        for _ in range(_DAMAGES)
    ]
    assert sum(refused) > len(refused) / 2


@UNCOUNTED
def test_a_text_that_is_cut_or_no_utf_8_is_refused_or_can_be_read(
    sound: Path, scratch: Path
) -> None:
    drawn = random.Random(12)
    folder = OpenFolder.open(sound)
    refused = [
        is_refused(with_file(sound, name, damaged_blob(folder.blob(name)[:], drawn), scratch))
        for name in folder.manifest.files
        if name.startswith("title_") and name.endswith(".bin")
        for _ in range(3 * _DAMAGES)
    ]
    assert sum(refused) > len(refused) / 2


def is_refused(folder: Path) -> bool:
    """Tell whether a snapshot is refused; read all of it if it is not."""
    try:
        snapshot = Snapshot.open(folder)
    except ReadModelError as error:
        told = error.message
    else:
        exercise(snapshot)
        return False
    assert str(folder) in told
    return True
