"""`/api/movies` with the portal: what the core answers, and films that managers publish beside it.

Without parameters of the portal the list is the core's, byte for byte. With them it is of films of
the portal, each with the members of both contracts. A film that the portal does not have is the
core's, as is one that is asked for as of another time or by its fields.

Guarantees: an answer with parts of the portal is kept nowhere, since windows open and close without
a new snapshot, and managers see more. What keeps the portal from being read takes nothing from
discovery: then a film is what the graph knows of it.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final, Literal, TypeAlias

import msgspec
import structlog
from litestar import Request
from litestar.di import NamedDependency
from litestar.openapi.spec import Example
from litestar.params import QueryParameter, SkipValidation
from typing_extensions import override

from kensho.api import examples
from kensho.api.movies import FilmsQuery, FilmYear, MoviesController, film_answer, films_answer
from kensho.api.operations import Documented, get_operation
from kensho.api.parameters import (
    DEFAULT_LIMIT,
    AsOf,
    Cursor,
    DetailFields,
    Limit,
    Safe,
    SummaryFields,
    WorkId,
    is_past,
)
from kensho.api.providers import GivenBrowse, GivenWorks
from kensho.discovery.browse import FilmList
from kensho.discovery.works import document, locate_film
from kensho.edges.portal.documents import (
    MovieDetail,
    PortalMovieList,
    detail_members,
    summary_members,
    unlinked_summary,
)
from kensho.edges.portal.movie_store import MovieStore
from kensho.edges.portal.movies import ListedMovie, PortalMovie, Schedule, Visibility
from kensho.edges.portal.seals import SourceSeals
from kensho.errors import (
    FieldProblem,
    ForbiddenError,
    GoneError,
    InvalidInputError,
    MovedError,
    NotFoundError,
    StorageError,
    UnauthorizedError,
)
from kensho.http.authentication import Caller, access_of
from kensho.http.edge_limits import LIMITS_ITSELF, limits_of
from kensho.http.pooled import pooled_if
from kensho.http.privacy import PUBLIC
from kensho.http.problem_details import TELLS_ISSUES
from kensho.http.request_costs import costing
from kensho.http.request_state import state_of
from kensho.http.responses import PreparedResponse, UncachedResponse
from kensho.platform.sliding_limits import VIEWERS
from kensho.read_model.encoded import Encoded
from kensho.read_model.model import ReadModel
from kensho.read_model.views import Detail

Visibilities: TypeAlias = Literal["VISIBLE", "HIDDEN", "ALL"]
_OWN: Final = frozenset(("visibility", "schedule"))
"""The parameters of the portal."""
_log: Final = structlog.get_logger("kensho.edges")
WishedVisibility: TypeAlias = Annotated[
    Visibilities | None,
    QueryParameter(
        description="Films of the portal: that viewers see, or to managers `HIDDEN` or `ALL`.",
        examples=[Example(value="VISIBLE")],
    ),
]
WishedSchedule: TypeAlias = Annotated[
    Schedule | None,
    QueryParameter(
        description="Films of the portal whose window is open, is to come, or is over.",
        examples=[Example(value="CURRENT")],
    ),
]


class PortalFilmsQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which films are asked for: of the portal, or of the graph as the core takes it."""

    visibility: WishedVisibility = None
    schedule: WishedSchedule = None
    year: FilmYear = None
    limit: Limit = DEFAULT_LIMIT
    cursor: Cursor = None
    fields: SummaryFields = None
    safe: Safe = None


class PortalReading(msgspec.Struct, frozen=True):
    """What handlers that read films of the portal use.

    `model` is the graph that is served, and raises `NotReadyError` while there is none.
    """

    store: MovieStore
    seals: SourceSeals
    model: Callable[[], ReadModel]
    now: Callable[[], dt.datetime]

    def listed(self, movies: Sequence[ListedMovie]) -> Encoded[PortalMovieList]:
        """Return films as a list; those linked to the graph with what that knows of them."""
        model = self.model()
        members = [
            {**_known(model, one, whole=False), "title": one.title, **summary_members(one)}
            for one in movies
        ]
        return Encoded(PortalMovieList, msgspec.json.encode({"movies": members}))

    def detail(self, movie: PortalMovie, *, is_manager: bool) -> Encoded[MovieDetail]:
        """Return a film with all that its caller may see of it."""
        own = detail_members(movie, self.now(), self.seals.open if is_manager else None)
        known = _known(self.model(), movie, whole=True)
        return Encoded(MovieDetail, msgspec.json.encode({**known, **own}))


GivenPortal: TypeAlias = NamedDependency[SkipValidation[PortalReading]]
"""The annotation under which handlers ask for `portal`."""
_film: Final = pooled_if(is_past)(film_answer)


class PortalMoviesController(MoviesController):
    """Films: those of the graph, and those that managers publish."""

    opt: Mapping[str, Any] | None = {**(PUBLIC or {}), TELLS_ISSUES: True, LIMITS_ITSELF: True}

    @get_operation(
        None,
        Documented(
            "List films",
            "A page of films of the graph; or, with `visibility` or `schedule`, all such films of"
            " the portal, whose elements also have `movieId`, `slug`, `posterUrl`, `availability`"
            " and `visibility`.",
            {
                401: "Nobody is signed in, and hidden films were asked for.",
                403: "Hidden films are for managers (`not_a_manager`).",
            },
        ),
        FilmList([examples.FILM], 1, None),
    )
    @override
    async def list_films(
        self,
        request: Request[Any, Any, Any],
        browse: GivenBrowse,
        portal: GivenPortal,
        query: PortalFilmsQuery,
    ) -> PreparedResponse[FilmList] | UncachedResponse[Any]:
        """Return films by IMDb rating, then votes, then title; unrated ones last.

        With `visibility` or `schedule`, films of the portal in order of their start, then title.
        """
        visibility = query.visibility
        if visibility is None and query.schedule is None:
            core = FilmsQuery(query.year, query.limit, query.cursor, query.fields, query.safe)
            return films_answer(browse, core)
        others = [one for one in state_of(request.scope).parameters if one not in _OWN]
        if others:
            said = "it can't be given beside visibility or schedule"
            raise InvalidInputError([FieldProblem(one, said) for one in others])
        await limits_of(request).check(request, VIEWERS)
        if visibility in ("HIDDEN", "ALL") and not _is_manager(await caller_or_nobody(request)):
            raise ForbiddenError("hidden films are for managers", code="not_a_manager")
        of: Visibility | None = (
            None if visibility == "ALL" else ("HIDDEN" if visibility == "HIDDEN" else "VISIBLE")
        )
        found = await portal.store.listed(of, query.schedule, portal.now())
        return UncachedResponse(portal.listed(found))

    @get_operation(
        "/{work_id:str}",
        Documented(
            "Read a film",
            "The film: what the graph knows, and what the portal does (`movieId`, `synopsis`,"
            " `availability`, `streamSources`, `captionTracks` …), where it has it.",
        ),
        examples.DETAIL,
        opt=costing(1, as_of=30),
    )
    @override
    async def read(
        self,
        request: Request[Any, Any, Any],
        works: GivenWorks,
        portal: GivenPortal,
        work_id: WorkId,
        fields: DetailFields = None,
        as_of: AsOf = None,
    ) -> PreparedResponse[Detail] | UncachedResponse[Any]:
        """Return all that is known of a film, with its neighbours one hop away.

        A film of the portal comes with what its caller may see of that: managers see hidden ones,
        and the addresses of sources. `fields` and `as_of` ask for what the graph knows.
        """
        if fields is not None or as_of is not None:
            return await _film(works=works, work_id=work_id, fields=fields, as_of=as_of)
        try:
            movie = await portal.store.find(work_id)
        except StorageError as error:
            _log.warning("portal_not_read", reason=error.message)
            return film_answer(works, work_id, None, None, keep=False)
        if movie is None:
            return film_answer(works, work_id, None, None)
        await limits_of(request).check(request, VIEWERS)
        is_manager = _is_manager(await caller_or_nobody(request))
        if movie.visibility == "HIDDEN" and not is_manager:
            # What it links is the graph's and stays; of one that links nothing there is no sign.
            return film_answer(works, work_id, None, None, keep=False)
        return detail_answer(portal, movie, is_manager=is_manager)


def detail_answer(
    portal: PortalReading, movie: PortalMovie, *, is_manager: bool, status: int = 200
) -> UncachedResponse[MovieDetail]:
    """Return a film as an answer, with its revision as `ETag`."""
    headers = [(b"etag", b'"%d"' % movie.revision)]
    return UncachedResponse(
        portal.detail(movie, is_manager=is_manager), status=status, headers=headers
    )


async def caller_or_nobody(request: Request[Any, Any, Any]) -> Caller | None:
    """Return who asks, if anybody is signed in; raises as `AccessControl.identify` for a token."""
    if request.headers.get("authorization") is None and not request.cookies:
        return None
    try:
        return await access_of(request).identify(request)
    except UnauthorizedError:
        if request.headers.get("authorization") is not None:
            raise
        return None


def _is_manager(caller: Caller | None) -> bool:
    return caller is not None and caller.role == "manager"


def _known(model: ReadModel, movie: ListedMovie, *, whole: bool) -> dict[str, Any]:
    """Return what the graph knows of a film, in short or as a whole."""
    try:
        node = None if movie.work is None else locate_film(model, movie.work)
    except (NotFoundError, GoneError, MovedError):  # since it was linked
        node = None
    if node is None:
        held = msgspec.json.encode(unlinked_summary(movie))
    else:
        held = document(model, node).bytes if whole else model.summary(node)
    members: dict[str, Any] = msgspec.json.decode(held)
    return members
