"""Findings that curators accepted: `accepted_findings.jsonl` in the folder of their statements.

One JSON object a line, sorted by id, so that a version control shows an acceptance as one line and
joins those of several curators. The file is the curators': it is read as it is edited by hand, and
what is wrong in it is named by line.

Guarantees: the file is replaced whole or not at all, under a lock, so that of two curators who
accept at once neither is lost. It is outside of the store and of the installed package.
"""

import datetime as dt
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from ingest.checks.findings import Acceptance, Finding
from kensho.errors import InvalidInputError
from kensho.platform import private_files

FILE: Final = "accepted_findings.jsonl"
_LOCK: Final = ".accepted_findings.lock"
_HexId = Annotated[str, Meta(pattern=r"^[0-9a-f]{12}$")]
_Words = Annotated[str, Meta(min_length=1, pattern=r"\S")]


class AcceptedFinding(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One line: the finding by its id, in which state it was accepted, why, when, and by whom.

    `rule` and `about` are for readers: what was found when it was accepted.
    """

    id: _HexId
    state: _HexId
    reason: _Words
    date: dt.date
    rule: str = ""
    about: str = ""
    by: _Words | None = None


def read_accepted(folder: Path) -> dict[str, AcceptedFinding]:
    """Return the accepted findings by id; none where there is no file.

    Raises:
        InvalidInputError: a line is no acceptance, or the file can't be read; names file and line.
    """
    path = folder / FILE
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError.of(str(path), str(error)) from error
    found: dict[str, AcceptedFinding] = {}
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            one = msgspec.json.decode(line, type=AcceptedFinding)
        except msgspec.DecodeError as error:
            raise InvalidInputError.of(f"{path}, line {number}", str(error)) from error
        if one.id in found:
            raise InvalidInputError.of(f"{path}, line {number}", f"{one.id} was accepted before")
        found[one.id] = one
    return found


def with_acceptances(
    found: Iterable[Finding], accepted: dict[str, AcceptedFinding]
) -> list[Finding]:
    """Return findings with what curators say of them; one that changed is open again."""
    return [_with_acceptance(one, accepted.get(one.id)) for one in found]


def _with_acceptance(one: Finding, given: AcceptedFinding | None) -> Finding:
    if given is None:
        return one
    said = Acceptance(given.reason, given.date.isoformat(), given.by)
    if given.state == one.state:
        return msgspec.structs.replace(one, accepted=said)
    return msgspec.structs.replace(one, was_accepted=said)


def accept(
    folder: Path, chosen: Sequence[Finding], said: Acceptance
) -> tuple[AcceptedFinding, ...]:
    """Add findings to the file, each in the place of an earlier acceptance; return what is new.

    Raises:
        InvalidInputError: the file is wrong, or can't be written.
    """
    new = tuple(
        AcceptedFinding(
            id=one.id,
            state=one.state,
            reason=said.reason,
            date=dt.date.fromisoformat(said.date),
            rule=one.rule,
            about=one.sentence,
            by=said.by,
        )
        for one in chosen
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with private_files.waited_lock(folder / _LOCK):
            _write(folder / FILE, {**read_accepted(folder), **{one.id: one for one in new}})
    except OSError as error:
        raise InvalidInputError.of(str(folder / FILE), str(error.strerror or error)) from error
    return new


def _write(path: Path, accepted: dict[str, AcceptedFinding]) -> None:
    lines = [msgspec.json.encode(accepted[id_]) + b"\n" for id_ in sorted(accepted)]
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:  # for all who may read the folder: it is no secret
        file.write(b"".join(lines))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
