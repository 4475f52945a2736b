"""`/api/resolve`: the works behind an id or a URL of another catalogue."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias

from litestar import Controller
from litestar.openapi.spec import Example
from litestar.params import Body, QueryParameter

from kensho.api import examples
from kensho.api.operations import Documented, get_operation, post_operation
from kensho.api.providers import GivenResolve
from kensho.api.request_bodies import GIVEN_ID, ResolveRequest
from kensho.discovery.resolve import Provider, ResolvedBatch, ResolvedWorks
from kensho.http.privacy import PUBLIC
from kensho.http.responses import PreparedResponse, UncachedResponse

Url: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        min_length=1,
        max_length=1_000,
        description="A page of a provider.",
        examples=[Example(value="https://myanimelist.net/anime/1")],
    ),
]
OfProvider: TypeAlias = Annotated[
    Provider | None, QueryParameter(description="Whose id it is.", examples=[Example(value="mal")])
]
LocalId: TypeAlias = Annotated[
    str | None,
    QueryParameter(
        schema_extra={"pattern": GIVEN_ID},
        description="The id there, or without `provider` the id and whose it is: `mal:20`. "
        "TMDB's are `movie/129`, `tv/30991`; a bare number is any.",
        examples=[Example(value="1")],
    ),
]


class ResolveController(Controller):
    """Ids of other catalogues."""

    path = "/api/resolve"
    opt = PUBLIC
    tags: Sequence[str] | None = ("resolve",)

    @get_operation(
        None,
        Documented("Resolve an id or URL", "The works behind it."),
        ResolvedWorks([examples.RESOLVED]),
    )
    async def resolve_one(
        self,
        resolve: GivenResolve,
        url: Url = None,
        provider: OfProvider = None,
        id: LocalId = None,  # noqa: A002 -- public name
    ) -> PreparedResponse[ResolvedWorks]:
        """Return the works behind a provider's id or page.

        Give `url`, or `provider` and `id`, or both of these in `id`: `mal:20`.

        An id that stands for several works lists them all, with the episodes of each that it
        covers, where known.
        """
        return PreparedResponse(resolve.works(url, provider, id), resolve.identity)

    @post_operation(
        "/batch",
        Documented("Resolve many ids", "The works behind each."),
        ResolvedBatch({"1": [examples.RESOLVED]}, missing=["999999999"]),
    )
    async def resolve_many(
        self,
        resolve: GivenResolve,
        data: Annotated[ResolveRequest, Body(description="The ids to resolve.")],
    ) -> UncachedResponse[ResolvedBatch]:
        """Return what is behind each of up to 100 ids, and those behind which there is nothing."""
        return UncachedResponse(resolve.batch(data.provider, data.ids))
