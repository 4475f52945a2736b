"""Turn what a dump holds into values that the graph can take: a line, a title, a year at a time.

Adapters describe the part of a dump that they read as a frozen msgspec Struct and decode straight
into it. Whatever breaks a limit of the data model (`kensho/domain/works.py`) becomes one reject
that names field and value, and costs that value alone; a record is lost only where it has no key or
no title. Nothing is guessed: `None` stays `None`.

Performance: a sound line is decoded once, in C; only a faulty one is decoded again, slowly, to find
and drop its fault.

Use: `RawDecoder(RawAnime).decode(line, number, rejects)` gives the Struct or `None` (rejected);
`RecordSpot(rejects, number, key)` goes to the checkers (`year_or_reject`, `clean_titles`, ...),
which report what they refuse. Whole files of JSON Lines are read by `ingest/reading/json_lines.py`.
"""

import datetime as dt
import functools
import html
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Generic, NamedTuple, TypeAlias, TypeVar, cast

import msgspec
from msgspec import Meta

from ingest.reading.bounds import JsonNesting
from ingest.reading.json_errors import cut, error_in, value_at
from ingest.reading.rejects import Rejects
from kensho.domain.records import Tagging
from kensho.domain.works import (
    MAX_TAG_CHARS,
    MAX_TITLE_CHARS,
    MIN_YEAR,
    YEARS_AHEAD,
    TagCategory,
    Title,
    TitleKind,
)

MAX_INT: Final = 2**63 - 1
"""The graph's integers are 64 bits wide."""

Int = Annotated[int, Meta(ge=-(2**63), le=MAX_INT)]
"""Any integer that the graph can hold: the type of every number in a raw Struct."""

PageNumber = Annotated[int, Meta(ge=1, le=MAX_INT)]
"""A provider's numeric id."""

RawTitle: TypeAlias = tuple[str | None, str | None, TitleKind]
"""A title as a dump has it: text, language, kind."""

Raw = TypeVar("Raw", bound=msgspec.Struct)
Choice = TypeVar("Choice")

_MAX_FAULTS: Final = 50
"""A record with more faults than this is another thing than the source promises."""

_MAX_DEPTH: Final = 256
"""The most that `IngestSettings.max_depth` may be: faults are found and shown by recursion, which
Python ends at 1,000 levels."""

_ENTITY: Final = re.compile("&(?:amp|lt|gt|quot|apos|#0?39);")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_CONTROL_IN_TEXT: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_URL: Final = re.compile(r"https?://[^\s\x00-\x1f\x7f]+")


class RecordSpot(NamedTuple):
    """Where a value is found: the record's line and key, and where its rejects go."""

    rejects: Rejects
    line: int
    key: str | None = None

    def refuse(self, field: str, value: object, reason: str) -> None:
        """Report one refused value of this record."""
        self.rejects.add(self.line, field, value, reason, key=self.key)


class MalformedJsonError(ValueError):
    """The bytes are no JSON at all; whoever reads the file knows whether they were cut off."""


class RawDecoder(Generic[Raw]):
    """Decodes records of one shape.

    A member of the wrong type is reported and left out; if the shape requires it, so is the record.
    """

    def __init__(self, shape: type[Raw]) -> None:
        self._shape = shape
        self._json = msgspec.json.Decoder(shape)
        self._required = {f.encode_name for f in msgspec.structs.fields(shape) if f.required}

    def decode(self, line: bytes, number: int, rejects: Rejects) -> Raw | None:
        """Return the record on a line, or `None` where it was rejected.

        Raises:
            MalformedJsonError: the line is no JSON.
        """
        try:
            return self._json.decode(line)
        except msgspec.ValidationError:
            return self.convert(_lenient_json(line), number, rejects)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise MalformedJsonError(str(error)) from error

    def convert(self, document: object, number: int, rejects: Rejects) -> Raw | None:
        """Return the record in a decoded JSON value, or `None` where it was rejected.

        Faulty members are removed from `document` in place.
        """
        spot = RecordSpot(rejects, number)
        for _ in range(_MAX_FAULTS):
            try:
                return msgspec.convert(document, self._shape)
            except msgspec.ValidationError as error:
                if not self._drop_fault(document, str(error), spot):
                    return None
        spot.refuse("record", document, f"more than {_MAX_FAULTS} faulty members")
        return None

    def _drop_fault(self, document: object, message: str, spot: RecordSpot) -> bool:
        """Report and cut the fault that msgspec found; False where the record needs it."""
        fault = error_in(message)
        spot.refuse(fault.field, value_at(document, fault.steps), fault.reason)
        if not fault.steps or (len(fault.steps) == 1 and fault.field in self._required):
            return False
        cut(document, fault.steps)
        return True


def _lenient_json(line: bytes) -> object:
    """Decode any JSON, also the numbers that msgspec refuses."""
    if JsonNesting(_MAX_DEPTH).is_too_deep_with(line):
        raise MalformedJsonError(f"nested over {_MAX_DEPTH} levels deep")
    try:
        return cast("object", json.loads(line))
    except (ValueError, RecursionError) as error:
        raise MalformedJsonError(str(error)) from error


def latest_year(now: dt.datetime | None = None) -> int:
    """Return the last year that is believed; adapters read the clock through this alone."""
    return (now or dt.datetime.now(dt.UTC)).year + YEARS_AHEAD


def year_or_reject(year: int | None, spot: RecordSpot, *, latest: int) -> int | None:
    """Return the year where it lies in 1900..`latest`."""
    if year is None or MIN_YEAR <= year <= latest:
        return year
    spot.refuse("year", year, f"a year lies in {MIN_YEAR}..{latest}")
    return None


def date_or_reject(
    parts: tuple[int | None, int | None, int | None], field: str, spot: RecordSpot, *, latest: int
) -> dt.date | None:
    """Return the date of (year, month, day); where one of the three is unknown, so is the date."""
    year, month, day = parts
    if year is None or month is None or day is None:
        return None
    try:
        date = dt.date(year, month, day)
    except (ValueError, OverflowError):
        spot.refuse(field, f"{year}-{month}-{day}", "no such day")
        return None
    if MIN_YEAR <= year <= latest:
        return date
    spot.refuse(field, date, f"a year lies in {MIN_YEAR}..{latest}")
    return None


def count_or_reject(count: int | None, field: str, spot: RecordSpot) -> int | None:
    """Return a count where it is positive; zero is how dumps spell unknown."""
    if not count:
        return None
    if 0 < count <= MAX_INT:
        return count
    spot.refuse(field, count, "a count is not negative" if count < 0 else "beyond 64 bits")
    return None


def choice_or_reject(
    value: str | None, choices: Mapping[str, Choice], field: str, spot: RecordSpot
) -> Choice | None:
    """Return the word of the graph for a word of a source."""
    if value is None:
        return None
    if value in choices:
        return choices[value]
    spot.refuse(field, value, f"expected one of {', '.join(choices)}")
    return None


def score_or_reject(score: float | None, spot: RecordSpot) -> float | None:
    """Return a score where it lies in 0..10."""
    if score is None or 0 <= score <= 10:  # noqa: PLR2004 - the scale of every score
        return score
    spot.refuse("score", score, "a score lies in 0..10")
    return None


def url_or_reject(url: str | None, field: str, spot: RecordSpot) -> str | None:
    """Return an http(s) address; any other scheme is refused, for pages link to it."""
    if not url:
        return None
    if _URL.fullmatch(url):
        return url
    spot.refuse(field, url, "not an http(s) address")
    return None


def clean_line(text: str) -> str:
    """Return a text of one line: without control characters (a line break is a blank), stripped."""
    if not text.isprintable():
        text = _CONTROL.sub("", text.replace("\n", " ").replace("\t", " "))
    return text.strip()


def clean_text(text: str | None) -> str | None:
    """Return a text of lines without control characters, stripped; `None` where it is empty."""
    if text is None:
        return None
    return _CONTROL_IN_TEXT.sub("", text.replace("\r\n", "\n")).strip() or None


def clean_title(text: str) -> str:
    """Return a title as one line, with what a page's markup writes "&amp;" for its character.

    No title has such a word of its own; other names between & and ; are left alone ("Rock&Roll;").
    """
    return clean_line(_ENTITY.sub(lambda found: html.unescape(found[0]), text))


def main_title_or_reject(text: str, spot: RecordSpot) -> str | None:
    """Return the cleaned main title, or `None`: rejected, as the record must then be."""
    cleaned = clean_title(text)
    if 0 < len(cleaned) <= MAX_TITLE_CHARS:
        return cleaned
    spot.refuse("title", text, f"a main title has 1 to {MAX_TITLE_CHARS} characters")
    return None


def clean_titles(candidates: Iterable[RawTitle], spot: RecordSpot) -> tuple[Title, ...]:
    """Return the titles in order: cleaned, empty ones dropped, each once.

    A text is kept once per language; without a language it is dropped where it is there already.
    """
    titles: dict[tuple[str, str | None], Title] = {}
    texts: set[str] = set()
    for raw, language, kind in candidates:
        text = clean_title(raw) if raw else ""
        if len(text) > MAX_TITLE_CHARS:
            spot.refuse("titles", text, f"a title has at most {MAX_TITLE_CHARS} characters")
        elif text and not (text in texts and language is None):
            texts.add(text)
            titles.setdefault((text, language), Title(text, language, kind))
    return tuple(titles.values())


def clean_names(names: Iterable[str], field: str, spot: RecordSpot) -> tuple[str, ...]:
    """Return names of studios or producers as they are written, each once whatever its case."""
    kept: dict[str, str] = {}
    for name in names:
        text = clean_line(name)
        if len(text) > MAX_TITLE_CHARS:
            spot.refuse(field, text, f"a name has at most {MAX_TITLE_CHARS} characters")
        elif text:
            kept.setdefault(text.casefold(), text)
    return tuple(kept.values())


@functools.lru_cache(maxsize=1 << 16)
def fold_tag(name: str) -> str:
    """Return a tag's name as the graph spells it: NFKC, case folded, runs of blanks as one.

    Remembers names: anime-offline-database alone repeats few of them over 555,774 links.
    """
    folded = unicodedata.normalize("NFKC", _CONTROL.sub(" ", name)).casefold()
    # Folding case takes some composed letters apart (U+0390), so they are composed once more.
    return " ".join(unicodedata.normalize("NFKC", folded).split())


@functools.lru_cache(maxsize=1 << 16)
def _tagging(name: str, category: TagCategory | None, relevance: float | None) -> Tagging | None:
    folded = fold_tag(name)
    return Tagging(folded, category, relevance) if 0 < len(folded) <= MAX_TAG_CHARS else None


def clean_tags(
    names: Iterable[str],
    spot: RecordSpot,
    *,
    category: TagCategory | None = None,
    relevance: float | None = None,
) -> tuple[Tagging, ...]:
    """Return the tags of these names, folded, each once; over-long names are rejected."""
    tags: dict[str, Tagging] = {}
    for name in names:
        tag = _tagging(name, category, relevance)
        if tag is not None:
            tags.setdefault(tag.name, tag)
        elif fold_tag(name):
            spot.refuse("tags", name, f"a tag has at most {MAX_TAG_CHARS} characters")
    return tuple(tags.values())
