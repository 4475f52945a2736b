"""Accounts in the store of the edges: found, made, changed.

Guarantees: an e-mail address has one account, whatever its capitals. What is returned besides
`StoredAccount.password` is no secret, and that is shown in no message.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable
from typing import Final
from uuid import UUID

import msgspec
from typing_extensions import override

from kensho.edges.accounts import passwords
from kensho.errors import ConflictError, FieldProblem, InvalidInputError, RuleViolationError
from kensho.http.authentication import Role
from kensho.storage.gateway import Gateway

MAX_EMAIL_CHARS: Final = 254
"""RFC 5321 §4.5.3.1.3, without the brackets."""
MAX_USERNAME_CHARS: Final = 50
_UNSEEN: Final = (
    r"\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    r"\ufeff\ufff9-\ufffb\ufffe\uffff"
)
"""Characters that control, or turn the writing about, and show nothing themselves."""
_SPACES: Final = r"\x20\xa0\u1680\u2000-\u200a\u202f\u205f\u3000"
"""Named one by one: what `\\s` means differs between Python and JSON Schema."""
_PART: Final = rf"[^@.{_UNSEEN}{_SPACES}]+"
EMAIL: Final = rf"^[^@{_UNSEEN}{_SPACES}]{{1,64}}@{_PART}(\.{_PART})+$"
USERNAME: Final = rf"^(?![{_SPACES}]*$)[^{_UNSEEN}]*$"
_EMAIL: Final = re.compile(EMAIL)
_USERNAME: Final = re.compile(USERNAME)
_TAKEN: Final = "already contains"


class ListedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account as lists show it."""

    id: UUID
    email: str
    username: str | None = None
    role: Role
    created_at: dt.datetime
    changed_at: dt.datetime
    disabled_at: dt.datetime | None = None


class StoredAccount(ListedAccount, frozen=True, kw_only=True):
    """An account with the hash of its password."""

    password: str

    @override
    def __repr__(self) -> str:
        return f"StoredAccount({self.id})"


class ChangedAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What has become of an account: its role, and since when nobody may sign in to it."""

    id: UUID
    role: Role
    changed_at: dt.datetime
    disabled_at: dt.datetime | None = None


class AccountStore:
    """Reads and writes accounts; `gateway` raises `StoreUnavailableError` while there is none."""

    def __init__(self, gateway: Callable[[], Gateway]) -> None:
        self._gateway = gateway

    async def of_email(self, email: str) -> StoredAccount | None:
        """Return the account of an address, in any capitals."""
        found = await self._gateway().fetch(
            "edges.account_by_email", {"email": normal_email(email)}, into=list[StoredAccount]
        )
        return found[0] if found else None

    async def of_id(self, account: UUID) -> StoredAccount | None:
        """Return the account of an id."""
        found = await self._gateway().fetch(
            "edges.account_by_id", {"id": account}, into=list[StoredAccount]
        )
        return found[0] if found else None

    async def page(self, after: str, limit: int) -> list[ListedAccount]:
        """Return accounts in order of their addresses, those after one."""
        return await self._gateway().fetch(
            "edges.accounts", {"after": after, "limit": limit}, into=list[ListedAccount]
        )

    async def changed_since(self, since: dt.datetime) -> list[ChangedAccount]:
        """Return the accounts whose role or state has changed, the earliest first."""
        return await self._gateway().fetch(
            "edges.accounts_changed", {"since": since.isoformat()}, into=list[ChangedAccount]
        )

    async def add(
        self, account: UUID, email: str, password: str, username: str | None, role: Role
    ) -> None:
        """Add an account; `password` is a hash.

        Raises:
            ConflictError: an account has this address.
        """
        given: dict[str, object] = {
            "id": account,
            "email": normal_email(email),
            "password": password,
            "username": username,
            "role": role,
        }
        try:
            await self._gateway().execute("edges.add_account", given)
        except RuleViolationError as error:
            if _TAKEN not in error.message:
                raise
            raise email_taken() from error

    async def set_password(self, account: UUID, password: str) -> None:
        """Replace the hash of a password."""
        await self._gateway().execute("edges.set_password", {"id": account, "password": password})

    async def set_role(self, account: UUID, role: Role) -> None:
        """Give an account a role; servers end its sessions within seconds."""
        await self._gateway().execute("edges.set_role", {"id": account, "role": role})

    async def set_disabled(self, account: UUID, *, disabled: bool) -> None:
        """Let nobody sign in to an account, or let them again."""
        await self._gateway().execute("edges.disable", {"id": account, "disabled": disabled})


def email_taken() -> ConflictError:
    """Return the error of an address that has an account."""
    problem = FieldProblem("email", "an account has this address already")
    return ConflictError(problem.message, code="email_taken", issues=(problem,))


def normal_email(email: str) -> str:
    """Return the one spelling of an address: most providers tell no capitals apart."""
    return unicodedata.normalize("NFC", email.strip()).lower()


def check_new(email: str, password: str, username: str | None) -> None:
    """Refuse what no account can be made of.

    Raises:
        InvalidInputError: names each field; a password is not quoted.
    """
    problems: list[FieldProblem] = []
    if len(email) > MAX_EMAIL_CHARS or _EMAIL.match(normal_email(email)) is None:
        problems.append(FieldProblem("email", f"{email[:80]!r} is no e-mail address"))
    if not passwords.MIN_CHARS <= len(password) <= passwords.MAX_CHARS:
        expected = f"expected {passwords.MIN_CHARS} to {passwords.MAX_CHARS} characters"
        problems.append(FieldProblem("password", expected))
    if username is not None and not _is_name(username):
        expected = f"expected 1 to {MAX_USERNAME_CHARS} visible characters"
        problems.append(FieldProblem("username", f"{username[:80]!r}: {expected}"))
    if problems:
        raise InvalidInputError(problems)


def _is_name(text: str) -> bool:
    return 1 <= len(text) <= MAX_USERNAME_CHARS and _USERNAME.fullmatch(text) is not None
