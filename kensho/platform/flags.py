"""Feature flags: a TOML file of what is switched on, for how many, and until when.

Guarantees: a subject for whom a flag is on at some percentage has it on at every larger one, and
each flag draws its subjects anew. A file that makes no sense is refused by flag and member.
"""

import datetime as dt
import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from kensho.errors import SettingsError

SHIPPED: Final = Path(__file__).with_name("flags.toml")
_ALL: Final = 100
_SHARES: Final = 10_000
"""A percentage may have two decimals."""
FlagName = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}$")]


class Flag(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One flag: who answers for it, until when it may be there, and for whom it is on."""

    owner: Annotated[str, Meta(min_length=1, max_length=100)]
    remove_by: dt.date
    percent: Annotated[float, Meta(ge=0, le=100)] = 0
    accounts: tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...] = ()
    about: str = ""


class Flags:
    """All flags."""

    def __init__(self, flags: Mapping[str, Flag]) -> None:
        self._flags = dict(flags)

    @classmethod
    def read(cls, path: Path | str | None = None) -> "Flags":
        """Return the flags of a file; those that are shipped if none is named.

        Raises:
            SettingsError: the file can't be read, or makes no sense; names what and where.
        """
        path = SHIPPED if path is None else Path(path)
        try:
            found = tomllib.loads(path.read_text("utf-8"))
            return cls(msgspec.convert(found, dict[FlagName, Flag]))
        except OSError as error:
            told = f"can't read {str(path)!r}: {error.strerror}"
            raise SettingsError(f"KENSHO_FLAGS_FILE: {told}") from error
        except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise SettingsError(f"KENSHO_FLAGS_FILE: {str(path)!r}: {error}") from error

    def is_on(self, name: str, subject: str = "") -> bool:
        """Tell whether a flag is on, for a subject such as an account's id; else for everybody.

        Raises:
            KeyError: there is no such flag.
        """
        flag = self._flags[name]
        if flag.percent >= _ALL or (subject and subject in flag.accounts):
            return True
        return bool(subject) and _share(name, subject) < flag.percent * _SHARES / _ALL

    def overdue(self, today: dt.date) -> list[str]:
        """Return what should have been removed by now, with who answers for it."""
        return [
            f"{name} (of {flag.owner}, by {flag.remove_by})"
            for name, flag in self._flags.items()
            if flag.remove_by < today
        ]


def _share(name: str, subject: str) -> int:
    """Return where a subject stands among all, from 0 to 9,999."""
    digest = hashlib.blake2b(f"{name}\0{subject}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % _SHARES
