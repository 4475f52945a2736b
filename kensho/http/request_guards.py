"""Checks on a request target before it is routed: its length, its encoding, its parameters.

Performance: a path without escapes is matched once; only targets with a query or an escape are
decoded.
"""

import re
from typing import Final, NamedTuple
from urllib.parse import unquote_to_bytes

from kensho.errors import FieldProblem, InvalidInputError

MAX_PATH_BYTES: Final = 2_000
"""Our longest paths hold a slug and an id; the rest is room for foreign ids and old links."""
MAX_QUERY_BYTES: Final = 8_000
"""The most that common proxies pass on in a request line (nginx: 8 KiB)."""
MAX_VALUE_CHARS: Final = 1_000
"""Titles and addresses are the longest values that make sense; both stay below."""
MAX_PARAMETERS: Final = 32
"""The search takes the most, 13; pages get further ones from other sites."""
_PLAIN_PATH: Final = re.compile(rb"[\x21-\x24\x26-\x7e]*")
_TYPED: Final = "q"
"""What people paste into a search: tabs and ends of lines in it are spaces."""
_PASTED: Final = re.compile(r"[\t\n\r]+")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class TooLong(NamedTuple):
    """A target longer than any of ours: which part, and the limit in bytes."""

    part: str
    limit_bytes: int


def too_long(path: bytes, query: bytes) -> TooLong | None:
    """Tell whether a request target is longer than is ever needed."""
    if len(path) > MAX_PATH_BYTES:
        return TooLong("path", MAX_PATH_BYTES)
    return TooLong("query", MAX_QUERY_BYTES) if len(query) > MAX_QUERY_BYTES else None


def check_path(path: bytes) -> None:
    """Refuse a raw path that is not UTF-8 once decoded, or that holds control characters.

    Raises:
        InvalidInputError: naming the path.
    """
    if _PLAIN_PATH.fullmatch(path):
        return
    try:
        text = unquote_to_bytes(path).decode()
    except UnicodeDecodeError as error:
        raise InvalidInputError.of("path", "its percent-encoding is not UTF-8") from error
    if _CONTROL.search(text):
        raise InvalidInputError.of("path", "it holds a control character")


def parameters(query: bytes, lists: frozenset[str] = frozenset()) -> dict[str, str]:
    """Return the query parameters by name; those of `lists` come again, and are joined by commas.

    Raises:
        InvalidInputError: one comes twice, is too long, not UTF-8, or holds control
            characters; names each.
    """
    try:
        pairs = parsed(query)
    except UnicodeDecodeError as error:
        raise InvalidInputError.of("query", "its percent-encoding is not UTF-8") from error
    pairs = [(name, _as_typed(value) if name == _TYPED else value) for name, value in pairs]
    found = _joined(pairs, lists)
    problems = [problem for name, value in pairs for problem in _problems(name, value)]
    if len(found) < len(pairs):
        names = [name for name, _ in pairs if name not in lists]
        problems += [
            FieldProblem(_shown(n), "it may be given once") for n in found if names.count(n) > 1
        ]
    if problems:
        raise InvalidInputError(problems)
    return found


def parsed(query: bytes) -> list[tuple[str, str]]:
    """Return the names and values of a query as `urllib.parse.parse_qsl` does, in half of its time.

    Raises:
        InvalidInputError: they are too many.
        UnicodeDecodeError: one is not UTF-8.
    """
    if query.count(b"&") >= MAX_PARAMETERS:
        raise InvalidInputError.of("query", f"at most {MAX_PARAMETERS} parameters are read")
    found: list[tuple[str, str]] = []
    for pair in query.replace(b"+", b" ").split(b"&"):
        if pair:
            name, _, value = pair.partition(b"=")
            found.append((unquote_to_bytes(name).decode(), unquote_to_bytes(value).decode()))
    return found


def _joined(pairs: list[tuple[str, str]], lists: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        found[name] = f"{found[name]},{value}" if name in lists and name in found else value
    return found


def _as_typed(value: str) -> str:
    return _PASTED.sub(" ", value).strip(" ") if _PASTED.search(value) else value


def _problems(name: str, value: str) -> list[FieldProblem]:
    if len(value) > MAX_VALUE_CHARS:
        return [
            FieldProblem(
                _shown(name),
                f"its value has {len(value)} characters; at most {MAX_VALUE_CHARS} are read",
            )
        ]
    if _CONTROL.search(value) or _CONTROL.search(name):
        return [FieldProblem(_shown(name), "it holds a control character")]
    return []


def _shown(name: str) -> str:
    """Return a name as an answer may repeat it: without control characters, and short."""
    return _CONTROL.sub("\ufffd", name)[:80]
