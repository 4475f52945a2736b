"""The managers of an installation: names, and digests of the tokens that they sign in with.

A token is made here, told once and never kept: the file has its SHA-256 digest. That is enough,
because a token is 256 random bits and no password that could be guessed from a digest.

Guarantees: a change is in force with the next request of every process, since the file is read
again when it has changed. A file that can't be read lets nobody in. Writers wait for one another.
"""

import contextlib
import datetime as dt
import hashlib
import hmac
import re
import secrets
from collections.abc import Generator
from pathlib import Path
from typing import Final

import msgspec

from kensho.errors import ConflictError, InvalidInputError, NotFoundError, SettingsError
from kensho.platform import private_files
from kensho.platform.environment import PREFIX

TOKEN_PREFIX: Final = "kensho-"  # noqa: S105 -- how every token begins
"""By it people, and programs that search for secrets, recognise a token that lies about."""
MAX_TOKEN_CHARS: Final = 200
_TOKEN_BYTES: Final = 32
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_VARIABLE: Final = f"{PREFIX}MANAGERS_FILE"
_MAX_MANAGERS: Final = 1_000
_MAX_FILE_BYTES: Final = 1_048_576


class Manager(msgspec.Struct, frozen=True):
    """Somebody who may curate: a name, the digest of a token, and the day it was made (UTC)."""

    name: str
    digest: str
    since: str


class _Document(msgspec.Struct, frozen=True):
    managers: list[Manager] = []


class ManagerFile:
    """The managers in a file; without the file there are none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._managers: dict[str, Manager] = {}

    def all(self) -> list[Manager]:
        """Return the managers by name.

        Raises:
            SettingsError: the file can't be read.
        """
        return [self._current()[name] for name in sorted(self._current())]

    def named(self, name: str) -> Manager | None:
        """Return the manager of a name; raises as `all`."""
        return self._current().get(name)

    def of_token(self, token: str) -> Manager | None:
        """Return whose token it is; raises as `all`.

        It takes as long whether a token is right, nearly right or wrong.
        """
        digest = _digest(token[:MAX_TOKEN_CHARS])
        found: Manager | None = None
        for manager in self._current().values():
            if hmac.compare_digest(manager.digest, digest):
                found = manager
        return found

    def add(self, name: str, today: dt.date) -> str:
        """Make a manager; return the token, which can't be told again.

        Raises:
            InvalidInputError: a manager can't be called so.
            ConflictError: there is one of this name, or there are too many.
            SettingsError: the file can't be read or written.
        """
        if _NAME.fullmatch(name) is None:
            raise InvalidInputError.of(
                "name", f"{name!r}: expected 1 to 64 letters, digits, dots, hyphens and low lines"
            )
        token = f"{TOKEN_PREFIX}{secrets.token_urlsafe(_TOKEN_BYTES)}"
        with self._locked():
            known = dict(self._current())
            if name in known:
                raise ConflictError(f"there is a manager {name!r} already: remove that one first")
            if len(known) >= _MAX_MANAGERS:
                raise ConflictError(f"there are {_MAX_MANAGERS} managers, the most that can be")
            known[name] = Manager(name, _digest(token), today.isoformat())
            self._write(known)
        return token

    def remove(self, name: str) -> None:
        """Forget a manager; the token and what is signed in by it are worth nothing from now on.

        Raises:
            NotFoundError: there is none of this name.
            SettingsError: the file can't be read or written.
        """
        with self._locked():
            known = dict(self._current())
            if known.pop(name, None) is None:
                raise NotFoundError(f"there is no manager {name!r}")
            self._write(known)

    @contextlib.contextmanager
    def _locked(self) -> Generator[None]:
        """Be the only writer; a failure of the file system is told by the setting's name."""
        try:
            with private_files.only_writer(self._path):
                yield
        except OSError as error:
            raise SettingsError(f"{_VARIABLE}: can't use {str(self._path)!r}: {error}") from error

    def _write(self, managers: dict[str, Manager]) -> None:
        document = _Document([managers[name] for name in sorted(managers)])
        text = msgspec.json.format(msgspec.json.encode(document), indent=1)
        private_files.replace_bytes(self._path, text + b"\n")

    def _current(self) -> dict[str, Manager]:
        """Return the managers by name, read anew if the file is another than before."""
        try:
            facts = self._path.stat()
        except FileNotFoundError:
            self._seen, self._managers = None, {}
            return self._managers
        except OSError as error:
            raise SettingsError(f"{_VARIABLE}: can't use {str(self._path)!r}: {error}") from error
        seen = facts.st_ino, facts.st_mtime_ns, facts.st_size
        if seen != self._seen:
            self._managers = _read(self._path)
            self._seen = seen
        return self._managers


def _read(path: Path) -> dict[str, Manager]:
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_FILE_BYTES + 1)
        if len(content) > _MAX_FILE_BYTES:
            raise SettingsError(f"{_VARIABLE}: {str(path)!r} is over {_MAX_FILE_BYTES} bytes")
        document = msgspec.json.decode(content, type=_Document)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{_VARIABLE}: can't read {str(path)!r}: {error}") from error
    return {manager.name: manager for manager in document.managers}


def _digest(token: str) -> str:
    return "sha256:" + hashlib.sha256(token.encode()).hexdigest()
