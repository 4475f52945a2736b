"""`kensho webhooks`: which addresses are told of changes, and what became of it.

A server delivers (`kensho serve`); here addresses are added, listed, tried and removed. Exit codes:
2 for an address that may not be reached, 3 for a webhook or franchise that is not there, 7 where a
test is not taken.
"""

import asyncio
import datetime as dt
import json
import time
from typing import Final

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich_click import RichCommand, RichGroup

from kensho.cli.snapshots import open_snapshot
from kensho.discovery.changes import LISTED_KINDS, ChangeService, kinds_of
from kensho.discovery.comparisons import KnownChanges
from kensho.discovery.cursors import Cursors
from kensho.errors import NotFoundError, UpstreamError
from kensho.platform import environment
from kensho.platform.secret_values import masked
from kensho.platform.settings import Settings
from kensho.platform.signing_secret import signing_keys
from kensho.webhooks import messages
from kensho.webhooks.delivering import Sender, fetcher_of, stream_of
from kensho.webhooks.signing import new_secret
from kensho.webhooks.store import Webhook, WebhookStore

_SUCCESS: Final = range(200, 300)
_JSON = click.option("--json", "as_json", is_flag=True, help="Answer as JSON.")


@click.group(cls=RichGroup)
def webhooks() -> None:
    """Tell other servers what changes: add, list, test and remove their addresses."""


@webhooks.command(cls=RichCommand)
@click.argument("url")
@click.option("--franchise", metavar="SLUG", help="Only changes of this franchise and its works.")
@click.option("--kind", metavar="KINDS", help="Only these kinds, as /api/changes takes them.")
@click.option("--adult", is_flag=True, help="Also changes of adult works.")
@_JSON
def add(
    url: str,
    franchise: str | None,
    kind: str | None,
    adult: bool,
    as_json: bool,
) -> None:
    """Tell URL what changes from now on, signed as Standard Webhooks says; prints the secret."""
    settings = environment.load()
    kinds_of(kind, LISTED_KINDS)
    asyncio.run(fetcher_of(settings.webhooks).check(url))
    service = _changes(settings)
    webhook = Webhook(
        id=f"wh_{messages.new_id().removeprefix('msg_')[:8]}",
        url=url,
        secret=new_secret(),
        franchise=franchise,
        kind=kind,
        safe=not adult,
        created_s=time.time(),
        told=service.identity,
    )
    stream_of(webhook, lambda: service)  # raises for a franchise that is not there
    _store(settings).add(webhook)
    if as_json:
        click.echo(json.dumps({"id": webhook.id, "url": url, "secret": webhook.secret}))
        return
    click.echo(f"{webhook.id} is told of what changes from now on.")
    click.echo(f"secret: {webhook.secret}")
    click.echo("The receiver needs it to check signatures; it is not shown again.")


@webhooks.command("list", cls=RichCommand)
@_JSON
def list_(as_json: bool) -> None:
    """List the addresses that are told, and what became of the messages."""
    store = _store(environment.load())
    rows = [_row(store, one) for one in store.webhooks()]
    if as_json:
        click.echo(json.dumps(rows))
        return
    table = Table(*(name.replace("_", " ") for name in _Row.__struct_fields__))
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    Console().print(table)


@webhooks.command(cls=RichCommand)
@click.argument("webhook", metavar="ID")
def remove(webhook: str) -> None:
    """Tell ID nothing any more, and forget what waits for it."""
    _store(environment.load()).remove(webhook)
    click.echo(f"{webhook} is removed.")


@webhooks.command(cls=RichCommand)
@click.argument("webhook", metavar="ID")
def enable(webhook: str) -> None:
    """Send to ID again, which was disabled, beginning with what waits."""
    _store(environment.load()).enable(webhook, time.time())
    click.echo(f"{webhook} is sent to again.")


@webhooks.command(cls=RichCommand)
@click.argument("webhook", metavar="ID|URL")
def test(webhook: str) -> None:
    """Send a test message to ID, or to an address that is not added, and print the answer."""
    settings = environment.load()
    known = {one.id: one for one in _store(settings).webhooks()}
    found = known.get(webhook)
    if found is None and webhook.startswith("wh_"):
        raise NotFoundError(f"there is no webhook {webhook!r}")
    url, secret = (found.url, found.secret) if found else (webhook, new_secret())
    sender, message = Sender(fetcher_of(settings.webhooks)), messages.new_id()
    answer = asyncio.run(sender.send(url, secret, message, messages.of_test(time.time())))
    click.echo(f"{masked(url)} answered {answer.status} to {message}.")
    if found is None:
        click.echo(f"It was signed with {secret}.")
    if answer.status not in _SUCCESS:
        raise UpstreamError(f"only 2xx means that a message was taken, not {answer.status}")


class _Row(msgspec.Struct, frozen=True):
    """A webhook as it is listed."""

    id: str
    url: str
    franchise: str | None
    kind: str | None
    added: str
    pending: int
    delivered: int
    failed: int
    last_answer: str | None
    disabled: str | None


def _row(store: WebhookStore, webhook: Webhook) -> dict[str, object]:
    tried = [one for one in store.deliveries(webhook.id) if one.last_s is not None]
    last = max(tried, key=lambda one: one.last_s or 0.0, default=None)
    counts = store.counts(webhook.id)
    return msgspec.structs.asdict(
        _Row(
            id=webhook.id,
            url=masked(webhook.url),
            franchise=webhook.franchise,
            kind=webhook.kind,
            added=_time(webhook.created_s),
            pending=counts.pending,
            delivered=counts.delivered,
            failed=counts.failed,
            last_answer=None if last is None else f"{last.answer} ({_time(last.last_s or 0.0)})",
            disabled=webhook.disabled,
        )
    )


def _time(seconds: float) -> str:
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="seconds")


def _store(settings: Settings) -> WebhookStore:
    return WebhookStore(settings.webhooks.dir)


def _changes(settings: Settings) -> ChangeService:
    """Return the changes that the published snapshot knows."""
    cursors = Cursors(*signing_keys(settings.signing))
    return ChangeService(open_snapshot(None), cursors, KnownChanges(), safe=settings.search.safe)
