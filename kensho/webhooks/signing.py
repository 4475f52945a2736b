"""Signatures of Standard Webhooks (https://www.standardwebhooks.com), version 1.

`webhook-signature` is `v1,` and the base64 of the HMAC-SHA256, under the secret, of id, timestamp
and body with dots between. A receiver that checks it, and that the timestamp is of the last
minutes, knows that the body is ours and new.

The library `standardwebhooks` would bring four packages for these lines, and takes naive times.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import Final

from kensho.errors import InvalidInputError

_PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32
_LEAST_BYTES: Final = 24
_MOST_BYTES: Final = 64
"""As the specification bounds secrets."""


def new_secret() -> str:
    """Return a random secret."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def check_secret(secret: str) -> None:
    """Refuse what is no secret of Standard Webhooks.

    Raises:
        InvalidInputError: it is none; it is not shown.
    """
    key = _key(secret)
    if key is None or not _LEAST_BYTES <= len(key) <= _MOST_BYTES:
        raise InvalidInputError.of(
            "secret",
            f"is no secret: '{_PREFIX}' and {_LEAST_BYTES} to {_MOST_BYTES} bytes in base64",
        )


def headers_of(secret: str, message: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """Return the headers that sign a body, sent at this time under the id of its message."""
    signed = f"{message}.{timestamp_s}.".encode() + body
    digest = hmac.digest(_key(secret) or b"", signed, hashlib.sha256)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }


def _key(secret: str) -> bytes | None:
    if not secret.startswith(_PREFIX):
        return None
    try:
        return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except binascii.Error:
        return None
