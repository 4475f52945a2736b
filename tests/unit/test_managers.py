"""Managers: a name and a token, of which only a digest is kept."""

import datetime as dt
import json
import stat
import threading
from pathlib import Path

import pytest
from click.testing import CliRunner

from kensho.cli import commands
from kensho.errors import ConflictError, InvalidInputError, NotFoundError, SettingsError
from kensho.platform.managers import TOKEN_PREFIX, ManagerFile

TODAY = dt.date(2026, 11, 29)


def test_without_a_file_there_are_no_managers(tmp_path: Path) -> None:
    managers = ManagerFile(tmp_path / "managers.json")
    assert managers.all() == []
    assert managers.of_token("") is None
    assert not list(tmp_path.iterdir())


def test_a_token_is_told_once_and_only_its_digest_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "var" / "managers.json"
    token = ManagerFile(path).add("ada", TODAY)
    assert token.startswith(TOKEN_PREFIX)
    assert token.removeprefix(TOKEN_PREFIX) not in path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = ManagerFile(path).of_token(token)
    assert found is not None
    assert (found.name, found.since) == ("ada", "2026-11-29")
    for wrong in (token[:-1], f"{token}x", found.digest, token.swapcase()):
        assert ManagerFile(path).of_token(wrong) is None


def test_a_change_is_seen_by_who_has_read_the_file_before(tmp_path: Path) -> None:
    path = tmp_path / "managers.json"
    serving = ManagerFile(path)
    assert serving.of_token("x") is None
    token = ManagerFile(path).add("ada", TODAY)
    assert serving.of_token(token) is not None
    ManagerFile(path).remove("ada")
    assert serving.of_token(token) is None
    assert serving.named("ada") is None


@pytest.mark.parametrize("name", ["", "a b", "-x", "ä", "a" * 65, "x\n", "../x"])
def test_a_name_that_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInputError, match="name"):
        ManagerFile(tmp_path / "managers.json").add(name, TODAY)


def test_a_name_is_given_once_and_what_is_not_there_can_t_be_removed(tmp_path: Path) -> None:
    managers = ManagerFile(tmp_path / "managers.json")
    managers.add("ada", TODAY)
    with pytest.raises(ConflictError, match="ada"):
        managers.add("ada", TODAY)
    with pytest.raises(NotFoundError, match="bob"):
        managers.remove("bob")


def test_writers_at_once_lose_none(tmp_path: Path) -> None:
    path = tmp_path / "managers.json"
    names = [f"m{number}" for number in range(12)]
    writers = [threading.Thread(target=ManagerFile(path).add, args=(n, TODAY)) for n in names]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(30)
    assert {one.name for one in ManagerFile(path).all()} == {*names}


@pytest.mark.parametrize("content", [b"", b"{", b'{"managers": [{"name": "x"}]}', b"\xff"])
def test_a_file_that_can_t_be_read_lets_nobody_in(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "managers.json"
    path.write_bytes(content)
    with pytest.raises(SettingsError, match="KENSHO_MANAGERS_FILE"):
        ManagerFile(path).of_token("x")
    with pytest.raises(SettingsError, match="KENSHO_MANAGERS_FILE"):
        ManagerFile(path).add("ada", TODAY)
    assert path.read_bytes() == content


def test_the_command_makes_lists_and_removes(tmp_path: Path) -> None:
    path = tmp_path / "managers.json"
    runner = CliRunner(env={"KENSHO_MANAGERS_FILE": str(path)})
    made = runner.invoke(commands, ["managers", "add", "ada"])
    assert made.exit_code == 0
    token = made.stdout.strip()
    assert ManagerFile(path).of_token(token) is not None
    assert token not in made.stderr
    listed = json.loads(runner.invoke(commands, ["managers", "list", "--json"]).stdout)
    assert [one["name"] for one in listed] == ["ada"]
    assert "digest" not in listed[0]
    assert "ada" in runner.invoke(commands, ["managers", "list"]).stdout
    assert runner.invoke(commands, ["managers", "remove", "ada"]).exit_code == 0
    assert ManagerFile(path).all() == []
