"""Access and refresh tokens of a session, and the secret in its cookie.

An access token is a JWT (HS256, RFC 7519) with `kid`, for the audience `api`, that names person
and session; it is worth something only while the session goes on, which is looked up each time. A
refresh token is `session.generation.kid.mac`. A cookie holds 256 random bits, of which the
session's id is the digest.

Guarantees: one algorithm, whatever a token's header says; one key, that of its `kid`; every claim
is there and of its type. A token for another audience, purpose or session is refused as a forged
one is.
"""

import datetime as dt
import hashlib
import re
import secrets
from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import GuestProtocol, OctKey

from kensho.edges.accounts.sessions import IDLE, Now, Session
from kensho.platform.keyring import Keyring, unpadded
from kensho.platform.secret_values import Secret

AUDIENCE: Final = "api"
_ALGORITHM: Final = "HS256"
_SECRET_BYTES: Final = 32
_MAX_CHARS: Final = 1_000
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")
"""256 bits in base64."""
_REFRESH: Final = re.compile(
    r"([A-Za-z0-9_-]{43})\.(0|[1-9]\d{0,8})\.([0-9a-f]{8}\.[A-Za-z0-9_-]{43})"
)


class AccessClaims(NamedTuple):
    """Whose an access token is, and of which session; `is_expired` tells that its time is over."""

    subject: UUID
    sid: str
    is_expired: bool


class RefreshClaims(NamedTuple):
    """Of which session a refresh token is, and its number among those."""

    sid: str
    generation: int


class UnknownKeyError(JoseError):
    """A token names no key of ours."""

    error = "unknown_key"


class Tokens:
    """Makes and reads tokens; the first of the keys signs, all verify."""

    def __init__(self, keys: Sequence[Secret], now: Now) -> None:
        self._now = now
        self._access = Keyring(keys, "access-token")
        self._refresh = Keyring(keys, "refresh-token")
        self._claims = jwt.JWTClaimsRegistry(
            now=self._now_s,
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
            sub={"essential": True},
        )

    def access(self, session: Session) -> tuple[str, dt.datetime]:
        """Return an access token of a session, and when it ends."""
        now = self._now()
        ends_at = min(now + IDLE, session.ends_at)
        claims = {
            "aud": AUDIENCE,
            "sub": str(session.subject),
            "sid": session.id,
            "exp": int(ends_at.timestamp()),
        }
        kid = self._access.kid
        header = {"alg": _ALGORITHM, "kid": kid, "typ": "JWT"}
        return jwt.encode(header, claims, self._key(kid), algorithms=[_ALGORITHM]), ends_at

    def read_access(self, token: str) -> AccessClaims | None:
        """Return what an access token says, or nothing if it is not one of ours."""
        if len(token) > _MAX_CHARS or token.count(".") != 2:  # noqa: PLR2004 -- header, claims, mac
            return None
        try:
            read = jwt.decode(token, self._key_of, algorithms=[_ALGORITHM])
            is_expired = self._is_expired(read.claims)
            sid = read.claims["sid"]
            if not isinstance(sid, str) or _SECRET.fullmatch(sid) is None:
                return None
            return AccessClaims(UUID(read.claims["sub"]), sid, is_expired)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            # The library lets through what odd headers and claims raise in it.
            return None

    def refresh(self, session: Session) -> str:
        """Return the refresh token of a session that counts."""
        text = f"{session.id}.{session.generation}"
        return f"{text}.{self._refresh.sign(text)}"

    def read_refresh(self, token: str) -> RefreshClaims | None:
        """Return what a refresh token says, or nothing if it is not one of ours."""
        match = _REFRESH.fullmatch(token) if token.isascii() else None
        if match is None or not self._refresh.verifies(f"{match[1]}.{match[2]}", match[3]):
            return None
        return RefreshClaims(match[1], int(match[2]))

    def _is_expired(self, claims: dict[str, Any]) -> bool:
        try:
            self._claims.validate(claims)
        except ExpiredTokenError:
            return True
        return False

    def _key_of(self, token: GuestProtocol) -> OctKey:
        kid: object = token.headers().get("kid")
        return self._key(kid if isinstance(kid, str) else "")

    def _key(self, kid: str) -> OctKey:
        key = self._access.signing_key(kid)
        if key is None:
            raise UnknownKeyError
        return OctKey.import_key(key)

    def _now_s(self) -> int:
        return int(self._now().timestamp())


def new_secret() -> str:
    """Return what a new session's cookie holds."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def sid_of(secret: str) -> str | None:
    """Return the id of the session whose cookie holds a text, or nothing if none can."""
    if _SECRET.fullmatch(secret) is None:
        return None
    return unpadded(hashlib.sha256(secret.encode()).digest())
