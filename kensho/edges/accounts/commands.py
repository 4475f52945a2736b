"""`kensho accounts` and `kensho limits`: accounts and their roles; who passes limits for a test.

Run where the settings of the server are. A server on another process of an embedded store owns it:
stop it meanwhile, or keep the edges on a server (`KENSHO_EDGES_STORE_URL=ws://…`). A running server
ends the sessions of accounts that were changed within seconds. Exit codes: 2 for an address that is
none, or that has an account; 3 where there is no such account; 5 where the store can't be opened.
"""

import asyncio
import datetime as dt
import functools
import sys
import uuid
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar, get_args

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich_click import RichCommand, RichGroup

from kensho.edges.accounts.account_store import (
    AccountStore,
    ListedAccount,
    StoredAccount,
    check_new,
    normal_email,
)
from kensho.edges.accounts.audit import AuditLog
from kensho.edges.accounts.passwords import Passwords
from kensho.edges.store import edge_store_settings, opened_edge_store
from kensho.errors import NotFoundError
from kensho.http.authentication import Role
from kensho.platform import environment
from kensho.platform.limit_bypass import LONGEST, LimitBypass
from kensho.platform.signing_secret import signing_keys

T = TypeVar("T")
_ROLES: Final = get_args(Role)
_PAGE: Final = 500
_FILE_WIDTH: Final = 200
_ACTOR: Final = "command"
"""Who changes accounts here, as the audit log has it."""


@click.group(cls=RichGroup)
def limits() -> None:
    """Make the header by which tests of load pass the limits."""


@limits.command(cls=RichCommand)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True, max=LONGEST.total_seconds() / 60),
    default=15,
    show_default=True,
    help="How long it is good.",
)
def bypass(minutes: float) -> None:
    """Print a header by which requests pass the limits of the edges, and nothing else.

    Servers take it where KENSHO_RATE_LIMIT_BYPASS is on and their secret is the one that is read
    here.
    """
    settings = environment.load()
    maker = LimitBypass(signing_keys(settings.signing), lambda: dt.datetime.now(dt.UTC))
    click.echo(f"X-Limit-Bypass: {maker.make(dt.timedelta(minutes=minutes))}")
    if not settings.limits.bypass:
        click.echo("KENSHO_RATE_LIMIT_BYPASS is off here", err=True)


class _Rooms(msgspec.Struct, frozen=True):
    """What the commands work with."""

    accounts: AccountStore
    audit: AuditLog


@click.group(cls=RichGroup)
def accounts() -> None:
    """Make accounts, give them roles, disable and list them."""


@accounts.command(cls=RichCommand)
@click.argument("email")
@click.option("--username", help="How others see who has it.")
@click.option("--role", type=click.Choice(_ROLES), default="viewer", help="What it may do.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
def create(email: str, username: str | None, role: Role, password_stdin: bool) -> None:
    """Make an account for EMAIL; the password is asked for, or read from standard input."""
    password = (
        sys.stdin.readline().rstrip("\r\n")
        if password_stdin
        else click.prompt("Password", hide_input=True, confirmation_prompt=True)
    )
    check_new(email, password, username)

    async def run(rooms: _Rooms) -> None:
        hashing = Passwords()
        try:
            hashed = await hashing.hashed(password)
        finally:
            hashing.close()
        account = uuid.uuid4()
        await rooms.accounts.add(account, email, hashed, username, role)
        await _note(rooms, "account.create", account, "role")

    _run(run)
    click.echo(f"{normal_email(email)} has an account: {role}")


@accounts.command(cls=RichCommand)
@click.argument("email")
@click.argument("role", type=click.Choice(_ROLES))
def role(email: str, role: Role) -> None:
    """Give the account of EMAIL a role; who is signed in to it signs in again."""

    async def run(rooms: _Rooms) -> None:
        account = await _found(rooms, email)
        await rooms.accounts.set_role(account.id, role)
        await _note(rooms, "account.role", account.id, "role")

    _run(run)
    click.echo(f"{normal_email(email)} is a {role}")


@accounts.command(cls=RichCommand)
@click.argument("email")
@click.option("--undo", is_flag=True, help="Let them sign in again.")
def disable(email: str, undo: bool) -> None:
    """Let nobody sign in to the account of EMAIL any more, and end its sessions."""

    async def run(rooms: _Rooms) -> None:
        account = await _found(rooms, email)
        await rooms.accounts.set_disabled(account.id, disabled=not undo)
        await _note(rooms, "account.enable" if undo else "account.disable", account.id, "disabled")

    _run(run)
    click.echo(f"{normal_email(email)} can {'' if undo else 'not '}be signed in to")


@accounts.command("list", cls=RichCommand)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(as_json: bool) -> None:
    """List the accounts by address."""
    found = _run(_all)
    if as_json:
        click.echo(msgspec.json.encode(found))
        return
    table = Table("e-mail address", "name", "role", "since", "state", box=None)
    for one in found:
        state = "" if one.disabled_at is None else "disabled"
        table.add_row(
            one.email, one.username or "", one.role, one.created_at.date().isoformat(), state
        )
    Console(width=None if sys.stdout.isatty() else _FILE_WIDTH).print(table)


async def _all(rooms: _Rooms) -> list[ListedAccount]:
    found: list[ListedAccount] = []
    after = ""
    while page := await rooms.accounts.page(after, _PAGE):
        found += page
        after = page[-1].email
    return found


async def _found(rooms: _Rooms, email: str) -> StoredAccount:
    account = await rooms.accounts.of_email(email)
    if account is None:
        raise NotFoundError(f"{email[:80]!r} has no account")
    return account


async def _note(rooms: _Rooms, action: str, account: uuid.UUID, changed: str) -> None:
    await rooms.audit.note(action, "done", actor=_ACTOR, object_=str(account), changed=[changed])


def _run(run: Callable[[_Rooms], Awaitable[T]]) -> T:
    settings = edge_store_settings(environment.load())

    async def opened() -> T:
        async with opened_edge_store(settings) as gateway:
            now = functools.partial(dt.datetime.now, dt.UTC)
            audit = AuditLog(lambda: gateway, now)
            return await run(_Rooms(AccountStore(lambda: gateway), audit))

    return asyncio.run(opened())
