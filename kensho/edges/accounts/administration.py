"""Accounts as those who run the service change them: in the store, or through the running server.

Guarantees: every change is noted in the audit log with who made it. A password that is set here is
known to this call alone.
"""

import uuid
from typing import Final, Protocol, TypeVar
from uuid import UUID

import msgspec
from typing_extensions import override

from kensho.edges.accounts.account_store import (
    AccountStore,
    ListedAccount,
    StoredAccount,
    check_new,
    email_taken,
)
from kensho.edges.accounts.audit import AuditLog
from kensho.edges.accounts.documents import AccountChangeBody, AccountList, NewAccountBody
from kensho.edges.accounts.passwords import Passwords
from kensho.errors import NotFoundError, UpstreamError
from kensho.platform.own_server import OwnServer, ServerAnswer

PATH: Final = "/api/accounts"
_PAGE: Final = 100
_DONE: Final = (200, 201)
_TAKEN: Final = 409
T = TypeVar("T")


class Administration(Protocol):
    """Makes, finds and changes accounts."""

    async def create(self, body: NewAccountBody) -> ListedAccount:
        """Make an account.

        Raises:
            InvalidInputError: a field makes no account; names it.
            ConflictError: an account has this address (code `email_taken`).
        """
        ...

    async def of_email(self, email: str) -> ListedAccount | None:
        """Return the account of an address, if it has one."""
        ...

    async def change(self, account: UUID, body: AccountChangeBody) -> ListedAccount:
        """Change what is given; servers end the account's sessions within seconds.

        Raises:
            NotFoundError: there is no such account.
        """
        ...

    async def page(self, after: str, limit: int) -> list[ListedAccount]:
        """Return accounts in the order of their addresses, those after one."""
        ...


class StoredAdministration(Administration):
    """Works on the store; `actor` is who is noted in the audit log."""

    def __init__(
        self, accounts: AccountStore, audit: AuditLog, passwords: Passwords, actor: str
    ) -> None:
        self._accounts = accounts
        self._audit = audit
        self._passwords = passwords
        self._actor = actor

    @override
    async def create(self, body: NewAccountBody) -> ListedAccount:
        """Make an account."""
        check_new(body.email, body.password, body.username)
        if await self._accounts.of_email(body.email) is not None:
            raise email_taken()
        async with self._passwords.turn():
            hashed = await self._passwords.hashed(body.password)
        account = uuid.uuid4()
        await self._accounts.add(account, body.email, hashed, body.username, body.role)
        await self._note("account.create", account, "role")
        return await self._of_id(account)

    @override
    async def of_email(self, email: str) -> ListedAccount | None:
        """Return the account of an address, if it has one."""
        found = await self._accounts.of_email(email)
        return None if found is None else _listed(found)

    @override
    async def change(self, account: UUID, body: AccountChangeBody) -> ListedAccount:
        """Change what is given and is not so already."""
        found = await self._of_id(account)
        if body.role is not None and body.role != found.role:
            await self._accounts.set_role(account, body.role)
            await self._note("account.role", account, "role")
        if body.disabled is not None and body.disabled != (found.disabled_at is not None):
            await self._accounts.set_disabled(account, disabled=body.disabled)
            action = "account.disable" if body.disabled else "account.enable"
            await self._note(action, account, "disabled")
        return await self._of_id(account)

    @override
    async def page(self, after: str, limit: int) -> list[ListedAccount]:
        """Return accounts in the order of their addresses, those after one."""
        return await self._accounts.page(after, limit)

    async def _of_id(self, account: UUID) -> ListedAccount:
        found = await self._accounts.of_id(account)
        if found is None:
            raise NotFoundError("no account has this id", code="no_such_account")
        return _listed(found)

    async def _note(self, action: str, account: UUID, changed: str) -> None:
        await self._audit.note(
            action, "done", actor=self._actor, object_=str(account), changed=[changed]
        )


class ServerAdministration(Administration):
    """Has the running server do it.

    Besides what an `Administration` raises, each call raises `UpstreamError` where there is no such
    server, or one without accounts.
    """

    def __init__(self, server: OwnServer) -> None:
        self._server = server

    @override
    async def create(self, body: NewAccountBody) -> ListedAccount:
        """Make an account."""
        check_new(body.email, body.password, body.username)
        return self._read(await self._server.ask("POST", PATH, document=body), ListedAccount)

    @override
    async def of_email(self, email: str) -> ListedAccount | None:
        """Return the account of an address, if it has one."""
        answer = await self._server.ask("GET", PATH, query={"email": email})
        return next(iter(self._read(answer, AccountList).accounts), None)

    @override
    async def change(self, account: UUID, body: AccountChangeBody) -> ListedAccount:
        """Change what is given."""
        answer = await self._server.ask("PATCH", f"{PATH}/{account}", document=body)
        return self._read(answer, ListedAccount)

    @override
    async def page(self, after: str, limit: int) -> list[ListedAccount]:
        """Return accounts in the order of their addresses, those after one."""
        query = {"after": after, "limit": str(limit)} if after else {"limit": str(limit)}
        return self._read(await self._server.ask("GET", PATH, query=query), AccountList).accounts

    def _read(self, answer: ServerAnswer, form: type[T]) -> T:
        if answer.status == _TAKEN:
            raise email_taken()
        try:
            if answer.status in _DONE:
                return msgspec.json.decode(answer.body, type=form)
            told = msgspec.json.decode(answer.body, type=_Told).detail
        except msgspec.MsgspecError:
            told = ""
        raise UpstreamError(f"the server at {self._server.url} answers {answer.status}: {told}")


class _Told(msgspec.Struct, frozen=True):
    """What is read of a problem document."""

    detail: str = ""


async def all_accounts(administration: Administration) -> list[ListedAccount]:
    """Return every account, in the order of the addresses."""
    found: list[ListedAccount] = []
    after = ""
    while page := await administration.page(after, _PAGE):
        found += page
        after = page[-1].email
    return found


def _listed(account: StoredAccount) -> ListedAccount:
    """Return an account without the hash of its password."""
    names = ListedAccount.__struct_fields__
    return ListedAccount(**{name: getattr(account, name) for name in names})
