"""Titles in the language that a viewer prefers, put in place of the main ones in any document.

Romaji is what the catalogue calls a work: its main title. English and native ones are those that a
source calls main or official; of a work without one the main title stands. A franchise or line that
is called like one of its works is called as that work is, and keeps its name otherwise.

Guarantees: a document is changed in its titles alone, and one that has none to change is returned
as it is.

Performance: 15 µs for each work that is asked for the first time, 1 µs for each value of a
document.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias, cast, get_args
from uuid import UUID

import msgspec
import numpy as np

from kensho.discovery import franchises, related_works
from kensho.discovery.filters import Nodes
from kensho.domain.relations import Assertion
from kensho.domain.titles import folded
from kensho.domain.works import Title
from kensho.read_model.episodes import EpisodeView
from kensho.read_model.franchise_views import (
    FranchiseEdge,
    FranchiseLine,
    FranchiseSummary,
    StepReason,
)
from kensho.read_model.model import ReadModel
from kensho.read_model.views import FranchiseRef, SimilarityReason, SourceView, TagView

TitleChoice: TypeAlias = Literal["romaji", "english", "native"]
TITLE_CHOICES: Final[tuple[TitleChoice, ...]] = get_args(TitleChoice)
_LANGUAGES: Final[Mapping[TitleChoice, tuple[str, ...]]] = {
    "romaji": (),
    "english": ("en",),
    "native": ("ja", "zh", "zh-Hans", "zh-Hant", "ko"),
}
"""In the order in which they are looked for."""
_FORMAL: Final = ("main", "official")
_WITHOUT_TITLES: Final = (
    Assertion, EpisodeView, FranchiseEdge, StepReason, SimilarityReason, SourceView, TagView, Title
)  # fmt: skip
"""Documents that hold no title of a work; going through them would take longer than all others."""


class PreferredTitles:
    """The titles of one model as a viewer prefers them; made for a request."""

    def __init__(self, model: ReadModel, choice: TitleChoice) -> None:
        self.choice: Final = choice
        self._model = model
        self._titles: dict[UUID, str | None] = {}
        self._names: dict[str, str] = {}

    def of(self, work: UUID, title: str) -> str:
        """Return what a work is called; `title` where nothing else is known."""
        if self.choice == "romaji":
            return title
        if work not in self._titles:
            self._titles[work] = self._found(work)
        return self._titles[work] or title

    def of_franchise(self, slug: str, title: str) -> str:
        """Return what a franchise is called, as `of`."""
        if self.choice == "romaji":
            return title
        if slug not in self._names:
            number = self._model.franchises.number(slug)
            root = None if number is None else franchises.summary(self._model, number).decode().root
            self._names[slug] = title if root is None else self._called_like(title, (root,))
        return self._names[slug]

    def sorted(self, nodes: Nodes) -> Nodes:
        """Return nodes by what they are called, ties by node."""
        if self.choice == "romaji":
            return nodes

        def key(node: int) -> tuple[str, int]:
            title = self._title_at(node) or related_works.title_of(self._model, node)
            return title.casefold(), node

        return np.array(sorted(nodes.tolist(), key=key), dtype=np.int32)

    def applied(self, value: Any) -> Any:
        """Return a document, or anything that holds some, with the titles that are preferred."""
        return value if self.choice == "romaji" else self._applied(value)

    def _applied(self, value: Any) -> Any:
        if isinstance(value, msgspec.Struct):
            return value if isinstance(value, _WITHOUT_TITLES) else self._of_struct(value)
        parts: Any = value  # typed by what is asked of it, its members are not known
        if isinstance(value, tuple):
            return self._of_tuple(parts)
        if type(value) is list:
            return [self._applied(one) for one in parts]
        if type(value) is dict:
            return {key: self._applied(one) for key, one in parts.items()}
        return parts

    def _of_tuple(self, value: tuple[Any, ...]) -> Any:
        changed = [self._applied(one) for one in value]
        is_same = all(one is other for one, other in zip(changed, value, strict=True))
        made: Any = value if is_same else getattr(value, "_make", tuple)(changed)
        work, title = getattr(made, "id", None), getattr(made, "title", None)
        if isinstance(work, UUID) and isinstance(title, str):
            return made._replace(title=self.of(work, title))
        return made

    def _of_struct(self, value: msgspec.Struct) -> msgspec.Struct:
        changes = {
            name: changed
            for name, before in _fields(value)
            if (changed := self._applied(before)) is not before
        }
        title = getattr(value, "title", None)
        if title is not None:
            preferred = self._title_of(value, title)
            if preferred != title:
                changes["title"] = preferred
        return msgspec.structs.replace(value, **changes) if changes else value

    def _title_of(self, value: msgspec.Struct, title: str) -> str:
        if isinstance(value, FranchiseSummary | FranchiseRef):
            return self.of_franchise(value.slug, title)
        if isinstance(value, FranchiseLine):
            return self._called_like(title, value.works)
        work = getattr(value, "id", None)
        return self.of(work, title) if isinstance(work, UUID) else title

    def _called_like(self, title: str, works: Iterable[UUID]) -> str:
        """Return the preferred title of the first work that is called so."""
        wanted = folded(title)
        for work in works:
            node = self._model.node(work)
            if node is not None and folded(related_works.title_of(self._model, node)) == wanted:
                return self.of(work, title)
        return title

    def _found(self, work: UUID) -> str | None:
        node = self._model.node(work)
        return None if node is None else self._title_at(node)

    def _title_at(self, node: int) -> str | None:
        titles = self._model.further(node).decode().titles
        return next(preferred(titles, self.choice), None)


def preferred(titles: Iterable[Title], choice: TitleChoice) -> Iterator[str]:
    """Yield the titles of a work in the languages of a choice, the first one asked for first."""
    languages = _LANGUAGES[choice]
    known = [one for one in titles if one.kind in _FORMAL and one.language in languages]
    for language in languages if known else ():
        of_language = [one.text for one in known if one.language == language]
        if choice == "native":
            of_language.sort(key=str.isascii)  # what is written in other letters comes first
        yield from of_language


def _fields(value: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    for name in value.__struct_fields__:
        held = getattr(value, name)
        if isinstance(held, msgspec.Struct | tuple | list | dict):
            yield name, cast("Any", held)
