"""The command line: its commands, its exit codes, one line for each error."""

import json

import pytest
from click.testing import CliRunner

from kensho.cli import commands, main
from kensho.cli.serve import single_error
from kensho.errors import SettingsError, StoreInUseError


def test_the_version_is_told_for_people_and_for_programs() -> None:
    assert CliRunner().invoke(commands, ["version"]).output.startswith("kensho ")
    assert json.loads(CliRunner().invoke(commands, ["version", "--json"]).output)["version"]


def test_a_port_out_of_bounds_is_a_usage_error() -> None:
    assert CliRunner().invoke(commands, ["serve", "--port", "0"]).exit_code == 2


def test_an_error_of_ours_is_one_line_and_its_exit_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["kensho", "serve"])
    monkeypatch.setenv("KENSHO_PORT", "http")
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == SettingsError.exit_code
    assert capsys.readouterr().err.startswith("kensho: KENSHO_PORT: 'http'")


def test_an_error_of_ours_comes_out_of_the_groups_that_wrap_it() -> None:
    ours = StoreInUseError("in use")
    with pytest.raises(StoreInUseError) as raised, single_error():
        raise ExceptionGroup("outer", [ExceptionGroup("inner", [ours])])
    assert raised.value is ours


def test_a_group_of_others_goes_on_as_it_is() -> None:
    with pytest.raises(ExceptionGroup), single_error():
        raise ExceptionGroup("outer", [ValueError("odd")])
