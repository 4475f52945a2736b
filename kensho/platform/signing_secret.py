"""The keys that sign what clients bring back: those that are set, or one that is made and kept."""

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from itsdangerous import Signer

from kensho.errors import SettingsError
from kensho.platform import private_files
from kensho.platform.environment import PREFIX
from kensho.platform.secret_values import Secret, SigningKey, read_secret_file, signing_keys_of
from kensho.platform.settings import SigningSettings

_SECRET_BYTES: Final = 32
_VARIABLE: Final = f"{PREFIX}SECRET_FILE"


def signing_keys(settings: SigningSettings) -> tuple[SigningKey, ...]:
    """Return the keys: the first signs, all verify.

    Where none is set they are read from `secret_file`, one a line; a missing file is made.

    Raises:
        SettingsError: the file can't be read or written, or holds no usable key.
    """
    if settings.secret:
        return settings.secret
    path = settings.secret_file
    try:
        private_files.make_folder(path.parent)
        if not path.exists():
            _make(path)
    except OSError as error:
        raise SettingsError(f"{_VARIABLE}: can't use {str(path)!r}: {error}") from error
    return signing_keys_of(read_secret_file(path, _VARIABLE), _VARIABLE, "\n")


def signer(keys: Sequence[Secret], purpose: bytes) -> Signer:
    """Return what signs for a purpose under the first key, and verifies under all.

    What is signed for one purpose is not valid for another. The keys are derived once, here: to do
    so for each text would take 40 µs.
    """
    derived = [
        hmac.digest(key.reveal().encode(), purpose, "sha256")
        for key in reversed(keys)  # a signer signs with the last
    ]
    return Signer(derived, key_derivation="none", digest_method=hashlib.sha256)


def _make(path: Path) -> None:
    """Write a new secret; where another process was first, its one stays."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    private_files.write_bytes(part, f"{secrets.token_urlsafe(_SECRET_BYTES)}\n".encode())
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink()
