"""Read whole documents as streams: items of a big JSON document, its head, elements of an XML one.

Guarantees: one item is in memory at a time, and none over the limits (`IngestSettings`): one that
is too large or nested too deep ends the reading, one with too long a list is a reject. A document
that is not the expected one raises `SourceFileError` before its first item, one that is broken
further on raises it there; and XML entities and external references are refused, never expanded.
Such documents have no lines: items are numbered from 1. Dumps carry their date and origin before
their data, as the first members of a document: `head_of` reads these alone.

Performance: one pass, about 20 MB/s of JSON or XML; a head costs the bytes before the data.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Final, cast
from xml.etree.ElementTree import Element, ParseError

import ijson
import msgspec
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from ingest.reading.bounds import PIECE_BYTES, BoundedStream, fault_in, may_be_long, over_limit
from ingest.reading.files import SourceFile
from ingest.reading.rejects import Rejects
from kensho.errors import SourceFileError

_MAX_QUOTED_CHARS: Final = 80
_PEEK_BYTES: Final = 64 * 1024
"""The first line of a dump in JSON Lines, which holds metadata, is far shorter than this."""

_SCALARS: Final = frozenset(("string", "number", "boolean", "null"))


def json_items(
    file: SourceFile,
    prefix: str,
    rejects: Rejects,
    *,
    expected: str,
    is_ours: Callable[[object], bool],
    exact: bool = True,
) -> Iterator[tuple[int, object]]:
    """Yield (number, value) for each item at the ijson `prefix`, such as `"catalog.item"`.

    `is_ours` looks at the first item alone and tells this source's documents from others'.
    Fractions come as `Decimal`, so that a number beyond 64 bits doesn't break the document; without
    `exact` they are floats.

    Raises:
        SourceFileError: not JSON, truncated, not UTF-8, too large or deep, or not what `expected`
            says.
    """
    items = _json(file, prefix, rejects, pairs=False, options={"use_float": not exact})
    return _checked(file, items, expected, is_ours)


def json_items_of_pages(
    file: SourceFile,
    prefix: str,
    rejects: Rejects,
    *,
    expected: str,
    is_ours: Callable[[object], bool],
) -> Iterator[tuple[int, object]]:
    """Yield as `json_items`, from documents that follow one another: pages of an interface.

    Raises:
        SourceFileError: as `json_items`.
    """
    items = _json(file, prefix, rejects, pairs=False, options={"multiple_values": True})
    return _checked(file, items, expected, is_ours)


def json_members(
    file: SourceFile, rejects: Rejects, *, expected: str, is_ours: Callable[[object], bool]
) -> Iterator[tuple[int, object]]:
    """Yield (number, (key, value)) for each member of the document's outermost object.

    Raises:
        SourceFileError: as `json_items`.
    """
    return _checked(file, _json(file, "", rejects, pairs=True, options={}), expected, is_ours)


def xml_elements(
    file: SourceFile, rejects: Rejects, *, root: str, tag: str
) -> Iterator[tuple[int, Element]]:
    """Yield (number, element) for each `tag` directly in the `root`; it is cleared after use.

    Raises:
        SourceFileError: not well-formed, truncated, another root, an entity or a reference outside,
            an element too large or too deep.
    """
    with file.open() as opened:
        stream = BoundedStream(opened, file.path, file.limits, json=False)
        try:
            events = cast("_Events", iterparse(stream, ("start", "end")))
            for number, element in _elements(file, stream, events, root, tag):
                fault = _fault(element, stream, file)
                if fault is None:
                    if file.keys is not None:
                        file.keys.add_element(element)
                    yield number, element
                else:
                    rejects.add(number, "record", element.attrib, fault)
        except DefusedXmlException as error:
            raise SourceFileError(
                f"{file.path}: refused XML entity or reference: {error}"
            ) from error
        except (ParseError, UnicodeError, LookupError, ValueError) as error:
            raise SourceFileError(
                f"{file.path}: expected XML with root <{root}>, found broken XML: {error}"
            ) from error


_Events = Iterator[tuple[str, Element]]


def _elements(
    file: SourceFile, stream: BoundedStream, events: _Events, root: str, tag: str
) -> Iterator[tuple[int, Element]]:
    _, top = next(events)
    if top.tag != root:
        raise SourceFileError(f"{file.path}: expected XML with root <{root}>, found <{top.tag}>")
    depth = number = 0
    for event, element in events:
        depth += 1 if event == "start" else -1
        if depth > file.limits.max_depth:
            what = f"the nesting in element {number + 1}"
            raise over_limit(file.path, what, "max_depth", file.limits)
        if event == "end" and depth == 0:
            if element.tag == tag:
                number += 1
                yield number, element
            top.clear()
            stream.begin_item()


def _json(
    file: SourceFile, prefix: str, rejects: Rejects, *, pairs: bool, options: Mapping[str, bool]
) -> Iterator[tuple[int, object]]:
    with file.open() as opened:
        stream = BoundedStream(opened, file.path, file.limits)
        read = ijson.kvitems if pairs else ijson.items
        items = cast("Iterator[object]", read(stream, prefix, **options))
        try:
            for number, item in enumerate(items, 1):
                fault = _fault(item, stream, file)
                stream.begin_item()
                if fault is None:
                    if file.keys is not None:
                        file.keys.add(cast("tuple[str, object]", item)[1] if pairs else item)
                    yield number, item
                else:
                    rejects.add(number, "record", item, fault)
        except (ijson.JSONError, UnicodeError, ValueError) as error:
            raise SourceFileError(
                f"{file.path}: the JSON is truncated or broken: {_fault_of_json(error)}"
            ) from error


def _fault(item: object, stream: BoundedStream, file: SourceFile) -> str | None:
    """Return why an item is too much; the piece before may hold its beginning."""
    if may_be_long(stream.item_bytes + PIECE_BYTES, file.limits):
        return fault_in(item, file.limits)
    return None


def _fault_of_json(error: Exception) -> str:
    """Say in our words what a parser found, which says it in bytes and with a drawing."""
    message: object = error.args[0] if error.args else ""
    text = message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)
    if isinstance(error, UnicodeError) or "UTF" in text:
        return "it is not UTF-8"
    if "premature" in text or "incomplete" in text.lower():
        return "it ends too early"
    if "trailing garbage" in text:
        return "something follows its end"
    return "it is no JSON"


def _checked(
    file: SourceFile,
    items: Iterator[tuple[int, object]],
    expected: str,
    is_ours: Callable[[object], bool],
) -> Iterator[tuple[int, object]]:
    first = next(items, None)
    if first is None or not is_ours(first[1]):
        found = "no such item" if first is None else repr(first[1])[:_MAX_QUOTED_CHARS]
        raise SourceFileError(f"{file.path}: expected {expected}, found {found}")
    return itertools.chain((first,), items)


def is_json_lines(file: SourceFile, *, data: str) -> bool:
    """Tell JSON Lines from one JSON document, whose member `data` holds everything."""
    with file.open() as stream:
        first_line = stream.read(_PEEK_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n")[0]
    try:
        return data not in msgspec.json.decode(first_line, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def head_of(file: SourceFile, *, data: str) -> dict[str, object]:
    """Return the outermost scalars of a JSON document, from its beginning to the member `data`.

    Raises:
        SourceFileError: the beginning is no JSON object.
    """
    head: dict[str, object] = {}
    with file.open() as opened:
        stream = BoundedStream(opened, file.path, file.limits)
        events = cast("Iterator[tuple[str, str, object]]", ijson.parse(stream))
        try:
            for prefix, event, value in events:
                if prefix == data:
                    break
                if event in _SCALARS and prefix:
                    head[prefix] = value
        except (ijson.JSONError, UnicodeError, ValueError) as error:
            raise SourceFileError(
                f"{file.path}: expected a JSON document: {_fault_of_json(error)}"
            ) from error
    return head
