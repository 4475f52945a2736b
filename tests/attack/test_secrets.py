"""A password in a URL, and secrets themselves: nothing that leaves the process tells them."""

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from unittest import mock
from uuid import UUID

import msgspec
import pytest

from kensho.cli.main import main
from kensho.discovery.cursors import Cursors, Position
from kensho.errors import (
    InvalidInputError,
    PublicationError,
    SettingsError,
    StoreInUseError,
    StoreUnavailableError,
)
from kensho.platform.environment import load
from kensho.platform.secret_values import Secret, SigningKey, masked
from kensho.platform.settings import Settings, SigningSettings
from kensho.platform.signing_secret import signing_keys
from kensho.read_model.building.fetching import fetch
from kensho.storage import ownership
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings
from tests.support.servers import environment
from tests.support.stores import own_queries

PASSWORD = "hunter2-hunter2"
URL = f"ws://root:{PASSWORD}@127.0.0.1:9"
_TOKEN = f"https://a.example/x.json?token={PASSWORD}"
COMMANDS = (
    ("serve",),
    ("migrate",),
    ("check",),
    ("show", "mal:1"),
    ("search", "bebop"),
    ("path", "mal:1", "mal:5"),
    ("hub", "bebop"),
    ("watch-order", "bebop"),
    ("export",),
    ("snapshot", "list"),
    ("snapshot", "publish"),
    ("forget", "aodb"),
    ("ingest", "aodb", "nothing.json"),
)
WITH_STORE = ("check", "search", "export", "forget")


@pytest.mark.parametrize(
    "url",
    [
        URL,
        f"wss://{PASSWORD}@graph.example/rpc",
        f"surrealkv://root:{PASSWORD}@var/kensho.db",
        f"ws://root:{PASSWORD}/@graph:8000",
        f"ws://root:{PASSWORD}@@graph:8000",
        f"ws://root:a word {PASSWORD}@graph:8000",
    ],
)
def test_a_store_url_with_a_sign_in_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(SettingsError, match="KENSHO_STORE_PASSWORD_FILE") as refused:
        load({"KENSHO_STORE_URL": url})
    assert PASSWORD not in str(refused.value)
    assert "://***@" in str(refused.value)


@pytest.mark.parametrize("start", ["", "redis://", "http://", "WS://"])
def test_a_store_url_of_another_kind_is_not_shown_either(start: str) -> None:
    with pytest.raises(SettingsError, match=r"KENSHO_STORE_URL: .*\*\*\*@graph") as refused:
        load({"KENSHO_STORE_URL": f"{start}root:two words {PASSWORD}@graph:8000"})
    assert PASSWORD not in str(refused.value)


def test_an_at_sign_in_the_path_of_a_store_is_no_sign_in(tmp_path: Path) -> None:
    url = f"surrealkv://{tmp_path}/a@b.db"
    assert load({"KENSHO_STORE_URL": url}).store.url == url


def ending(command: Sequence[str], capfd: pytest.CaptureFixture[str]) -> tuple[object, str]:
    """Run the command line in this process; return its exit code and all that it wrote."""
    with mock.patch.object(sys, "argv", ["kensho", *command]), pytest.raises(SystemExit) as ended:
        main()
    told = capfd.readouterr()
    return ended.value.code, told.out + told.err


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commands keep everything under a folder of the test."""
    monkeypatch.chdir(tmp_path)
    for name, value in environment("mem://", tmp_path, 8700).items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.usefixtures("at_home")
def test_no_command_tells_the_password_of_its_store(
    command: tuple[str, ...], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KENSHO_STORE_URL", URL)
    code, told = ending(command, capfd)
    assert code == 2
    assert "KENSHO_STORE_URL" in told
    assert PASSWORD not in told


@pytest.mark.parametrize("command", WITH_STORE)
@pytest.mark.usefixtures("at_home")
def test_an_option_with_a_password_is_refused_and_not_shown(
    command: str, capfd: pytest.CaptureFixture[str]
) -> None:
    more = {"search": ["x"], "forget": ["aodb"]}.get(command, [])
    for given in (["--store", URL], [f"--stroe={URL}"], [URL, URL, URL], ["--json", URL, URL]):
        code, told = ending([command, *more, *given], capfd)
        assert code != 0
        assert PASSWORD not in told, given


@pytest.mark.parametrize("url", [f"https://me:{PASSWORD}@a.example/x.json", _TOKEN])
@pytest.mark.parametrize("command", [("ingest", "aodb"), ("snapshot", "fetch")], ids=" ".join)
@pytest.mark.usefixtures("at_home")
def test_an_address_with_a_secret_is_refused_as_an_argument_and_read_from_a_file(
    command: Sequence[str], url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    code, refused = ending([*command, url], capfd)
    assert code == 2
    assert "write the address into a file and give @FILE" in " ".join(refused.split())
    (tmp_path / "address").write_text(f"{url.replace('https', 'ftp')}\n")
    code, taken = ending([*command, f"@{tmp_path / 'address'}"], capfd)
    assert code != 0
    assert "@FILE" not in taken
    assert "https" in taken  # the only kind of address that is read from another machine
    assert PASSWORD not in refused + taken


@pytest.mark.usefixtures("at_home")
def test_a_command_of_no_name_is_refused_and_not_shown(capfd: pytest.CaptureFixture[str]) -> None:
    for given in ([URL], ["serve", "--port", URL], ["serve", URL], ["snapshot", URL]):
        code, told = ending(given, capfd)
        assert code == 2
        assert PASSWORD not in told, given


async def test_a_store_that_cannot_be_reached_is_named_without_its_password() -> None:
    store = StoreSettings(URL, username="root", password=Secret(PASSWORD), connect_deadline_s=2)
    with pytest.raises(StoreUnavailableError) as refused:
        async with Gateway.open(store, own_queries()):
            pass
    assert "ws://***@127.0.0.1:9" in str(refused.value)
    assert PASSWORD not in str(refused.value)
    assert PASSWORD not in repr(store)


def test_owner_files_and_what_they_explain_bear_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["kensho", "ingest", "aodb", f"https://me:{PASSWORD}@a/b"])
    url = f"surrealkv://{tmp_path}/x.db"
    path = tmp_path / "x.db.owner.json"
    with ownership.recorded(url):
        assert PASSWORD not in path.read_text("utf-8")
        with (
            pytest.raises(StoreInUseError, match=r"https://\*\*\*@a/b") as refused,
            ownership.explained(url),
        ):
            raise StoreInUseError("locked")
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize("form", ["console", "json"])
def test_log_lines_bear_no_password(form: str) -> None:
    script = (
        "import logging, structlog\n"
        "from kensho.platform import logs\n"
        f"logs.configure('info', {form!r})\n"
        "log = structlog.get_logger('x')\n"
        f"log.info('opening {URL}', url={URL!r}, other=[{URL!r}])\n"
        f"try: raise OSError('lost {URL}')\n"
        "except OSError: log.exception('failed'); logging.getLogger('y').exception('failed')\n"
        f"logging.getLogger('y').warning('asked %s', 'https://a/?api_key={PASSWORD}&q=1')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True
    )
    # A traceback quotes the source, which has the password in it here.
    told = "\n".join(line for line in ended.stderr.splitlines() if "raise OSError" not in line)
    assert told.count("://***@127.0.0.1:9") >= 5
    assert "api_key=***&q=1" in told
    assert PASSWORD not in told
    if form == "json":
        assert json.loads(told.splitlines()[0])["url"] == "ws://***@127.0.0.1:9"


@pytest.mark.parametrize(
    "location", [f"http://me:{PASSWORD}@a.example", f"https://me:{PASSWORD}@127.0.0.1:9/x"]
)
async def test_where_a_snapshot_is_fetched_is_told_without_the_password(
    location: str, tmp_path: Path
) -> None:
    with pytest.raises((PublicationError, InvalidInputError)) as refused:
        await fetch(location, tmp_path, "store")
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no URL: me@example.org", "no URL: me@example.org"),
        ("http://[::1]:8700/a@b", "http://[::1]:8700/a@b"),
        ("https://cdn.example/pkg@1.2/x.json", "https://cdn.example/pkg@1.2/x.json"),
        ("http://a:8000/pkg@1", "http://a:8000/pkg@1"),
        ("redis://:pw@a/0 and ws://u:p/w@b", "redis://***@a/0 and ws://***@b"),
        ("https://a/x?page=2&X-Amz-Signature=abc#f", "https://a/x?page=2&X-Amz-Signature=***#f"),
    ],
)
def test_only_what_is_secret_of_a_url_is_hidden(text: str, shown: str) -> None:
    assert masked(text) == shown


def test_settings_show_and_dump_no_secret() -> None:
    found = load(
        {
            "KENSHO_STORE_PASSWORD": PASSWORD,
            "KENSHO_SECRET": f"{PASSWORD}-1,{PASSWORD}-2",
            "KENSHO_STORE_URL": "ws://graph:8000",
        }
    )
    shown = f"{found!r} {found} {StoreSettings.of(found)!r} {found.store.password}"
    assert PASSWORD not in shown
    assert f"{found.store.password!s:>40}".strip() == "***"
    with pytest.raises(TypeError):
        msgspec.json.encode(found)
    assert pickle.loads(pickle.dumps(found)) == found


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_secret_comes_from_the_file_that_a_variable_names(ending: str, tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text(PASSWORD + ending, newline="")
    found = load({"KENSHO_STORE_PASSWORD_FILE": str(path)})
    assert found.store.password == Secret(PASSWORD)


def test_variable_and_file_together_are_refused_by_both_names(tmp_path: Path) -> None:
    for name in ("STORE_PASSWORD", "SECRET"):
        given = {f"KENSHO_{name}": PASSWORD + "-x", f"KENSHO_{name}_FILE": str(tmp_path / "x")}
        with pytest.raises(SettingsError, match=f"KENSHO_{name} and KENSHO_{name}_FILE") as refused:
            load(given)
        assert PASSWORD not in str(refused.value)


def test_only_secrets_come_from_files() -> None:
    with pytest.raises(SettingsError, match="KENSHO_PORT_FILE: there is no such setting"):
        load({"KENSHO_PORT_FILE": "x"})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "No such file"),
        (b"", "is empty"),
        (b"\n\n", "is empty"),
        (b"x" * 20_000, "is larger than"),
        (b"\xff\xfe" + PASSWORD.encode(), "is no UTF-8"),
        (PASSWORD.encode() * 40, "expected 1 to 512 characters"),
        (PASSWORD.encode() + b"\nmore", "no control characters"),
    ],
)
def test_a_secret_file_that_is_of_no_use_is_refused(
    content: bytes | None, reason: str, tmp_path: Path
) -> None:
    path = tmp_path / "password"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=f"KENSHO_STORE_PASSWORD_FILE: .*{reason}") as refused:
        load({"KENSHO_STORE_PASSWORD_FILE": str(path)})
    assert PASSWORD not in str(refused.value)


def test_a_folder_or_a_pipe_is_no_secret_file(tmp_path: Path) -> None:

    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe"):
        with pytest.raises(SettingsError, match="KENSHO_STORE_PASSWORD_FILE"):
            load({"KENSHO_STORE_PASSWORD_FILE": str(path)})


def test_the_key_of_cursors_rotates(tmp_path: Path) -> None:
    position = Position("q", "1-a", 1, msgspec.convert("0" * 32, type=UUID))
    path = tmp_path / "secret"
    old, new = "an old key of cursors", "a new key of cursors"

    def cursors(*lines: str) -> Cursors:
        path.write_text("\n".join(lines) + "\n")
        return Cursors(*signing_keys(SigningSettings(secret_file=path)))

    of_old = cursors(old).write(position)
    assert cursors(old, new).write(position) == of_old, "the first signs"
    both = cursors(new, old)
    of_new = both.write(position)
    assert of_new != of_old
    assert both.read(of_old, "q") == both.read(of_new, "q") == position
    assert cursors(old, new).read(of_new, "q") == position, "a machine that waits for its turn"
    with pytest.raises(InvalidInputError):
        cursors(new).read(of_old, "q")


def test_keys_are_a_list_in_the_variable_too() -> None:
    found = load({"KENSHO_SECRET": "a new key of cursors, an old key of cursors"})
    assert found.signing.secret == (
        SigningKey("a new key of cursors"),
        SigningKey("an old key of cursors"),
    )


@pytest.mark.parametrize("text", ["short", "a key of cursors that is long,short", ","])
def test_a_key_that_is_too_short_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="KENSHO_SECRET:") as refused:
        load({"KENSHO_SECRET": text})
    assert "short" not in str(refused.value).removeprefix("KENSHO_SECRET: ")
    path = tmp_path / "secret"
    path.write_text(text.replace(",", "\n"))
    with pytest.raises(SettingsError, match="KENSHO_SECRET_FILE:"):
        signing_keys(SigningSettings(secret_file=path))


def test_without_secrets_the_settings_are_the_defaults() -> None:
    assert Settings().signing.secret == ()
    assert Settings().store.password is None
