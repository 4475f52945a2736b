"""`is_prequel_of` is the exact mirror of `is_sequel_of`, whatever is written, in whatever order.

Each attack below is one script; it may be refused or have no effect, but afterwards both tables
must still say the same, with derived ids, and both directions of a walk must agree.
"""

import contextlib
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from surrealdb import RecordID

from kensho.errors import RuleViolationError, StorageError
from kensho.storage.gateway import Gateway
from tests.support.examples import examples
from tests.support.graph_writing import ASSERTION, put, tie, valid
from tests.support.stores import open_graph, read_query

pytestmark = pytest.mark.contract

_BOTH: Final = read_query(
    "test.both_directions",
    "RETURN encoding::json::encode({"
    "sequels: (SELECT VALUE [<string>in, <string>out] FROM is_sequel_of),"
    "prequels: (SELECT VALUE [<string>out, <string>in] FROM is_prequel_of),"
    "misnamed: array::len((SELECT VALUE id FROM is_sequel_of, is_prequel_of "
    "WHERE record::id(id) != [record::id(in), record::id(out)])),"
    "walked_up: (SELECT VALUE [<string>id, "
    "array::sort((->is_sequel_of->(?)).map(|$w| <string>$w.id))] FROM anime, movie ORDER BY id),"
    "walked_down: (SELECT VALUE [<string>id, "
    "array::sort((<-is_prequel_of<-(?)).map(|$w| <string>$w.id))] "
    "FROM anime, movie ORDER BY id)});",
)


class Directions(msgspec.Struct, frozen=True):
    """Both tables as pairs (later, earlier), and what a walk from each work finds."""

    sequels: list[tuple[str, str]]
    prequels: list[tuple[str, str]]
    misnamed: int
    walked_up: list[tuple[str, list[str]]]
    walked_down: list[tuple[str, list[str]]]


async def edges(graph: Gateway) -> set[tuple[str, str]]:
    """Return the sequel edges, having seen that everything else mirrors them."""
    found = await graph.fetch(_BOTH.name, into=Directions)
    assert sorted(found.prequels) == sorted(found.sequels)
    assert found.misnamed == 0
    assert found.walked_down == found.walked_up
    assert len(set(found.sequels)) == len(found.sequels)
    return set(found.sequels)


def ends(later: RecordID, earlier: RecordID) -> tuple[str, str]:
    """Return a pair as the engine writes it."""
    return f"{later.table_name}:u'{later.id!s}'", f"{earlier.table_name}:u'{earlier.id!s}'"


@pytest.fixture(scope="module")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """Open one graph for this module; every test starts from no works at all.

    On disk, because in memory the engine loses what one transaction deletes and writes anew
    (test_gateway.py).
    """
    url = f"surrealkv://{tmp_path_factory.mktemp('mirror')}/store"
    async with open_graph(_BOTH, url=url) as gateway:
        yield gateway


async def emptied(gateway: Gateway) -> Gateway:
    await gateway.run_script("BEGIN; DELETE anime; DELETE movie; COMMIT;")
    assert await edges(gateway) == set()
    return gateway


@pytest.fixture
async def graph(shared: Gateway) -> Gateway:
    return await emptied(shared)


@pytest.fixture
async def pair(graph: Gateway) -> dict[str, Any]:
    """Write `late` is the sequel of `early`, and a bystander; return what scripts may bind."""
    early, late, other = (
        await put(graph, "anime"),
        await put(graph, "movie"),
        await put(graph, "anime"),
    )
    await tie(graph, "is_sequel_of", late, early)
    return {
        "early": early,
        "late": late,
        "other": other,
        "sequel": RecordID("is_sequel_of", [late.id, early.id]),
        "prequel": RecordID("is_prequel_of", [early.id, late.id]),
        "alone": RecordID("is_prequel_of", [early.id, other.id]),
        "alone_key": [early.id, other.id],
        "random": RecordID("is_prequel_of", "elsewhere"),
        "content": {"assertions": [ASSERTION]},
        "work": valid("anime"),
    }


async def run(graph: Gateway, script: str, names: dict[str, Any]) -> None:
    """Run a script with those of `names` that it mentions."""
    await graph.run_script(script, {name: v for name, v in names.items() if f"${name}" in script})


async def test_a_sequel_edge_brings_its_mirror(graph: Gateway, pair: dict[str, Any]) -> None:
    assert await edges(graph) == {ends(pair["late"], pair["early"])}


async def test_a_sequel_edge_takes_its_mirror_with_it(graph: Gateway, pair: dict[str, Any]) -> None:
    await run(graph, "DELETE $sequel;", pair)
    assert await edges(graph) == set()


@pytest.mark.parametrize("end", ["early", "late"])
async def test_a_deleted_work_takes_both_edges_with_it(
    graph: Gateway, pair: dict[str, Any], end: str
) -> None:
    await run(graph, f"DELETE ${end};", pair)
    assert await edges(graph) == set()


async def test_a_deleted_bystander_takes_nothing(graph: Gateway, pair: dict[str, Any]) -> None:
    await run(graph, "DELETE $other;", pair)
    assert len(await edges(graph)) == 1


REFUSED: Final = {
    "insert": "INSERT RELATION INTO is_prequel_of { id: $alone_key, in: $early, out: $other };",
    "insert of a random id": "INSERT RELATION INTO is_prequel_of { in: $early, out: $late };",
    "insert over the mirror": "INSERT RELATION INTO is_prequel_of "
    "{ id: record::id($prequel), in: $early, out: $late };",
    "relate": "RELATE $early->is_prequel_of->$other;",
    "relate of the same pair": "RELATE $early->is_prequel_of->$late;",
    "relate under its id": "RELATE $early->$alone->$other;",
    "relate under another id": "RELATE $early->$random->$late;",
    "relate backwards": "RELATE $late->is_prequel_of->$early;",
    "create": "CREATE $alone SET in = $early, out = $other;",
    "upsert": "UPSERT $alone SET in = $early, out = $other;",
    "delete": "DELETE $prequel;",
    "delete all": "DELETE is_prequel_of;",
    "delete where": "DELETE is_prequel_of WHERE in = $early;",
    "delete over the edge": "DELETE $early->is_prequel_of;",
    "sequel of a random id": "RELATE $other->is_sequel_of->$early CONTENT $content;",
    "sequel under another id": "INSERT RELATION INTO is_sequel_of "
    "{ id: [1, 2], in: $other, out: $early, assertions: $content.assertions };",
    "delete right after its birth": "BEGIN; "
    "INSERT RELATION INTO is_sequel_of { id: [record::id($other), "
    "record::id($early)], in: $other, out: $early, assertions: $content.assertions }; "
    "DELETE is_prequel_of WHERE out = $other; COMMIT;",
    "delete after the sequel in a doomed transaction": "BEGIN; DELETE $sequel; "
    "INSERT RELATION INTO is_prequel_of { id: record::id($prequel), in: $early, out: $late }; "
    "COMMIT;",
}
HARMLESS: Final = {
    "update of the ends": "UPDATE $prequel SET in = $other;",
    "update of the far end": "UPDATE $prequel SET out = $other;",
    "merge of the ends": "UPDATE $prequel MERGE { in: $other, out: $other };",
    "content without ends": "UPDATE $prequel CONTENT {};",
    "content with other ends": "UPDATE $prequel CONTENT { in: $other, out: $late };",
    "replace": "UPDATE $prequel REPLACE { in: $other, out: $late };",
    "patch": "UPDATE $prequel PATCH [{ op: 'replace', path: '/in', value: $other }];",
    "unset": "UPDATE $prequel UNSET in, out;",
    "another id": "UPDATE $prequel SET id = $alone;",
    "upsert of the mirror": "UPSERT $prequel SET in = $other, out = $late;",
    "upsert of all": "UPSERT is_prequel_of SET out = $other;",
    "insert over the mirror, elsewhere": "INSERT RELATION INTO is_prequel_of "
    "{ id: record::id($prequel), in: $early, out: $late } "
    "ON DUPLICATE KEY UPDATE in = $other, out = $other;",
    "insert ignoring refusals": "INSERT IGNORE RELATION INTO is_prequel_of "
    "{ id: $alone_key, in: $early, out: $other };",
    "insert that is no relation": "INSERT INTO is_prequel_of "
    "{ id: $alone_key, in: $early, out: $other };",
    "update of the sequel's end": "UPDATE $sequel SET out = $other;",
    "update of the sequel's start": "UPDATE $sequel SET in = $other;",
    "content of the sequel": "UPDATE $sequel CONTENT { in: $other, out: $early, "
    "assertions: $content.assertions };",
    "content of the sequel without ends": "UPDATE $sequel CONTENT $content;",
    "another id of the sequel": "UPDATE $sequel SET id = [1, 2];",
    "upsert of the sequel": "UPSERT $sequel SET in = $other, out = $late, conflict = true;",
    "insert over the sequel": "INSERT RELATION INTO is_sequel_of "
    "{ id: record::id($sequel), in: $late, out: $early, assertions: $content.assertions } "
    "ON DUPLICATE KEY UPDATE out = $other;",
    "a work written anew": "UPDATE $early CONTENT $work;",
    "caught refusal": "BEGIN; LET $x = (DELETE $prequel RETURN BEFORE); COMMIT;",
}


@pytest.mark.parametrize("attack", REFUSED)
async def test_the_mirror_is_not_written_by_hand(
    graph: Gateway, pair: dict[str, Any], attack: str
) -> None:
    before = await edges(graph)
    with pytest.raises(RuleViolationError):
        await run(graph, REFUSED[attack], pair)
    assert await edges(graph) == before


@pytest.mark.parametrize("attack", HARMLESS)
async def test_the_mirror_does_not_bend(graph: Gateway, pair: dict[str, Any], attack: str) -> None:
    before = await edges(graph)
    with contextlib.suppress(StorageError):  # a refusal serves as well
        await run(graph, HARMLESS[attack], pair)
    assert await edges(graph) == before


async def test_a_rolled_back_sequel_leaves_no_mirror(graph: Gateway, pair: dict[str, Any]) -> None:
    before = await edges(graph)
    with pytest.raises(StorageError, match="no"):
        await run(
            graph,
            "BEGIN; DELETE $sequel; INSERT RELATION INTO is_sequel_of { id: [record::id($other), "
            "record::id($early)], in: $other, out: $early, assertions: $content.assertions }; "
            "THROW 'no'; COMMIT;",
            pair,
        )
    assert await edges(graph) == before


async def test_a_sequel_turned_round_in_one_transaction_turns_its_mirror(
    graph: Gateway, pair: dict[str, Any]
) -> None:
    await run(
        graph,
        "BEGIN; DELETE $sequel; INSERT RELATION INTO is_sequel_of { id: [record::id($early), "
        "record::id($late)], in: $early, out: $late, assertions: $content.assertions }; COMMIT;",
        pair,
    )
    assert await edges(graph) == {ends(pair["early"], pair["late"])}


async def test_only_the_engines_import_mode_goes_past_the_mirror(
    graph: Gateway, pair: dict[str, Any]
) -> None:
    # Restoring a backup switches events off; test_queries.py sees that no script of ours does.
    await run(graph, "OPTION IMPORT; DELETE $prequel;", pair)
    with pytest.raises(AssertionError):
        await edges(graph)
    await run(graph, "DELETE $sequel;", pair)
    assert await edges(graph) == set()


async def test_a_cycle_of_two_has_two_mirrors(graph: Gateway, pair: dict[str, Any]) -> None:
    await tie(graph, "is_sequel_of", pair["early"], pair["late"])
    assert len(await edges(graph)) == 2


async def test_an_id_shared_by_a_series_and_a_film_confuses_nothing(
    graph: Gateway, pair: dict[str, Any]
) -> None:
    twin = RecordID("movie", pair["early"].id)
    await graph.run_script("CREATE $twin CONTENT $film;", {"twin": twin, "film": valid("movie")})
    with pytest.raises(RuleViolationError):  # the derived id is taken
        await tie(graph, "is_sequel_of", pair["late"], twin)
    await run(graph, "DELETE $twin;", {"twin": twin})
    assert await edges(graph) == {ends(pair["late"], pair["early"])}


async def test_bulk_writing_and_removing_keeps_the_mirror(graph: Gateway) -> None:
    works = [await put(graph, "anime") for _ in range(30)]
    rows = [
        {"id": [b.id, a.id], "in": b, "out": a, "assertions": [ASSERTION]}
        for a in works
        for b in works
        if str(a.id) < str(b.id)
    ]
    insert = "INSERT RELATION INTO is_sequel_of $rows ON DUPLICATE KEY UPDATE conflict = true;"
    await graph.run_script(f"BEGIN; {insert} COMMIT;", {"rows": rows})
    await graph.run_script(f"BEGIN; {insert} COMMIT;", {"rows": rows})
    assert len(await edges(graph)) == 30 * 29 // 2
    await graph.run_script("BEGIN; DELETE anime WHERE id IN $some; COMMIT;", {"some": works[:10]})
    assert len(await edges(graph)) == 20 * 19 // 2
    await graph.run_script("BEGIN; DELETE is_sequel_of; COMMIT;")
    assert await edges(graph) == set()


# Random sequences of honest writes and attacks, against a set of pairs as the model.

Operation = tuple[str, int, int]
_WORKS: Final = 4
_SCRIPTS: Final = {
    "insert": "INSERT RELATION INTO is_sequel_of "
    "{ id: [record::id($a), record::id($b)], in: $a, out: $b, assertions: $assertions } "
    "ON DUPLICATE KEY UPDATE conflict = !conflict RETURN NONE;",
    "delete": "DELETE type::record('is_sequel_of', [record::id($a), record::id($b)]);",
    "delete_work": "DELETE $a;",
    "delete_all": "DELETE is_sequel_of;",
    "create_work": "IF !record::exists($a) { CREATE $a CONTENT $work RETURN NONE };",
    "forge": "INSERT RELATION INTO is_prequel_of "
    "{ id: [record::id($a), record::id($b)], in: $a, out: $b };",
    "forge_blindly": "RELATE $a->is_prequel_of->$b;",
    "tear": "DELETE type::record('is_prequel_of', [record::id($a), record::id($b)]);",
    "bend": "UPDATE is_prequel_of SET in = $a, out = $b;",
}


def _expected(operation: Operation, pairs: set[tuple[int, int]], works: set[int]) -> None:
    """Apply to the model what an honest write does; an attack does nothing."""
    verb, a, b = operation
    match verb:
        case "insert" if {a, b} <= works:
            pairs.add((a, b))
        case "delete":
            pairs.discard((a, b))
        case "delete_all":
            pairs.clear()
        case "delete_work":
            works.discard(a)
            pairs.difference_update({pair for pair in pairs if a in pair})
        case "create_work":
            works.add(a)


def _is_refused(batch: Sequence[Operation], pairs: set[tuple[int, int]], works: set[int]) -> bool:
    """Tell whether a batch is refused: an attack, or an edge to nothing, undoes all of it."""
    pairs, works = set(pairs), set(works)
    for verb, a, b in batch:
        if verb == "insert" and not {a, b} <= works:
            return True
        if verb in ("forge", "forge_blindly"):
            return True
        if verb == "tear" and (b, a) in pairs:
            return True
        _expected((verb, a, b), pairs, works)
    return False


_INDEX: Final = st.integers(0, _WORKS - 1)
_HONEST: Final = st.sampled_from(
    ["insert"] * 5 + ["delete", "delete_work", "delete_all", "create_work", "create_work"]
)
_ATTACK: Final = st.sampled_from(["forge", "forge_blindly", "tear", "bend"])
_BATCH: Final = st.one_of(
    st.lists(st.tuples(_HONEST, _INDEX, _INDEX), min_size=1, max_size=4),
    st.lists(st.tuples(st.one_of(_HONEST, _ATTACK), _INDEX, _INDEX), min_size=1, max_size=3),
)


@settings(max_examples=examples(50), deadline=None)
@given(batches=st.lists(_BATCH, min_size=1, max_size=8))
async def test_any_sequence_of_writes_keeps_the_mirror(
    shared: Gateway, batches: list[list[Operation]]
) -> None:
    graph = await emptied(shared)
    works = [RecordID(("anime", "movie")[n % 2], uuid.UUID(int=n + 1)) for n in range(_WORKS)]
    pairs: set[tuple[int, int]] = set()
    alive: set[int] = set()
    for batch in [[("create_work", n, n) for n in range(_WORKS)], *batches]:
        script, params = _transaction(batch, works)
        if _is_refused(batch, pairs, alive):
            with pytest.raises(StorageError):
                await graph.run_script(script, params)
        else:
            await graph.run_script(script, params)
            for operation in batch:
                _expected(operation, pairs, alive)
        assert await edges(graph) == {ends(works[a], works[b]) for a, b in pairs}


def _transaction(
    batch: Sequence[Operation], works: Sequence[RecordID]
) -> tuple[str, dict[str, object]]:
    lines: list[str] = []
    params: dict[str, object] = {
        "assertions": [ASSERTION],
        "series": valid("anime"),
        "film": valid("movie"),
    }
    for n, (verb, a, b) in enumerate(batch):
        line = _SCRIPTS[verb].replace("$assertions", "$shared").replace("$a", f"$a{n}")
        line = line.replace("$b", f"$b{n}").replace("$shared", "$assertions")
        lines.append(
            line.replace("$work", "$series" if works[a].table_name == "anime" else "$film")
        )
        params |= {f"a{n}": works[a], f"b{n}": works[b]}
    return "\n".join(["BEGIN;", *lines, "COMMIT;"]), params
