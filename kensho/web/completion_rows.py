"""Titles that a text may mean, each with a line of facts: its year, form and franchise.

They are suggested while somebody types, and on the page of an address that leads nowhere.
"""

import msgspec

from kensho.discovery import franchises
from kensho.discovery.search_views import Completion
from kensho.read_model.encoded import Encoded
from kensho.read_model.franchises import NO_FRANCHISE
from kensho.read_model.views import Summary
from kensho.web.page_context import PageContext


class CompletionRow(Completion, frozen=True, kw_only=True):
    """A completion with its year, form and franchise in one line."""

    facts: str


def completion_row(context: PageContext, one: Completion) -> CompletionRow:
    """Return a completion with what tells it from others of its title."""
    said: Completion = context.titles.applied(one)
    facts: list[str] = []
    model, messages = context.model, context.messages
    node = None if one.id is None else model.node(one.id)
    if node is not None:
        year = model.columns.year.item(node)
        facts = [str(year)] if year else []
        summary = Encoded(Summary, model.summary(node)).decode()
        facts.append(messages.label("type", summary.anime_type))
        number = model.franchises.by_node.item(node)
        if number != NO_FRANCHISE:
            slug = model.franchises.slug(number)
            facts.append(context.titles.of_franchise(slug, franchises.title_of(model, number)))
    franchise = None if one.slug is None else model.franchises.number(one.slug)
    if franchise is not None:
        facts = [messages.count("works", len(model.franchises.members(franchise)))]
    return CompletionRow(**msgspec.structs.asdict(said), facts=" · ".join(facts))
