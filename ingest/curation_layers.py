"""The curators' files in layers: those that come with Kenshō, and a folder of one's own over them.

A file of the folder takes the place of the shipped one of the same path (`franchises/gundam.toml`),
and others come beside them. What is wrong in a file of the folder is named with file, line and key,
and the version of that file that was read last without a fault goes on to be used (`.last_good/` in
the folder), else the shipped one, so that a slip stops nothing.

Guarantees: the decisions that come of it are checked as a whole, as the shipped ones are.

Performance: 40 ms more where every file is sound, 40 ms a file of the folder where one is not.
"""

import contextlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from typing_extensions import override

from ingest import curation
from ingest.curation import Curation
from ingest.curation_checks import CurationError, CurationProblem
from kensho.platform.installation import data_root

LAST_GOOD: Final = ".last_good"
_SYNTAX: Final = re.compile(r"\(at line (\d+), column \d+\)")
_ENTRY: Final = re.compile(r"([a-z_]+) (\d+)\Z")


class Slip(msgspec.Struct, frozen=True):
    """What is wrong in a file of the folder, in which line, and what is used instead."""

    file: str
    line: int | None
    key: str
    reason: str
    instead: str

    @override
    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}, line {self.line}"
        key = f": {self.key}" if self.key else ""
        return f"{place}{key}: {self.reason}; {self.instead}"


class LayeredCuration(msgspec.Struct, frozen=True):
    """The decisions in force, the files of franchises that they are from, and slips."""

    decisions: Curation
    files: tuple[Path, ...]
    slips: tuple[Slip, ...] = ()

    @property
    def relation_files(self) -> tuple[Path, ...]:
        """The files of franchises that state relations."""
        return tuple(path for path in self.files if curation.franchise_file(path.read_bytes()).date)


def layered(folder: Path, shipped: Path | None = None) -> LayeredCuration:
    """Read the shipped decisions and those of `folder`, which need not exist.

    Raises:
        CurationError: something in the shipped ones is wrong.
    """
    root = shipped or data_root("curation")
    texts = curation.texts_in(root)
    places = {name: root / name for name in texts}
    own, unreadable = _own_texts(folder)
    slips: list[Slip] = []
    try:
        decisions = curation.loaded({**texts, **own})
        places |= {name: folder / name for name in own}
    except CurationError:
        for name, text in own.items():
            slips += _taken_in(name, text, folder, texts, places)
        decisions = curation.loaded(texts)
    else:
        texts |= own
    for slip in unreadable:
        instead = _last_good(slip.file, folder, texts, places)
        slips.append(msgspec.structs.replace(slip, instead=instead))
        decisions = curation.loaded(texts)
    _remember(folder, {name: own[name] for name in own if places.get(name) == folder / name})
    return LayeredCuration(decisions, _franchises(places), tuple(slips))


def line_of(problem: CurationProblem, text: str) -> int | None:
    """Return the line in which a file is wrong, counted from 1; `None` where it can't be told."""
    syntax = _SYNTAX.search(problem.reason)
    if syntax is not None:
        return int(syntax[1])
    lines = text.split("\n")
    start, entry = 0, _ENTRY.match(problem.entry)
    if entry is not None:
        heads = [n for n, line in enumerate(lines) if line.strip().startswith(f"[[{entry[1]}]]")]
        if int(entry[2]) > len(heads):
            return None
        start = heads[int(entry[2]) - 1]
    end = next(
        (n for n in range(start + 1, len(lines)) if lines[n].lstrip()[:1] == "["), len(lines)
    )
    key = problem.field.split(" ")[0]
    at = next(
        (n for n in range(start, end) if re.match(rf"\s*{re.escape(key)}\s*=", lines[n])), None
    )
    if not key or at is None:
        return start + 1 if entry is not None else None
    quoted = f'"{problem.value}"'
    return next((n for n in range(at, end) if quoted in lines[n]), at) + 1


def _own_texts(folder: Path) -> tuple[dict[str, str], list[Slip]]:
    """Return the files of the folder that can be read, and those that can't."""
    found: dict[str, str] = {}
    slips: list[Slip] = []
    for path in sorted(folder.rglob("*.toml")) if folder.is_dir() else ():
        name = path.relative_to(folder).as_posix()
        if any(part.startswith(".") for part in name.split("/")):
            continue
        try:
            found[name] = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            slips.append(Slip(name, None, "", str(error), "it is passed over"))
    return found, slips


def _taken_in(
    name: str, text: str, folder: Path, texts: dict[str, str], places: dict[str, Path]
) -> list[Slip]:
    """Put one file of the folder over the others if all are sound then, else its last good one."""
    try:
        curation.loaded({**texts, name: text})
    except CurationError as error:
        instead = _last_good(name, folder, texts, places)
        problems = [one for one in error.problems if one.file == name] or error.problems
        return [_slip(name, one, text, instead) for one in problems]
    texts[name], places[name] = text, folder / name
    return []


def _last_good(name: str, folder: Path, texts: dict[str, str], places: dict[str, Path]) -> str:
    """Take the version of a file that was sound last; say in words what is used."""
    kept = folder / LAST_GOOD / name
    with contextlib.suppress(OSError, UnicodeDecodeError, CurationError):
        text = kept.read_text("utf-8")
        curation.loaded({**texts, name: text})
        texts[name], places[name] = text, kept
        return "the last version without a fault is used"
    return "the shipped file is used" if name in texts else "it is passed over"


def _slip(name: str, problem: CurationProblem, text: str, instead: str) -> Slip:
    if problem.file != name:  # another file is only wrong beside this one
        return Slip(name, None, "", str(problem), instead)
    key = ", ".join(part for part in (problem.entry, problem.field) if part)
    reason = f"{problem.value!r}: {problem.reason}" if problem.value != name else problem.reason
    return Slip(name, line_of(problem, text), key, reason, instead)


def _franchises(places: Mapping[str, Path]) -> tuple[Path, ...]:
    return tuple(places[name] for name in sorted(places) if name.startswith("franchises/"))


def _remember(folder: Path, sound: Mapping[str, str]) -> None:
    """Keep sound files for the day on which they are not, where the folder can be written."""
    with contextlib.suppress(OSError):
        for name, text in sound.items():
            kept = folder / LAST_GOOD / name
            if not kept.is_file() or kept.read_text("utf-8") != text:
                kept.parent.mkdir(parents=True, exist_ok=True)
                beside = kept.with_name(f".{kept.name}.new")
                beside.write_text(text, "utf-8")
                beside.replace(kept)
        root = folder / LAST_GOOD
        for kept in root.rglob("*.toml") if root.is_dir() else ():
            name = kept.relative_to(root).as_posix()
            if not (folder / name).exists():  # what curators removed is not to come back
                kept.unlink()
