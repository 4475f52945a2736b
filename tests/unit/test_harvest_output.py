"""The file of a harvest: torn lines, lost states, other wishes, two writers, merges."""

from pathlib import Path

import msgspec
import pytest

from ingest.harvest.output import HarvestFile, HarvestPlan, limited
from ingest.harvest.walking import LeftOut, Step
from kensho.errors import InvalidInputError, SourceFileError

PLAN = HarvestPlan("anilist", "https://graphql.example")


class Place(msgspec.Struct, frozen=True):
    page: int


def step(*numbers: int, page: int | None = None, gone: tuple[str, ...] = ()) -> Step:
    records = [{"id": number} for number in numbers]
    return Step(records, None if page is None else Place(page), gone=gone)


def begun(path: Path, plan: HarvestPlan = PLAN) -> None:
    """Leave a walk behind that has come to its third page."""
    with HarvestFile(path, plan) as file:
        assert not file.resume()
        file.append(step(1, 2, page=2))
        file.append(step(3, page=3))


def part_of(path: Path) -> Path:
    return path.parent / ".harvest" / f"{path.name}.part"


def state_of(path: Path) -> Path:
    return path.parent / ".harvest" / f"{path.name}.state.json"


def ended(path: Path, plan: HarvestPlan = PLAN) -> bytes:
    """Go on with the last page, and return the file."""
    with HarvestFile(path, plan) as file:
        if not file.resume():
            file.append(step(1, 2, page=2))
            file.append(step(3, page=3))
        file.append(step(4))
        file.finish("id")
    return path.read_bytes()


WHOLE = b'{"id":1}\n{"id":2}\n{"id":3}\n{"id":4}\n'


def test_a_walk_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    begun(path)
    assert not path.exists()
    with HarvestFile(path, PLAN) as file:
        assert file.resume()
        assert file.state.cursor == {"page": 3}
        assert file.state.records == 3
    assert ended(path) == WHOLE
    assert not part_of(path).exists()
    assert not state_of(path).exists()


@pytest.mark.parametrize("torn", [b'{"id":4}\n', b'{"id":4', b"\x00" * 4096, b'{"id":4}\n{"id":5}'])
def test_what_was_not_noted_is_cut_off(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "x.jsonl"
    begun(path)
    with part_of(path).open("ab") as part:
        part.write(torn)
    assert ended(path) == WHOLE


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b'{"plan": 7}'])
def test_a_state_that_cannot_be_read_begins_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.jsonl"
    begun(path)
    state_of(path).write_bytes(content)
    assert ended(path) == WHOLE


def test_a_part_that_is_shorter_than_noted_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    begun(path)
    part_of(path).write_bytes(b'{"id":1}\n')
    assert ended(path) == WHOLE


def test_a_kill_before_the_state_is_gone_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    begun(path)
    with HarvestFile(path, PLAN) as file:
        file.resume()
        file.append(step(4))
        kept = state_of(path).read_bytes()
        file.finish("id")
    state_of(path).write_bytes(kept)
    with HarvestFile(path, PLAN) as file:
        assert file.resume()
        assert file.state.cursor is None
        file.finish("id")
    assert path.read_bytes() == WHOLE


@pytest.mark.parametrize(
    "other",
    [
        msgspec.structs.replace(PLAN, endpoint="https://mirror.example"),
        msgspec.structs.replace(PLAN, since="2026-11-01"),
        msgspec.structs.replace(PLAN, limit=5),
    ],
)
def test_other_wishes_are_refused_unless_it_is_begun_anew(
    tmp_path: Path, other: HarvestPlan
) -> None:
    path = tmp_path / "x.jsonl"
    begun(path)
    with (
        HarvestFile(path, other) as file,
        pytest.raises(InvalidInputError, match=r"begun with source anilist, endpoint .*--restart"),
    ):
        file.resume()
    with HarvestFile(path, other) as file:
        assert not file.resume(restart=True)
        assert file.state.records == 0


def test_two_processes_do_not_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    with (
        HarvestFile(path, PLAN),
        pytest.raises(SourceFileError, match=r"x\.jsonl: another process writes it now"),
        HarvestFile(path, PLAN),
    ):
        pass


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises(SourceFileError, match=r"x\.jsonl: can't be written"),
        HarvestFile(tmp_path / "file" / "x.jsonl", PLAN),
    ):
        pass


def test_a_refresh_replaces_adds_and_drops_in_place(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"id":1,"v":1}\n{"id":2,"v":1}\nno json\n{"id":3,"v":1}')
    plan = msgspec.structs.replace(PLAN, since="2026-11-01")
    with HarvestFile(path, plan) as file:
        file.resume()
        file.append(Step([{"id": 3, "v": 2}, {"id": 9, "v": 1}], Place(2)))
        file.append(Step([{"id": 9, "v": 2}], None, gone=["anilist:1"]))
        file.finish("id")
    assert path.read_bytes() == b'{"id":2,"v":1}\nno json\n{"id":3,"v":2}\n{"id":9,"v":2}\n'


def test_what_was_left_out_and_is_gone_is_kept_over_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    fault = LeftOut("mal:1", "episodes", "'x'", "no number")
    with HarvestFile(path, PLAN) as file:
        file.resume()
        file.append(Step([], Place(2), [fault], ["mal:7"]))
    with HarvestFile(path, PLAN) as file:
        file.resume()
        assert (file.state.left_out, file.state.gone) == ((fault,), ("mal:7",))


def test_a_step_beyond_the_limit_is_the_last() -> None:
    assert limited(step(1, 2, page=2), 3) == step(1, 2, page=2)
    assert limited(step(1, 2, page=2), 2) == step(1, 2)
    assert limited(step(1, 2, page=2), 1) == step(1)
