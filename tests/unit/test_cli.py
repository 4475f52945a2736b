"""The command line: its commands, its exit codes, one line for each error."""

import json
import subprocess
import sys
from typing import Final

import click
import pytest
from click.testing import CliRunner

from kensho.cli import commands, main
from kensho.cli.worker import single_error
from kensho.errors import SettingsError, StoreInUseError
from kensho.platform.lazy_commands import LazyCommand

HEAVY: Final = ("granian", "litestar", "mcp", "numpy", "structlog", "surrealdb")
"""What takes most of two seconds to import."""


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


@pytest.mark.parametrize("args", [["--help"], ["version"], ["--no-such-option"]])
def test_help_and_version_import_nothing_heavy(args: list[str]) -> None:
    code = (
        "import sys\nfrom kensho.cli import main\nsys.argv = ['kensho', *sys.argv[1:]]\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        f"print('loaded:', *(name for name in {HEAVY!r} if name in sys.modules))"
    )
    shown = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, check=True)
    assert shown.stdout.decode().splitlines()[-1] == "loaded:"


def test_each_command_is_listed_with_the_first_sentence_of_its_help() -> None:
    context = click.Context(commands)
    names = commands.list_commands(context)
    assert {"serve", "search", "ingest", "check", "forget"} <= {*names}
    for name in names:
        listed = commands.get_command(context, name)
        assert listed is not None
        if isinstance(listed, LazyCommand):
            real = listed.load()
            assert real.name == name
            assert listed.short_help == (real.help or "").split("\n\n")[0].replace("\n", " ")


def test_a_lazy_command_shows_the_help_of_the_real_one() -> None:
    shown = CliRunner().invoke(commands, ["watch-order", "--help"])
    assert shown.exit_code == 0
    assert "--order" in shown.output


def test_what_is_no_command_cannot_be_one() -> None:
    with pytest.raises(TypeError, match="json:loads is not a command"):
        LazyCommand("loads", "json:loads", "Load.").load()
