"""Tickets: what plays one film for one viewing session, for minutes; signed for the edge to verify.

A ticket is a JWT (HS256, RFC 7519) with `kid`, for the audience `v`, that names the film and the
viewing session. It stands in the path of the stream's address, so that the addresses within, which
are relative, bear it too. The edge verifies it by itself (`deploy/nginx`).

A viewing session is named in tickets by a digest. What a player shows to go on is what that is the
digest of: whoever reads an address can play it as long as it is good, and no longer.
"""

import datetime as dt
import hashlib
import re
import secrets
from typing import Final, NamedTuple
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import GuestProtocol, OctKey

from kensho.edges.accounts.sessions import Now
from kensho.edges.portal.ticket_keys import LONGEST, TicketKeyFile
from kensho.errors import SettingsError
from kensho.platform.keyring import unpadded

AUDIENCE: Final = "v"
_ALGORITHM: Final = "HS256"
_SECRET_BYTES: Final = 32
_DIGEST_BYTES: Final = 16
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_MAX_CHARS: Final = 1_000
_REFRESH_SHARE: Final = 0.7
"""Of a ticket's time, after which a player asks for the next one: it has then 90 s to try again."""


class Ticket(NamedTuple):
    """A ticket, until when it is good, and after how many seconds to ask for the next one."""

    text: str
    expires_at: dt.datetime
    refresh_after_s: int


class TicketClaims(NamedTuple):
    """What a ticket says: the film, and the digest that names the viewing session."""

    movie: UUID
    viewing: str


class UnknownTicketKeyError(JoseError):
    """A ticket names no key of ours."""

    error = "unknown_key"


class Tickets:
    """Makes and reads tickets that are good for `lifetime_s`, at most five minutes."""

    def __init__(self, keys: TicketKeyFile, lifetime_s: int, now: Now) -> None:
        self._keys = keys
        self._lifetime = min(dt.timedelta(seconds=lifetime_s), LONGEST)
        self._now = now
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(now().timestamp()),
            aud={"essential": True, "value": AUDIENCE},
            exp={"essential": True},
            sub={"essential": True},
            sid={"essential": True},
        )

    def issue(self, movie: UUID, viewing: str, until: dt.datetime | None) -> Ticket:
        """Return a ticket of a film; none is good longer than `until`, when its window ends.

        Raises:
            SettingsError: there is no key to sign with.
        """
        keys = self._keys.keys()  # may make the first one, which signs from then on
        now = self._now()
        key = keys.signing(now)
        if key is None:
            raise SettingsError(
                "there is no key that signs tickets: `kensho keys rotate` makes one"
            )
        ends_at = now + self._lifetime
        if until is not None:
            ends_at = min(ends_at, until)
        ends_at = ends_at.replace(microsecond=0)
        claims = {
            "aud": AUDIENCE,
            "sub": str(movie),
            "sid": viewing,
            "exp": int(ends_at.timestamp()),
        }
        header = {"alg": _ALGORITHM, "kid": key.kid, "typ": "JWT"}
        text = jwt.encode(header, claims, _imported(key.secret), algorithms=[_ALGORITHM])
        left_s = max(0.0, (ends_at - now).total_seconds())
        return Ticket(text, ends_at, max(1, int(left_s * _REFRESH_SHARE)))

    def read(self, text: str) -> TicketClaims | None:
        """Return what a ticket says, or nothing if it is not good: as the edge decides."""
        if len(text) > _MAX_CHARS or text.count(".") != 2:  # noqa: PLR2004 -- header, claims, mac
            return None
        try:
            read = jwt.decode(text, self._key_of, algorithms=[_ALGORITHM])
            self._claims.validate(read.claims)
            if read.claims["aud"] != AUDIENCE:  # a list of audiences is not taken
                return None
            return TicketClaims(UUID(read.claims["sub"]), str(read.claims["sid"]))
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            # The library lets through what odd headers and claims raise in it.
            return None

    def _key_of(self, token: GuestProtocol) -> OctKey:
        kid: object = token.headers().get("kid")
        key = self._keys.keys().verifying(kid, self._now()) if isinstance(kid, str) else None
        if key is None:
            raise UnknownTicketKeyError
        return _imported(key.secret)


def new_viewing_secret() -> str:
    """Return what a player shows to go on with a viewing session."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def viewing_of(secret: str) -> str | None:
    """Return the digest that names the viewing session of a secret; nothing if none can be."""
    if _SECRET.fullmatch(secret) is None:
        return None
    return unpadded(hashlib.blake2b(secret.encode(), digest_size=_DIGEST_BYTES).digest())


def _imported(secret: bytes) -> OctKey:
    return OctKey.import_key(secret)
