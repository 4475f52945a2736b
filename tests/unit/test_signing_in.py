"""Signing in, refreshing and signing out: the service, against a model and case by case."""

import asyncio
import contextlib
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
import pytest
import structlog
from argon2 import PasswordHasher
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from kensho.edges.accounts import passwords
from kensho.edges.accounts.audit import AuditLog, AuditQuery
from kensho.edges.accounts.authentication import SessionAuthentication, SessionCaller
from kensho.edges.accounts.devices import device_name
from kensho.edges.accounts.edge import FOLDER
from kensho.edges.accounts.signing_in import Credentials, IssuedGrant, shown_name
from kensho.edges.accounts.throttling import FAILURES_OF_ADDRESS, FAILURES_OF_NAME, WINDOW_S
from kensho.edges.accounts.watching import Playback, Watching
from kensho.errors import (
    BrokenSealError,
    ConflictError,
    InvalidInputError,
    NotFoundError,
    OverloadedError,
    RateLimitedError,
    RuleViolationError,
    StoreUnavailableError,
    UnauthorizedError,
)
from kensho.http.manager_sessions import ManagerSessions
from kensho.platform.managers import ManagerFile
from kensho.platform.timed_seals import OperatorTokens
from kensho.storage.gateway import Gateway
from kensho.web.messages import Messages
from kensho.web.page_router import PageRouter
from tests.support.accounts import (
    CLIENT,
    EMAIL,
    KEYS,
    PASSWORD,
    AccountRooms,
    KnownProvider,
    account_rooms,
)
from tests.support.session_model import SessionModel, ToldClock

GRACE: Final = Credentials("grace", PASSWORD, "provider")
ADA: Final = Credentials(EMAIL, PASSWORD, "account")
WRONG: Final = Credentials(EMAIL, "wrong horse battery", "account")
NUMBERS: Final = st.integers(0, 3)
STEPS: Final = st.lists(
    st.one_of(
        st.tuples(st.just("sign_in")),
        st.tuples(st.just("use"), NUMBERS, st.integers(0, 5)),
        st.tuples(st.just("refresh"), NUMBERS, st.integers(0, 5)),
        st.tuples(st.just("sign_out"), NUMBERS),
        st.tuples(st.just("sign_out_all"), NUMBERS, st.booleans()),
        st.tuples(st.just("wait"), st.sampled_from([1, 9, 10, 11, 300, 899, 900, 40_000])),
    ),
    max_size=20,
)


def no_store() -> Gateway:
    raise StoreUnavailableError("there is none")


class Signing:
    """Steps that are taken with the service and with the model of sessions."""

    def __init__(self) -> None:
        self.clock = ToldClock()
        self.rooms = AccountRooms(no_store, self.clock)
        self.rooms.service.provider = KnownProvider()
        self.model = SessionModel(self.clock)
        self.grants: list[list[tuple[IssuedGrant, float, int]]] = []
        """Of each session the grants, when their access tokens end, and their generations."""
        nobody = ManagerSessions(ManagerFile(Path("no-such-file")), KEYS, self.clock.now)
        self.authentication = SessionAuthentication(
            self.rooms.sessions, self.rooms.tokens, nobody, OperatorTokens(KEYS, self.clock.now)
        )
        self.ended: list[str] = []
        self.rooms.sessions.on_ended(self.ended.append)

    async def sign_in(self) -> None:
        grant = await self.rooms.service.sign_in(GRACE, CLIENT)
        self.model.begin(grant.session.id, 0)
        self.grants.append([])
        self._granted(len(self.grants) - 1, grant)

    async def use(self, number: int, which: int) -> None:
        """Send an access token that was ever granted."""
        if number >= len(self.grants):
            return
        grant, ends_s, _ = self.grants[number][which % len(self.grants[number])]
        expected: str | None = None
        if self.clock.seconds >= ends_s:
            expected = "token_expired"
        elif not self.model.renew(number):
            expected = "session_ended"
        told: str | None = None
        try:
            caller = await self.authentication.of_token(grant.access_token)
            assert isinstance(caller, SessionCaller)
            assert caller.session.id == grant.session.id
        except UnauthorizedError as error:
            told = error.code
        assert told == expected

    async def refresh(self, number: int, which: int) -> None:
        """Send a refresh token that was ever granted."""
        if number >= len(self.grants):
            return
        grant, _, generation = self.grants[number][which % len(self.grants[number])]
        outcome = self.model.rotate(number, generation)
        expected = {"reused": "refresh_reused", "unknown": "session_expired"}.get(outcome)
        told: str | None = None
        try:
            self._granted(number, await self.rooms.service.refresh(grant.refresh_token))
        except UnauthorizedError as error:
            told = error.code
        assert told == expected

    async def sign_out(self, number: int) -> None:
        if number < len(self.grants):
            self.model.end(number)
            await self.rooms.service.sign_out(self.grants[number][0][0].session)

    async def sign_out_all(self, number: int, besides: bool) -> None:
        if number < len(self.grants):
            ended = self.model.end_all(0, number if besides else None)
            session = self.grants[number][0][0].session
            assert await self.rooms.service.sign_out_all(session, besides=besides) == len(ended)

    async def wait(self, seconds: int) -> None:
        self.clock.seconds += seconds

    def _granted(self, number: int, grant: IssuedGrant) -> None:
        ends_s = (grant.expires_at - ToldClock().now()).total_seconds()
        self.grants[number].append((grant, ends_s, self.model.all[number]["generation"]))


@given(STEPS)
def test_tokens_and_sessions_do_what_the_model_does(steps: list[tuple[Any, ...]]) -> None:
    async def run() -> None:
        signing = Signing()
        for name, *rest in steps:
            await getattr(signing, name)(*rest)
        await signing.rooms.sessions.look()
        for number, one in enumerate(signing.model.all):
            assert signing.ended.count(one["id"]) == (not signing.model.goes_on(number))

    asyncio.run(run())


async def test_a_token_of_another_person_or_session_is_refused() -> None:
    signing = Signing()
    await signing.sign_in()
    session = signing.grants[0][0][0].session
    forged = ""
    for changes in ({"subject": UUID(int=5)}, {"id": "a" * 43}):
        forged, _ = signing.rooms.tokens.access(msgspec.structs.replace(session, **changes))
        error = await refused(signing.authentication.of_token(forged))
        assert error.code == "session_ended"
    assert await signing.authentication.of_token("kensho-" + "a" * 43) is None
    for cookie in ("a" * 43, session.id, "", "x.y", "é" * 43, forged):
        assert await signing.authentication.of_session(cookie) is None


@pytest.fixture(scope="module")
def words() -> Messages:
    return PageRouter(further=(FOLDER,)).renderer.messages


async def refused(attempt: Any, error: type[Exception] = UnauthorizedError) -> Any:
    with pytest.raises(error) as raised:
        await attempt
    return raised.value


async def test_an_account_is_made_and_signed_in_to(edge_store: Gateway) -> None:
    async with account_rooms(edge_store) as rooms:
        made = await rooms.service.register("Ada@Example.ORG", PASSWORD, "Ada L.", CLIENT)
        assert made.account is not None
        assert (made.account.email, made.account.role) == (EMAIL, "viewer")
        assert made.session.subject == made.session.account_id == made.account.id
        assert shown_name(made.account) == f"Ada-L-{made.account.id.hex[:8]}"
        for name in (EMAIL, " ADA@example.org "):
            grant = await rooms.service.sign_in(ADA._replace(name=name), CLIENT)
            assert grant.session.id != made.session.id
        taken = await refused(rooms.service.register(EMAIL, PASSWORD, None, CLIENT), ConflictError)
        assert (taken.code, taken.issues[0].field) == ("email_taken", "email")
        with pytest.raises(ConflictError):  # who was looked up while nobody had the address
            await rooms.accounts.add(UUID(int=1), EMAIL, "$argon2id$", None, "viewer")


async def test_no_account_is_made_of_what_makes_none(edge_store: Gateway) -> None:
    async with account_rooms(edge_store) as rooms:
        for email, password, username, fields in (
            ("ada", PASSWORD, None, ["email"]),
            ("ada@example", PASSWORD, None, ["email"]),
            ("a b@example.org", PASSWORD, None, ["email"]),
            ("ada@example.org\n", "short", "", ["password", "username"]),
            ("ada@" + "x" * 300 + ".org", "x" * 129, "\x00", ["email", "password", "username"]),
            (EMAIL, PASSWORD, "x" * 51, ["username"]),
        ):
            attempt = rooms.service.register(email, password, username, CLIENT)
            error = await refused(attempt, InvalidInputError)
            assert [one.field for one in error.problems] == fields
            assert password not in error.message


async def test_unknown_names_are_verified_like_known_ones(edge_store: Gateway) -> None:
    async with account_rooms(edge_store) as rooms:
        made = await rooms.service.register(EMAIL, PASSWORD, None, CLIENT)
        assert made.account is not None
        costs = made.account.password.rsplit("$", 2)[0]
        assert costs == "$argon2id$v=19$m=19456,t=2,p=1"
        messages = set()
        for given_ in (WRONG, ADA._replace(name="nobody@example.org"), ADA._replace(name="ada")):
            error = await refused(rooms.service.sign_in(given_, CLIENT))
            messages.add((error.code, error.message))
        assert len(messages) == 1
        made_up = rooms.passwords._made_up()
        assert made_up.rsplit("$", 2)[0] == costs
        assert not (await rooms.passwords.verdict(None, PASSWORD)).is_right


async def test_a_hash_of_lesser_costs_is_right_once_and_made_anew(edge_store: Gateway) -> None:
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1).hash(PASSWORD)
    async with account_rooms(edge_store) as rooms:
        await rooms.accounts.add(UUID(int=1), EMAIL, cheap, None, "manager")
        assert (await rooms.service.sign_in(ADA, CLIENT)).session.role == "manager"
        kept = await rooms.accounts.of_id(UUID(int=1))
        assert kept is not None
        assert "m=19456,t=2" in kept.password
        assert PASSWORD not in repr(kept) + repr(ADA)
        assert kept.password not in repr(kept)


async def test_a_realm_is_never_fallen_back_from(edge_store: Gateway) -> None:
    async with account_rooms(edge_store) as rooms:
        provider = rooms.service.provider = KnownProvider()
        await rooms.service.register(EMAIL, PASSWORD, None, CLIENT)
        chosen = rooms.service.credentials
        by_email = chosen(email=EMAIL, username=None, password="typo", realm=None)
        assert by_email.realm == "account"
        await refused(rooms.service.sign_in(by_email, CLIENT))
        assert provider.asked == []
        by_name = chosen(email=None, username=EMAIL, password=PASSWORD, realm=None)
        assert by_name.realm == "provider"
        await refused(rooms.service.sign_in(by_name, CLIENT))
        assert provider.asked == [(EMAIL, PASSWORD)]
        told = chosen(email=None, username=EMAIL, password=PASSWORD, realm="account")
        assert (await rooms.service.sign_in(told, CLIENT)).session.realm == "account"
        for email, username in ((None, None), (EMAIL, "ada")):
            with pytest.raises(InvalidInputError):
                chosen(email=email, username=username, password="x", realm=None)
        rooms.service.provider = None
        with pytest.raises(InvalidInputError, match="username"):
            chosen(email=None, username="ada", password="x", realm=None)
        with pytest.raises(InvalidInputError, match="realm"):
            chosen(email=EMAIL, username=None, password="x", realm="provider")


async def test_what_the_provider_gave_is_sealed_in_its_session(edge_store: Gateway) -> None:
    async with account_rooms(edge_store) as rooms:
        rooms.service.provider = KnownProvider()
        one = (await rooms.service.sign_in(GRACE, CLIENT)).session
        other = (await rooms.service.sign_in(GRACE, CLIENT)).session
        assert one.subject == other.subject
        assert (one.account_id, one.realm) == (None, "provider")
        assert b"upstream-token" not in (one.sealed or b"")
        assert rooms.sessions.unsealed(one) == b"upstream-token"
        with pytest.raises(BrokenSealError):
            rooms.sessions.unsealed(msgspec.structs.replace(other, sealed=one.sealed))
        assert await rooms.sessions.seal(one.id, b"fresh")
        renewed = await rooms.sessions.renew(one.id)
        assert renewed is not None
        assert rooms.sessions.unsealed(renewed) == b"fresh"


async def test_five_failures_of_a_name_and_twenty_of_an_address(edge_store: Gateway) -> None:
    async with account_rooms(edge_store) as rooms:
        provider = rooms.service.provider = KnownProvider()
        bad = GRACE._replace(password="wrong")
        for _ in range(FAILURES_OF_NAME):
            await refused(rooms.service.sign_in(bad, CLIENT))
        error = await refused(rooms.service.sign_in(GRACE, CLIENT), RateLimitedError)
        assert (error.scope, error.retry_after_s) == ("sign_in_name", int(WINDOW_S))
        assert len(provider.asked) == FAILURES_OF_NAME
        for number in range(FAILURES_OF_ADDRESS - FAILURES_OF_NAME):
            other = bad._replace(name=f"name {number}")
            await refused(rooms.service.sign_in(other, CLIENT))
        stranger = GRACE._replace(name="somebody else")
        error = await refused(rooms.service.sign_in(stranger, CLIENT), RateLimitedError)
        assert error.scope == "sign_in_address"
        elsewhere = CLIENT._replace(address="198.51.100.1")
        await refused(rooms.service.sign_in(stranger, elsewhere), UnauthorizedError)
        rooms.clock.seconds += WINDOW_S
        await rooms.service.sign_in(GRACE, CLIENT)
        rows, _ = await rooms.audit.page(AuditQuery(action="session.sign_in", limit=1_000))
        outcomes = [row.outcome for row in rows]
        assert (outcomes.count("done"), outcomes.count("throttled")) == (1, 2)
        assert "grace" not in str(rows)


async def test_of_many_guesses_at_once_five_are_verified(edge_store: Gateway) -> None:
    async with account_rooms(edge_store) as rooms:
        await rooms.service.register(EMAIL, PASSWORD, None, CLIENT)
        outcomes = await asyncio.gather(
            *(rooms.service.sign_in(WRONG, CLIENT) for _ in range(12)), return_exceptions=True
        )
        kinds = [type(one) for one in outcomes]
        assert kinds.count(UnauthorizedError) == FAILURES_OF_NAME
        assert kinds.count(RateLimitedError) == 12 - FAILURES_OF_NAME


async def test_an_account_that_is_changed_is_signed_out_and_told(edge_store: Gateway) -> None:
    async with account_rooms(edge_store) as rooms:
        made = await rooms.service.register(EMAIL, PASSWORD, None, CLIENT)
        account = made.session.subject
        ended: list[str] = []
        rooms.sessions.on_ended(ended.append)
        start = rooms.clock.now().replace(year=2020)
        since = await rooms.sessions.apply_changes(rooms.accounts, start)
        assert since > start
        assert ended == []
        await rooms.accounts.set_role(account, "manager")
        since = await rooms.sessions.apply_changes(rooms.accounts, since)
        assert ended == [made.session.id]
        again = await rooms.service.sign_in(ADA, CLIENT)
        assert again.session.role == "manager"
        await rooms.sessions.apply_changes(rooms.accounts, since)
        assert ended == [made.session.id]
        await rooms.accounts.set_disabled(account, disabled=True)
        await rooms.sessions.apply_changes(rooms.accounts, since)
        assert ended == [made.session.id, again.session.id]
        assert (await refused(rooms.service.sign_in(ADA, CLIENT))).code == "invalid_credentials"
        await rooms.accounts.set_disabled(account, disabled=False)
        await rooms.service.sign_in(ADA, CLIENT)


async def test_a_session_ends_its_owners_others_only(edge_store: Gateway) -> None:
    async with account_rooms(edge_store) as rooms:
        rooms.service.provider = KnownProvider()
        one = (await rooms.service.sign_in(GRACE, CLIENT)).session
        other = (await rooms.service.sign_in(GRACE, CLIENT)).session
        strange = (await rooms.service.register(EMAIL, PASSWORD, None, CLIENT)).session
        assert not await rooms.service.end_other(one, strange.id)
        assert await rooms.service.end_other(one, other.id)
        assert await rooms.sessions.renew(other.id) is None
        assert await rooms.sessions.renew(strange.id) is not None


async def test_a_row_that_can_t_be_written_is_logged_and_counted() -> None:
    def away() -> Gateway:
        raise StoreUnavailableError("the store of the edges is away")

    registry = CollectorRegistry()
    log = AuditLog(away, ToldClock().now, registry)
    with structlog.testing.capture_logs() as told:
        await log.note("account.role", "done", actor="command", changed=["role"])
    assert [line["event"] for line in told] == ["audit_not_written"]
    assert registry.get_sample_value("kensho_audit_failures_total") == 1


async def test_the_audit_log_takes_no_change(edge_store: Gateway) -> None:
    async with account_rooms(edge_store) as rooms:
        await rooms.audit.note("account.role", "done", actor="command", changed=["role"])
        for change in ("UPDATE audit SET outcome = 'failed'", "DELETE audit"):
            with pytest.raises(RuleViolationError, match="audit_is_append_only"):
                await edge_store.run_script(f"BEGIN; {change}; COMMIT;")
        rows, _ = await rooms.audit.page(AuditQuery(actor="command", limit=9))
        assert [(row.outcome, row.changed) for row in rows] == [("done", ["role"])]


class Viewer:
    """Somebody who watches, five seconds after the last time."""

    id = UUID(int=1)

    def __init__(self, store: Gateway) -> None:
        self.clock = ToldClock()
        self.watching = Watching(lambda: store, self.clock.now)

    async def play(self, work: UUID, episode: int, position_s: float, **more: Any) -> None:
        self.clock.seconds += 5
        playback = Playback(
            work=work, episode=episode, position_s=position_s, duration_s=1_000.0, **more
        )
        await self.watching.note(self.id, playback)

    async def position(self, work: UUID, episode: int) -> tuple[float, bool] | None:
        found = await self.watching.position(self.id, work, episode)
        return None if found is None else (found.position_s, found.is_finished)


WORK: Final = UUID(int=2)
FILM: Final = UUID(int=3)


async def test_what_is_watched_is_kept_and_moves_the_list_on(edge_store: Gateway) -> None:
    viewer = Viewer(edge_store)
    await viewer.watching.put(viewer.id, WORK, "planned", 0)
    await viewer.play(WORK, 1, 5)
    await viewer.play(WORK, 1, 10)  # too early to be written
    assert await viewer.position(WORK, 1) == (5, False)
    await viewer.play(WORK, 1, 15)
    assert await viewer.position(WORK, 1) == (15, False)
    await viewer.play(WORK, 1, 920, is_last=True)
    entry = await viewer.watching.entry(viewer.id, WORK)
    assert (entry.state, entry.progress) == ("watching", 1)
    await viewer.play(WORK, 1, 30, is_last=True)  # seen again
    assert await viewer.position(WORK, 1) == (30, True)


async def test_one_goes_on_with_what_one_watched_last(edge_store: Gateway) -> None:
    viewer = Viewer(edge_store)
    for work, episode in ((WORK, 1), (FILM, 0), (WORK, 2)):
        await viewer.play(work, episode, 60)
    found = await viewer.watching.continuing(viewer.id, 9)
    assert [(one.work, one.episode) for one in found] == [(WORK, 2), (FILM, 0)]
    older = await viewer.watching.history(viewer.id, found[1].watched_at, 9)
    assert [(one.work, one.episode) for one in older] == [(WORK, 1)]
    assert await viewer.watching.history(UUID(int=9), None, 9) == []
    await viewer.watching.forget(viewer.id)
    assert await viewer.watching.history(viewer.id, None, 9) == []


async def test_a_list_is_somebodys_own(edge_store: Gateway) -> None:
    viewer, watching = Viewer(edge_store), Viewer(edge_store).watching
    await watching.put(viewer.id, WORK, "planned", 0)
    viewer.clock.seconds += 1
    await viewer.watching.put(viewer.id, FILM, "completed", 1)
    listed = await watching.watchlist(viewer.id, None, None, 9)
    assert [one.work for one in listed] == [FILM, WORK]
    assert [one.work for one in await watching.watchlist(viewer.id, "completed", None, 9)] == [FILM]
    assert await watching.watchlist(UUID(int=9), None, None, 9) == []
    for _ in range(2):
        await watching.drop(viewer.id, FILM)
    with pytest.raises(NotFoundError):
        await watching.entry(viewer.id, FILM)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on L"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari on iOS"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "curl"),
        ("", "a program"),
        ("<script>", "a program"),
    ],
)
def test_a_browser_is_called_what_people_call_it(agent: str, name: str, words: Messages) -> None:
    assert device_name(agent, words).startswith(name)


async def test_too_many_who_wait_are_sent_away(edge_store: Gateway) -> None:
    async with account_rooms(edge_store) as rooms, contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(rooms.passwords.turn())
        waiting = [
            asyncio.create_task(rooms.service.sign_in(ADA, CLIENT))
            for _ in range(passwords._MOST_WAITING + 5)
        ]
        _, pending = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait(pending, timeout=1)
        over = [one for one in waiting if one.done()]
        assert {type(one.exception()) for one in over} == {OverloadedError}
        assert len(over) == 6
        for one in waiting:
            one.cancel()
        await asyncio.wait(waiting)
