"""Faults of the engine as it words them, and the error that each becomes."""

from typing import Any

import pytest

from kensho.errors import DiskFullError, StorageError
from kensho.storage import gateway

_ECHO = "The query was not executed due to a failed transaction"
_COMMIT = (
    "Cannot COMMIT: There was a problem with a transaction: WAL error: IO error:"
    " kind=no storage space, message=No space left on device (os error 28)"
)


def failed(message: str, kind: str) -> dict[str, Any]:
    return {"status": "ERR", "result": message, "details": {"kind": kind}}


def test_a_commit_that_finds_no_room_tells_the_cause() -> None:
    begun = {"status": "OK", "result": None}
    answer = {"result": [begun, failed(_ECHO, "NotExecuted"), failed(_COMMIT, "NotExecuted")]}
    with pytest.raises(DiskFullError, match="the disk of the store is full") as full:
        gateway._last_result(answer)
    assert isinstance(full.value, StorageError)
    assert full.value.exit_code == 5


def test_a_statement_that_fails_comes_before_the_commit_that_follows() -> None:
    broken = failed("Found '' for field `title` but field must conform to: x", "Internal")
    answer = {"result": [failed(_ECHO, "NotExecuted"), broken, failed(_ECHO, "NotExecuted")]}
    with pytest.raises(StorageError, match="title"):
        gateway._last_result(answer)
