"""The API does what its own document says, whatever schemathesis thinks of asking."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from kensho.api.docs import document_of
from kensho.api.parameters import EXAMPLE_ID
from kensho.app import create_app
from kensho.platform.environment import with_changes
from kensho.platform.secret_values import SigningKey
from kensho.platform.settings import Settings
from tests.support import graphs
from tests.support.documents import REFUSALS
from tests.support.examples import examples
from tests.support.franchise_rows import franchise_store
from tests.support.servers import serving

pytestmark = pytest.mark.contract

UNSAYABLE = ("cursor", "url", "provider", "id", "tag", "studio", "as_of")
"""A document can't say which cursors are ours, which tags and studios there are, that `url`
excludes `provider` and `id`, nor which days there are."""
DATED = ("/api/changes", "/api/changes/stream", "/api/diff")
"""Their patterns can't say which days there are, nor which publications."""
BATCH = "/api/search/batch"
"""Its options may be spelt as in an address (0 for false), and `tag` is one of them."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the small graph for this module."""
    with serving(tmp_path_factory.mktemp("served"), write=franchise_store) as url:
        yield url


def known_document() -> dict[str, Any]:
    """Return the document, with an example work that the small graph has."""
    app = create_app(with_changes(Settings(), secret=(SigningKey("a secret of tests"),)))
    text = json.dumps(document_of(app)).replace(EXAMPLE_ID, str(graphs.MATRIX))
    known: dict[str, Any] = json.loads(text)
    return known


api = schemathesis.openapi.from_dict(
    known_document(),
    config=schemathesis.Config.from_dict(
        {"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}}
    ),
)


@api.parametrize()
@settings(max_examples=examples(25), deadline=None)
def test_no_operation_disagrees_with_its_document(case: schemathesis.Case[Any], base: str) -> None:
    whole = not {*UNSAYABLE} & {*(case.query or {})} and case.operation.path not in (
        "/api/resolve",
        *DATED,
    )
    excluded: list[Any] = [] if whole else [positive_data_acceptance]
    if case.operation.path == BATCH:
        excluded = [positive_data_acceptance, negative_data_rejection]
    case.call_and_validate(base_url=base, excluded_checks=excluded)


def test_the_document_is_openapi_3_1_and_names_every_operation(base: str) -> None:
    document = httpx.get(f"{base}/api/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    operations = [o for item in document["paths"].values() for o in item.values()]
    assert len(operations) == 34
    for operation in operations:
        assert operation["summary"]
        assert operation["description"]
        assert {"200", "400"} <= operation["responses"].keys()
        contents = operation["responses"]["200"]["content"].values()
        assert contents
        assert all(content["examples"] for content in contents)


def test_every_parameter_is_bounded(base: str) -> None:
    document = httpx.get(f"{base}/api/openapi.json").json()
    for item in document["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                schema = parameter["schema"]
                bounded = {"enum", "format", "pattern"} & schema.keys() or {
                    "minimum",
                    "maximum",
                } <= schema.keys()
                assert bounded or schema["type"] == "boolean", parameter["name"]
                assert parameter["description"]
