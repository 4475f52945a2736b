"""Access and refresh tokens: what was made here is read, and nothing else is."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import uuid
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import OctKey

from kensho.edges.accounts.sessions import IDLE, LONGEST, Session
from kensho.edges.accounts.tokens import AccessClaims, Tokens, new_secret, sid_of
from kensho.errors import BrokenSealError
from kensho.platform.keyring import Keyring
from kensho.platform.secret_values import Secret
from kensho.platform.timed_seals import LimitBypass, OperatorTokens
from tests.support.accounts import KEYS
from tests.support.session_model import ToldClock

CLOCK: Final = ToldClock()
TOKENS: Final = Tokens(KEYS, CLOCK.now)
RING: Final = Keyring(KEYS, "access-token")
KEY: Final = OctKey.import_key(RING.signing_key(RING.kid) or b"")
SESSION: Final = Session(
    id=sid_of(new_secret()) or "",
    subject=uuid.UUID(int=7),
    realm="account",
    account_id=uuid.UUID(int=7),
    name="ada",
    role="viewer",
    created_at=CLOCK.now(),
    expires_at=CLOCK.now() + IDLE,
    ends_at=CLOCK.now() + LONGEST,
    generation=3,
)
ACCESS: Final = TOKENS.access(SESSION)[0]
REFRESH: Final = TOKENS.refresh(SESSION)
CLAIMS: Final = {
    "aud": "api",
    "sub": str(SESSION.subject),
    "sid": SESSION.id,
    "exp": int((CLOCK.now() + IDLE).timestamp()),
}


def part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def signed(claims: Any, **header: Any) -> str:
    """Return a token signed with the right key, under any header and with any claims."""
    whole = {"alg": "HS256", "kid": RING.kid, "typ": "JWT", **header}
    head = f"{part(whole)}.{part(claims)}"
    key = RING.signing_key(RING.kid) or b""
    mac = hmac.digest(key, head.encode(), hashlib.sha256)
    return f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def test_a_token_is_read_as_it_was_made() -> None:
    claims = AccessClaims(SESSION.subject, SESSION.id, is_expired=False)
    assert TOKENS.read_access(ACCESS) == claims
    assert TOKENS.read_access(signed(CLAIMS)) == claims
    assert TOKENS.read_refresh(REFRESH) == (SESSION.id, 3)


def test_a_token_ends_with_its_time_or_its_session() -> None:
    clock = ToldClock()
    tokens = Tokens(KEYS, clock.now)
    late = msgspec.structs.replace(SESSION, ends_at=clock.now() + IDLE / 3)
    for session, ends_s in ((SESSION, 900), (late, 300)):
        clock.seconds = 0
        token, ends_at = tokens.access(session)
        assert (ends_at - clock.now()).total_seconds() == ends_s
        for seconds, expired in ((0, False), (ends_s - 1, False), (ends_s, True), (9e9, True)):
            clock.seconds = seconds if seconds < 9e9 else ends_s * 100
            read = tokens.read_access(token)
            assert read is not None
            assert read.is_expired is expired


def test_a_key_that_was_replaced_still_verifies_and_one_that_is_gone_does_not() -> None:
    before = Tokens(KEYS[1:], CLOCK.now)
    after = Tokens((Secret("the newest secret"), *KEYS), CLOCK.now)
    gone = Tokens((Secret("the newest secret"),), CLOCK.now)
    for old in (before, TOKENS):
        assert after.read_access(old.access(SESSION)[0]) is not None
        assert after.read_refresh(old.refresh(SESSION)) is not None
        assert gone.read_access(old.access(SESSION)[0]) is None
        assert gone.read_refresh(old.refresh(SESSION)) is None


ODD: Final = [
    *(signed(CLAIMS, kid=kid) for kid in ("", "constructor", "__proto__", "../../key", "0" * 8)),
    *(signed(CLAIMS, kid=kid) for kid in (None, 7, [RING.kid], {RING.kid: 1}, True, "\x00")),
    *(signed(CLAIMS, alg=alg) for alg in ("none", "None", "HS384", "HS512", "RS256", "", 1, None)),
    signed(CLAIMS, crit=["exp"]),
    signed(CLAIMS, jwk={"kty": "oct", "k": "AAAA"}, kid="own"),
    f"{part({'alg': 'none', 'kid': RING.kid})}.{part(CLAIMS)}.",
    f"{part({'alg': 'none'})}.{part(CLAIMS)}.",
    *(signed({**CLAIMS, "aud": aud}) for aud in ("v", "", ["v"], None, 1, {"api": 1})),
    *(signed({**CLAIMS, "exp": exp}) for exp in (None, "tomorrow", [0], "9999999999")),
    *(signed({**CLAIMS, "sub": sub}) for sub in ("", "7", None, 7, ["a"], "x" * 36)),
    *(signed({**CLAIMS, "sid": sid}) for sid in ("", None, 7, "a" * 42, "é" * 43, ["a" * 43])),
    *(signed({k: v for k, v in CLAIMS.items() if k != name}) for name in CLAIMS),
    *(signed(claims) for claims in ([], "text", None, 7, [CLAIMS])),
    jwt.encode({"alg": "HS256", "kid": RING.kid}, CLAIMS, OctKey.import_key(b"x" * 32)),
    jwt.encode(
        {"alg": "HS256", "kid": RING.kid},
        CLAIMS,
        OctKey.import_key(Keyring(KEYS, "refresh-token").signing_key(RING.kid) or b""),
    ),
    REFRESH,
    new_secret(),
    "",
    "..",
    "a.b.c",
    ACCESS + ".x",
    ACCESS + " ",
    ACCESS * 3,
    "é" * 50 + "..",
    "[" * 900,
    ".".join(base64.urlsafe_b64encode(b"[" * 200).decode() for _ in range(3)),
]


@pytest.mark.parametrize("token", ODD, ids=range(len(ODD)))
def test_what_was_not_made_here_is_no_access_token(token: str) -> None:
    assert TOKENS.read_access(token) is None


@given(st.data())
def test_a_changed_token_is_none(data: st.DataObject) -> None:
    for token, read in ((ACCESS, TOKENS.read_access), (REFRESH, TOKENS.read_refresh)):
        place = data.draw(st.integers(0, len(token) - 1))
        char = data.draw(st.characters())
        kind = data.draw(st.sampled_from(["replace", "insert", "cut", "drop"]))
        changed = {
            "replace": token[:place] + char + token[place + 1 :],
            "insert": token[:place] + char + token[place:],
            "cut": token[:place],
            "drop": token[:place] + token[place + 1 :],
        }[kind]
        if changed != token and not _is_same_mac(changed, token):
            assert read(changed) is None


def _is_same_mac(changed: str, token: str) -> bool:
    """Tell whether only bits differ that base64 of 32 bytes does not use, in its last character."""
    return len(changed) == len(token) and changed[:-1] == token[:-1]


@given(st.text(max_size=200))
def test_no_text_is_a_token(text: str) -> None:
    assert TOKENS.read_access(text) is None
    assert TOKENS.read_refresh(text) is None
    assert sid_of(text) is None or len(text) == 43


def test_a_refresh_token_is_of_one_session_and_generation() -> None:
    sid, generation, kid, mac = REFRESH.split(".")
    other = sid_of(new_secret())
    for text in (
        f"{other}.{generation}.{kid}.{mac}",
        f"{sid}.4.{kid}.{mac}",
        f"{sid}.03.{kid}.{mac}",
        f"{sid}.-1.{kid}.{mac}",
        f"{sid}.{generation}.constructor.{mac}",
        f"{sid}.{generation}.{RING.sign(f'{sid}.{generation}')}",
        ACCESS,
    ):
        assert TOKENS.read_refresh(text) is None


@given(st.binary(max_size=200), st.binary(max_size=50), st.data())
def test_a_seal_opens_for_what_it_was_made(
    plain: bytes, associated: bytes, data: st.DataObject
) -> None:
    ring = Keyring(KEYS, "provider-tokens")
    sealed = ring.seal(plain, associated)
    assert ring.open(sealed, associated) == plain
    assert Keyring(KEYS[1:] + KEYS[:1], "provider-tokens").open(sealed, associated) == plain
    place = data.draw(st.integers(0, len(sealed) - 1))
    flipped = bytearray(sealed)
    flipped[place] ^= data.draw(st.integers(1, 255))
    for broken, rest, by in (
        (bytes(flipped), associated, ring),
        (sealed, associated + b"x", ring),
        (sealed[:-1], associated, ring),
        (b"", associated, ring),
        (sealed, associated, Keyring(KEYS, "origins")),
        (sealed, associated, Keyring((Secret("another secret of theirs"),), "provider-tokens")),
    ):
        with pytest.raises(BrokenSealError):
            by.open(broken, rest)


def test_a_token_of_the_operator_is_good_for_a_minute_and_for_nothing_else() -> None:
    clock, minute = ToldClock(), dt.timedelta(minutes=1)
    keys = (Secret("one"), Secret("before"))
    tokens, bypass = OperatorTokens(keys, clock.now), LimitBypass(keys, clock.now)
    token = tokens.make()
    plain = token.removeprefix("operator.")
    assert tokens.is_good(token)
    assert OperatorTokens(keys[::-1], clock.now).is_good(token)  # a new secret stands in front
    changed = f"{token[:12]}{'B' if token[12] == 'A' else 'A'}{token[13:]}"
    others = ("", "operator.", plain, changed, token[:-2], f"operator.{'A' * 300}", "operator.ä")
    for other in (*others, f"operator.{bypass.make(minute)}"):
        assert not tokens.is_good(other), other
    assert not OperatorTokens((Secret("another"),), clock.now).is_good(token)
    assert not bypass.is_good(plain)
    assert TOKENS.read_access(token) is None
    for seconds, is_good in ((59.0, True), (60.0, False), (-2.0, False)):  # or made too far ahead
        clock.seconds = seconds
        assert tokens.is_good(token) is is_good
