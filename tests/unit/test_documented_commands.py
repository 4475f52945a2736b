"""What the documentation tells people to type is understood: commands, options, targets, modules.

It is read from all documents, in blocks and in lines, as a shell would read it. Notations of usage
(`[--json]`, `A|B`, `FILE`) stand for what may be typed.
"""

import functools
import re
import shlex
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import click
import pytest

from kensho.cli import commands
from kensho.platform.lazy_commands import LazyCommand

ROOT: Final = Path(__file__).parents[2]
DOCUMENTS: Final = (
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "sdk/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
)
"""Decisions and releases tell what was, and are left as they were."""
_BLOCK: Final = re.compile(r"(?ms)^```[a-z]*\n(.*?)^```$")
_INLINE: Final = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_PROMPT: Final = re.compile(r"^[a-z]*\$ +")
_SET: Final = re.compile(r"^[A-Z_]+=")
_NOTATION: Final = re.compile(r"[\[\]…]|(?<=\w)\\?\|(?=\w)[\w\\|-]*")
_ROOMS: Final = ("benchmarks", "deploy", "docs", "kensho", "sdk", "tests")
_ENDS: Final = frozenset((";", "&", "&&", "|", "||", ">", ">>", "<", "(", ")", "2", "#"))


def typed(text: str) -> Iterator[list[str]]:
    """Yield the words of each command of ours in a document."""
    blocks = _BLOCK.findall(text)
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    for line in (*lines, *_INLINE.findall(_BLOCK.sub("", text))):
        plain = _NOTATION.sub("", _PROMPT.sub("", line.strip()))
        try:
            reader = shlex.shlex(plain, posix=True, punctuation_chars=True)
            reader.whitespace_split = True
            words = list(reader)
        except ValueError:  # prose with an apostrophe
            continue
        yield from _commands(words)


def _commands(words: Sequence[str]) -> Iterator[list[str]]:
    found: list[str] = []
    for word in (*words, ";"):
        if word in _ENDS or set(word) <= set(";&|<>()"):
            name = Path(found[0]).name if found else ""
            is_ours = found[:2] == ["python", "-m"] and found[2].partition(".")[0] in _ROOMS
            if name in ("kensho", "make") or is_ours:
                yield [name, *found[1:]]
            found = []
        elif found or not _SET.match(word):
            found.append(word)


@functools.cache
def told() -> Sequence[tuple[str, tuple[str, ...]]]:
    """Return each command with the document that tells it, once."""
    return [
        *dict.fromkeys(
            (path.relative_to(ROOT).as_posix(), tuple(words))
            for path in DOCUMENTS
            for words in typed(path.read_text("utf-8"))
        )
    ]


def named(name: str) -> list[object]:
    chosen = [one for one in told() if one[1][0] == name]
    return [pytest.param(*one, id=f"{one[0]}: {' '.join(one[1])}") for one in chosen]


def unknown_to_click(words: Sequence[str]) -> list[str]:
    """Return the words that no command or option of the command line is called by."""
    command: click.Command = commands
    wrong: list[str] = []
    for word in words:
        if isinstance(command, LazyCommand):
            command = command.load()
        options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {
            "--help",
            "--version",
        }
        if word.startswith("-") and word.strip("-"):
            if word.partition("=")[0] not in options:
                wrong.append(word)
        elif isinstance(command, click.Group):
            found = command.get_command(click.Context(command), word)
            if found is None:
                wrong.append(word)
                break
            command = found
    return wrong


@pytest.mark.parametrize(("document", "words"), named("kensho"))
def test_a_command_is_one_of_the_command_line(document: str, words: tuple[str, ...]) -> None:
    assert unknown_to_click(words[1:]) == []


@pytest.mark.parametrize(("document", "words"), named("make"))
def test_a_target_is_one_of_the_makefile(document: str, words: tuple[str, ...]) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = {one for line in re.findall(r"(?m)^([a-z- ]+):", makefile) for one in line.split()}
    for word in words[1:]:
        name, is_variable, _ = word.partition("=")
        if is_variable:
            assert re.search(rf"\$\((or \$\()?{name}\)|\$\((if \$\()?{name}\)", makefile), name
        else:
            assert name in targets


@pytest.mark.parametrize(("document", "words"), named("python"))
def test_a_module_is_there_and_has_the_options(document: str, words: tuple[str, ...]) -> None:
    spec = find_spec(words[2])
    assert spec is not None, words[2]
    if spec.submodule_search_locations is not None:
        spec = find_spec(f"{words[2]}.__main__")
    assert spec is not None, words[2]
    assert spec.origin is not None
    text = Path(spec.origin).read_text("utf-8")
    for word in words[3:]:
        assert not word.startswith("--") or f'"{word}"' in text, word


def test_documents_are_read_as_a_shell_reads_them() -> None:
    text = """
Say `kensho runs diff [--json]`, or `KENSHO_JOBS=0 kensho serve`, but not `kensho` or Ann's.

```console
$ make load HOST=http://127.0.0.1:8700 && /opt/bin/kensho backup /b >> log   # often
replica$ python -m deploy.canary --old a \\
  --new b & kensho snapshot fetch URL\\|FOLDER
```
"""
    assert [*typed(text)] == [
        ["make", "load", "HOST=http://127.0.0.1:8700"],
        ["kensho", "backup", "/b"],
        ["python", "-m", "deploy.canary", "--old", "a", "--new", "b"],
        ["kensho", "snapshot", "fetch", "URL"],
        ["kensho", "runs", "diff", "--json"],
        ["kensho", "serve"],
        ["kensho"],
    ]


def test_what_is_wrong_is_found() -> None:
    assert unknown_to_click(["snapshot", "pull", "x"]) == ["pull"]
    assert unknown_to_click(["snapshot", "list", "--jsn"]) == ["--jsn"]
    assert unknown_to_click(["accounts", "create", "a@b", "--role", "viewer"]) == []
