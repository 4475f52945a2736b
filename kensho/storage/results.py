"""What the engine's answer to a script means: the last statement's result, or one typed error.

The engine answers with a status for every statement. A failing one makes its neighbours fail too
("not executed", "cancelled"), so the cause is the one that says something else. Pure; the messages
are those of SurrealDB 3.2.
"""

import re
from typing import Any, Final, cast

from kensho.errors import DeadlineExceededError, RuleViolationError, StorageError

_RULE_BROKEN: Final = re.compile(
    r"must conform to|but expected a|already contains|already exists|The record '.*' does not exist"
    r"|Couldn't coerce|while processing event|no such field exists|Expected `",
    re.DOTALL,
)
_ECHOES: Final = ("NotExecuted", "Cancelled")
"""What the engine says of the statements beside the one that failed."""


def last_result(response: object) -> object:
    """Return the last statement's result; raises the first real error among all statements."""
    answer = cast("dict[str, Any]", response)
    if "error" in answer:
        raise _typed(str(answer["error"].get("message", answer["error"])), None)
    statements = cast("list[dict[str, Any]]", answer["result"])
    failed = [s for s in statements if s["status"] != "OK"]
    for statement in sorted(failed, key=lambda s: _kind(s) in _ECHOES):
        raise _typed(str(statement["result"]), _kind(statement))
    return statements[-1]["result"] if statements else None


def _kind(statement: dict[str, Any]) -> str | None:
    details = statement.get("details")
    return cast("dict[str, str]", details).get("kind") if isinstance(details, dict) else None


def _typed(message: str, kind: str | None) -> StorageError:
    if kind == "TimedOut" or "exceeded the timeout" in message:
        return DeadlineExceededError(message)
    if _RULE_BROKEN.search(message):
        return RuleViolationError(message)
    return StorageError(message)
