"""Signing in as a manager, by a token; sessions are signed and kept nowhere.

Guarantees: a session ends after `SESSION_S`, when its manager is removed, when the manager's token
is another, and when the key it was signed with is no more in use. Signing out takes the cookie from
the browser: a copy of it would be good until one of these. `kensho managers remove` ends it at
once.

Performance: 20 µs to check a session, 5 µs for a token; the file of managers is looked at each time
(2 µs) and read when it has changed.
"""

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import msgspec
from itsdangerous import BadData
from itsdangerous.encoding import base64_decode, base64_encode
from typing_extensions import override

from kensho.http.authentication import Authentication, Caller
from kensho.platform.managers import Manager, ManagerFile
from kensho.platform.secret_values import Secret
from kensho.platform.signing_secret import signer

SESSION_S: Final = 43_200
"""Twelve hours: a day's work needs one sign-in, and a lost computer is signed out by morning."""
_MAX_SESSION_CHARS: Final = 1_000
_FINGERPRINT_CHARS: Final = 32


class _Session(NamedTuple):
    """What a cookie holds: whose it is, a digest of the token's digest, and when it ends."""

    name: str
    token: str
    ends_at_s: int


class ManagerSessions(Authentication):
    """Signs managers in; the first of the keys signs, all verify. `now` tells the time in UTC."""

    def __init__(
        self, managers: ManagerFile, keys: Sequence[Secret], now: Callable[[], dt.datetime]
    ) -> None:
        self._managers = managers
        self._now = now
        self._signer = signer(keys, b"kensho.manager-session")

    @property
    @override
    def session_s(self) -> int:
        """Return how long a session lasts at most."""
        return SESSION_S

    @override
    def is_offered(self) -> bool:
        """Tell whether there is a manager."""
        return bool(self._managers.all())

    @override
    async def of_token(self, token: str) -> Caller | None:
        """Return the manager whose token it is."""
        manager = self._managers.of_token(token)
        return None if manager is None else _caller(manager)

    @override
    async def of_session(self, session: str) -> Caller | None:
        """Return the manager who is signed in by a session that goes on."""
        read = self._read(session)
        if read is None or read.ends_at_s <= self._now().timestamp():
            return None
        manager = self._managers.named(read.name)
        if manager is None or not hmac.compare_digest(_fingerprint(manager), read.token):
            return None
        return _caller(manager)

    @override
    async def sign_in(self, name: str, secret: str) -> str | None:
        """Return a new session of the manager of this name, if that is its token."""
        manager = self._managers.of_token(secret)
        if manager is None or manager.name != name:
            return None
        ends_at_s = int(self._now().timestamp()) + SESSION_S
        content = msgspec.json.encode(_Session(manager.name, _fingerprint(manager), ends_at_s))
        return self._signer.sign(base64_encode(content)).decode("ascii")

    @override
    async def sign_out(self, session: str) -> None:
        """Do nothing: what signs out is that the browser forgets the cookie."""

    def _read(self, session: str) -> _Session | None:
        if len(session) > _MAX_SESSION_CHARS:
            return None
        try:
            return msgspec.json.decode(base64_decode(self._signer.unsign(session)), type=_Session)
        except (BadData, msgspec.DecodeError, UnicodeError):
            return None


def _caller(manager: Manager) -> Caller:
    return Caller(manager.name, "manager")


def _fingerprint(manager: Manager) -> str:
    """Return what tells a manager's token from any other: not what the file keeps of it."""
    return hashlib.sha256(manager.digest.encode()).hexdigest()[:_FINGERPRINT_CHARS]
