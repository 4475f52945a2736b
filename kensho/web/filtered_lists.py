"""Works as lists show them: decoded from the read model, filtered, with counts of what else is."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from kensho.discovery import franchises
from kensho.discovery.facets import FacetCounter
from kensho.discovery.filters import FilterMasks, Filters, Nodes
from kensho.discovery.related_works import summary_of
from kensho.discovery.search_views import Facets
from kensho.domain.works import SEASONS
from kensho.read_model.franchise_views import FranchiseSummary
from kensho.read_model.model import ReadModel
from kensho.read_model.views import Summary
from kensho.web import urls
from kensho.web.messages import Messages

_MOST_CHOICES: Final = 40
"""Values of a filter that are offered; a page shows eight and unfolds the rest."""


class FilterChoice(NamedTuple):
    """A value of a filter: how many works it would leave; its link sets it, or takes it off."""

    label: str
    works: int
    href: str
    is_on: bool


class FilterGroup(NamedTuple):
    """The values of a filter."""

    name: str
    choices: list[FilterChoice]


class FilteredList(NamedTuple):
    """The works that pass, how many are hidden for being adult, and counts of what else is."""

    nodes: Nodes
    hidden: int
    facets: Facets


class PagePart(NamedTuple):
    """A page of a list: its nodes, which page of how many it is, and the size of the whole."""

    nodes: Nodes
    number: int
    pages_total: int
    total: int


class ListPage(NamedTuple):
    """A page with filters: its path, and the parameters it was asked for by name."""

    path: str
    parameters: Mapping[str, object]

    def url(self, **changes: object) -> str:
        """Return the page with other parameters; always its first part."""
        return urls.with_query(self.path, {**self.parameters, "page": None, **changes})


def page_of(nodes: Nodes, number: int, most: int) -> PagePart:
    """Return a page of a list, counted from 1; the nearest one where there is no such page."""
    pages_total = max(1, -(-len(nodes) // most))
    number = min(max(1, number), pages_total)
    return PagePart(nodes[(number - 1) * most : number * most], number, pages_total, len(nodes))


def filtered(
    model: ReadModel, nodes: Nodes, filters: Filters, counter: FacetCounter
) -> FilteredList:
    """Return those of `nodes` that pass, in their order; `counter` is that of the same model."""
    masks = FilterMasks(model, filters, nodes)
    return FilteredList(masks.nodes(), masks.adult_hidden, counter.facets(masks))


def summaries(model: ReadModel, nodes: Iterable[int]) -> list[Summary]:
    """Return the works of these nodes."""
    return [summary_of(model, int(node)).decode() for node in nodes]


def franchise_summaries(model: ReadModel, numbers: Iterable[int]) -> list[FranchiseSummary]:
    """Return the franchises of these numbers."""
    return [franchises.summary(model, int(number)).decode() for number in numbers]


def filter_groups(
    page: ListPage, facets: Facets, names: Iterable[str], messages: Messages
) -> list[FilterGroup]:
    """Return the filters of these names that leave a choice, each with its values."""
    groups = [
        FilterGroup(name, _choices(page, name, _counts(facets, name), messages)) for name in names
    ]
    return [group for group in groups if len(group.choices) > 1 or page.parameters.get(group.name)]


def _counts(facets: Facets, name: str) -> dict[str, int]:
    if name == "tag":
        return {tag.name: tag.count for tag in facets.tag}
    counts: dict[str, int] = getattr(facets, name)
    if name == "season":
        return {season: counts[season] for season in SEASONS if season in counts}
    if name == "year":
        return counts
    return dict(sorted(counts.items(), key=lambda pair: -pair[1]))


def _choices(
    page: ListPage, name: str, counts: dict[str, int], messages: Messages
) -> list[FilterChoice]:
    chosen = page.parameters.get(name)
    chosen = None if chosen is None else str(chosen)
    if chosen is not None:
        counts = {chosen: counts.get(chosen, 0), **counts}
    return [
        FilterChoice(
            label=messages.tag(value) if name == "tag" else messages.label(name, value),
            works=count,
            href=page.url(**{name: None if value == chosen else value}),
            is_on=value == chosen,
        )
        for value, count in list(counts.items())[:_MOST_CHOICES]
    ]
