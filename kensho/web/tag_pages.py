"""`/tags` and `/studios`: what works are and who made them; each with its best and its franchises.

Guarantees: a name leads to one page in any case; an id of a tag leads there too. The works of a
page are those of `/browse` with that filter.
"""

from typing import Any, Final, NamedTuple

import msgspec
from litestar import Controller, get
from litestar.params import FromPath

from kensho.discovery import best_works, franchises
from kensho.discovery.best_works import FranchiseShare
from kensho.discovery.filters import FilterMasks, Filters, Nodes, studio_numbers
from kensho.discovery.tags import tag_named
from kensho.domain.tag_names import is_maintenance
from kensho.domain.titles import folded
from kensho.domain.works import TagCategory
from kensho.errors import NotFoundError
from kensho.http.pooled import pooled
from kensho.http.privacy import PUBLIC
from kensho.http.responses import PreparedResponse
from kensho.read_model.franchise_views import FranchiseSummary
from kensho.read_model.model import ReadModel
from kensho.read_model.tags import TagCount
from kensho.web import urls
from kensho.web.forms import get_page
from kensho.web.page_context import GivenPageContext, PageContext

_BEST: Final = 18
"""Three rows of the six works that a grid shows side by side on a laptop."""
_FRANCHISES: Final = 12
"""Three rows of four small maps."""
_TAG_SHARE: Final = 0.5
"""As for the tags of a franchise: at least half of its works bear them."""
_FEWEST_WORKS: Final = 50
"""Tags of what is seen that fewer works bear are found by search and on works alone."""
_LARGEST: Final = 120
_MOST_NAME_CHARS: Final = 200
CATEGORIES: Final[tuple[TagCategory, ...]] = ("genre", "theme", "demographic", "content")


class NamedCount(NamedTuple):
    """A tag or studio, and how many works a list of it shows."""

    name: str
    works: int


class TagGroup(NamedTuple):
    """The tags of a category, those of most works first."""

    category: TagCategory
    tags: list[NamedCount]

    @property
    def is_folded(self) -> bool:
        """Whether tags are shown only when asked for: some tell of the story."""
        return self.category == "content"


class FranchiseEntry(NamedTuple):
    """A franchise, and how many of its works are meant."""

    franchise: FranchiseSummary
    works: int


class TagListController(Controller):
    """All tags."""

    path = "/tags"
    opt = PUBLIC

    @get()
    @pooled
    def list_tags(self, context: GivenPageContext) -> PreparedResponse:
        """Show the tags by category, but for those that only keep a list of tags in order."""
        groups = [TagGroup(category, [*_of_category(context, category)]) for category in CATEGORIES]
        total = sum(len(group.tags) for group in groups)
        return context.page("tags.html.jinja", groups=groups, total=total)


class TagPageController(Controller):
    """A tag."""

    path = "/tags/{name:path}"
    opt = PUBLIC

    @get()
    @pooled
    def tag(self, context: GivenPageContext, name: FromPath[str]) -> PreparedResponse:
        """Show the best works of a tag, and the franchises that it stands for."""
        model = context.model
        tag = model.tags[tag_named(model, _named(name))]
        nodes = _passing(context, Filters(tag=tag.name, safe=context.is_safe))
        is_facet = tag.category != "content"
        return _page(
            context,
            nodes,
            share=_TAG_SHARE,
            section="browse",
            kind=tag.category,
            name=context.messages.tag(tag.name),
            path=urls.tag(tag.name),
            listed=urls.browse(**{tag.category if is_facet else "tag": tag.name}),
            note="tags.franchises_note",
            titled="tags.titled",
            up=(urls.tags(), "tags.all"),
        )


class StudioForm(msgspec.Struct, frozen=True):
    """Which studios are listed: those that begin with a letter; `0` is what begins with none."""

    letter: str | None = None


class StudioListController(Controller):
    """All studios."""

    path = "/studios"
    opt = PUBLIC

    @get_page()
    @pooled
    def list_studios(self, context: GivenPageContext, form: StudioForm) -> PreparedResponse:
        """Show the largest studios, or those of a letter."""
        counted = _studios(context)
        letters = sorted({_letter(one.name) for one in counted})
        letter = form.letter.lower() if form.letter else None
        if letter is not None and letter not in letters:
            raise NotFoundError(f"no studio begins with {letter!r}")
        of_letter = [one for one in counted if letter in (None, _letter(one.name))]
        shown = of_letter[:_LARGEST] if letter is None else of_letter
        return context.page(
            "studios.html.jinja",
            letter=letter,
            letters=letters,
            studios=shown,
            total=len(of_letter),
        )


class StudioPageController(Controller):
    """A studio."""

    path = "/studios/{name:path}"
    opt = PUBLIC

    @get()
    @pooled
    def studio(self, context: GivenPageContext, name: FromPath[str]) -> PreparedResponse:
        """Show the best works of a studio, and the franchises that it worked on."""
        model, wanted = context.model, _named(name)
        numbers = studio_numbers(model, wanted)
        if not numbers:
            raise NotFoundError(f"there is no studio {wanted!r}")
        shown = model.studios[numbers[0]]
        nodes = _passing(context, Filters(studio=shown, safe=context.is_safe))
        return _page(
            context,
            nodes,
            share=0,
            section="browse",
            kind="studio",
            name=shown,
            path=urls.studio(shown),
            listed=urls.browse(studio=shown),
            note="studios.franchises_note",
            titled="studios.titled",
            up=(urls.studios(), "studios.all"),
        )


def _page(
    context: PageContext, nodes: Nodes, *, share: float, **variables: Any
) -> PreparedResponse:
    """Return the page of a tag or studio with these works, the best known first."""
    model = context.model
    years = model.columns.year[nodes]
    known = years[years > 0]
    shares = best_works.franchises_with(model, nodes, share=share, safe=context.is_safe)
    return context.page(
        "tag.html.jinja",
        works=context.listed_works(best_works.best(model, nodes, _BEST)),
        total=len(nodes),
        years=(int(known.min()), int(known.max())) if len(known) else None,
        franchises=[_entry(model, one) for one in shares[:_FRANCHISES]],
        franchises_total=len(shares),
        **variables,
    )


def _entry(model: ReadModel, share: FranchiseShare) -> FranchiseEntry:
    return FranchiseEntry(franchises.summary(model, share.number).decode(), share.works)


def _passing(context: PageContext, filters: Filters) -> Nodes:
    return FilterMasks(context.model, filters, context.ordered("popularity")).nodes()


def _named(name: str) -> str:
    """Return the name in a path, which begins with a slash.

    Raises:
        NotFoundError: no name is that long.
    """
    if len(name) > _MOST_NAME_CHARS:
        raise NotFoundError("no name is that long")
    return name.removeprefix("/")


def _of_category(context: PageContext, category: TagCategory) -> list[NamedCount]:
    model = context.model
    found: list[TagCount] = [
        tag
        for tag in model.tags
        if tag.category == category
        and not is_maintenance(tag.name)
        and (category != "content" or tag.works >= _FEWEST_WORKS)
    ]
    return [NamedCount(tag.name, tag.works) for tag in found]


def _studios(context: PageContext) -> list[NamedCount]:
    """Return the studios that have works to show, those of most works first, then by name."""
    model = context.model
    is_shown = ~model.columns.adult | (not context.is_safe)
    counts = model.likeness.studio_counts(is_shown).tolist()
    counted = map(NamedCount, model.studios, counts)
    return sorted((one for one in counted if one.works), key=lambda one: (-one.works, one.name))


def _letter(name: str) -> str:
    """Return the Latin letter that a name begins with, `0` where it is another sign."""
    first = folded(name)[:1]
    return first if first.isascii() and first.isalpha() else "0"
