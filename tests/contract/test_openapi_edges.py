"""The edges do what the document says of them, asked by people who are signed in.

Every request comes from an address of its own, and no session makes more requests than its limit
lets pass: what is looked at are the answers, not the limits.
"""

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

import httpx
import pytest
import schemathesis
from hypothesis import settings
from requests import PreparedRequest
from requests.auth import AuthBase
from schemathesis.specs.openapi.checks import positive_data_acceptance
from typing_extensions import override

from deploy.demo.reference_provider import CLIENT_TOKEN
from kensho.api import docs
from kensho.api.parameters import EXAMPLE_ID
from kensho.app import create_app
from kensho.edges.provider.links import Link, LinkFile
from kensho.platform.environment import with_changes
from kensho.platform.secret_values import Secret, SigningKey
from kensho.platform.settings import Settings
from tests.support import graphs
from tests.support.command_line import run_here
from tests.support.documents import ACCEPTANCES, REFUSALS
from tests.support.examples import examples
from tests.support.servers import environment, free_port, served, written_store
from tests.support.streaming import PASSWORD, TRIGUN, VIEWER, provider_running

pytestmark = pytest.mark.contract

EDGES: Final = ("accounts", "provider", "streams")
MANAGER: Final = "grace@example.org"
WORKS: Final = [str(one) for one in (TRIGUN, graphs.BEBOP, graphs.MERGED, graphs.REMOVED)]
"""One that plays, one that does not, one that has moved, and one that is gone."""
UNSAYABLE: Final = ("cursor", "before")
"""A document can't say which cursors are ours; dates that no calendar has are of its format."""
EITHER: Final = "/api/auth/login"
"""Its body has a name by one of two members, which its schema can't say."""
SIGN_OUT: Final = "/api/auth/logout"
AUDIT: Final = "/api/audit"
Case: TypeAlias = schemathesis.Case[Any]


def document_of(settings: Settings) -> dict[str, Any]:
    """Return what the document says of the edges alone, with works that the small graph has."""
    given = with_changes(settings, secret=(SigningKey("a secret of tests"),))
    told = docs.document_of(create_app(given))
    bare = create_app(with_changes(given, edges=())).openapi_schema.to_schema()
    known: dict[str, Any] = json.loads(json.dumps(told).replace(EXAMPLE_ID, str(TRIGUN)))
    known["paths"] = {
        path: item for path, item in known["paths"].items() if path not in bare["paths"]
    }
    for item in known["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                if parameter["name"] in ("anime_id", "work_id"):
                    parameter["schema"]["enum"] = WORKS
    return known


class People:
    """Signs people in to a server, as often as their sessions are used up."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._addresses = (
            f"198.18.{number // 250}.{number % 250 + 1}" for number in itertools.count()
        )
        self._sessions: dict[str, tuple[dict[str, str], int]] = {}

    def anybody(self) -> dict[str, str]:
        """Return the headers of somebody who is not signed in, and whom nobody has seen before."""
        return {"x-forwarded-for": next(self._addresses)}

    def viewer(self) -> dict[str, str]:
        """Return the headers of somebody who is signed in with the provider."""
        return self._signed_in({"username": VIEWER, "password": PASSWORD}, 60)

    def manager(self) -> dict[str, str]:
        """Return the headers of a manager."""
        return self._signed_in({"email": MANAGER, "password": PASSWORD}, 8)

    def once(self) -> dict[str, str]:
        """Return the headers of somebody whose session may be ended."""
        return self._signed_in({"username": VIEWER, "password": PASSWORD}, 1)

    def _signed_in(self, body: dict[str, str], times: int) -> dict[str, str]:
        key = f"{body} {times}"
        headers, left = self._sessions.get(key, ({}, 0))
        if not left:
            made = httpx.post(f"{self.base}/api/auth/login", json=body, headers=self.anybody())
            assert made.status_code == 200, made.text
            headers, left = {"authorization": f"Bearer {made.json()['token']}"}, times
        self._sessions[key] = headers, left - 1
        return headers


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    """Serve the small graph with edges, and a provider that has one of its works."""
    folder = tmp_path_factory.mktemp("edges")
    url = asyncio.run(written_store(folder / "kensho.db"))
    with provider_running() as provider:
        season = provider.season
        links = LinkFile(folder / "links.json")
        links.add([Link(work=TRIGUN, series=season.series_id, season=season.id)])
        variables = {
            **environment(url, folder, free_port()),
            "KENSHO_EDGES": ",".join(EDGES),
            "KENSHO_EDGES_STORE_URL": f"surrealkv://{folder / 'edges.db'}",
            "KENSHO_PROVIDER_URL": provider.server.url,
            "KENSHO_PROVIDER_CLIENT_TOKEN": CLIENT_TOKEN,
            "KENSHO_PROVIDER_LINKS": str(folder / "links.json"),
            "KENSHO_TRUSTED_PROXIES": "127.0.0.1",
        }
        asked = ["accounts", "create", MANAGER, "--role", "manager", "--password-stdin"]
        assert run_here(asked, variables, given=f"{PASSWORD}\n").returncode == 0
        with served(variables) as base:
            SignedIn.people = People(base)
            yield SignedIn.people


api = schemathesis.openapi.from_dict(
    document_of(
        with_changes(
            Settings(),
            edges=EDGES,
            edges_store_url="mem://",
            provider_url="http://127.0.0.1:9",
            provider_client_token=Secret("a:b"),
        )
    ),
    config=schemathesis.Config.from_dict(
        {
            "checks": {
                "negative_data_rejection": {"expected-statuses": REFUSALS},
                "positive_data_acceptance": {"expected-statuses": ACCEPTANCES},
            }
        }
    ),
)


class SignedIn(AuthBase):
    """Signs requests when they are sent; `people` is set while a server runs."""

    people: People | None = None

    def __init__(self, who: Callable[[People], dict[str, str]]) -> None:
        self._who = who

    @override
    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Send the headers of whom an operation is for."""
        assert SignedIn.people is not None
        request.headers.update(self._who(SignedIn.people))
        return request


ANYBODYS: Final = r"^/api/(logs|auth/(register|login|refresh))"
api.auth.set_from_requests(SignedIn(People.manager)).apply_to(path=AUDIT)
api.auth.set_from_requests(SignedIn(People.once)).apply_to(path=SIGN_OUT)
viewers: Any = api.auth.set_from_requests(SignedIn(People.viewer))
viewers.skip_for(path_regex=ANYBODYS).skip_for(path=[AUDIT, SIGN_OUT])


@api.parametrize()
@settings(max_examples=examples(20), deadline=None)
def test_no_operation_of_an_edge_disagrees_with_its_document(case: Case, people: People) -> None:
    whole = case.operation.path != EITHER and not {*UNSAYABLE} & {*(case.query or {})}
    excluded: list[Any] = [] if whole else [positive_data_acceptance]
    case.call_and_validate(base_url=people.base, headers=people.anybody(), excluded_checks=excluded)
