"""Read the curators' decisions.

Which source wins a field, which tag is which, and in what category.

The files lie beside this module as TOML; each entry bears its reason. They are read once per run.
"""

import tomllib
from importlib.resources import files
from typing import cast

import msgspec

from kensho.domain.works import TagCategory


class Decisions(msgspec.Struct, frozen=True):
    """Decisions in force: field → sources that win it, tag alias → tag, tag → category."""

    precedence: dict[str, tuple[str, ...]] = {}
    tag_aliases: dict[str, str] = {}
    tag_categories: dict[str, TagCategory] = {}

    def tag_name(self, name: str) -> str:
        """Return the tag that `name` stands for."""
        return self.tag_aliases.get(name, name)

    def tag_category(self, name: str) -> TagCategory | None:
        """Return the category decided for a tag, which no source overrides."""
        return self.tag_categories.get(name)


class _Precedence(msgspec.Struct, frozen=True):
    first: tuple[str, ...]
    reason: str


class _Tags(msgspec.Struct, frozen=True):
    categories: dict[TagCategory, list[str]] = {}
    aliases: dict[str, str] = {}


def load() -> Decisions:
    """Read the decisions that come with Kenshō."""
    precedence = msgspec.convert(_toml("precedence.toml"), dict[str, _Precedence])
    tags = msgspec.convert(_toml("tags.toml"), _Tags)
    return Decisions(
        precedence={field: entry.first for field, entry in precedence.items()},
        tag_aliases=tags.aliases,
        tag_categories={
            tags.aliases.get(name, name): category
            for category, names in tags.categories.items()
            for name in names
        },
    )


def _toml(name: str) -> dict[str, object]:
    text = (files("ingest.curation") / name).read_text("utf-8")
    return cast("dict[str, object]", tomllib.loads(text))
