"""Read whole files of JSON Lines: is it the right source, is it complete, which line holds what.

Guarantees: a file that is not the expected one raises `SourceFileError` before its first record,
and one that was cut off in the middle of a line raises it at its end; any other faulty line is one
reject. The form of a source is told by the members that its first line of data must have.
"""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec

from ingest.reading.bounds import fault_in, may_be_long
from ingest.reading.decoding import MalformedJsonError, Raw, RawDecoder
from ingest.reading.files import SourceFile
from ingest.reading.rejects import Rejects
from kensho.errors import SourceFileError

_MAX_MEMBERS_NAMED: Final = 8
_MAX_QUOTED_CHARS: Final = 60
_MAX_QUOTED_BYTES: Final = 200
_CHUNK_BYTES: Final = 1024 * 1024
_HTML_STARTS: Final = (b"<!doctype html", b"<html")


def _as_it_stands(line: bytes) -> bytes:
    return line


class LineForm(msgspec.Struct, frozen=True):
    """How a source's lines look.

    `what` names the form in messages; the first line of data has all the `members`. With a
    `header`, a line with these members comes first. `unwrap` takes a record out of its envelope.
    """

    what: str
    members: frozenset[str]
    header: frozenset[str] = frozenset()
    unwrap: Callable[[bytes], bytes] = _as_it_stands


def json_lines(
    file: SourceFile, form: LineForm, decoder: RawDecoder[Raw], rejects: Rejects
) -> Iterator[tuple[int, Raw]]:
    """Yield (line number, record) for each line of data that could be decoded, in file order.

    Raises:
        SourceFileError: the file is not of this form, holds no record, or is cut off.
    """
    lines = _lines_of_data(file, form, rejects)
    broken: tuple[int, bytes, str] | None = None
    for number, line in lines:
        if broken is not None:
            rejects.add(broken[0], "record", broken[1].decode(), broken[2])
            broken = None
        try:
            raw = _decoded(file, decoder, form.unwrap(line), number, rejects)
        except MalformedJsonError as error:
            broken = number, line, str(error)
        else:
            if raw is not None:
                yield number, raw
    if broken is not None:
        if not _ends_with_newline(file):
            raise SourceFileError(f"{file.path}: the file is truncated in line {broken[0]}")
        rejects.add(broken[0], "record", broken[1].decode(), broken[2])


def _decoded(
    file: SourceFile, decoder: RawDecoder[Raw], line: bytes, number: int, rejects: Rejects
) -> Raw | None:
    if file.keys is not None:
        file.keys.add_line(line)
    raw = decoder.decode(line, number, rejects)
    if raw is None or not may_be_long(len(line), file.limits):
        return raw
    fault = fault_in(raw, file.limits)
    if fault is None:
        return raw
    rejects.add(number, "record", line[:_MAX_QUOTED_BYTES].decode(errors="replace"), fault)
    return None


def header_of(file: SourceFile) -> dict[str, object]:
    """Return the JSON object in the first line that is not blank; empty where there is none."""
    first = next(file.lines(), None)
    members = _members(first[1]) if first else None
    return {name: msgspec.json.decode(value) for name, value in (members or {}).items()}


def has_members_of(line: bytes, form: LineForm) -> bool:
    """Tell whether a line is one whole object with the members of the form, or such an envelope."""
    return form.members <= (_members(form.unwrap(line.strip())) or {}).keys()


def found_in(line: bytes) -> str:
    """Say in a few words what a line holds, for the message that it is not what was expected."""
    if line[: len(_HTML_STARTS[0])].lower().startswith(_HTML_STARTS):
        return "an HTML page"
    members = _members(line)
    if members is not None:
        names = ", ".join(list(members)[:_MAX_MEMBERS_NAMED])
        return f"an object with the members {names}" if names else "an empty object"
    quoted = line.decode("utf-8", "replace")[:_MAX_QUOTED_CHARS]
    return f"a line that is no JSON object: {quoted!r}"


def _lines_of_data(
    file: SourceFile, form: LineForm, rejects: Rejects
) -> Iterator[tuple[int, bytes]]:
    """Yield the lines after the header, once the header and the first of them are checked."""
    lines = file.lines(rejects)
    if form.header:
        number, line = next(lines, (1, b""))
        _check(file, form, number, line, form.header)
    first = next(lines, None)
    if first is None:
        raise SourceFileError(f"{file.path}: expected {form.what}, found no records")
    _check(file, form, first[0], form.unwrap(first[1]), form.members)
    yield first
    yield from lines


def _check(
    file: SourceFile, form: LineForm, number: int, line: bytes, needed: frozenset[str]
) -> None:
    if not needed <= (_members(line) or {}).keys():
        raise SourceFileError(
            f"{file.path}: expected {form.what} with {', '.join(sorted(needed))} in line {number},"
            f" found {found_in(line)}"
        )


def _members(line: bytes) -> dict[str, msgspec.Raw] | None:
    """Return the members of a JSON object, undecoded; `None` for what is no JSON object."""
    try:
        return msgspec.json.decode(line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _ends_with_newline(file: SourceFile) -> bool:
    last = b""
    with file.open() as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            last = chunk[-1:]
    return last == b"\n"
