"""Curated decisions: what ships is sound, and what is not is refused by file, entry and field."""

import functools
import re
import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import jsonschema_rs
import msgspec
import pytest

from ingest import curation
from ingest.curation_checks import CurationError
from ingest.curation_forms import FORMS, Decision, StatedKind, json_schema
from ingest.pipeline.rows import WorkNode
from ingest.reading.files import SourceFile
from ingest.registry import SOURCES
from ingest.sources import curated_franchises
from kensho.domain.records import Claim, RecordFacts
from kensho.domain.relations import FORWARD, SYMMETRIC, Kind
from kensho.platform.installation import data_root
from tests.support.adapter_runs import run

ROOT = data_root("curation")
GUNDAM = "franchises/gundam.toml"
NAMED = {"gundam.toml", "one-piece.toml", "fate.toml", "toriko.toml", "dragon-ball.toml"}
GIVEN = 'reason = "a reason to check"\nsource = "the works themselves"\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a copy of what ships, to be spoilt; of franchises those that tests name."""

    def unnamed(folder: str, names: list[str]) -> set[str]:
        return set(names) - NAMED if folder.endswith("/franchises") else set()

    return Path(shutil.copytree(ROOT, tmp_path / "curation", ignore=unnamed))


def add(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(exist_ok=True)
    before = path.read_text("utf-8") if path.exists() else ""
    path.write_text(f"{before}\n{text}", "utf-8")


def refusals(root: Path) -> list[str]:
    with pytest.raises(CurationError) as refused:
        curation.load(root)
    assert refused.value.exit_code == 2
    return [str(problem) for problem in refused.value.problems]


def entries(document: object) -> list[Mapping[str, Any]]:
    if isinstance(document, dict) and "reason" in document:
        return [document]
    inner = document.values() if isinstance(document, dict) else document
    return [e for part in inner if isinstance(part, (dict, list)) for e in entries(part)]  # type: ignore[attr-defined]


def test_what_ships_is_read_whole() -> None:
    found = curation.load()
    assert len(found.policy.kinds) > 20
    assert len(found.policy.chronology) > 60
    assert found.series["Naruto"] == "mal:20"
    assert found.composition.precedence["status"] == ("aodb",)


def test_every_entry_has_a_reason_and_a_source() -> None:
    for path in ROOT.rglob("*.toml"):
        found = entries(tomllib.loads(path.read_text("utf-8")))
        assert found, path
        for entry in found:
            assert entry["reason"].strip(), path
            assert entry["source"].strip(), path


def test_the_schema_for_editors_is_that_of_the_code() -> None:
    kept = msgspec.json.decode((ROOT / "schema.json").read_bytes())
    assert kept == msgspec.json.decode(msgspec.json.encode(json_schema())), (
        "write curation/schema.json anew; curation/README.md says how"
    )


@functools.cache
def validator(form: str) -> jsonschema_rs.Validator:
    schema = json_schema()
    forms: Any = schema["properties"]
    return jsonschema_rs.validator_for({**forms[form], "$defs": schema["$defs"]})


@pytest.mark.parametrize(
    "path", sorted(ROOT.rglob("*.toml")), ids=lambda path: path.relative_to(ROOT).as_posix()
)
def test_every_file_is_of_the_schema(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    document = msgspec.to_builtins(tomllib.loads(path.read_text("utf-8")))  # dates as JSON has them
    validator(name if name in FORMS else "franchises/*.toml").validate(document)


def test_precedence_names_fields_and_sources_that_there_are() -> None:
    fields = {*WorkNode.__struct_fields__, *RecordFacts.__struct_fields__}
    for field, sources in curation.load().composition.precedence.items():
        assert field in fields
        assert set(sources) <= SOURCES.keys()


def test_every_form_of_entry_asks_for_a_reason_and_a_source() -> None:
    for form in Decision.__subclasses__():
        required = {f.name for f in msgspec.structs.fields(form) if f.required}
        assert {"reason", "source"} <= required


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        (
            GUNDAM,
            '[[recap]]\nworks = ["mal:1"]\nreason = "no"\nsource = "the works themselves"',
            "gundam.toml: recap 3: reason: 'no': Expected `str` of length >= 10",
        ),
        (
            GUNDAM,
            '[[recap]]\nworks = ["mal:1"]\nreason = "a reason to check"',
            "gundam.toml: recap 3: source: None: Object missing required field `source`",
        ),
        (
            GUNDAM,
            '[[recap]]\nworks = ["mal:1"]\nreason = "          "\nsource = "the works themselves"',
            "gundam.toml: recap 3: reason: '          '",
        ),
        (
            GUNDAM,
            f'[[recap]]\nworks = ["mal:1"]\nbecause = "x"\n{GIVEN}',
            "gundam.toml: recap 3: because: 'x': Object contains unknown field `because`",
        ),
        (GUNDAM, f'[[recaps]]\nworks = ["mal:1"]\n{GIVEN}', "gundam.toml: recaps: [{"),
        (
            GUNDAM,
            f'[[recap]]\nworks = ["mal:1", "mal 2"]\n{GIVEN}',
            "gundam.toml: recap 3: works 2: 'mal 2'",
        ),
        (
            GUNDAM,
            f'[[recap]]\nworks = ["mall:1"]\n{GIVEN}',
            "gundam.toml: recap 3: works: 'mall:1': no known provider has such an id",
        ),
        (
            GUNDAM,
            f'[[recap]]\nworks = ["mal:1", "mal:1"]\n{GIVEN}',
            "gundam.toml: recap 3: works: 'mal:1': stands twice in this list",
        ),
        (
            GUNDAM,
            f'[[recap]]\nworks = ["mal:2695"]\n{GIVEN}',
            "gundam.toml: recap 3: works: 'mal:2695': is decided in franchises/gundam.toml, rec",
        ),
        (
            "franchises/fate.toml",
            f'[[recap]]\nworks = ["mal:80"]\n{GIVEN}',
            "gundam.toml: chronology 1: works: 'mal:80': is a work of franchises/fate.toml already",
        ),
        (
            GUNDAM,
            f'[[chronology]]\nworks = ["mal:85", "mal:80"]\n{GIVEN}',
            "gundam.toml: chronology 11: works: ['mal:85', 'mal:80']: 'mal:85' stands before",
        ),
        (
            GUNDAM,
            f'[[chronology]]\nworks = ["mal:85"]\n{GIVEN}',
            "gundam.toml: chronology 11: works: ['mal:85']: Expected `array` of length >= 2",
        ),
        (
            "franchises/toriko.toml",
            f'[[join]]\nworks = ["anilist:10033", "mal:1"]\n{GIVEN}'
            f'[[join]]\nworks = ["mal:1", "anilist:21"]\n{GIVEN}',
            "toriko.toml: cut 1: others: 'anilist:21': is joined with anilist:10033",
        ),
        (
            "franchises/dragon-ball.toml",
            f'[[cut]]\nworks = ["anilist:223"]\nothers = ["anilist:21"]\n{GIVEN}',
            "one-piece.toml: cut 1: others: 'anilist:223': is cut from anilist:21 in",
        ),
        (
            GUNDAM,
            f'[[cut]]\nworks = ["anilist:80"]\nothers = ["anilist:80"]\n{GIVEN}',
            "gundam.toml: cut 1: others: 'anilist:80': is joined with anilist:80",
        ),
        (
            GUNDAM,
            f'[[rename]]\nwork = "anilist:80"\ntitle = "Mobile Suit"\n{GIVEN}',
            "gundam.toml: rename 2: work: 'anilist:80': is decided in",
        ),
        (
            "tags/categories.toml",
            f'[[category]]\ncategory = "theme"\ntags = ["action"]\n{GIVEN}',
            "categories.toml: category 5: tags: 'action': is decided in",
        ),
        (
            "tags/aliases.toml",
            f'[[alias]]\ntag = "sf"\nspellings = ["sci-fi", "aliens"]\n{GIVEN}',
            "'aliens': is itself what another spelling stands for",
        ),
        (
            "episodes/anifillerpedia.toml",
            f'[[series]]\ntitle = "Naruto"\nwork = "mal:1"\n{GIVEN}',
            "anifillerpedia.toml: series 7: title: 'Naruto': is decided in",
        ),
        (
            "franchises/new.toml",
            f'[[line]]\nworks = ["mal:1", "mal:2"]\n{GIVEN}',
            "new.toml: date: None: lines and relations need one",
        ),
        (
            "franchises/new.toml",
            f'date = 2026-01-31\n[[line]]\nworks = ["mal:1"]\n{GIVEN}',
            "new.toml: line 1: works: ['mal:1']: Expected `array` of length >= 2",
        ),
        (
            "franchises/new.toml",
            f'date = 2026-01-31\n[[line]]\nworks = ["mal:9000001", "mal:9000002"]\n{GIVEN}'
            f'[[line]]\nworks = ["mal:9000002", "mal:9000003", "mal:9000001"]\n{GIVEN}',
            "new.toml: line: works: 'mal:9000001': its sequels lead back to it",
        ),
        (
            "franchises/new.toml",
            'date = 2026-01-31\n[[relation]]\nkind = "prequel"\nof = "mal:9000001"\n'
            f'works = ["mal:9000002"]\n{GIVEN}',
            "new.toml: relation 1: kind: 'prequel': Invalid enum value 'prequel'",
        ),
        (
            "franchises/new.toml",
            'date = 2026-01-31\n[[relation]]\nkind = "summary"\nof = "mal:9000001"\n'
            f'works = ["mal:9000001"]\n{GIVEN}',
            "new.toml: relation 1: of: 'mal:9000001': is not related to itself",
        ),
        (
            "franchises/new.toml",
            f'date = 2026-01-31\n[[line]]\nworks = ["mal:9000001", "mal:9000002"]\n{GIVEN}'
            '[[relation]]\nkind = "summary"\nof = "mal:9000002"\nworks = ["mal:9000001"]\n'
            f"{GIVEN}",
            "relation 1: works: 'mal:9000001': its relation to mal:9000002 is stated in line 1",
        ),
        ("kinds.toml", f'[sequels]\naction = "follow"\nstrength = 1.0\n{GIVEN}', "kinds.toml"),
        ("franchises/Gundam Wing.toml", "", "known are kinds.toml"),
        ("franchise/wing.toml", "", "known are kinds.toml"),
        (GUNDAM, "[[recap]\n", "gundam.toml: 'franchises/gundam.toml': "),
    ],
)
def test_what_cannot_be_right_is_refused_where_it_stands(
    root: Path, name: str, text: str, told: str
) -> None:
    add(root, name, text)
    assert any(told in problem for problem in refusals(root)), refusals(root)


def test_all_faults_of_the_files_are_told_at_once(root: Path) -> None:
    add(root, GUNDAM, f'[[recap]]\nworks = ["mall:1", "mall:2"]\n{GIVEN}')
    add(
        root,
        "tags/categories.toml",
        f'[[category]]\ncategory = "theme"\ntags = ["action"]\n{GIVEN}',
    )
    assert len(refusals(root)) == 3


def test_the_kinds_that_can_be_stated_lead_onwards_or_both_ways() -> None:
    stated = set(get_args(StatedKind))
    onwards = FORWARD | set(SYMMETRIC)
    assert stated == onwards - {"sequel", "related"} - {"joined", "same_work"}


def told(kind: Kind, work: str) -> Claim:
    """Return a claim with the words of `GIVEN`."""
    return Claim(kind, work, reason="a reason to check", note="the works themselves")


def test_files_with_relations_are_read_as_a_source(tmp_path: Path) -> None:
    line = f'[[line]]\nworks = ["mal:1", "mal:2", "mal:3"]\n{GIVEN}'
    summary = f'[[relation]]\nkind = "summary"\nof = "mal:1"\nworks = ["mal:4"]\n{GIVEN}'
    add(tmp_path, "franchises/new.toml", f"date = 2026-01-31\n{line}{summary}")
    add(tmp_path, "franchises/old.toml", f'[[recap]]\nworks = ["mal:9"]\n{GIVEN}')
    (path,) = curation.relation_files(tmp_path)
    found = run(curated_franchises.SOURCE, path, path.read_bytes())
    assert [(record.key, record.links.relations) for record in found.records] == [
        ("mal:1", (told("sequel", "mal:2"), told("summary", "mal:4"))),
        ("mal:2", (told("sequel", "mal:3"),)),
    ]
    assert {record.method for record in found.records} == {"curated"}
    assert curated_franchises.SOURCE.snapshot(SourceFile(path)) == "2026-01-31"


def test_a_missing_file_is_refused(root: Path) -> None:
    (root / "kinds.toml").unlink()
    assert "kinds.toml" in refusals(root)[0]


def test_the_wheel_and_the_image_hold_the_decisions() -> None:
    top = ROOT.parent
    build = tomllib.loads((top / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]
    included = build["targets"]["wheel"]["force-include"]
    assert included["curation"] == "kensho/_data/curation"
    assert re.search(
        r"^COPY curation ./curation$", (top / "Dockerfile").read_text("utf-8"), re.MULTILINE
    )
