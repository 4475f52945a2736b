"""`/search`: what a text may mean, one entry for each franchise or story."""

from typing import Any, Final

import msgspec
from litestar import Controller, Request, get
from markupsafe import Markup, escape

from kensho.discovery.facets import Filters
from kensho.discovery.search import MAX_OFFSET, SearchRequest
from kensho.discovery.search_views import QueryInterpretation, SearchPage, Spans
from kensho.domain.works import AnimeType, Season, Status
from kensho.http.privacy import PUBLIC
from kensho.http.response_cache import PreparedResponse
from kensho.web import forms, listing
from kensho.web.listing import ListPage
from kensho.web.messages import Messages
from kensho.web.page_context import GivenPageContext

PER_PAGE: Final = 20
FILTERS: Final = ("type", "status", "season", "year", "tag")
_PAGE: Final = msgspec.json.Decoder(SearchPage)
_LEAST_UNSURE: Final = ("season", "part", "year", "episode")


class SearchForm(msgspec.Struct, frozen=True):
    """What is searched for; `page` counts from 1."""

    q: str = ""
    type: AnimeType | None = None
    status: Status | None = None
    season: Season | None = None
    year: int | None = None
    tag: str | None = None
    safe: bool | None = None
    page: int = 1


class SearchPageController(Controller):
    """Titles."""

    path = "/search"
    opt = PUBLIC

    @get()
    async def search(
        self, desk: GivenPageContext, request: Request[Any, Any, Any]
    ) -> PreparedResponse:
        """Show what the text may mean."""
        form = forms.read(request, SearchForm)
        held = desk.held
        identity = held.model.identity
        if not form.q:
            return desk.page("search_empty.html.jinja", identity)
        if form.year is not None:
            desk.calendar.check(form.year)
        asked = _asked(form, safe=desk.searching.safe)
        found = _PAGE.decode(await desk.searching.answer(held, asked))
        page = ListPage("/search", _parameters(form))
        last = min(-(-found.total // PER_PAGE), MAX_OFFSET // PER_PAGE)
        return desk.page(
            "search.html.jinja",
            identity,
            query=form.q,
            found=found,
            form=form,
            page=page,
            pages=last,
            is_filtered=any(page.asked.get(name) for name in FILTERS),
            is_safe=asked.filters.safe,
            groups=listing.groups(page, found.facets, FILTERS, desk.renderer.wording),
            read_as=understood(form.q, found.read_as, desk.renderer.wording),
            marked=marked,
        )


def marked(text: str, spans: Spans) -> Markup:
    """Return a title with what was typed of it marked."""
    parts: list[str] = []
    at = 0
    for first, end in spans:
        parts += [escape(text[at:first]), Markup("<mark>{}</mark>").format(text[first:end])]
        at = end
    return Markup("").join([*parts, escape(text[at:])])


def understood(typed: str, read: QueryInterpretation, wording: Messages) -> str | None:
    """Return how the text was understood, in words; `None` where it was taken as it is."""
    details = [
        wording.say(f"search.read_{name}", n=getattr(read, name))
        for name in _LEAST_UNSURE
        if getattr(read, name) is not None
    ]
    if read.text.casefold() == typed.casefold() and not details:
        return None
    key = "search.read_as" if read.release is None else "search.read_release"
    return ", ".join([wording.say(key, text=read.text), *details])


def _asked(form: SearchForm, *, safe: bool) -> SearchRequest:
    return SearchRequest(
        text=form.q,
        filters=Filters(
            type=form.type,
            status=form.status,
            season=form.season,
            year=form.year,
            tag=form.tag,
            safe=safe if form.safe is None else form.safe,
        ),
        limit=PER_PAGE,
        offset=min((max(form.page, 1) - 1) * PER_PAGE, MAX_OFFSET),
        by_franchise=True,
    )


def _parameters(form: SearchForm) -> dict[str, object]:
    safe = None if form.safe is None else str(form.safe).lower()
    page = None if form.page == 1 else form.page
    return {**msgspec.structs.asdict(form), "safe": safe, "page": page}
