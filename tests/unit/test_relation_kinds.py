"""The table of relation kinds, and everything that depends on a kind: none is left out."""

import re
import tomllib
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Final, get_args

import pytest

from ingest import curation
from kensho.domain.relations import (
    KIND_FACTS,
    ClaimedKind,
    Family,
    Kind,
    KindFacts,
    PathCost,
    RelationKind,
    kinds_of,
)
from kensho.read_model.wording import PHRASES
from kensho.web import route_svg

ROOT: Final = Path(__file__).parents[2]
Table = Mapping[RelationKind, KindFacts]

CODES: Final[dict[Kind, int]] = {
    "sequel": 0,
    "side_story": 1,
    "summary": 2,
    "spin_off": 3,
    "adaptation": 4,
    "compilation": 5,
    "music_video": 6,
    "prequel": 7,
    "parent_story": 8,
    "full_story": 9,
    "spun_off_from": 10,
    "source": 11,
    "contains": 12,
    "promotes": 13,
    "alternative_version": 14,
    "alternative_setting": 15,
    "same_setting": 16,
    "character": 17,
    "crossover": 18,
    "other": 19,
    "related": 20,
}
"""What stands in snapshots: a new kind gets the next number, and none gets another."""


def stored(table: Table) -> set[str]:
    return {kind for kind, facts in table.items() if facts.code is not None}


def canonical(table: Table) -> set[str]:
    """Return the kinds of edges as they are kept, but for sequels, which have their own table."""
    return {k for k in stored(table) if table[k].is_forward} - {"sequel"}  # type: ignore[index]


def literals(alias: object) -> set[str]:
    """Return the members of a Literal, or of a union of several."""
    parts = get_args(alias)
    return {one for part in parts for one in ([part] if isinstance(part, str) else literals(part))}


def schema_kinds() -> set[str]:
    schema = (ROOT / "graph_schema" / "0002_edges.surql").read_text()
    [kinds] = re.findall(r"FIELD kind ON is_related_to TYPE ([^;]*);", schema)
    return set(re.findall(r"'(\w+)'", kinds))


def labels() -> set[str]:
    strings = tomllib.loads((ROOT / "kensho" / "web" / "strings.toml").read_text())
    return set(strings["names"]["kind"])


def documented() -> set[str]:
    text = (ROOT / "docs" / "data-model.md").read_text()
    table = text.partition("### Relation kinds")[2].partition("### ")[0].partition("|-|-|")[2]
    return set(re.findall(r"`(\w+)`", table))


CONSUMERS: Final[dict[str, tuple[Callable[[], Collection[str]], Callable[[Table], set[str]]]]] = {
    "the type Kind": (lambda: literals(Kind), stored),
    "the type RelationKind": (lambda: literals(RelationKind), set),
    "the type ClaimedKind": (lambda: literals(ClaimedKind) - {"parent"}, stored),
    "phrases of sentences": (lambda: PHRASES, set),
    "labels of the pages (strings.toml)": (labels, set),
    "the schema of is_related_to": (schema_kinds, canonical),
    "the curators' policy": (lambda: curation.load().policy.kinds, set),
    "docs/data-model.md": (documented, stored),
}
"""What lists kinds by hand, and which of the table's kinds it has to list."""


def gaps(table: Table) -> dict[str, set[str]]:
    """Return what each consumer lacks of a table, or has beside it."""
    found = {name: wanted(table) ^ set(listed()) for name, (listed, wanted) in CONSUMERS.items()}
    return {name: kinds for name, kinds in found.items() if kinds}


def test_every_kind_is_known_to_whatever_lists_kinds() -> None:
    assert gaps(KIND_FACTS) == {}


def test_a_new_kind_is_missed_by_all_that_lists_kinds() -> None:
    new: RelationKind = "remake"  # type: ignore[assignment]
    row = KindFacts(21, new, "retelling", PathCost(4, 6), 1.3, role="alternative", spreads=True)
    assert gaps({**KIND_FACTS, new: row}) == {name: {"remake"} for name in CONSUMERS}
    assert kinds_of({**KIND_FACTS, new: row})[-1] == new


def test_codes_of_kinds_never_change() -> None:
    assert {kind: KIND_FACTS[kind].code for kind in get_args(Kind)} == CODES


@pytest.mark.parametrize("code", [20, 22])
def test_a_code_is_neither_given_twice_nor_left_out(code: int) -> None:
    new: RelationKind = "remake"  # type: ignore[assignment]
    with pytest.raises(ValueError, match="codes of kinds"):
        kinds_of({**KIND_FACTS, new: KindFacts(code, new, "mention", PathCost(1, 2), 1.0)})


@pytest.mark.parametrize("kind", KIND_FACTS)
def test_both_directions_of_a_kind_agree(kind: RelationKind) -> None:
    here, back = KIND_FACTS[kind], KIND_FACTS[KIND_FACTS[kind].inverse]
    assert back.inverse == kind
    assert here.is_forward != back.is_forward or here.inverse == kind
    same = ("family", "path", "reason_cost", "order_rank", "weight", "spreads", "makes_guests")
    assert [getattr(here, name) for name in same] == [getattr(back, name) for name in same]


def test_every_family_has_its_colour_on_routes() -> None:
    assert set(route_svg._COLOUR) == set(get_args(Family))
