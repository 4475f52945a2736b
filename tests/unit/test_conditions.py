"""What readiness and metrics tell of what surrounds the service."""

import os
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from kensho.discovery.conditions import Conditions
from kensho.discovery.health import HealthService
from kensho.http.metrics import Metrics
from kensho.platform.clock import ClockWatch
from kensho.platform.worker_board import WorkerBoard, Workers
from kensho.read_model import last_ingest
from kensho.read_model.holder import SnapshotHolder
from kensho.read_model.last_ingest import LastIngest


def conditions(folder: Path, **parts: object) -> Conditions:
    holder = SnapshotHolder(folder, "store", or_latest=True)
    given = {"publishes": lambda: True, **parts}
    return Conditions(folder, holder, **given)  # type: ignore[arg-type] # of several types


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 2 MB, where that is allowed."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("disks can't be mounted here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def test_all_is_well_where_nothing_is_wrong(tmp_path: Path) -> None:
    found = conditions(tmp_path)
    found.look()
    assert found.problems() == {}
    assert found.workers() is None


def test_how_the_last_ingest_ended_is_told_to_prometheus(tmp_path: Path) -> None:
    found, metrics = conditions(tmp_path), Metrics()
    found.look()
    metrics.note_conditions({}, None, found.last_ingest)
    assert b"kensho_ingest" not in metrics.render()
    last_ingest.note(tmp_path, LastIngest(ended_at_s=1_700_000_000, exit_code=5))
    found.look()
    metrics.note_conditions({}, None, found.last_ingest)
    assert b"\nkensho_ingest_exit_code 5.0\n" in metrics.render()
    assert b"\nkensho_ingest_ended_timestamp_seconds 1.7e+09\n" in metrics.render()
    (tmp_path / "last_ingest.json").write_bytes(b"{half")
    found.look()
    assert found.last_ingest is None


def test_a_disk_without_room_for_a_snapshot_is_told(small_disk: Path) -> None:
    found = conditions(small_disk)
    found.look()
    assert found.problems() == {
        "disk": f"2 MB are free for {small_disk}: a snapshot takes 34 MB",
    }


def test_a_folder_that_can_t_be_written_is_told(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    found = conditions(small_disk)
    found.look()
    told = found.problems()["folder"]
    assert told == f"{small_disk} is read-only: no newer snapshot can be published"


def test_a_replica_may_read_from_a_full_disk_that_is_read_only(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    found = conditions(small_disk, publishes=lambda: False)
    found.look()
    assert found.problems() == {}


def test_a_folder_that_is_not_there_yet_is_no_problem_of_its_own(tmp_path: Path) -> None:
    found = conditions(tmp_path / "none")
    found.look()
    assert found.problems() == {}


def test_a_folder_that_can_t_be_looked_at_is_told(tmp_path: Path) -> None:
    def publishes() -> bool:
        raise PermissionError(13, "Permission denied")

    found = conditions(tmp_path, publishes=publishes)
    found.look()
    assert found.problems() == {"folder": f"{tmp_path} can't be looked at: Permission denied"}


def test_a_disk_that_does_not_answer_is_told_without_waiting_for_it(tmp_path: Path) -> None:
    asked, answers = threading.Event(), threading.Event()
    now = [50.0]

    def publishes() -> bool:
        asked.set()
        return not answers.wait()

    clock = ClockWatch(lambda: 1e9 + now[0], lambda: now[0])
    found = conditions(tmp_path, publishes=publishes, clock=clock)
    looking = threading.Thread(target=found.look)
    looking.start()
    asked.wait()
    assert found.problems() == {}
    now[0] += 31
    assert found.problems() == {"folder": f"{tmp_path} does not answer"}
    answers.set()
    looking.join()
    assert found.problems() == {}


def test_workers_that_are_missing_or_end_again_and_again_are_told(tmp_path: Path) -> None:
    board = WorkerBoard(2)
    found = conditions(tmp_path, board=board)
    assert found.problems() == {"workers": "0 of 2 workers serve"}
    for slot in range(2):
        board.start(slot, time.monotonic())
        board.serve(slot)
    assert found.problems() == {}
    for _ in range(3):
        board.end(1, time.monotonic())
    assert found.problems() == {"workers": "workers end again and again; 3 were replaced"}


def test_a_change_is_logged_once(tmp_path: Path) -> None:
    board = WorkerBoard(1)
    with structlog.testing.capture_logs() as lines:
        found = conditions(tmp_path, board=board)
        found.look()
        found.look()
        board.serve(0)
        board.beat(0, time.monotonic())
        found.look()
    assert [(line["event"], line["what"]) for line in lines] == [
        ("not_well", "workers"),
        ("well_again", "workers"),
    ]


@pytest.mark.parametrize("details", [True, False])
def test_health_names_what_is_not_well_and_with_details_why(
    tmp_path: Path, *, details: bool
) -> None:
    holder = SnapshotHolder(tmp_path, "store", or_latest=True)
    service = HealthService(
        holder,
        lambda: pytest.fail("no clock"),
        "1",
        details=details,
        problems=lambda: {"disk": f"{tmp_path} is full"},
    )
    told = service.health().dependencies
    assert told.disk is not None
    assert (str(tmp_path) in str(told.disk)) is details
    assert (str(tmp_path) in str(service.readiness())) is details


def test_metrics_tell_of_all_workers_and_of_what_is_not_well() -> None:
    metrics = Metrics()
    metrics.note_conditions({"disk": "full"}, Workers(2, 1, 7, is_crash_loop=False))
    metrics.note_snapshot(3, 1_800_000_000)
    text = metrics.render().decode()
    for line in (
        'kensho_well{what="disk"} 0.0',
        'kensho_well{what="clock"} 1.0',
        "kensho_workers 2.0",
        "kensho_workers_serving 1.0",
        "kensho_worker_restarts_total 7.0",
        "kensho_snapshot_built_timestamp_seconds 1.8e+09",
    ):
        assert line in text.splitlines()
