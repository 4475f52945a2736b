"""`kensho kernel`: compile the inner loops of the search, where a C compiler can be had.

An installation never needs a compiler: without the compiled kernel numpy answers searches, with the
same results and about four times as slowly. The compiler is `$CC`, or the system's `cc`, `gcc` or
`clang`, or the one that the extra `kensho[fast]` installs (`ziglang`). The library is put beside
its sources in the installed package; a process that has mapped an older one keeps it.
"""

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click

from kensho.search.kernel import source

_SYSTEM_COMPILERS: Final = ("cc", "gcc", "clang")
_ZIG: Final = ("-m", "ziglang", "cc", "-mcpu=baseline")
"""By itself zig compiles for exactly the machine that it runs on."""
_TIMEOUT_S: Final = 300.0
"""Zig compiles parts of its own library first, which takes some 20 s."""


@click.command()
@click.option("--require", is_flag=True, help="Exit with 1 if it can't be compiled.")
def kernel(require: bool) -> None:
    """Compile the inner loops of the search, if there is a C compiler."""
    library = source.library_path()
    problem = None if library.exists() else compiled(library, compiler(os.environ))
    if problem is None:
        click.echo("search kernel: compiled")
        return
    click.echo(f"search kernel: not compiled ({problem}); numpy answers searches", err=True)
    if require:
        sys.exit(1)


def compiler(environment: Mapping[str, str]) -> list[str] | None:
    """Return the command of a C compiler, or `None`; the system's comes before the extra's."""
    named = environment.get("CC", "").split()
    if named:
        return named
    for name in _SYSTEM_COMPILERS:
        if found := shutil.which(name, path=environment.get("PATH")):
            return [found]
    return [sys.executable, *_ZIG] if importlib.util.find_spec("ziglang") else None


def compiled(library: Path, command: list[str] | None) -> str | None:
    """Compile the kernel to `library`; return why that was not possible, or `None`.

    Libraries beside it that were compiled from other sources are removed.
    """
    if command is None:
        return "no C compiler was found"
    part = library.with_suffix(f".{os.getpid()}.part")
    arguments = [*source.compiler_arguments(), "-o", str(part), *map(str, source.sources())]
    try:
        subprocess.run(
            [*command, *arguments], check=True, timeout=_TIMEOUT_S, capture_output=True, text=True
        )
        part.replace(library)
    except subprocess.CalledProcessError as error:
        return _first_line(error.stderr) or f"{command[0]} failed"
    except (OSError, subprocess.TimeoutExpired) as error:
        return _first_line(str(error))
    finally:
        _remove_quietly(part)
    for other in library.parent.glob(source.LIBRARY_PATTERN):
        if other != library:
            _remove_quietly(other)
    return None


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]


def _remove_quietly(path: Path) -> None:
    """Remove a file, if that is possible: a library that nobody loads does no harm."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
