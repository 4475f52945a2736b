"""Read records of JSON in whatever form an upstream gives them: lines, a list, pages of answers.

JSON Lines are read line by line (`json_lines`). Anything else, pretty-printed or compact, is read
as a stream of documents, one or several: records are found at the first place at which an object
has the members of the form, such as `data.Page.media.item` of AniList's answers.

Performance: as `json_lines` and `json_items`; telling the form takes the first 256 KB.
"""

from collections.abc import Iterator
from typing import Final, cast

import ijson

from ingest.reading.decoding import Raw, RawDecoder
from ingest.reading.documents import json_items_of_pages
from ingest.reading.files import SourceFile
from ingest.reading.json_lines import LineForm, has_members_of, json_lines
from ingest.reading.rejects import Rejects
from ingest.reading.source_values import has_members

_PEEK_BYTES: Final = 256 * 1024
"""The first record of a dump, and what stands before it, such as bangumi-data's list of sites."""
_MOST_OPEN: Final = 64


def json_records(
    file: SourceFile, form: LineForm, decoder: RawDecoder[Raw], rejects: Rejects
) -> Iterator[tuple[int, Raw]]:
    """Yield (line or number of the record, record) for each that could be decoded, in file order.

    Raises:
        SourceFileError: the file is not of this form, holds no record, or is cut off.
    """
    with file.open() as stream:
        head = stream.read(_PEEK_BYTES).removeprefix(b"\xef\xbb\xbf").lstrip()
    place = None if has_members_of(head.partition(b"\n")[0], form) else _place_of(head, form)
    if place is None:
        yield from json_lines(file, form, decoder, rejects)
        return

    def is_ours(item: object) -> bool:
        return has_members(item, *form.members)

    items = json_items_of_pages(file, place, rejects, expected=form.what, is_ours=is_ours)
    for number, item in items:
        raw = decoder.convert(item, number, rejects)
        if raw is not None:
            yield number, raw


def _place_of(head: bytes, form: LineForm) -> str | None:
    """Return the ijson prefix of the first object that has the members of the form."""
    left: dict[str, set[str]] = {}
    try:
        events = cast("Iterator[tuple[str, str, object]]", ijson.parse(head, multiple_values=True))
        for prefix, event, value in events:
            if event == "start_map" and len(left) < _MOST_OPEN:
                left[prefix] = set(form.members)
            elif event == "map_key" and prefix in left:
                left[prefix].discard(str(value))
                if not left[prefix]:
                    return prefix
            elif event == "end_map":
                left.pop(prefix, None)
    except (ijson.JSONError, UnicodeError, ValueError):
        return None
    return None
