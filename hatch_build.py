"""Compiles the search kernel while Kenshō is installed, where a C compiler can be had.

The law: an installation never fails for want of it; without it searches are answered by numpy. The
system's compiler is taken where there is one, otherwise the one that PyPI has (`ziglang`), which is
fetched for the build alone. What comes out is one small library without dependencies, loaded by
ctypes: it needs no Python headers, and one wheel serves every Python.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

KERNEL = Path("kensho") / "search" / "kernel"
FLAGS = ("-std=c11", "-O3", "-fPIC", "-shared", "-fvisibility=hidden", "-ffp-contract=off")
"""Sums must come out as numpy's: nothing is contracted or reordered (docs/decisions/0010)."""
ZIG = "ziglang==0.15.1"  # exact: a compiler that no lock file holds
ZIG_FLAGS = ("-mcpu=baseline",)  # by itself it compiles for the machine that it runs on
LONGEST_S = 300


class KernelHook(BuildHookInterface[Any]):
    """Puts the compiled kernel beside its sources; a wheel then is for one kind of machine."""

    def dependencies(self) -> list[str]:
        """Return what the build needs besides hatchling."""
        return [] if system_compiler() else [ZIG]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before files are collected; `version` is "standard" or "editable"."""
        folder = Path(self.root) / KERNEL
        library = folder / "_kernel.so"
        command = system_compiler() or [sys.executable, "-m", "ziglang", "cc", *ZIG_FLAGS]
        if not compiled(command, sorted(folder.glob("*.c")), library):
            self.app.display_warning("the search kernel was not compiled: numpy will do its work")
            return
        if version == "standard":
            platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data["tag"] = f"py3-none-{platform}"
            build_data["pure_python"] = False
            build_data["artifacts"].append(library.relative_to(self.root).as_posix())


def system_compiler() -> list[str] | None:
    """Return the command of the system's compiler."""
    named = os.environ.get("CC", "").split()
    found = named or [name for name in ("cc", "gcc", "clang") if shutil.which(name)][:1]
    return found or None


def compiled(command: list[str], sources: list[Path], library: Path) -> bool:
    """Compile `sources`; a process that has the library mapped keeps the one it has."""
    part = library.with_suffix(f".{os.getpid()}.part")
    try:
        subprocess.run(
            [*command, *FLAGS, "-o", str(part), *map(str, sources)], check=True, timeout=LONGEST_S
        )
        part.replace(library)
    except (OSError, subprocess.SubprocessError):
        part.unlink(missing_ok=True)
        library.unlink(missing_ok=True)
        return False
    return True
