"""Signatures of Standard Webhooks (https://www.standardwebhooks.com), version 1.

`webhook-signature` is `v1,` and the base64 of the HMAC-SHA256, under the secret, of id, timestamp
and body with dots between. A receiver that checks it, and that the timestamp is of the last
minutes, knows that the body is ours and new.

The library `standardwebhooks` would bring four packages for these lines, and takes naive times.
"""

import base64
import hashlib
import hmac
import secrets
from typing import Final

_PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32
"""Of the 24 to 64 that the specification allows."""


def new_secret() -> str:
    """Return a random secret."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def headers_of(secret: str, message: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """Return the headers that sign a body, sent at this time under the id of its message."""
    signed = f"{message}.{timestamp_s}.".encode() + body
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    digest = hmac.digest(key, signed, hashlib.sha256)
    return {
        "webhook-id": message,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
