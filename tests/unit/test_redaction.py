"""What is secret by name or form is hidden, and what is not stays as it is."""

import json
import logging
import string
from typing import Any, Literal, NamedTuple

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from kensho.platform import logs
from kensho.platform.redaction import is_secret_name, redacted, redacted_text

SECRET = "hunter2hunter2"
JWT = f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{SECRET}"
FORMS = (
    f"Authorization: Bearer {SECRET}",
    f"authorization: Basic {SECRET}",
    f"Cookie: __Host-kensho={SECRET}; theme=dark",
    f"Set-Cookie: __Host-kensho={SECRET}; Secure",
    f"sent Bearer {SECRET} to it",
    f"GET /hls/{JWT}/42/master.m3u8",
    f"https://cdn.example/a.m3u8?Expires=1&Signature={SECRET}&Key-Pair-Id=x",
    f"/watch?access_token={SECRET}&page=2",
    f"https://me:{SECRET}@host/x",
    f'{{"email": "a@b", "password": "{SECRET}"}}',
    f'{{\\"refresh_token\\":\\"{SECRET}\\"}}',
    f"{{'signedUrl': 'https://x/{SECRET}'}}",
    f"grant_type=password&username=a&password={SECRET}",
    f"LoginBody(email='a@b', password='{SECRET}')",
    f"password: {SECRET}",
)
NAMES = (
    "password", "new_password", "token", "access_token", "refreshToken", "csrf-token", "secret",
    "client_secret", "authorization", "Proxy-Authorization", "cookie", "Set-Cookie", "signedUrl",
    "signed_url", "api_key", "X-Api-Key", "credentials",
)  # fmt: skip


@pytest.mark.parametrize("text", FORMS)
def test_a_secret_is_hidden_by_its_form(text: str) -> None:
    assert SECRET not in redacted_text(text)
    assert SECRET not in str(redacted({"deep": [{"in": (text,)}]}))


@pytest.mark.parametrize(
    "text",
    [
        "there is nothing at /anime/secret-of-blue-water",
        "the tokens of a title: 12",
        "token_count=3 tokens_per_s: 4",
        "Bearer of bad news",
        "password: expected 8 to 128 characters",
        "?page=2&limit=3",
        "https://host:8000/a@b",
    ],
)
def test_prose_stays_as_it_is(text: str) -> None:
    assert redacted_text(text, is_prose=True) == text


@pytest.mark.parametrize("name", NAMES)
def test_a_secret_is_hidden_by_its_name(name: str) -> None:
    assert is_secret_name(name)
    assert redacted({name: SECRET, "other": {name: [SECRET]}}) == {
        name: "***",
        "other": {name: "***"},
    }
    assert redacted({name: None}) == {name: None}


@pytest.mark.parametrize("name", ["token_count", "password_set_at", "cookie_banner", "key", "page"])
def test_a_name_that_only_begins_like_one_is_none(name: str) -> None:
    assert redacted({name: 3}) == {name: 3}


class Login(NamedTuple):
    name: str
    password: str


class Broken:
    @override
    def __repr__(self) -> str:
        raise ValueError


_WORDS = st.text(string.ascii_letters + " ,.-/", max_size=30)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.binary(max_size=5),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_nothing_makes_it_stumble(value: Any) -> None:
    redacted(value)


@given(_WORDS)
def test_text_without_a_value_stays(text: str) -> None:
    if "eyJ" not in text and "earer" not in text.lower() and "dpop" not in text.lower():
        assert redacted_text(text) == text


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_line_of_a_log_tells_a_secret(
    form: Literal["json", "console"], capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("info", form)
    log = structlog.get_logger("test")
    for text in FORMS:
        log.info(text)
        log.info("said", text=text, several=[text], of={"it": text})
        logging.getLogger("library").warning("it said %s", text)
        log.error("failed", exc_info=ValueError(text))
    for name in NAMES:
        log.info("given", **{name: SECRET}, headers={name: SECRET})
    log.info("object", login=Login("ada", SECRET), broken=Broken())
    told = capsys.readouterr().err
    assert SECRET not in told
    if form == "json":
        for line in told.splitlines():
            if line.startswith("{"):
                json.loads(line)
