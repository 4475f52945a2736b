"""Files of messages that are sealed one by one: what was changed, cut, or put elsewhere won't open.

A file is a line that names the form, a header that anybody may read, and messages, each sealed by
AES-256-GCM with its place in the file. The last one is marked, so that a file that was cut is told
from a whole one. The key is derived anew for each file (scrypt, with a salt of the header), so that
a short one is costly to guess, and places can count the nonces.

Guarantees: its owner alone may read a file. A wrong key is told from a damaged file.

Performance: 1 GB/s; memory for one message, and 32 MiB for a moment to derive the key.
"""

import contextlib
import errno
import hashlib
import hmac
import os
import secrets
import struct
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import IO, Final, NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from kensho.errors import DiskFullError, SettingsError, SourceFileError, StorageError
from kensho.platform import private_files
from kensho.platform.secret_values import Secret

_FORM: Final = b"kensho backup 1\n"
_SALT_BYTES: Final = 16
_KEY_BYTES: Final = 32
_DIGEST_BYTES: Final = 32
_MOST_HEADER_BYTES: Final = 4096
_LENGTH: Final = struct.Struct(">I")
_COST: Final = 1 << 15
"""Of scrypt: 32 MiB and a tenth of a second for each guess."""
KEY_VARIABLE: Final = "KENSHO_BACKUP_KEY"
_NO_SPACE: Final = (errno.ENOSPC, errno.EDQUOT)
_MOST_MESSAGES: Final = 1 << 32


class Header(msgspec.Struct, frozen=True):
    """What is told of a file without its key: which version of Kenshō made it, and when.

    `proof` tells the right key from another, and nothing of it.
    """

    kensho: str
    made_at: str
    salt: bytes
    proof: bytes


class SealedMessage(NamedTuple):
    """A message of a file, and whether it is the last."""

    content: bytes
    is_last: bool


class _Sealing(NamedTuple):
    """The cipher of one file, what all its messages are bound to, and what proves its key."""

    cipher: AESGCM
    proof: bytes


@contextlib.contextmanager
def written(
    path: Path, key: Secret, kensho: str, made_at: str
) -> Generator[Callable[[bytes, bool], None]]:
    """Yield what seals messages into a new file, which is on the disk when the block has ended.

    It takes a message, and whether it is the last; exactly one is.

    Raises:
        DiskFullError, StorageError: it can't be written.
    """
    salt = secrets.token_bytes(_SALT_BYTES)
    sealing = _sealing(key, salt)
    header = msgspec.json.encode(Header(kensho, made_at, salt, sealing.proof))
    bound = hashlib.sha256(header).digest()
    places = iter(range(_MOST_MESSAGES))
    try:
        with open(path, "wb", opener=private_files.opener) as file:
            file.write(_FORM + _LENGTH.pack(len(header)) + header + bound)

            def seal(message: bytes, is_last: bool) -> None:
                nonce = _nonce(next(places), is_last=is_last)
                sealed = sealing.cipher.encrypt(nonce, message, bound)
                file.write(_LENGTH.pack(len(sealed)) + bytes([is_last]) + sealed)

            yield seal
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        kind = DiskFullError if error.errno in _NO_SPACE else StorageError
        raise kind(f"can't write {path}: {error.strerror or error}") from error


def header_of(path: Path) -> Header:
    """Return what a file says without its key.

    Raises:
        SourceFileError: it can't be read, or is no backup.
    """
    with _opened(path) as file:
        return _header(path, file)[0]


def messages(path: Path, key: Secret) -> Iterator[SealedMessage]:
    """Yield the messages of a file in their order; the last one ends it.

    Raises:
        SettingsError: it was sealed with another key.
        SourceFileError: it can't be read, is no backup, was changed or was cut.
    """
    with _opened(path) as file:
        header, bound = _header(path, file)
        sealing = _sealing(key, header.salt)
        if not hmac.compare_digest(sealing.proof, header.proof):
            raise SettingsError(f"{KEY_VARIABLE}: {path} was sealed with another key")
        for place in range(_MOST_MESSAGES):
            start = file.tell()
            length = _LENGTH.unpack(_exactly(path, file, _LENGTH.size))[0]
            is_last = _exactly(path, file, 1) != b"\0"
            sealed = _exactly(path, file, length)
            try:
                content = sealing.cipher.decrypt(_nonce(place, is_last=is_last), sealed, bound)
            except InvalidTag:
                raise SourceFileError(f"{path} was changed or damaged at byte {start:,}") from None
            if is_last and file.read(1):
                raise SourceFileError(f"{path} goes on after its end, at byte {file.tell() - 1:,}")
            yield SealedMessage(content, is_last)
            if is_last:
                return


@contextlib.contextmanager
def _opened(path: Path) -> Generator[IO[bytes]]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise SourceFileError(f"can't read {path}: {error.strerror or error}") from error


def _header(path: Path, file: IO[bytes]) -> tuple[Header, bytes]:
    """Return the header of a file, and its digest, to which the messages are bound."""
    if file.read(len(_FORM)) != _FORM:
        raise SourceFileError(f"{path} is no backup of Kenshō, or of another form")
    length = _LENGTH.unpack(_exactly(path, file, _LENGTH.size))[0]
    if length > _MOST_HEADER_BYTES:
        raise SourceFileError(f"{path}: its header is damaged")
    text, bound = _exactly(path, file, length), _exactly(path, file, _DIGEST_BYTES)
    if hashlib.sha256(text).digest() != bound:
        raise SourceFileError(f"{path}: its header is damaged")
    try:
        return msgspec.json.decode(text, type=Header), bound
    except msgspec.DecodeError as error:
        raise SourceFileError(f"{path}: its header can't be read: {error}") from error


def _exactly(path: Path, file: IO[bytes], length: int) -> bytes:
    found = file.read(length)
    if len(found) != length:
        raise SourceFileError(f"{path} was cut at byte {file.tell():,}")
    return found


def _sealing(key: Secret, salt: bytes) -> _Sealing:
    derived = Scrypt(salt, 2 * _KEY_BYTES, _COST, 8, 1).derive(key.reveal().encode())
    return _Sealing(AESGCM(derived[:_KEY_BYTES]), derived[_KEY_BYTES:])


def _nonce(place: int, *, is_last: bool) -> bytes:
    """Return the nonce of a place: no two messages of a file have one, and no two files one key."""
    return place.to_bytes(11, "big") + bytes([is_last])
