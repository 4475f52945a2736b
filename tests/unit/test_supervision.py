"""Supervision of worker processes that are forked from the test itself."""

import os
import resource
import signal
import threading
import time
from collections.abc import Callable

import pytest

from kensho.platform.supervision import SupervisionRules, Supervisor
from kensho.platform.worker_board import LOOP_DEATHS, LOOP_S, LOST_AFTER_S, WorkerBoard, Workers

pytestmark = pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # from 3.12 on
RULES = SupervisionRules(workers=2, stop_deadline_s=0.5, silence_s=60.0)


def supervised(
    work: Callable[[WorkerBoard, int], int], rules: SupervisionRules = RULES
) -> tuple[int, WorkerBoard]:
    """Run workers until they or the supervisor end; return the exit code and the board."""
    board = WorkerBoard(rules.workers)
    code = Supervisor(rules, board, lambda slot: work(board, slot)).run()
    return code, board


def serve(board: WorkerBoard, slot: int) -> None:
    """Take requests, beating, until a signal ends this, or the supervisor is gone.

    A worker that outlives the process of the tests keeps its pipes, and xdist waits for ever.
    """
    supervisor = os.getppid()
    board.serve(slot)
    while os.getppid() == supervisor:
        board.beat(slot, time.monotonic())
        time.sleep(0.01)


def until_all_serve(board: WorkerBoard) -> None:
    supervisor = os.getppid()
    while os.getppid() == supervisor and board.workers(time.monotonic()).serving < RULES.workers:
        time.sleep(0.01)


def tell_supervisor(board: WorkerBoard, number: signal.Signals = signal.SIGTERM) -> None:
    """Send the parent a signal once all workers serve."""
    until_all_serve(board)
    os.kill(os.getppid(), number)


def restarts(board: WorkerBoard) -> int:
    return board.workers(time.monotonic()).restarts


def serve_and_tell(board: WorkerBoard, slot: int) -> int:
    """Serve; the first worker tells the supervisor to stop once all do."""
    board.serve(slot)
    if slot == 0:
        tell_supervisor(board)
    serve(board, slot)
    return 0


def test_workers_run_until_the_supervisor_is_told_to_stop() -> None:
    code, board = supervised(serve_and_tell)
    assert code == 0
    assert restarts(board) == 0


def test_it_hears_signals_beside_more_files_than_select_takes() -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], 4_096), before[1]))
    opened = [os.open(os.devnull, os.O_RDONLY) for _ in range(1_100)]
    try:
        assert supervised(serve_and_tell)[0] == 0
    finally:
        for file in opened:
            os.close(file)
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM, None])
def test_a_worker_that_ends_is_replaced_and_counted(ending: signal.Signals | None) -> None:
    def work(board: WorkerBoard, slot: int) -> int:
        if slot == 1 and restarts(board) < 2:
            board.serve(slot)
            if ending is None:
                return 3
            os.kill(os.getpid(), ending)
        board.serve(slot)
        if slot == 1:
            tell_supervisor(board)
        serve(board, slot)
        return 0

    code, board = supervised(work)
    assert code == 0
    assert restarts(board) == 2


def test_a_worker_that_hangs_is_killed_and_replaced() -> None:
    def work(board: WorkerBoard, slot: int) -> int:
        board.serve(slot)
        if restarts(board) > 0:
            os.kill(os.getppid(), signal.SIGTERM)
        elif slot == 1:
            time.sleep(60)
        serve(board, slot)
        return 0

    code, board = supervised(work, RULES._replace(silence_s=0.3, look_every_s=0.05))
    assert code == 0
    assert restarts(board) == 1


def test_workers_are_not_blamed_for_a_time_in_which_all_stood_still() -> None:
    def work(board: WorkerBoard, slot: int) -> int:
        board.serve(slot)
        if slot == 1:
            tell_supervisor(board, signal.SIGSTOP)
            time.sleep(2.0)
            os.kill(os.getppid(), signal.SIGCONT)
            time.sleep(0.2)
            os.kill(os.getppid(), signal.SIGTERM)
        serve(board, slot)
        return 0

    code, board = supervised(work, RULES._replace(silence_s=1.5, look_every_s=0.05))
    assert code == 0
    assert restarts(board) == 0


def test_what_will_not_stop_is_killed_at_the_deadline() -> None:
    def work(board: WorkerBoard, slot: int) -> int:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        board.serve(slot)
        if slot == 0:
            tell_supervisor(board)
        serve(board, slot)
        return 0

    assert supervised(work)[0] == 0


def test_a_second_interrupt_does_not_wait_for_the_deadline() -> None:
    def work(board: WorkerBoard, slot: int) -> int:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        board.serve(slot)
        while slot == 0:
            tell_supervisor(board, signal.SIGINT)
            time.sleep(0.05)
        serve(board, slot)
        return 0

    assert supervised(work, RULES._replace(stop_deadline_s=3_600.0))[0] == 0


def test_a_thread_that_goes_on_does_not_keep_a_worker() -> None:
    def work(board: WorkerBoard, slot: int) -> int:
        threading.Thread(target=time.sleep, args=(3_600,)).start()
        board.serve(slot)
        if restarts(board) > 2:
            os.kill(os.getppid(), signal.SIGTERM)
            serve(board, slot)
        return 0

    rules = RULES._replace(stop_deadline_s=3_600.0)
    assert supervised(work, rules)[1].workers(time.monotonic()).restarts > 2


def test_an_error_at_the_start_ends_all_with_its_exit_code() -> None:
    code, board = supervised(lambda _board, _slot: 5)
    assert code == 5
    assert restarts(board) == 0


def test_a_bug_at_the_start_shows_where_it_is(capfd: pytest.CaptureFixture[str]) -> None:
    def work(_board: WorkerBoard, _slot: int) -> int:
        raise LookupError("no such thing")

    assert supervised(work)[0] == 1
    assert "LookupError: no such thing" in capfd.readouterr().err


def test_a_hang_up_is_passed_on_and_ends_nobody() -> None:
    def work(board: WorkerBoard, slot: int) -> int:
        heard: list[int] = []
        signal.signal(signal.SIGHUP, lambda number, _frame: heard.append(number))
        board.serve(slot)
        if slot == 1:
            tell_supervisor(board, signal.SIGHUP)
        while not heard:
            time.sleep(0.01)
        if slot == 0:
            os.kill(os.getppid(), signal.SIGTERM)
        serve(board, slot)
        return 0

    code, board = supervised(work)
    assert code == 0
    assert restarts(board) == 0


def test_the_handlers_of_signals_are_put_back() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)]
    supervised(lambda _board, _slot: 5)
    assert [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)] == before


def test_the_board_tells_who_serves() -> None:
    board = WorkerBoard(2)
    assert board.workers(100.0) == Workers(2, 0, 0, is_crash_loop=False)
    for slot in range(2):
        board.start(slot, 100.0)
        board.serve(slot)
    assert board.workers(101.0).serving == 2
    board.beat(1, 100.0 + LOST_AFTER_S)
    assert board.workers(101.0 + LOST_AFTER_S).serving == 1
    board.start(0, 101.0 + LOST_AFTER_S)
    assert board.workers(101.0 + LOST_AFTER_S).serving == 1, "the new one has not said so yet"


def test_ends_that_follow_one_another_are_a_crash_loop() -> None:
    board = WorkerBoard(3)
    for turn in range(LOOP_DEATHS):
        assert not board.workers(100.0).is_crash_loop
        board.end(turn, 100.0)
    assert board.workers(100.0).is_crash_loop
    assert not board.workers(100.0 + LOOP_S).is_crash_loop
    board.end(0, 100.0 + LOOP_S)
    assert board.workers(101.0 + LOOP_S) == Workers(3, 0, LOOP_DEATHS + 1, is_crash_loop=False)
