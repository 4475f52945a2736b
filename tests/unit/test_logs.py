"""Log lines for people and for machines, with the request they belong to."""

import json
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog

from kensho.platform import logs
from kensho.platform.logs import REQUEST, RequestIds


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    structlog.reset_defaults()


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
