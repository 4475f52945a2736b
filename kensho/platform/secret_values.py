"""Secrets as values that don't show themselves, the files they come from, and URLs without them.

Guarantees: a `Secret` gives its text only to `reveal`; messages, logs and dumps of what holds it
show asterisks. `masked` is the one place that knows which part of a URL is secret.
"""

import os
import re
import stat
from pathlib import Path
from typing import ClassVar, Final

from typing_extensions import override

from kensho.errors import InvalidInputError, SettingsError

HIDDEN: Final = "***"
"""What is shown instead of a secret."""
_MAX_FILE_BYTES: Final = 16_384
"""Room for 30 keys of the greatest length: more is no file of secrets."""
_SIGN_IN: Final = re.compile(
    r"://(?!\[)[^/?#\s:@]*:(?!\d+(?:\W|$))\S{0,512}@"  # a password may hold a slash
    r"|://[^/?#\s]*@"
)
_PARAMETER: Final = re.compile(
    r"([?&;][\w.-]*(?:token|secret|passw|pwd|key|sig|auth|credential)[\w.-]*=)[^&#\s\"'<>]+",
    re.IGNORECASE,
)


class Secret:
    """A text that is not shown.

    Raises:
        ValueError: it is too short, too long, or holds control characters; it is not quoted.
    """

    MIN_CHARS: ClassVar[int] = 1
    MAX_CHARS: ClassVar[int] = 512
    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        if not self.MIN_CHARS <= len(text) <= self.MAX_CHARS:
            raise ValueError(f"expected {self.MIN_CHARS} to {self.MAX_CHARS} characters")
        if any(ord(char) < ord(" ") for char in text):
            raise ValueError("expected no control characters")
        self._text = text

    def reveal(self) -> str:
        """Return the text, for the one call that needs it."""
        return self._text

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}({HIDDEN})"

    @override
    def __str__(self) -> str:
        return HIDDEN

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    @override
    def __hash__(self) -> int:
        return hash(self._text)


class SigningKey(Secret):
    """A secret that signs; long enough not to be guessed."""

    MIN_CHARS = 16
    __slots__ = ()


def masked(text: str) -> str:
    """Return a text in which no URL tells a sign-in, nor a parameter that is named like a secret.

    A user's name is hidden with the password: it may be a token.
    """
    if "://" not in text:
        return text
    return _PARAMETER.sub(rf"\1{HIDDEN}", _SIGN_IN.sub(f"://{HIDDEN}@", text))


def address_given(text: str, argument: str) -> str:
    """Return an address or path that was given to a command, from a file where it is `@FILE`.

    Raises:
        InvalidInputError: it bears a sign-in or a token, which lists of processes and the shell's
            history show; `argument` is named.
        SettingsError: the file can't be read.
    """
    if text.startswith("@"):
        return read_secret_file(Path(text[1:]), argument)
    if masked(text) != text:
        raise InvalidInputError.of(
            argument,
            f"{masked(text)!r} bears a secret, which lists of processes show: write the address"
            " into a file and give @FILE",
        )
    return text


def read_secret_file(path: Path, variable: str) -> str:
    """Return the text of a file that a secret stands in, without the line break at its end.

    Raises:
        SettingsError: it can't be read, or is empty, too large or no text; `variable` is named.
    """
    try:
        # A pipe without a writer would block the start.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise SettingsError(f"{variable}: {str(path)!r} is no regular file")
            content = file.read(_MAX_FILE_BYTES + 1)
    except OSError as error:
        raise SettingsError(f"{variable}: can't read {str(path)!r}: {error.strerror}") from error
    if len(content) > _MAX_FILE_BYTES:
        raise SettingsError(f"{variable}: {str(path)!r} is larger than {_MAX_FILE_BYTES} bytes")
    try:
        text = content.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:  # which quotes the bytes
        raise SettingsError(f"{variable}: {str(path)!r} is no UTF-8 text") from None
    if not text.strip():
        raise SettingsError(f"{variable}: {str(path)!r} is empty")
    return text


def signing_keys_of(text: str, variable: str, separator: str) -> tuple[SigningKey, ...]:
    """Return the keys of a list, in its order.

    Raises:
        SettingsError: one of them is too short or too long; `variable` is named.
    """
    try:
        keys = tuple(SigningKey(part.strip()) for part in text.split(separator) if part.strip())
    except ValueError as error:
        raise SettingsError(f"{variable}: (hidden) is not usable: {error}, each") from error
    if not keys:
        raise SettingsError(f"{variable}: names no key")
    return keys
