"""How the search kernel is compiled and loaded; its numbers are defined in Python alone."""

import ctypes
import re
import shutil
from pathlib import Path

import pytest

from kensho.cli import kernel
from kensho.search.kernel import compiled_kernel, source, structures

_SOURCES = Path(source.__file__).parent
_C_FILES = [*_SOURCES.glob("*.h"), *source.sources()]
_NAME_OF = {
    "Index": structures.KernelIndex,
    "Workspace": structures.KernelBuffers,
    "Weights": structures.KernelWeights,
    "Query": structures.KernelQuery,
}
_COMMON_IN_C = frozenset((2, 5, 8, 32))
"""Numbers of macros that C code has for other reasons as well: bytes of eight bits and the like."""

needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")


def code_of(path: Path) -> str:
    """Return a C file without its comments and without the names of files that it includes."""
    text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
    return re.sub(r"#include.*", "", text)


def fields_of(structure: str) -> list[str]:
    header = code_of(_SOURCES / "kernel.h")
    found = re.search(rf"typedef struct \{{([^}}]*)\}} {structure};", header)
    assert found is not None
    declared = [one.strip() for one in found[1].split(";") if one.strip()]
    return [
        name.strip().lstrip("*")
        for one in declared
        for name in re.sub(r"^(?:const )?\w+ ", "", one).split(",")
    ]


@pytest.mark.parametrize("structure", list(_NAME_OF))
def test_structures_have_the_fields_of_the_header_in_its_order(structure: str) -> None:
    fields = [name for name, *_ in _NAME_OF[structure]._fields_]
    assert fields == fields_of(structure)


def test_no_number_of_python_is_written_again_in_c() -> None:
    given = {value: name for name, value in source.macros().items() if value not in _COMMON_IN_C}
    for path in _C_FILES:
        for literal in re.findall(
            r"(?<![\w.])(?:0[xX][0-9a-fA-F]+|[0-9]+)(?=[uUlL]*\b)", code_of(path)
        ):
            assert int(literal, 0) not in given, f"{path.name} writes {given[int(literal, 0)]} out"


def test_no_weight_is_written_in_c() -> None:
    for path in _C_FILES:
        numbers = set(re.findall(r"(?<!\w)[0-9]*\.[0-9]+(?=f?\b)", code_of(path)))
        assert numbers <= {"0.0", "1.0"}, path.name


def test_every_number_given_to_c_is_used_there() -> None:
    code = "\n".join(map(code_of, _C_FILES))
    assert [name for name in source.macros() if not re.search(rf"\b{name}\b", code)] == []


@needs_compiler
def test_the_kernel_is_compiled_and_replaces_those_of_other_sources(tmp_path: Path) -> None:
    library, stale = tmp_path / source.library_path().name, tmp_path / "_kernel-0000.so"
    stale.touch()
    assert kernel.compiled(library, ["cc"]) is None
    assert list(tmp_path.iterdir()) == [library]
    assert isinstance(compiled_kernel.loaded(library), ctypes.CDLL)


@pytest.mark.parametrize("command", [None, ["false"], ["/no/such/compiler"]])
def test_a_failure_to_compile_is_told_and_leaves_nothing(
    tmp_path: Path, command: list[str] | None
) -> None:
    assert kernel.compiled(tmp_path / "_kernel-1.so", command)
    assert list(tmp_path.iterdir()) == []


def test_no_compiler_is_found_where_the_path_has_none(tmp_path: Path) -> None:
    assert kernel.compiler({"PATH": str(tmp_path)}) is None
    assert kernel.compiler({"PATH": str(tmp_path), "CC": "my-cc -m64"}) == ["my-cc", "-m64"]


def test_what_is_no_library_of_ours_is_not_loaded(tmp_path: Path) -> None:
    damaged = tmp_path / "_kernel-2.so"
    damaged.write_bytes(b"\x7fELF and then nothing")
    assert compiled_kernel.loaded(damaged) is None
    assert compiled_kernel.loaded(tmp_path / "absent.so") is None
