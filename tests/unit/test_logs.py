"""Log lines for people and for machines, with the request they belong to."""

import json
import logging
import os
from pathlib import Path
from typing import Literal

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from kensho.platform import logs
from kensho.platform.logs import LEFT_OUT, REQUEST, LineLimiter, LossyStream, RequestIds


def test_json_is_one_object_a_line_with_the_ids_of_the_request(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure("info", "json")
    token = REQUEST.set(RequestIds("r1", "t1"))
    structlog.get_logger("test").info("done", works=3)
    REQUEST.reset(token)
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["works"], line["level"]) == ("done", 3, "info")
    assert (line["request_id"], line["trace_id"]) == ("r1", "t1")


def test_an_error_is_told_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json")
    structlog.get_logger("test").error("failed", exc_info=ValueError("odd"))
    assert json.loads(capsys.readouterr().err)["exception"][0]["exc_value"] == "odd"


def fail(secret: str) -> None:
    raise ValueError(len(secret))


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_tells_no_values_of_variables(
    form: Literal["json", "console"], capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("info", form)
    secret = "".join(("pass", "word", "123"))
    try:
        fail(secret)
    except ValueError as error:
        structlog.get_logger("test").error("failed", exc_info=error)
    assert secret not in capsys.readouterr().err


def test_what_is_below_the_level_is_not_told(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("warning", "console")
    structlog.get_logger("test").info("quiet")
    structlog.get_logger("test").warning("loud")
    told = capsys.readouterr().err
    assert "loud" in told
    assert "quiet" not in told


@given(
    lines=st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 50)), max_size=60),
    per_minute=st.integers(1, 4),
)
def test_a_minute_has_so_many_lines_of_a_kind_and_all_others_are_told(
    lines: list[tuple[str, float]], per_minute: int
) -> None:
    now = 0.0
    limiter = LineLimiter(per_minute, lambda: now)
    written: list[tuple[str, float]] = []
    told = dict.fromkeys("abc", 0)
    for kind, pause in [*lines, ("", 61.0)]:
        now += pause
        for other, left_out in limiter.left_out().items():
            told[other] += left_out
        if limiter.admits(kind):
            written.append((kind, now))
    for kind in "abc":
        times = [at for other, at in written if other == kind]
        assert len(times) + told[kind] == sum(1 for other, _ in lines if other == kind)
        # Two minutes that follow one another share no more than one span of 60 s.
        assert all(
            sum(1 for at in times if 0 <= at - begin < 60) <= 2 * per_minute for begin in times
        )


def test_kinds_that_somebody_else_thinks_up_take_no_memory() -> None:
    limiter = LineLimiter(1, lambda: 1.0)
    limiter.left_out()
    assert sum(limiter.admits(f"kind {number}") for number in range(1_000)) == 257


def test_lines_beyond_the_limit_are_counted_in_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = 0.0
    limiter = LineLimiter(2, lambda: now)
    limited = logs.LimitedLines(limiter)
    logs.configure("info", "json")
    record = logging.LogRecord("library", logging.WARNING, "", 0, "%s broke", ("it",), None)
    assert [limited.filter(record) for _ in range(5)] == [True, True, False, False, False]
    for _ in range(2):
        limited(None, "warning", {"event": "odd"})
    with pytest.raises(structlog.DropEvent):
        limited(None, "warning", {"event": "odd"})
    assert capsys.readouterr().err == ""
    now = 61.0
    assert limited(None, "warning", {"event": "new", "x": 1}) == {"event": "new", "x": 1}
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(line["event"], line["of"], line["lines"]) for line in told] == [
        (LEFT_OUT, "library %s broke", 3),
        (LEFT_OUT, "odd", 1),
    ]


def test_a_server_that_is_told_so_writes_no_more_lines(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("info", "json", 3)
    for number in range(10):
        structlog.get_logger("test").error("failed", exc_info=ValueError(str(number)))
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_lines_that_nobody_takes_are_lost_and_nobody_waits() -> None:
    reading, writing = os.pipe()
    stream = LossyStream(writing)
    try:
        for _ in range(200):
            assert stream.write("a" * 2_000) == 2_000
        taken = os.read(reading, 1_000_000)
        assert 0 < len(taken) < 200 * 2_000
        stream.write("heard again\n")
        assert os.read(reading, 1_000_000) == b"heard again\n"
    finally:
        os.close(reading)
    stream.write("to nobody")
    os.close(writing)
    stream.write("to nothing")


def test_lines_are_lost_on_a_full_disk() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        assert LossyStream(full.fileno()).write("a line\n") == 7
