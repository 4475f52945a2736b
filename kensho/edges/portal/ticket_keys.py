"""The keys that sign tickets, in a file that the service and the edge read: made, rotated, retired.

The file is a JWK Set (RFC 7517) of symmetric keys, with the times of each besides.

A key has its times: from `created_at` it verifies, from `signs_from` it signs too, until another
does. Then it verifies for as long as a ticket of its lives, twice over, and is gone. So no ticket
that is out becomes worth nothing by a rotation, wherever it meets which version of the file.

Guarantees: one key signs at any time. The file is its owner's alone, is replaced as a whole, and is
written by one process at a time.
"""

import base64
import datetime as dt
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from typing_extensions import override

from kensho.errors import ConflictError, NotFoundError, SettingsError
from kensho.platform import private_files

TicketKeyState: TypeAlias = Literal["verifying", "signing", "retiring", "gone"]
SPREAD: Final = dt.timedelta(minutes=5)
"""From its making to its first signature: by then every edge has read the file anew."""
LONGEST: Final = dt.timedelta(seconds=300)
"""What a ticket lives at most."""
_RETIRING: Final = 2 * LONGEST
_SECRET_BYTES: Final = 32
_KID_BYTES: Final = 4
_LOOK: Final = dt.timedelta(seconds=2)


class TicketKey(msgspec.Struct, frozen=True, kw_only=True, tag_field="kty", tag="oct"):
    """A key as a JWK: `k` is its 32 bytes in base64url. It has times of when it was made and signs.

    An edge that reads the file takes nothing signed by it in another way than `alg`.
    """

    kid: str
    use: Literal["sig"] = "sig"
    alg: Literal["HS256"] = "HS256"
    k: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_-]{43}$")]
    created_at: dt.datetime
    signs_from: dt.datetime

    @property
    def secret(self) -> bytes:
        """Return the 32 bytes."""
        return base64.urlsafe_b64decode(f"{self.k}=")

    @override
    def __repr__(self) -> str:
        return f"TicketKey({self.kid})"


class KeySet(msgspec.Struct, frozen=True):
    """All keys of the file, the one that signs from the earliest time first."""

    keys: tuple[TicketKey, ...] = ()

    def state(self, key: TicketKey, now: dt.datetime) -> TicketKeyState:
        """Return what a key is good for at a time."""
        if now < key.signs_from:
            return "verifying"
        later = [one.signs_from for one in self.keys if key.signs_from < one.signs_from <= now]
        if not later:
            return "signing"
        return "retiring" if now < min(later) + _RETIRING else "gone"

    def signing(self, now: dt.datetime) -> TicketKey | None:
        """Return the key that signs at a time."""
        return next((one for one in self.keys if self.state(one, now) == "signing"), None)

    def verifying(self, kid: str, now: dt.datetime) -> TicketKey | None:
        """Return the key of an id, if tickets of it are good at a time."""
        found = next((one for one in self.keys if one.kid == kid), None)
        return None if found is None or self.state(found, now) == "gone" else found

    def rotated(self, now: dt.datetime, after: dt.timedelta) -> "KeySet":
        """Return the keys with a new one, which signs `after` a while, and without those gone.

        The first key signs at once. Of two that are to sign at the same time the later made gives
        way by a moment, so that one signs.
        """
        signs_from = now if self.signing(now) is None else now + after
        taken = {one.signs_from for one in self.keys}
        while signs_from in taken:
            signs_from += dt.timedelta(microseconds=1)
        made = TicketKey(
            kid=secrets.token_hex(_KID_BYTES),
            k=secrets.token_urlsafe(_SECRET_BYTES),
            created_at=now,
            signs_from=signs_from,
        )
        return self._of([*self._left(now), made])

    def without(self, kid: str, now: dt.datetime) -> "KeySet":
        """Return the keys without one, whose tickets are worth nothing from now on.

        Raises:
            NotFoundError: there is no such key.
            ConflictError: no other could sign.
        """
        if self.verifying(kid, now) is None:
            raise NotFoundError(f"there is no key {kid[:40]!r}")
        left = [one for one in self._left(now) if one.kid != kid]
        if not any(one.signs_from <= now for one in left):
            raise ConflictError(f"{kid} signs, and no other does yet: rotate, and wait")
        return self._of(left)

    def _left(self, now: dt.datetime) -> Sequence[TicketKey]:
        return [one for one in self.keys if self.state(one, now) != "gone"]

    @staticmethod
    def _of(keys: Sequence[TicketKey]) -> "KeySet":
        return KeySet(tuple(sorted(keys, key=lambda one: one.signs_from)))


class TicketKeyFile:
    """The keys as the file has them now; it is read again when it was replaced."""

    def __init__(self, path: Path, now: Callable[[], dt.datetime]) -> None:
        self._path = path
        self._now = now
        self._read: KeySet | None = None
        self._stamp: tuple[int, int] | None = None
        self._looked_at: dt.datetime | None = None

    def keys(self) -> KeySet:
        """Return the keys; of a file that is not there, one is made that signs at once.

        Raises:
            SettingsError: the file can't be read or made.
        """
        now = self._now()
        since = dt.timedelta.max if self._looked_at is None else now - self._looked_at
        if self._read is not None and dt.timedelta(0) <= since < _LOOK:
            return self._read
        self._looked_at = now
        try:
            if not self._path.exists():
                self.change(lambda keys: keys if keys.keys else keys.rotated(now, SPREAD))
            stat = self._path.stat()
            stamp = (stat.st_mtime_ns, stat.st_ino)
            if self._read is None or stamp != self._stamp:
                self._read, self._stamp = _decoded(self._path), stamp
        except OSError as error:
            raise SettingsError(f"{str(self._path)!r} can't be used: {error}") from error
        return self._read

    def change(self, change: Callable[[KeySet], KeySet]) -> KeySet:
        """Write what `change` makes of the keys; return them.

        Raises:
            SettingsError: the file can't be read or written.
        """
        try:
            with private_files.only_writer(self._path):
                before = _decoded(self._path) if self._path.exists() else KeySet()
                after = change(before)
                if after != before:
                    text = msgspec.json.format(msgspec.json.encode(after))
                    private_files.replace_bytes(self._path, text)
        except OSError as error:
            raise SettingsError(f"{str(self._path)!r} can't be used: {error}") from error
        self._looked_at = None
        return after


def _decoded(path: Path) -> KeySet:
    try:
        return msgspec.json.decode(path.read_bytes(), type=KeySet)
    except msgspec.DecodeError as error:
        raise SettingsError(f"{str(path)!r} holds no keys: {error}") from error
