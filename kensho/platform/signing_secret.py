"""The keys that sign cursors: those that are set, or one that is made once and kept."""

import os
import secrets
from pathlib import Path
from typing import Final

from kensho.errors import SettingsError
from kensho.platform import private_files
from kensho.platform.environment import PREFIX
from kensho.platform.secret_values import SigningKey, read_secret_file, signing_keys_of
from kensho.platform.settings import SigningSettings

_SECRET_BYTES: Final = 32
_VARIABLE: Final = f"{PREFIX}SECRET_FILE"


def signing_keys(settings: SigningSettings) -> tuple[SigningKey, ...]:
    """Return the keys of cursors: the first signs, all verify.

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
