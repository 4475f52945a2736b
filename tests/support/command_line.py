"""Run a command of `kensho` in this process, as its own process would."""

import contextlib
from collections.abc import Mapping
from pathlib import Path
from subprocess import CompletedProcess

from click.testing import CliRunner

from kensho.cli import commands
from kensho.errors import KenshoError


def run_here(
    arguments: list[str],
    variables: Mapping[str, str | None],
    folder: Path | None = None,
    given: str | None = None,
) -> CompletedProcess[str]:
    """Run a command with these variables, in `folder`, with `given` as its input.

    The output is no terminal's. An error that is no `KenshoError` is raised.
    """
    place = contextlib.nullcontext() if folder is None else contextlib.chdir(folder)
    with place:
        ended = CliRunner(env=variables).invoke(commands, arguments, input=given)
    error = ended.exception
    if isinstance(error, KenshoError):
        told = f"{ended.stderr}kensho: {error.message}\n"
        return CompletedProcess(arguments, error.exit_code, ended.stdout, told)
    if error is not None and not isinstance(error, SystemExit):
        raise error
    return CompletedProcess(arguments, ended.exit_code, ended.stdout, ended.stderr)
