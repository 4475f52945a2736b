"""Read tag categories that a curator gives in a file.

A line is `{"name": tag, "category": category}`. Kenshō's own decisions are in `tags.toml` beside
this module; a file of this form adds to them. It says nothing of works, so it is no source of
records. The law: a tag has one category, and the first line that names it decides. Cost: one pass;
the answer has one entry per tag.
"""

from typing import Final, get_args

import msgspec

from ingest.reading.decoding import RawDecoder, Spot, choice_or_reject, fold_tag
from ingest.reading.files import SourceFile
from ingest.reading.json_lines import LineForm, json_lines
from ingest.reading.rejects import Rejects
from kensho.domain.works import MAX_TAG_CHARS, TagCategory

_CATEGORIES: Final[dict[str, TagCategory]] = {name: name for name in get_args(TagCategory)}


class _Raw(msgspec.Struct, frozen=True):
    name: str
    category: str


_FORM: Final = LineForm("tag categories", frozenset(("name", "category")))
_DECODER: Final = RawDecoder(_Raw)


def read_categories(file: SourceFile, rejects: Rejects) -> dict[str, TagCategory]:
    """Return the category of each tag in the file, by the tag's folded name.

    Raises:
        SourceFileError: no tag categories, or a truncated file.
    """
    categories: dict[str, TagCategory] = {}
    for line, raw in json_lines(file, _FORM, _DECODER, rejects):
        name, spot = fold_tag(raw.name), Spot(rejects, line)
        category = choice_or_reject(raw.category, _CATEGORIES, "category", spot)
        if category is None:
            continue
        if not 0 < len(name) <= MAX_TAG_CHARS:
            spot.refuse("name", raw.name, f"a tag has 1 to {MAX_TAG_CHARS} characters")
        elif categories.setdefault(name, category) != category:
            spot.refuse("category", raw.category, f"{name} is already a {categories[name]}")
    return categories
