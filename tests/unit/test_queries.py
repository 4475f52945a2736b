"""The query files and the code that names them agree, and every query runs on this engine."""

import ast
import datetime as dt
import functools
import re
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from kensho.errors import QueryNotFoundError, StorageError
from kensho.storage import queries
from kensho.storage.gateway import Gateway
from kensho.storage.queries import NamedQuery
from tests.support.stores import own_queries

ROOT: Final = Path(__file__).parents[2]
KNOWN: Final[Mapping[str, NamedQuery]] = own_queries()
FOLDERS: Final = "|".join(sorted({name.partition(".")[0] for name in KNOWN}))
DOTTED: Final = re.compile(rf"^(?:{FOLDERS})\.[a-z_.]+$")
QUOTED: Final = re.compile(rf"[\"']((?:{FOLDERS})\.[a-z_.]+)[\"']")
_EARLY: Final = re.compile(
    r"^(RETURN|OPTION|CANCEL)\b(?! (?:NONE|BEFORE|AFTER|DIFF)\b)", re.MULTILINE
)
_AUDIT_ROW: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("actor", "action", "object", "outcome", "request_id"), "x"),
    "changed": [],
}
SAMPLES: Final[Mapping[str, Any]] = {
    "uuid": uuid.UUID(int=1),
    "string": "[]",
    "int": 1,
    "bool": True,
    "array": [str(uuid.UUID(int=1)), str(uuid.UUID(int=2))],
    "object": {},
    "bytes": b"\x80",  # an empty list in CBOR
    "datetime": "2026-11-29T12:00:00Z",
    "float": 1.5,
    "hash": "$argon2id$",
    "role": "viewer",
    "state": "planned",
    "revision": 0,
    "portalmovie": {
        **dict.fromkeys(("title", "title_key", "slug", "synopsis", "poster_url"), "x"),
        **{name: [] for name in ("genres", "sources", "captions")},
        **dict.fromkeys(("work", "starts_at", "ends_at")),
        **dict.fromkeys(("created_at", "changed_at"), dt.datetime(2026, 11, 29, tzinfo=dt.UTC)),
        "duration_minutes": 90,
        "visibility": "HIDDEN",
    },
    "texts": [{"id": uuid.UUID(int=1), "webvtt": "WEBVTT"}],
    "sources": [],
    "orientation": "portrait",
    "videomove": "submit",
    "uuids": [uuid.UUID(int=1)],
    "storedfile": dict.fromkeys(("media_type", "bytes", "duration_s", "stored", "thumbnail")),
    "tables": ["account"],
    "auditrow": _AUDIT_ROW,
    "auditrows": [_AUDIT_ROW],
}


class Call(NamedTuple):
    """A call of `fetch` or `execute` by a literal name, with its params where they are literal."""

    place: str
    method: str
    query: str
    params: frozenset[str] | None


def modules(*folders: str) -> Iterator[tuple[Path, str, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text("utf-8")
            yield path, text, ast.parse(text)


def strings(module: ast.Module) -> Iterator[str]:
    """Yield every string of a module that is shaped like the name of a query."""
    for node in ast.walk(module):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and DOTTED.match(text):
            yield text


@functools.cache
def used() -> frozenset[str]:
    """Return what any code names; the walks kept as oracles are named by tests and benchmarks.

    These are read as text: to parse them all takes seconds, in each process that runs tests.
    """
    folders = ("kensho", "ingest", "tests", "benchmarks")
    paths = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return frozenset(name for path in paths for name in QUOTED.findall(path.read_text("utf-8")))


def named_beside_a_gateway() -> frozenset[str]:
    """Return what modules that use the storage name, save the names of packages."""
    return frozenset(
        name
        for _, text, module in modules("kensho", "ingest")
        if "kensho.storage" in text
        for name in strings(module)
        if not (ROOT / name.replace(".", "/")).exists()
    )


def calls() -> list[Call]:
    return [
        Call(f"{path.relative_to(ROOT)}:{node.lineno}", node.func.attr, name.value, _params(node))
        for path, _, module in modules("kensho", "ingest")
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("fetch", "execute")
        for name in node.args[:1]
        if isinstance(name, ast.Constant)
        and isinstance(name.value, str)
        and not name.value.split()[0].isupper()  # SQL of SQLite, not the name of a query
    ]


def _params(call: ast.Call) -> frozenset[str] | None:
    """Return the names of the params, or `None` where the code computes them."""
    if len(call.args) < 2:
        given = [k.value for k in call.keywords if k.arg == "params"]
        return _params_of(given[0]) if given else frozenset()
    return _params_of(call.args[1])


def _params_of(node: ast.expr) -> frozenset[str] | None:
    if not isinstance(node, ast.Dict):
        return None
    keys = [k.value for k in node.keys if isinstance(k, ast.Constant)]
    return frozenset(map(str, keys)) if len(keys) == len(node.keys) else None


def header_types(name: str) -> dict[str, str]:
    text = (ROOT / "queries" / (name.replace(".", "/") + ".surql")).read_text("utf-8")
    stated = next(line for line in text.splitlines() if line.startswith("-- params:"))
    return dict(re.findall(r"([a-z_][a-z0-9_]*) \(([a-z]+)", stated))


# The project's own queries.

OF_EDGES: Final = sorted(name for name in KNOWN if name.startswith("edges."))


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_a_query_is_used(name: str) -> None:
    assert name in used(), f"no code names {name}: use it or delete it"


@pytest.mark.parametrize("name", sorted(named_beside_a_gateway()))
def test_a_named_query_exists(name: str) -> None:
    assert name in KNOWN


@pytest.mark.parametrize("call", calls(), ids=lambda call: f"{call.place}-{call.query}")
def test_a_call_fits_its_query(call: Call) -> None:
    query = KNOWN[call.query]
    assert call.method == ("execute" if query.writes else "fetch")
    assert call.params is None or call.params == query.params


@pytest.mark.parametrize("name", sorted(name for name in KNOWN if name not in OF_EDGES))
async def test_a_query_runs_on_the_schema(graph: Gateway, name: str) -> None:
    await run(graph, name)


@pytest.mark.parametrize("name", OF_EDGES)
async def test_a_query_of_the_edges_runs_on_their_schema(edge_store: Gateway, name: str) -> None:
    await run(edge_store, name)


async def run(graph: Gateway, name: str) -> None:
    """Run it over an empty store; sample values may be refused, the query itself may not."""
    query, types = KNOWN[name], header_types(name)
    params: dict[str, Any] = {p: SAMPLES[types[p]] for p in query.params}
    if "table" in params:
        of_graph = "is_related_to" if "edge" in query.text + name else "anime"
        params["table"] = "account" if name.startswith("edges.") else of_graph
    if query.writes:
        await graph.execute(name, params)
    elif "RETURN encoding::cbor::encode" in query.text or query.result.startswith("bytes"):
        await graph.fetch_bytes(name, params)
    else:
        await graph.fetch(name, params, into=object)


@pytest.mark.parametrize("name", sorted(name for name, query in KNOWN.items() if query.writes))
def test_a_write_does_not_leave_its_transaction_early(name: str) -> None:
    # RETURN at the top of a transaction skips to COMMIT; OPTION IMPORT switches events off.
    assert not _EARLY.search(KNOWN[name].text)


@pytest.mark.parametrize("name", sorted(name for name, query in KNOWN.items() if not query.writes))
def test_a_read_changes_no_data(name: str) -> None:
    text = re.sub(r"'[^']*'", "''", KNOWN[name].text)
    assert not re.search(r"\b(CREATE|UPDATE|UPSERT|INSERT|RELATE|DELETE|REMOVE|OPTION)\b", text)


# The loader.


def loaded(tmp_path: Path, text: str) -> NamedQuery:
    (tmp_path / "some").mkdir()
    (tmp_path / "some" / "query.surql").write_text(text, "utf-8")
    return queries.load(tmp_path)["some.query"]


def test_a_header_states_params_and_result(tmp_path: Path) -> None:
    query = loaded(
        tmp_path, "-- params: id (uuid), limit (int)\n-- result: a list\nRETURN [$id, $limit];"
    )
    assert query == NamedQuery(
        name="some.query",
        text="RETURN [$id, $limit];",
        params=frozenset({"id", "limit"}),
        result="a list",
        writes=False,
    )


def test_a_query_that_begins_writes(tmp_path: Path) -> None:
    assert loaded(tmp_path, "-- params: none\n-- result: none\nBEGIN;\nDELETE t;\nCOMMIT;").writes


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("RETURN 1;", "must state"),
        ("-- params: none\nRETURN 1;", "must state"),
        ("-- params: none\n-- result: 1\nRETURN $x;", r"declares \[\], its text uses \['x'\]"),
        ("-- params: x (int)\n-- result: 1\nRETURN 1;", r"declares \['x'\], its text uses \[\]"),
        ("-- params: none\n-- result: none\nBEGIN;\nDELETE t;", "ends with COMMIT"),
    ],
)
def test_a_file_that_breaks_the_rules_is_refused_by_name(
    tmp_path: Path, text: str, complaint: str
) -> None:
    with pytest.raises(StorageError, match=rf"some\.query.*{complaint}"):
        loaded(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        "LET $x = 1; RETURN $x;",
        "FOR $x IN [1] { LET $y = $x; };",
        "RETURN [1].map(|$x| $x);",
        "RETURN [1].fold(0, |$x, $y| $x + $y);",
        "UPDATE t SET n = $input.n, p = $parent.p, q = $this.q;",
        "RETURN 'it costs $5';",
        "-- of $money\nRETURN 1;",
    ],
)
def test_what_a_query_names_for_itself_is_no_param(tmp_path: Path, text: str) -> None:
    assert loaded(tmp_path, f"-- params: none\n-- result: 1\n{text}").params == frozenset()


def test_what_an_event_would_name_is_a_param_here(tmp_path: Path) -> None:
    text = "-- params: after (uuid), value (int)\n-- result: 1\nRETURN [$after, $value];"
    assert loaded(tmp_path, text).params == {"after", "value"}


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(QueryNotFoundError, match=r"'no\.such'"):
        queries.named(KNOWN, "no.such")
