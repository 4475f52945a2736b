"""`/api/paths`: how two works are connected."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias
from uuid import UUID

from litestar import Controller
from litestar.openapi.spec import Example
from litestar.params import QueryParameter

from kensho.api import examples
from kensho.api.operations import Documented, get_operation
from kensho.api.providers import GivenWorks
from kensho.discovery.paths import MOST_PATHS
from kensho.http.pooled import pooled
from kensho.http.request_costs import public_costing
from kensho.http.responses import PreparedResponse
from kensho.read_model.views import PathList, PathView, RelationView

FromWork: TypeAlias = Annotated[
    UUID,
    QueryParameter(
        name="from",
        description="The work to set out from.",
        examples=[Example(value=str(examples.FIRST_ID))],
    ),
]
ToWork: TypeAlias = Annotated[
    UUID,
    QueryParameter(
        name="to",
        description="The work to arrive at.",
        examples=[Example(value=str(examples.SECOND_ID))],
    ),
]
HowMany: TypeAlias = Annotated[
    int,
    QueryParameter(
        ge=1,
        le=MOST_PATHS,
        description="How many paths to answer at most.",
        examples=[Example(value=3)],
    ),
]


_PATH = PathView(
    "Cowboy Bebop is the parent story of Cowboy Bebop: Tengoku no Tobira.",
    [examples.SUMMARY],
    [RelationView(examples.FIRST_ID, examples.SECOND_ID, "side_story", (examples.ASSERTION,))],
)


class PathsController(Controller):
    """Connections between works."""

    path = "/api/paths"
    opt = public_costing(4)
    tags: Sequence[str] | None = ("anime",)

    @get_operation(None, Documented("Connect two works", "The connections."), PathList([_PATH]))
    @pooled
    def connect(
        self, works: GivenWorks, from_work: FromWork, to_work: ToWork, k: HowMany = 3
    ) -> PreparedResponse[PathList]:
        """Return the closest connections between two works, each also as one sentence.

        Sequels and side stories are short ways, shared characters and untyped relations long ones.
        An edge reads "`to` is the `kind` of `from`".
        """
        return PreparedResponse(works.paths(from_work, to_work, k), works.identity)
