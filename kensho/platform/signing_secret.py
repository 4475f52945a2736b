"""The secret that signs cursors: the one that is set, or one that is made once and kept."""

import os
import secrets
from pathlib import Path
from typing import Final

from kensho.errors import SettingsError
from kensho.platform.settings import PREFIX, SigningSettings

_SECRET_BYTES: Final = 32


def signing_secret(settings: SigningSettings) -> str:
    """Return the secret that signs cursors; made and kept in `secret_file` where none is set.

    Raises:
        SettingsError: the file can't be read or written.
    """
    if settings.secret is not None:
        return settings.secret
    path = settings.secret_file
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _kept(path) or _made(path)
    except OSError as error:
        raise SettingsError(f"{PREFIX}SECRET_FILE: can't use {str(path)!r}: {error}") from error


def _kept(path: Path) -> str | None:
    return path.read_text("ascii").strip() if path.exists() else None


def _made(path: Path) -> str:
    """Write a new secret; a process that lost the race to write it reads the winner's."""
    part = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(_SECRET_BYTES) + "\n")
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink()
    return path.read_text("ascii").strip()
