"""Reports: what a curator reads at the end, and the same for machines."""

import io
import json
from typing import Any
from uuid import UUID

import pytest
from rich.console import Console

from ingest import findings_report, report
from ingest.checks.findings import Acceptance, Finding, WorkPage
from ingest.pipeline.edge_store import EdgeCounts
from ingest.pipeline.franchises.projection import FranchiseCounts
from ingest.pipeline.jobs import RunReport, SourceReport
from ingest.pipeline.projection import WorkCounts
from ingest.pipeline.record_writer import RecordCounts
from tests.support.records import SOURCES

FINISHED = SourceReport(
    "grouper",
    "finished",
    "2026-01-01",
    RecordCounts(added=1234, changed=2, removed=3, unchanged=4, unmatched=5),
    rejects=6,
    rejects_file="var/rejects/grouper.jsonl",
    seconds=1.26,
)
HUBS = FranchiseCounts(added=3, changed=1, removed=2, redirected=2, computed=1234)
REFUSED = SourceReport("site", "failed", message="[site.jsonl]: no such file")


def of(*sources: SourceReport, edges: EdgeCounts | None = None) -> RunReport:
    return RunReport(list(sources), WorkCounts(added=7), edges or EdgeCounts(), HUBS, 1000, 2.5)


def printed(result: RunReport) -> str:
    text = io.StringIO()
    report.print_report(result, Console(file=text, width=160), as_json=False)
    return text.getvalue()


def findings(*found: Finding, limit: int | None = 2) -> list[str]:
    text = io.StringIO()
    console = Console(file=text, width=160)
    findings_report.print_findings(found, console, as_json=False, limit=limit)
    return text.getvalue().splitlines()


def machine(capsys: pytest.CaptureFixture[str]) -> Any:
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    return json.loads(out)


def test_every_source_has_a_row_with_its_counts() -> None:
    (row,) = [line for line in printed(of(FINISHED)).splitlines() if "finished" in line]
    cells = [cell.strip() for cell in row.strip("│┃| ").split("│")]
    assert cells == ["grouper", "1,234", "2", "3", "4", "5", "6", "1.3", "2026-01-01", "finished"]


def test_a_refused_source_says_why() -> None:
    assert "site: [site.jsonl]: no such file" in printed(of(FINISHED, REFUSED))


def test_the_file_of_rejects_is_named() -> None:
    assert "grouper: rejects are listed in var/rejects/grouper.jsonl" in printed(of(FINISHED))


def test_ids_of_decisions_that_no_work_has_are_named() -> None:
    edges = EdgeCounts(undecided=tuple(f"mal:{n}" for n in range(7)))
    text = printed(of(FINISHED, edges=edges))
    assert "7 ids that curators' decisions name belong to no work of the graph: mal:0, " in text
    assert "mal:4 and 2 more" in text
    assert "mal:5" not in text


def test_works_edges_revision_and_time_close_the_report() -> None:
    text = printed(of(FINISHED))
    assert "works: 7 added, 0 changed, 0 removed" in text
    assert "edges: 0 added, 0 changed, 0 removed" in text
    assert (
        "franchises: 3 added, 1 changed, 2 removed, 2 slugs redirected; 1,234 works computed anew"
        in text
    )
    assert text.splitlines()[-1] == "revision 1,000, 2.5 s"


def test_kinds_are_counted_the_most_frequent_first() -> None:
    edges = EdgeCounts(3, by_kind={"other": 1, "sequel": 2}, inferred={"sequel": 1}, unresolved=9)
    text = printed(of(FINISHED, edges=edges))
    assert "of them inferred: sequel 1" in text
    assert "relations by kind: sequel 2, other 1" in text
    assert "9 ids named by sources belong to no work of the graph" in text


def test_a_machine_gets_one_object_with_everything(capsys: pytest.CaptureFixture[str]) -> None:
    report.print_report(of(FINISHED, REFUSED), Console(), as_json=True)
    said = machine(capsys)
    assert said["sources"][0]["records"]["added"] == 1234
    assert said["sources"][1]["message"] == "[site.jsonl]: no such file"
    assert (said["revision"], said["works"]["added"]) == (1000, 7)


def test_a_run_failed_where_a_source_was_refused() -> None:
    assert of(FINISHED, REFUSED).failed
    assert not of(FINISHED).failed


def test_rejects_of_all_sources_are_summed() -> None:
    assert of(FINISHED, FINISHED).rejects == 12


def test_sources_are_listed_with_their_files() -> None:
    text = io.StringIO()
    report.print_sources(SOURCES, Console(file=text, width=160), as_json=False)
    assert all(name in text.getvalue() for name in SOURCES)
    assert "grouper.jsonl" in text.getvalue()


def test_a_machine_gets_the_sources_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    report.print_sources(SOURCES, Console(), as_json=True)
    said = machine(capsys)
    assert [listed["name"] for listed in said] == list(SOURCES)
    assert said[0]["patterns"] == ["grouper.jsonl"]


def test_findings_are_grouped_by_rule_and_cut() -> None:
    loops = [Finding("loop", "notice", f"loop [{n}]") for n in range(3)]
    assert findings(Finding("mirror", "error", "gone"), *loops) == [
        "error: mirror: 1",
        "  gone",
        "notice: loop: 3",
        "  loop [0]",
        "  loop [1]",
        "  and 1 more; --all shows them",
        "1 errors, 3 notices",
    ]


def test_every_finding_is_shown_on_demand() -> None:
    loops = [Finding("loop", "notice", f"loop [{n}]") for n in range(30)]
    assert len(findings(*loops, limit=None)) == 32


def test_a_machine_gets_every_finding(capsys: pytest.CaptureFixture[str]) -> None:
    loops = [Finding("loop", "notice", "round") for _ in range(30)]
    findings_report.print_findings(loops, Console(), as_json=True, limit=1)
    said = machine(capsys)
    assert (said["errors"], said["notices"], len(said["findings"])) == (0, 30, 30)
    assert said["findings"][0] == {"rule": "loop", "severity": "notice", "sentence": "round"}


def test_a_finding_is_printed_with_its_id_and_the_pages_of_its_works() -> None:
    pages = (WorkPage(UUID(int=1), "Alpha", "/anime/1", "https://myanimelist.net/anime/1"),)
    one = Finding("double", "notice", "Alpha twice", "0a1b2c3d4e5f", "5f4e3d2c1b0a", pages)
    assert findings(one)[1:3] == [
        "  0a1b2c3d4e5f  Alpha twice",
        "      /anime/1 https://myanimelist.net/anime/1",
    ]


def test_an_accepted_finding_is_counted_and_one_that_changed_is_shown() -> None:
    said = Acceptance("so it is", "2026-11-01", "alice")
    taken = Finding("double", "notice", "Alpha", accepted=said)
    changed = Finding("double", "notice", "Beta", was_accepted=said)
    assert findings(taken, changed) == [
        "notice: double: 1",
        "  Beta",
        "      changed since it was accepted on 2026-11-01: so it is",
        "0 errors, 1 notices, 1 accepted",
    ]
