"""The labelled queries: what people type, and the work that must come first.

`labelled/titles.toml` is curated by hand, and `labelled/README.md` says how. A table holds the rows
of one kind, and its name is their `kind`. Every row is checked when it is read: a mistake in
the file names its row instead of turning up as a miss of the engine. Reading takes a few
milliseconds.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias, get_args

import msgspec

from kensho.domain import ids as source_ids
from kensho.errors import KenshoError

TITLES: Final = Path(__file__).parent / "labelled" / "titles.toml"

Kind: TypeAlias = Literal[
    "typo",
    "spacing",
    "ornament",
    "long_vowel",
    "particles",
    "numerals",
    "season",
    "root",
    "short_exact",
    "digits",
    "abbreviation",
    "kana",
    "kanji",
    "chinese",
    "hangul",
    "cyrillic",
    "wrong_layout",
    "latin_diacritics",
    "word_order",
    "prefix",
    "half_remembered",
    "movie",
    "year",
    "release",
    "width",
]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
Text: TypeAlias = Annotated[str, msgspec.Meta(pattern=r"^\S(?:.*\S)?$")]
"""One line that is not empty and bears no blanks at its ends."""
Number: TypeAlias = Annotated[int, msgspec.Meta(ge=0)]


class LabelError(KenshoError):
    """The file of labelled queries is wrong; the message names the row."""


class LabelledQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A query, the works that answer it, and what makes it hard.

    Any of `ids` counts as a hit; the first is the work that is meant. `season` and `episode` are
    what a file name says, where it says so. `known_miss` is why the engine may miss it for now.
    """

    query: Text
    ids: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    kind: Kind
    reason: Text
    known_miss: Text | None = None
    season: Number | None = None
    episode: Number | None = None


def load(path: Path = TITLES) -> list[LabelledQuery]:
    """Return the labelled queries in the order of the file.

    Raises:
        LabelError: the file isn't TOML, or a row is malformed or repeats an earlier query.
    """
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LabelError(f"{path.name}: {error}") from error
    first: dict[str, str] = {}
    found = []
    for place, row in _rows(path.name, tables):
        label = _read(place, row)
        earlier = first.setdefault(label.query.casefold(), place)
        if earlier != place:
            raise LabelError(f"{place}: repeats {earlier}")
        found.append(label)
    return found


def _rows(file: str, tables: dict[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield each row with its kind, and the words that name it in an error."""
    for kind, rows in tables.items():
        if not isinstance(rows, list):
            raise LabelError(f"{file}: {kind} is no list of rows")
        for number, row in enumerate(rows, 1):
            place = f"{file}: {kind} row {number}"
            if not isinstance(row, dict) or "kind" in row:
                raise LabelError(f"{place}: a row is a table, and its kind is the name of the list")
            yield f"{place} ({row.get('query')!r})", {**row, "kind": kind}


def _read(place: str, row: dict[str, object]) -> LabelledQuery:
    try:
        label = msgspec.convert(row, LabelledQuery)
    except msgspec.ValidationError as error:
        raise LabelError(f"{place}: {error}") from error
    for source_id in label.ids:
        if source_ids.parse(source_id) != source_id:
            raise LabelError(f"{place}: {source_id!r} is no source id")
    if len(set(label.ids)) < len(label.ids):
        raise LabelError(f"{place}: an id stands twice")
    return label
