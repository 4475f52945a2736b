"""Reads captions in TTML (TTML2, IMSC) into the cues that WebVTT has: times and text.

Where a text stands and how it looks is left out, save italics, bold and underlining; regions and
styles of TTML have no counterpart that all browsers show.

Guarantees: every slip is named with its line. No document type is read, so that no entity can be
defined, and no file or address is opened.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final
from xml.parsers import expat

import msgspec

from kensho.edges.portal.webvtt import CaptionProblem, CaptionsError, Cue, check

_NS: Final = "http://www.w3.org/ns/ttml"
_PARAMETERS: Final = f"{_NS}#parameter"
_STYLING: Final = f"{_NS}#styling"
_CLOCK: Final = re.compile(r"(\d{2,}):([0-5]\d):([0-5]\d)(?:\.(\d+)|:(\d{2,})(?:\.\d+)?)?")
_OFFSET: Final = re.compile(r"(\d+(?:\.\d+)?)(h|m|s|ms|f|t)")
_SPACES: Final = re.compile(r"[ \t\r\n]+")
_MARKS: Final = {
    ("fontStyle", "italic"): "i",
    ("fontStyle", "oblique"): "i",
    ("fontWeight", "bold"): "b",
    ("textDecoration", "underline"): "u",
}
_MOST_DEPTH: Final = 64
_ESCAPED: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class _Rates(msgspec.Struct):
    """How times are counted; frames a second, ticks a second."""

    frame: Fraction = Fraction(30)
    tick: Fraction = Fraction(1)


class _Element(msgspec.Struct):
    """An element that is open: when it is shown, and what closes it."""

    name: str
    begin: Fraction
    end: Fraction | None
    marks: Sequence[str] = ()


class _WrongError(Exception):
    """What is wrong with the element that was just read."""


def read(text: str, longest_ms: int | None = None) -> Sequence[Cue]:
    """Return the cues of a document of TTML; none may end after `longest_ms`.

    Raises:
        CaptionsError: it is not right; names the lines that are not.
    """
    reader = _Reader()
    reader.parse(text)
    cues = sorted(reader.cues, key=lambda cue: (cue.start_ms, cue.end_ms))
    check(cues, longest_ms, reader.problems)
    return cues


class _Reader:
    """Reads a document from its first element to the last."""

    def __init__(self) -> None:
        self.cues: list[Cue] = []
        self.problems: list[CaptionProblem] = []
        self._rates = _Rates()
        self._open: list[_Element] = []
        self._text: list[str] | None = None
        self._line = 0
        self._parser = expat.ParserCreate("utf-8", " ")
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype

    def parse(self, text: str) -> None:
        """Read a document; raises `CaptionsError` where it can't be read on."""
        try:
            self._parser.Parse(text.encode("utf-8"), True)
        except expat.ExpatError as error:
            said = f"it is no XML: {expat.errors.messages[error.code]}"
            raise CaptionsError([CaptionProblem(error.lineno, said)]) from error
        except _WrongError as error:
            line = self._parser.CurrentLineNumber
            raise CaptionsError([*self.problems, CaptionProblem(line, str(error))]) from error

    def _refuse_doctype(self, *_: object) -> None:
        raise _WrongError("a document type is not read")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        namespace, _, name = tag.rpartition(" ")
        if not self._open and (namespace != _NS or name != "tt"):
            raise _WrongError(f"it begins with {name[:40]!r}, and not with tt of {_NS}")
        if len(self._open) >= _MOST_DEPTH:
            raise _WrongError("it is nested too deeply")
        if not self._open:
            self._rates = _rates(attributes)
        parent = self._open[-1] if self._open else _Element("", Fraction(0), None)
        own = namespace == _NS
        begin, end = parent.begin, parent.end
        if own and name in ("body", "div", "p", "span"):
            begin, end = self._times(attributes, parent)
        marks = _marks(attributes) if own and name == "span" else ()
        self._open.append(_Element(name if own else "", begin, end, marks))
        if own and name == "p":
            self._text = []
            self._line = self._parser.CurrentLineNumber
        elif self._text is not None:
            self._text.append("\n" if own and name == "br" else "".join(f"<{m}>" for m in marks))

    def _characters(self, data: str) -> None:
        if self._text is not None and self._open[-1].name in ("p", "span"):
            self._text.append(_SPACES.sub(" ", data).translate(_ESCAPED))

    def _end(self, _tag: str) -> None:
        element = self._open.pop()
        if self._text is None:
            return
        if element.name != "p":
            self._text.append("".join(f"</{mark}>" for mark in reversed(element.marks)))
            return
        lines = (_SPACES.sub(" ", line).strip() for line in "".join(self._text).split("\n"))
        text = "\n".join(line for line in lines if line)
        self._text = None
        if not text:
            return  # an empty paragraph shows nothing, and many programs write some
        if element.end is None:
            self.problems.append(CaptionProblem(self._line, "a paragraph has no end"))
        elif element.end <= element.begin:
            self.problems.append(CaptionProblem(self._line, "a paragraph ends before it begins"))
        else:
            times = (round(element.begin * 1000), round(element.end * 1000))
            self.cues.append(Cue(*times, text, "", self._line))

    def _times(
        self, attributes: dict[str, str], parent: _Element
    ) -> tuple[Fraction, Fraction | None]:
        """Return when an element is shown: its times count from those of the one around it."""
        if attributes.get("timeContainer", "par") != "par":
            raise _WrongError("timeContainer other than par is not read")
        given = {
            name: self._time(attributes[name], name)
            for name in ("begin", "end", "dur")
            if name in attributes
        }
        begin = parent.begin + given.get("begin", Fraction(0))
        ends = [parent.end] if parent.end is not None else []
        if "end" in given:
            ends.append(parent.begin + given["end"])
        if "dur" in given:
            ends.append(begin + given["dur"])
        return begin, min(ends) if ends else None

    def _time(self, text: str, name: str) -> Fraction:
        """Return a time in seconds."""
        text = text.strip()
        clock = _CLOCK.fullmatch(text)
        if clock is not None:
            hours, minutes, seconds, part, frames = clock.groups()
            whole = Fraction(int(hours) * 3600 + int(minutes) * 60 + int(seconds))
            if part is not None:
                whole += Fraction(int(part), 10 ** len(part))
            return whole + (Fraction(int(frames)) / self._rates.frame if frames else 0)
        offset = _OFFSET.fullmatch(text)
        if offset is None:
            raise _WrongError(f"{name}: {text[:40]!r} is no time")
        units: dict[str, Fraction] = {
            "h": Fraction(3600),
            "m": Fraction(60),
            "s": Fraction(1),
            "ms": Fraction(1, 1000),
            "f": 1 / self._rates.frame,
            "t": 1 / self._rates.tick,
        }
        return Fraction(offset[1]) * units[offset[2]]


def _rates(attributes: dict[str, str]) -> _Rates:
    """Return how a document counts frames and ticks (TTML2 §6.2)."""

    def named(name: str, pattern: str, default: str) -> Any:
        text = attributes.get(f"{_PARAMETERS} {name}", default).strip()
        match = re.fullmatch(pattern, text)
        if match is None or any(int(part) == 0 for part in match.groups()):
            raise _WrongError(f"{name}: {text[:40]!r} makes no sense")
        return [int(part) for part in match.groups()]

    if attributes.get(f"{_PARAMETERS} timeBase", "media") != "media":
        raise _WrongError("times of a clock or of a tape (timeBase) are not read, only media times")
    (frame,) = named("frameRate", r"(\d{1,4})", "30")
    over, under = named("frameRateMultiplier", r"(\d{1,5}) (\d{1,5})", "1 1")
    rate = Fraction(frame * over, under)
    has_frames = f"{_PARAMETERS} frameRate" in attributes
    (tick,) = named("tickRate", r"(\d{1,9})", str(round(rate)) if has_frames else "1")
    return _Rates(rate, Fraction(tick))


def _marks(attributes: dict[str, str]) -> Sequence[str]:
    return tuple(
        dict.fromkeys(
            mark
            for (name, value), mark in _MARKS.items()
            if attributes.get(f"{_STYLING} {name}") == value
        )
    )
