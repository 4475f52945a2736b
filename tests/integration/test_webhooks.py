"""Webhooks: what is told, to a real receiver, signed, once, until it is taken or given up."""

import asyncio
import base64
import json
import sqlite3
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from kensho.discovery.changes import ChangeService
from kensho.discovery.comparisons import KnownChanges
from kensho.discovery.cursors import Cursors
from kensho.platform.safe_fetch import RequestBounds, SafeFetcher
from kensho.platform.secret_values import SigningKey
from kensho.platform.settings import Settings
from kensho.read_model import publications
from kensho.read_model.building.publishing import publish_store
from kensho.read_model.holder import Snapshot
from kensho.storage.store_settings import StoreSettings
from kensho.webhooks.delivering import LONGEST_S, PAUSES_S, Deliverer, Sender
from kensho.webhooks.signing import headers_of, new_secret
from kensho.webhooks.store import FILE, Delivery, Webhook, WebhookStore
from tests.integration.conftest import settings_for
from tests.integration.test_api_change_stream import publish_next
from tests.support.command_line import run_here
from tests.support.franchise_rows import BEBOP, NARUTO, franchise_store
from tests.support.servers import environment, free_port, served
from tests.support.webhook_receivers import Receiver, is_signed, receiving

SECRET: Final = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
_PATIENCE_S: Final = 60.0


class Clock:
    """A clock that a test sets; it begins now, since receivers look at their own."""

    def __init__(self) -> None:
        self.now_s = time.time()

    def __call__(self) -> float:
        return self.now_s


class Installed:
    """A published graph, webhooks, and what delivers to them."""

    def __init__(self, settings: Settings, folder: Path, receiver: Receiver) -> None:
        self.settings = settings
        self.receiver = receiver
        self.clock = Clock()
        self.store = WebhookStore(folder / "webhooks")
        self.deliverer = self.restarted()

    def restarted(self) -> Deliverer:
        """Return what delivers, with nothing in memory."""
        limits = RequestBounds(total_s=1.0, loopback_allowed=True)
        return Deliverer(self.store, Sender(SafeFetcher(limits), self.clock), self.clock)

    def changes(self) -> ChangeService:
        store, root = StoreSettings.of(self.settings), self.settings.snapshot.read_model_dir
        found = publications.read(root)
        assert found is not None
        snapshot = Snapshot.published(root, found.stores[store.fingerprint])
        return ChangeService(snapshot, Cursors(SigningKey("a secret of tests")), KnownChanges())

    def add(self, name: str = "wh_1", url: str | None = None, **more: Any) -> Webhook:
        asked = {"franchise": None, "kind": None, "safe": False} | more
        webhook = Webhook(
            id=name,
            url=url or self.receiver.url,
            secret=SECRET,
            created_s=self.clock(),
            told=self.changes().identity,
            **asked,
        )
        self.store.add(webhook)
        return webhook

    def webhook(self, name: str = "wh_1") -> Webhook:
        return next(one for one in self.store.webhooks() if one.id == name)

    async def deliver(self) -> int:
        self.deliverer.note_changes(self.changes)
        return await self.deliverer.deliver_due()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
async def installed(tmp_path: Path, receiver: Receiver) -> Installed:
    settings = settings_for(await franchise_store(tmp_path), tmp_path)
    await publish_store(StoreSettings.of(settings), settings.snapshot.read_model_dir)
    return Installed(settings, tmp_path, receiver)


def test_a_signature_is_that_of_the_specification() -> None:
    """The vector that the libraries of Standard Webhooks are tested with."""
    made = headers_of(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    made_anew = {new_secret() for _ in range(10)}
    assert len(made_anew) == 10
    assert {len(base64.b64decode(one.removeprefix("whsec_"))) for one in made_anew} == {32}


async def test_a_publication_is_told_once_signed_and_noted(installed: Installed) -> None:
    webhook = installed.add()
    assert await installed.deliver() == 0
    identity = await publish_next(installed.settings, 1)
    assert await installed.deliver() == 1
    assert await installed.deliver() == 0
    assert await installed.restarted().deliver_due() == 0
    (received,) = installed.receiver.received
    assert is_signed(received, webhook.secret)
    assert not is_signed(received._replace(body=received.body + b" "), webhook.secret)
    assert received.headers["content-type"] == "application/json"
    assert abs(int(received.headers["webhook-timestamp"]) - time.time()) < 300
    message = received.message
    assert message["type"] == "changes.published"
    assert message["data"]["snapshot"] == identity
    assert message["data"]["total"] == len(message["data"]["changes"]) > 1
    (delivery,) = installed.store.deliveries("wh_1")
    assert (delivery.state, delivery.attempts, delivery.answer) == ("delivered", 1, "answered 204")
    assert received.headers["webhook-id"] == delivery.id


async def test_each_webhook_is_told_what_it_asks_for(installed: Installed) -> None:
    installed.add("wh_all")
    installed.add("wh_bebop", franchise=BEBOP)
    installed.add("wh_naruto", franchise=NARUTO, kind="work", safe=True)
    installed.add("wh_relations", kind="relation")
    await publish_next(installed.settings, 1)
    await installed.deliver()
    told = {
        name: [json.loads(one.body) for one in installed.store.deliveries(name)]
        for name in ("wh_all", "wh_bebop", "wh_naruto", "wh_relations")
    }
    assert [len(messages) for messages in told.values()] == [1, 1, 1, 0]
    slugs = {one["franchise"]["slug"] for one in told["wh_bebop"][0]["data"]["changes"]}
    assert slugs == {BEBOP}
    kinds = {one["kind"] for one in told["wh_naruto"][0]["data"]["changes"]}
    assert kinds == {"work_changed"}
    assert {one.state for one in installed.store.deliveries("wh_all")} == {"delivered"}


@pytest.mark.parametrize(
    "behaviour", ["500", "503", "404", "301", "redirect", "hang", "drip", "reset", "large"]
)
async def test_what_is_not_taken_is_sent_again_under_its_id(
    installed: Installed, behaviour: str
) -> None:
    installed.add()
    installed.receiver.behaviour = behaviour
    await publish_next(installed.settings, 1)
    assert await installed.deliver() == 1
    (delivery,) = installed.store.deliveries("wh_1")
    assert (delivery.state, delivery.attempts) == ("pending", 1)
    assert delivery.answer
    assert await installed.deliver() == 0, "it is not due yet"
    installed.clock.now_s += PAUSES_S[0] * 1.2
    installed.receiver.behaviour = "200"
    assert await installed.restarted().deliver_due() == 1
    first, second = installed.receiver.received
    assert first.body == second.body
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]
    assert is_signed(second, SECRET)
    (delivery,) = installed.store.deliveries("wh_1")
    assert (delivery.state, delivery.attempts) == ("delivered", 2)
    assert installed.receiver.followed == 0


async def test_after_a_day_a_webhook_is_disabled_and_can_be_enabled(installed: Installed) -> None:
    installed.add()
    installed.receiver.behaviour = "500"
    await publish_next(installed.settings, 1)
    began_s = installed.clock()
    pauses: list[float] = []
    while installed.webhook().disabled is None and len(pauses) < 100:
        await installed.deliver()
        (delivery,) = installed.store.deliveries("wh_1")
        pauses.append(delivery.due_s - installed.clock())
        installed.clock.now_s = max(installed.clock.now_s, delivery.due_s)
    assert LONGEST_S <= installed.clock() - began_s <= LONGEST_S * 1.01
    for pause, least in zip(pauses[:-2], (*PAUSES_S, *[PAUSES_S[-1]] * 20), strict=False):
        assert least <= pause <= least * 1.1
    assert "24 hours" in (installed.webhook().disabled or "")
    assert "500" in (installed.webhook().disabled or "")
    assert [one.state for one in installed.store.deliveries("wh_1")] == ["failed"]
    asked = len(installed.receiver.received)
    await publish_next(installed.settings, 2)
    assert await installed.deliver() == 0
    installed.store.enable("wh_1", installed.clock())
    installed.receiver.behaviour = "200"
    assert await installed.deliver() == 1
    assert len(installed.receiver.received) == asked + 1


async def test_who_says_gone_is_asked_no_more(installed: Installed) -> None:
    installed.add()
    installed.receiver.behaviour = "410"
    await publish_next(installed.settings, 1)
    await installed.deliver()
    installed.clock.now_s += LONGEST_S
    assert await installed.deliver() == 0
    assert "410" in (installed.webhook().disabled or "")
    assert len(installed.receiver.received) == 1


async def test_who_asks_for_time_is_given_it(installed: Installed) -> None:
    installed.add()
    installed.receiver.behaviour, installed.receiver.retry_after = "429", "900"
    await publish_next(installed.settings, 1)
    await installed.deliver()
    (delivery,) = installed.store.deliveries("wh_1")
    assert 900 <= delivery.due_s - installed.clock() <= 1_000


async def test_messages_keep_their_order_and_webhooks_don_t_wait_for_one_another(
    installed: Installed,
) -> None:
    with receiving() as broken:
        broken.behaviour = "500"
        installed.add("wh_broken", broken.url)
        installed.add("wh_sound")
        for number in (1, 2, 3):
            await publish_next(installed.settings, number)
            await installed.deliver()
        assert len(installed.receiver.received) == 3
        assert len(broken.received) == 1
        broken.behaviour = "200"
        for _ in range(3):
            installed.clock.now_s += PAUSES_S[-1]
            await installed.deliver()
        revisions = [one.message["data"]["revision"] for one in broken.received[1:]]
        assert revisions == sorted(revisions)
        assert len(revisions) == 3


async def test_publications_that_nobody_was_awake_for_are_told_each(installed: Installed) -> None:
    installed.add()
    for number in (1, 2, 3):
        await publish_next(installed.settings, number)
    while await installed.deliver():
        pass
    assert len({one.headers["webhook-id"] for one in installed.receiver.received}) == 3


async def test_what_is_not_known_any_more_is_told_as_lost_once_that_is_sure(
    installed: Installed,
) -> None:
    webhook = installed.add()
    assert installed.store.note_told(webhook.id, webhook.told, "9-000000000000", ())
    await publish_next(installed.settings, 1)
    assert await installed.deliver() == 0, "another process may be ahead"
    installed.clock.now_s += 61
    assert await installed.deliver() == 1
    assert installed.receiver.received[0].message["type"] == "changes.lost"


def test_two_that_make_the_same_messages_make_them_once(tmp_path: Path) -> None:
    store = WebhookStore(tmp_path)
    told = {"franchise": None, "kind": None, "safe": True, "secret": SECRET, "created_s": 1.0}
    store.add(Webhook(id="wh_1", url="https://a.example", told="1-a", **told))  # type: ignore[arg-type]
    new = [Delivery(id=f"msg_{n}", webhook="wh_1", body=b"", created_s=1, due_s=1) for n in (1, 2)]
    assert store.note_told("wh_1", "1-a", "2-b", new[:1])
    assert not store.note_told("wh_1", "1-a", "2-b", new[1:])
    assert [one.id for one in store.deliveries("wh_1")] == ["msg_1"]
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    store.remove("wh_1")
    assert store.next_of_each() == []
    with sqlite3.connect(tmp_path / FILE) as db:
        assert db.execute("SELECT count(*) FROM delivery").fetchone() == (0,)


def ran(given: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return run_here(["webhooks", *words], given)


def until(holds: Callable[[], bool]) -> None:
    limit = time.monotonic() + _PATIENCE_S
    while not holds():
        assert time.monotonic() < limit
        time.sleep(0.05)


def test_by_command_and_server_deliveries_survive_a_restart(
    tmp_path: Path, receiver: Receiver
) -> None:
    url = asyncio.run(franchise_store(tmp_path))
    settings = settings_for(url, tmp_path)
    asyncio.run(publish_store(StoreSettings.of(settings), settings.snapshot.read_model_dir))
    given = environment(url, tmp_path, free_port()) | {
        "KENSHO_REFRESH_EVERY_S": "0.1",
        "KENSHO_WEBHOOKS_DIR": str(tmp_path / "webhooks"),
        "KENSHO_WEBHOOKS_LOOPBACK": "true",
    }
    added = ran(given, "add", receiver.url, "--franchise", BEBOP, "--kind", "work", "--json")
    webhook = json.loads(added.stdout)
    assert ran(given, "test", webhook["id"]).returncode == 0
    assert receiver.received[0].message["type"] == "test"
    assert is_signed(receiver.received[0], webhook["secret"])
    receiver.behaviour = "500"
    refused = ran(given, "test", webhook["id"])
    assert (refused.returncode, "500" in refused.stderr) == (7, True)
    receiver.received.clear()
    with served(given, "--workers", "2"):
        asyncio.run(publish_next(settings, 1))
        until(lambda: bool(receiver.received))
        (listed,) = json.loads(ran(given, "list", "--json").stdout)
        assert (listed["pending"], listed["delivered"], listed["franchise"]) == (1, 0, BEBOP)
        assert ("500" in listed["last_answer"], "secret" in listed) == (True, False)
    receiver.behaviour = "200"
    _make_due(tmp_path / "webhooks" / FILE)
    with served(given, "--workers", "2"):
        until(lambda: len(receiver.received) > 1)
        until(lambda: json.loads(ran(given, "list", "--json").stdout)[0]["delivered"] == 1)
    ids = {one.headers["webhook-id"] for one in receiver.received}
    assert len(ids) == 1, "each attempt bears the id of its message"
    codes = [ran(given, "remove", webhook["id"]).returncode for _ in range(2)]
    assert (codes, json.loads(ran(given, "list", "--json").stdout)) == ([0, 3], [])


def _make_due(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("UPDATE delivery SET due_s = 0")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["add", "http://anime.example/"], 2, "only https"),
        (["add", "https://127.0.0.1/"], 2, "127.0.0.1"),
        (["add", "https://1.1.1.1/", "--kind", "nothing"], 2, "'nothing'"),
        (["add", "https://1.1.1.1/", "--franchise", "nobody"], 3, "'nobody'"),
        (["test", "wh_nothing"], 3, "wh_nothing"),
        (["enable", "wh_nothing"], 3, "wh_nothing"),
    ],
)
def test_what_can_t_be_a_webhook_is_refused_in_a_line(
    tmp_path: Path, words: list[str], code: int, said: str
) -> None:
    url = asyncio.run(franchise_store(tmp_path))
    given = environment(url, tmp_path, free_port())
    ended = ran(given | {"KENSHO_WEBHOOKS_DIR": str(tmp_path / "webhooks")}, *words)
    assert (ended.returncode, said in ended.stderr) == (code, True), ended.stderr
    assert "Traceback" not in ended.stderr
