"""Hides what is secret in what people read of the process: logs, spans, problem documents.

A value is secret by its name (`password`, `refresh_token`, `Set-Cookie`, `signedUrl`) or by its
form wherever it stands (`Bearer …`, a JSON Web Token, a signed member of a query, `password=…` in a
text). Names are told by how they end, so that `csrf_token` is one and `token_count` is not.

Guarantees: nothing here raises, whatever it is given. Text that has nothing of that kind stays as
it is.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final, cast

from kensho.platform.secret_values import HIDDEN, masked

_WORDS: Final = (
    r"passwords?|passwd|pwd|passphrase|secrets?|tokens?|authorization|cookies?|signed[_-]?url"
    r"|api[_-]?keys?|credentials?"
)
_SECRET_NAME: Final = re.compile(rf".*(?:{_WORDS})", re.IGNORECASE | re.DOTALL)
_BEARER: Final = re.compile(r"\b(Bearer|DPoP)\s+[\w.~+/-]{6,}=*", re.IGNORECASE)
_WEB_TOKEN: Final = re.compile(r"\beyJ[\w-]{4,}\.[\w-]+(?:\.[\w-]*)*")
_HEADER: Final = re.compile(
    r"\b((?:set-|proxy-)?(?:cookie|authorization)[\"']?\s*:\s*)(?![\"'{\[(])[^\r\n\"']+",
    re.IGNORECASE,
)
"""A header as a line of text: all of its value is secret, blanks and semicolons included."""
_NAME: Final = rf"(?P<name>(?:{_WORDS})\\?[\"']?\s*"
_QUOTED: Final = r"(?P<quote>\\?[\"'])(?:(?!(?P=quote))(?:\\.|.))*(?P=quote)"
_BARE: Final = r"[^\s\"'&,;(){}\[\]]+"
_PAIR: Final = re.compile(rf"{_NAME}[=:]\s*)(?:{_QUOTED}|{_BARE})", re.IGNORECASE)
"""A name and a value in a text: of a form, of JSON, of the `repr` of an object, of a line."""
_PAIR_IN_PROSE: Final = re.compile(
    rf"(?:{_NAME}[=:]\s*){_QUOTED}|{_NAME.replace('name', 'named')}=){_BARE})", re.IGNORECASE
)
"""As above, but for `password: expected 8 characters`, which is what people are told of a field."""
_MEMBER: Final = re.compile(
    r"([?&;][\w.-]{0,64}(?:token|secret|passw|pwd|key|sig|auth|credential|policy)[\w.-]{0,64}=)[^&#\s\"'<>]+",
    re.IGNORECASE,
)
"""A member of a query that signs it or signs in, also of an address without its host."""
_DEEPEST: Final = 8
_LEFT_TO_RENDERERS: Final = frozenset(("exc_info", "stack_info"))


def is_secret_name(name: str) -> bool:
    """Tell whether what bears this name is secret: a member of JSON, a header, a variable."""
    return _SECRET_NAME.fullmatch(name) is not None


def redacted(value: object, depth: int = 0) -> object:
    """Return a value as it may be shown: texts by their form, members of mappings by name too."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return redacted_text(value)
    if depth < _DEEPEST:
        if isinstance(value, Mapping):
            members = cast("Mapping[object, object]", value)
            return {name: _member(name, one, depth) for name, one in members.items()}
        if type(value) in (list, tuple):  # a named one is shown with its names, below
            parts = [redacted(one, depth + 1) for one in cast("Sequence[object]", value)]
            return parts if isinstance(value, list) else tuple(parts)
    return redacted_text(_shown(value))


def redacted_text(text: str, *, is_prose: bool = False) -> str:
    """Return a text in which nothing has the form of a secret.

    Prose for people says `password: expected 8 characters`, which is no value of it.
    """
    if "=" in text:
        text = _MEMBER.sub(rf"\1{HIDDEN}", text)
    text = masked(text)
    text = _WEB_TOKEN.sub(HIDDEN, _BEARER.sub(rf"\1 {HIDDEN}", text))
    if "=" not in text and ":" not in text:
        return text
    if is_prose:
        return _PAIR_IN_PROSE.sub(_without_value, text)
    return _PAIR.sub(_without_value, _HEADER.sub(rf"\1{HIDDEN}", text))


def _member(name: object, value: object, depth: int) -> object:
    if isinstance(name, str):
        if name in _LEFT_TO_RENDERERS:
            return value
        if value is not None and is_secret_name(name):
            return HIDDEN
    return redacted(value, depth + 1)


def _without_value(match: re.Match[str]) -> str:
    quote = match["quote"] or ""
    name = match["name"] or match.groupdict().get("named", "")
    return f"{name}{quote}{HIDDEN}{quote}"


def _shown(value: object) -> str:
    try:
        return repr(value)
    except Exception:  # noqa: BLE001 -- of somebody else's class; a log line must not fail by it
        return f"<{type(value).__name__}>"
