"""`kensho accounts` and `kensho limits`: accounts and their roles; who passes limits for a test.

Run where the settings of the server are. While a server has the embedded store, the commands have
it do what they would do in the store. It ends the sessions of accounts that were changed within
seconds. Exit codes: 2 for an address that is none, or that has an account; 3 where there is no such
account; 5 where the store can't be opened and no server does it instead.
"""

import asyncio
import datetime as dt
import functools
import sys
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar, get_args

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich_click import RichCommand, RichGroup

from kensho.edges.accounts.account_store import AccountStore, check_new, normal_email
from kensho.edges.accounts.administration import (
    Administration,
    ServerAdministration,
    StoredAdministration,
    all_accounts,
)
from kensho.edges.accounts.audit import AuditLog
from kensho.edges.accounts.authentication import COMMAND
from kensho.edges.accounts.documents import AccountChangeBody, NewAccountBody
from kensho.edges.accounts.passwords import Passwords
from kensho.edges.store import edge_store_settings, opened_edge_store
from kensho.errors import NotFoundError, StoreInUseError, UpstreamError
from kensho.http.authentication import Role
from kensho.platform import environment
from kensho.platform.own_server import OwnServer
from kensho.platform.signing_secret import signing_keys
from kensho.platform.timed_seals import LimitBypass, OperatorTokens

T = TypeVar("T")
_ROLES: Final = get_args(Role)
_FILE_WIDTH: Final = 200


@click.group(cls=RichGroup)
def limits() -> None:
    """Make the header by which tests of load pass the limits."""


@limits.command(cls=RichCommand)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True, max=LimitBypass.LONGEST.total_seconds() / 60),
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
    body = NewAccountBody(email=email, password=password, username=username, role=role)
    check_new(email, password, username)
    _run(lambda administration: administration.create(body))
    click.echo(f"{normal_email(email)} has an account: {role}")


@accounts.command(cls=RichCommand)
@click.argument("email")
@click.argument("role", type=click.Choice(_ROLES))
def role(email: str, role: Role) -> None:
    """Give the account of EMAIL a role; who is signed in to it signs in again."""
    _change(email, AccountChangeBody(role=role))
    click.echo(f"{normal_email(email)} is a {role}")


@accounts.command(cls=RichCommand)
@click.argument("email")
@click.option("--undo", is_flag=True, help="Let them sign in again.")
def disable(email: str, undo: bool) -> None:
    """Let nobody sign in to the account of EMAIL any more, and end its sessions."""
    _change(email, AccountChangeBody(disabled=not undo))
    click.echo(f"{normal_email(email)} can {'' if undo else 'not '}be signed in to")


@accounts.command("list", cls=RichCommand)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(as_json: bool) -> None:
    """List the accounts by address."""
    found = _run(all_accounts)
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


def _change(email: str, body: AccountChangeBody) -> None:
    async def run(administration: Administration) -> None:
        account = await administration.of_email(email)
        if account is None:
            raise NotFoundError(f"{email[:80]!r} has no account")
        await administration.change(account.id, body)

    _run(run)


def _run(run: Callable[[Administration], Awaitable[T]]) -> T:
    """Run on the store, or while the server has it, through the server."""
    settings = environment.load()
    now = functools.partial(dt.datetime.now, dt.UTC)

    async def on_store() -> T:
        passwords = Passwords()
        try:
            async with opened_edge_store(edge_store_settings(settings)) as gateway:
                audit = AuditLog(lambda: gateway, now)
                accounts = AccountStore(lambda: gateway)
                return await run(StoredAdministration(accounts, audit, passwords, COMMAND))
        finally:
            passwords.close()

    async def through_server() -> T:
        tokens = OperatorTokens(signing_keys(settings.signing), now)
        async with OwnServer(settings.server, tokens) as server:
            return await run(ServerAdministration(server))

    try:
        return asyncio.run(on_store())
    except StoreInUseError as in_use:
        try:
            return asyncio.run(through_server())
        except UpstreamError as error:
            raise StoreInUseError(f"{in_use.message}; {error.message}") from error
