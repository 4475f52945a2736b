"""The paths of our own pages.

Guarantees: a path is written here and nowhere else. Templates call these functions as `urls.…`.
"""

from collections.abc import Mapping
from urllib.parse import quote, urlencode
from uuid import UUID

from kensho.domain.watch_order.order import Order
from kensho.domain.works import Season


def anime(work: UUID) -> str:
    """Return the page of a work."""
    return f"/anime/{work}"


def film(work: UUID) -> str:
    """Return the page of a film."""
    return f"/movies/{work}"


def watched_films() -> str:
    """Return the page of the films that can be watched."""
    return "/watch/film"


def watch_film(movie: UUID) -> str:
    """Return the page that plays a film."""
    return f"/watch/film/{movie}"


def film_admin() -> str:
    """Return the page of the films that managers publish."""
    return "/admin"


def film_calendar(month: str | None = None) -> str:
    """Return the calendar of films that managers publish, of a month such as `2026-12`."""
    return with_query("/admin/calendar", {"month": month})


def new_film(work: UUID | None = None) -> str:
    """Return the form of a new film, filled in from a film of the graph if one is named."""
    return with_query("/admin/films/new", {"work": work})


def managed_film(movie: UUID) -> str:
    """Return the page of a film for those who look after it."""
    return f"/admin/films/{movie}"


def franchise(slug: str) -> str:
    """Return the page of a franchise."""
    return f"/hub/{quote(slug, safe='')}"


def franchise_map(slug: str) -> str:
    """Return the page of a franchise's map."""
    return f"{franchise(slug)}/map"


def watch_order(
    slug: str,
    order: Order,
    *,
    optional: bool = True,
    line: int | None = None,
    without: str | None = None,
    promotions: bool = False,
) -> str:
    """Return the page of a watch order: with or without what is optional, of all lines or some."""
    return with_query(
        f"{franchise(slug)}/watch-order",
        {
            "order": None if order == "release" else order,
            "optional": None if optional else 0,
            "line": line,
            "without": without,
            "promotions": 1 if promotions else None,
        },
    )


def my_line() -> str:
    """Return the page of what somebody has seen."""
    return "/my"


def prefer(*, titles: str | None = None, lang: str | None = None) -> str:
    """Return where a viewer chooses titles or the language of the pages."""
    return with_query("/prefer", {"titles": titles, "lang": lang})


def embed(slug: str) -> str:
    """Return the map of a franchise for other sites to show in a frame."""
    return f"/embed/hub/{quote(slug, safe='')}"


def franchises() -> str:
    """Return the list of franchises."""
    return "/hubs"


def changes(slug: str | None = None) -> str:
    """Return the page of the latest changes, or of a franchise's."""
    return with_query("/changes", {"franchise": slug})


def publication(point: str) -> str:
    """Return the page of what changed with a publication: by a run, a revision or a snapshot."""
    return f"/changes/{quote(point, safe='')}"


def changes_feed(slug: str | None = None) -> str:
    """Return the feed of the latest changes, or of a franchise's."""
    return "/changes.atom" if slug is None else f"{franchise(slug)}/changes.atom"


def season(year: int, name: Season) -> str:
    """Return the page of a season."""
    return f"/browse/{year}/{name}"


def seasons(year: int | None = None, name: Season | None = None) -> str:
    """Return where the latest season is found, or the one that is named."""
    return with_query("/seasons", {"year": year, "season": name})


def browse(**parameters: object) -> str:
    """Return the page of all works, with filters by the names that its address has."""
    return with_query("/browse", parameters)


def random_work(**parameters: object) -> str:
    """Return where one of the works is chosen that pass filters."""
    return with_query("/browse/random", parameters)


def tags() -> str:
    """Return the list of tags."""
    return "/tags"


def tag(name: str) -> str:
    """Return the page of a tag."""
    return f"/tags/{quote(name)}"


def studios(letter: str | None = None) -> str:
    """Return the list of studios, or of those that begin with a letter."""
    return with_query("/studios", {"letter": letter})


def studio(name: str) -> str:
    """Return the page of a studio."""
    return f"/studios/{quote(name)}"


def films(year: int | None = None) -> str:
    """Return the page of all films, or of a year's."""
    return "/movies" if year is None else f"/movies?year={year}"


def search(text: str) -> str:
    """Return the page of a search."""
    return f"/search?{urlencode({'q': text})}"


def path(start: UUID | None = None, goal: UUID | None = None) -> str:
    """Return the page of the path between two works, with the ends that are known."""
    ends = {"from": start, "to": goal}
    return with_query("/path", {name: str(end) for name, end in ends.items() if end is not None})


def neighbourhood(work: UUID, depth: int, **asked: str | None) -> str:
    """Return the page of the map around a work, with what else is asked of it."""
    return with_query(f"/anime/{work}/map", {"depth": depth, **asked})


def sign_in(target: str | None = None) -> str:
    """Return the page on which to sign in, to go on to a path of ours."""
    return with_query("/login", {"next": target})


def sign_out() -> str:
    """Return where a form is sent that signs out."""
    return "/logout"


def queue() -> str:
    """Return the page of work items."""
    return "/queue"


def queue_item(item: str) -> str:
    """Return the page of a work item."""
    return f"/queue/{quote(item, safe='')}"


def report() -> str:
    """Return the form on which readers say what is wrong on a page."""
    return "/report"


def report_sent() -> str:
    """Return the page that thanks for a report."""
    return "/report/sent"


def curation(name: str | None = None) -> str:
    """Return the page of the log of curators' acts."""
    return with_query("/curate", {"name": name})


def curation_history(name: object) -> str:
    """Return the page of who says what of a work or franchise."""
    return f"/curate/history/{quote(str(name), safe=':')}"


def curation_new_work() -> str:
    """Return the page on which to add a work that no source lists."""
    return "/curate/work"


def curation_edit(name: object) -> str:
    """Return the page on which to state something of a work or franchise."""
    return f"/curate/edit/{quote(str(name), safe=':')}"


def at_time(path: str, time: str) -> str:
    """Return a page as it was at another time, named as `as_of` takes it."""
    joint = "&" if "?" in path else "?"
    return f"{path}{joint}{urlencode({'as_of': time})}"


def with_query(url: str, parameters: Mapping[str, object]) -> str:
    """Return `url` with these parameters; one that is `None` or empty is left out."""
    given = {name: str(value) for name, value in parameters.items() if value not in (None, "")}
    return f"{url}?{urlencode(given)}" if given else url


def account() -> str:
    """Return the page of whoever is signed in."""
    return "/account"


def documents() -> str:
    """Return the list of the documentation."""
    return "/docs"


def document(name: str) -> str:
    """Return a document by its path in the folder of documents."""
    return f"/docs/{name}"
