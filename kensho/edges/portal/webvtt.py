"""Reads captions in WebVTT strictly, and writes them: what passes here shows in every browser.

Browsers skip what they don't understand, so that a file with a slip in it loses cues silently. Here
every slip is named with its line: https://www.w3.org/TR/webvtt1/#file-structure says what is one.

Guarantees: cues are in order, end after they begin, and hold text. What `written` returns is read
back as the same cues.
"""

import itertools
import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from kensho.errors import KenshoError

MAX_BYTES: Final = 1_048_576
MAX_CUES: Final = 20_000
"""A film of three hours has two thousand."""
_MOST_PROBLEMS: Final = 20
_HEADER: Final = re.compile(r"WEBVTT(?:[ \t].*)?")
_TIME: Final = r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMING: Final = re.compile(rf"[ \t]*{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t]+(.*?))?[ \t]*")
_SETTINGS: Final = {
    "vertical": re.compile(r"rl|lr"),
    "line": re.compile(r"-?\d+(\.\d+)?%?(,(start|center|end))?"),
    "position": re.compile(r"\d+(\.\d+)?%(,(line-left|center|line-right))?"),
    "size": re.compile(r"\d+(\.\d+)?%"),
    "align": re.compile(r"start|center|end|left|right"),
    "region": re.compile(r"\S+"),
}
_TAGS: Final = re.compile(r"<[^>]*>")
_MS_PER_H: Final = 3_600_000


class Cue(NamedTuple):
    """A piece of text and when it is shown, in milliseconds; `line` is where it was read."""

    start_ms: int
    end_ms: int
    text: str
    settings: str = ""
    line: int = 0


class CaptionProblem(NamedTuple):
    """Something wrong with a file of captions, and in which line, from 1."""

    line: int
    message: str


class CaptionsError(KenshoError):
    """A file of captions is not right; `problems` name the lines."""

    def __init__(self, problems: Sequence[CaptionProblem]) -> None:
        super().__init__("; ".join(f"line {one.line}: {one.message}" for one in problems[:3]))
        self.problems = tuple(problems)


def decoded(content: bytes) -> str:
    """Return a file of captions as text.

    Raises:
        CaptionsError: it is too large or no UTF-8.
    """
    if len(content) > MAX_BYTES:
        raise CaptionsError([CaptionProblem(1, f"a file has at most {MAX_BYTES:,} bytes")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CaptionsError([CaptionProblem(line, "it is no UTF-8")]) from error


def read(text: str, longest_ms: int | None = None) -> Sequence[Cue]:
    """Return the cues of a file of WebVTT; none may end after `longest_ms`.

    Raises:
        CaptionsError: it is not right; names the first twenty lines that are not.
    """
    problems: list[CaptionProblem] = []
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if "\0" in text:
        problems.append(CaptionProblem(text[: text.index("\0")].count("\n") + 1, "it holds a NUL"))
    if _HEADER.fullmatch(lines[0]) is None:
        problems.append(CaptionProblem(1, f"{lines[0][:40]!r} is not WEBVTT, as a file begins"))
    elif len(lines) > 1 and "-->" in lines[1]:
        problems.append(CaptionProblem(2, "a blank line is missing after WEBVTT"))
    cues: list[Cue] = []
    for number, block in _blocks(lines):
        _read_block(number, block, cues, problems)
        if len(problems) >= _MOST_PROBLEMS or len(cues) > MAX_CUES:
            break
    check(cues, longest_ms, problems)
    return cues


def check(
    cues: Sequence[Cue], longest_ms: int | None, problems: list[CaptionProblem] | None = None
) -> None:
    """Refuse cues that are none, too many, out of order, or of a longer film.

    Raises:
        CaptionsError: so they are, or there were `problems` before.
    """
    found = [] if problems is None else problems
    if len(cues) > MAX_CUES:
        found.append(CaptionProblem(cues[MAX_CUES].line, f"there are more than {MAX_CUES} cues"))
    if not cues and not found:
        found.append(CaptionProblem(1, "there is no cue in it"))
    found += _out_of_order(cues)
    if longest_ms is not None:
        late = [cue for cue in cues if cue.end_ms > longest_ms]
        if late:
            said = f"a cue ends at {spelt(late[0].end_ms)}, after the film ({spelt(longest_ms)})"
            found.append(CaptionProblem(late[0].line, said))
    if found:
        raise CaptionsError(sorted(found)[:_MOST_PROBLEMS])


def written(cues: Sequence[Cue]) -> str:
    """Return a file of WebVTT with these cues."""
    blocks = [
        f"{spelt(cue.start_ms)} --> {spelt(cue.end_ms)}"
        f"{' ' + cue.settings if cue.settings else ''}\n{cue.text}\n"
        for cue in cues
    ]
    return "\n".join(("WEBVTT\n", *blocks))


def spelt(time_ms: int) -> str:
    """Return a time as WebVTT spells it: `00:01:02.345`."""
    hours, rest = divmod(time_ms, _MS_PER_H)
    minutes, rest = divmod(rest, 60_000)
    seconds, ms = divmod(rest, 1_000)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{ms:03}"


def _blocks(lines: Sequence[str]) -> Sequence[tuple[int, Sequence[str]]]:
    """Return what stands between blank lines after the header, with the number of its first line.

    What follows WEBVTT at once is of the header.
    """
    blocks: list[tuple[int, Sequence[str]]] = []
    held: list[str] = []
    is_header = True
    for number, line in enumerate([*lines, ""], 1):
        if line.strip(" \t"):
            held.append(line)
            continue
        if held and not is_header:
            blocks.append((number - len(held), tuple(held)))
        held.clear()
        is_header = False
    return blocks


def _read_block(
    number: int, block: Sequence[str], cues: list[Cue], problems: list[CaptionProblem]
) -> None:
    first = block[0]
    if first == "NOTE" or first.startswith(("NOTE ", "NOTE\t")):
        return
    if first.rstrip(" \t") in ("STYLE", "REGION"):
        if cues:
            problems.append(CaptionProblem(number, f"{first.strip()} comes after the first cue"))
        return
    at = 0 if "-->" in first else 1
    if at >= len(block) or "-->" not in block[at]:
        problems.append(CaptionProblem(number, f"{first[:40]!r} is no cue: it has no times"))
        return
    match = _TIMING.fullmatch(block[at])
    if match is None:
        said = f"{block[at][:60]!r} are no times, which are spelt 00:01:02.345 --> 00:01:04.000"
        problems.append(CaptionProblem(number + at, said))
        return
    times = (_ms(match.groups()[:4]), _ms(match.groups()[4:8]))
    cue = Cue(*times, "\n".join(block[at + 1 :]), match[9] or "", number + at)
    problems += _wrong_in(cue)
    cues.append(cue)


def _wrong_in(cue: Cue) -> Sequence[CaptionProblem]:
    found = [CaptionProblem(cue.line, said) for said in _wrong_settings(cue.settings)]
    if cue.end_ms <= cue.start_ms:
        found.append(CaptionProblem(cue.line, "the cue ends before it begins"))
    if not _TAGS.sub("", cue.text).strip():
        found.append(CaptionProblem(cue.line, "the cue has no text"))
    for offset, one in enumerate(cue.text.split("\n"), 1):
        if "-->" in one:
            found.append(CaptionProblem(cue.line + offset, "a blank line is missing before a cue"))
    return found


def _wrong_settings(settings: str) -> Sequence[str]:
    wrong: list[str] = []
    for one in settings.split():
        name, colon, value = one.partition(":")
        known = _SETTINGS.get(name)
        if not colon or known is None or known.fullmatch(value) is None:
            wrong.append(f"{one[:40]!r} is no setting of a cue")
    return wrong


def _out_of_order(cues: Sequence[Cue]) -> Sequence[CaptionProblem]:
    return [
        CaptionProblem(later.line, "the cue begins before the one before it")
        for cue, later in itertools.pairwise(cues)
        if later.start_ms < cue.start_ms
    ]


def _ms(parts: Sequence[str | None]) -> int:
    hours, minutes, seconds, ms = (int(part or 0) for part in parts)
    return hours * _MS_PER_H + minutes * 60_000 + seconds * 1_000 + ms
