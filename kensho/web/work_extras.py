"""What only the store knows of a work: its titles by language, its dates, and whose its score is.

The read model's documents name synonyms without their languages. While the store is away titles are
told apart by their letters, which say less.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from kensho.domain.works import Title, WorkKind
from kensho.errors import StorageError
from kensho.storage.gateway import Gateway
from kensho.web import title_languages
from kensho.web.messages import Messages

_FIRST: Final = ("en", "ja", "ja-Latn")
"""Languages that most viewers look for; the others follow by name."""
_SCRIPT_OF: Final = {"ja": "ja", "ko": "ko"}
"""Scripts that are written in one language alone."""


class WorkExtrasRow(msgspec.Struct, frozen=True):
    """What the store says of a work beyond its documents."""

    titles: tuple[Title, ...] = ()
    score_source: str | None = None
    start_date: str | None = None
    end_date: str | None = None


class TitleGroup(NamedTuple):
    """Titles of one language, or of one script where none is stated."""

    label: str
    texts: list[str]


_NONE: Final = WorkExtrasRow()


async def of_work(gateway: Gateway, work: UUID, kind: WorkKind) -> WorkExtrasRow:
    """Return what the store says; nothing where it is away."""
    try:
        found = await gateway.fetch(
            "works.particulars", {"table": kind, "work": work}, into=list[WorkExtrasRow]
        )
    except StorageError:
        return _NONE
    return found[0] if found else _NONE


def grouped(texts: Iterable[str], stated: Iterable[Title], messages: Messages) -> list[TitleGroup]:
    """Return titles by language, English and Japanese first, those of no stated language last."""
    languages = {title.text: title.language for title in stated if title.language is not None}
    groups: dict[tuple[int, str], list[str]] = {}
    for text in dict.fromkeys(texts):
        groups.setdefault(_key(text, languages.get(text), messages), []).append(text)
    return [TitleGroup(label, groups[rank, label]) for rank, label in sorted(groups)]


def _key(text: str, language: str | None, messages: Messages) -> tuple[int, str]:
    """Return where the group of a title stands, and what it is called."""
    script = title_languages.script(text)
    language = language or _SCRIPT_OF.get(script)
    if language is None:
        return len(_FIRST) + 1, messages.label("script", script)
    rank = _FIRST.index(language) if language in _FIRST else len(_FIRST)
    return rank, messages.label("language", language)
