"""What curators read at the end: tables on a terminal, one JSON object for machines."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from ingest.dry_run import DryRun
from ingest.folder import UnusedFile
from ingest.pipeline.forget_plan import ForgetPlan
from ingest.pipeline.jobs import RunReport, SourceReport
from ingest.source import Source

IDS_SHOWN: Final = 5
"""Ids of the curators' decisions on a terminal; `--json` shows every one."""
_SAME: Final = '{"counts":{},"relations":[],"fields":[],"changes":[],"total":0}'
FILES_SHOWN: Final = 100
"""Files that a run did not use; `--json` shows every one."""


def print_report(
    report: RunReport,
    console: Console,
    *,
    as_json: bool,
    unused: Sequence[UnusedFile] = (),
    dry: DryRun | None = None,
) -> None:
    """Print how a run ended: a row for each source, then works, edges by kind, revision, time.

    `unused` are the files of the folder that no source read; of a `dry` run, what would differ.
    """
    if as_json:
        told = None if dry is None else msgspec.Raw((dry.difference or _SAME).encode().strip())
        _print_json({**msgspec.to_builtins(report), "unused": unused, "diff": told})
        return
    table = Table(title="Sources", title_justify="left")
    table.add_column("source")
    for name in ("added", "changed", "removed", "unchanged", "unmatched", "rejected", "seconds"):
        table.add_column(name, justify="right")
    table.add_column("snapshot")
    table.add_column("state")
    for source in report.sources:
        _add_source(table, source)
    console.print(table)
    _print_graph(report, console)
    for line in (f"{one.source}: {line}" for one in report.sources for line in lines_of(one)):
        console.print(line, markup=False, soft_wrap=True)
    _print_unused(unused, console)
    for slip in report.slips:
        console.print(f"KENSHO_CURATION_DIR: {slip}", markup=False, soft_wrap=True)
    console.print(f"revision {report.revision:,}, {report.seconds:.1f} s")
    if dry is not None:
        differing = dry.difference or "nothing"
        said = f"a dry run: nothing was written. What would differ:\n{differing}"
        console.print(said, markup=False, highlight=False, soft_wrap=True)
    if report.snapshot is not None:
        console.print(f"published snapshot {report.snapshot}", highlight=False)


def _print_unused(unused: Sequence[UnusedFile], console: Console) -> None:
    for one in unused[:FILES_SHOWN]:
        console.print(f"not used: {one.path}: {one.reason}", markup=False, soft_wrap=True)
    if len(unused) > FILES_SHOWN:
        console.print(f"not used: {len(unused) - FILES_SHOWN:,} more files; --json names them")


def lines_of(source: SourceReport) -> Iterator[str]:
    """Yield what else is to be said of a source, besides its row."""
    yield from source.notices
    for breach in source.guards:
        if breach.lifted:
            yield f"the guard {breach.guard!r} was lifted: {breach.sentence}"
    if source.undoes is not None:
        yield f"took back run {source.undoes}"
    if source.message:
        yield source.message
    if source.state == "waiting":
        yield f"waits as run {source.run}: 'kensho approve' or 'kensho reject'"
    if source.rejects_file:
        yield f"rejects are listed in {source.rejects_file}"


def _print_graph(report: RunReport, console: Console) -> None:
    """Print what became of works, edges and franchises."""
    works, edges, franchises = report.works, report.edges, report.franchises
    for name, counts in (("works", works), ("edges", edges), ("franchises", franchises)):
        line = f"{counts.added:,} added, {counts.changed:,} changed, {counts.removed:,} removed"
        if name == "franchises":
            line += f", {franchises.redirected:,} slugs redirected"
            line += f"; {franchises.computed:,} works computed anew"
        console.print(f"{name}: {line}")
    if edges.undecided:
        named = ", ".join(edges.undecided[:IDS_SHOWN])
        rest = len(edges.undecided) - IDS_SHOWN
        more = f" and {rest:,} more" if rest > 0 else ""
        console.print(
            f"{len(edges.undecided):,} ids that curators' decisions name belong to no work of the "
            f"graph: {named}{more}",
            markup=False,
            soft_wrap=True,
        )
    if edges.by_kind:
        console.print(f"relations by kind: {_by_count(edges.by_kind)}", soft_wrap=True)
        if edges.inferred:
            console.print(f"of them inferred: {_by_count(edges.inferred)}", soft_wrap=True)
        console.print(f"{edges.unresolved:,} ids named by sources belong to no work of the graph")


def print_forget_plan(plan: ForgetPlan, console: Console, *, as_json: bool) -> None:
    """Print what goes if a source is forgotten: counts, and the names of the best known."""
    if as_json:
        _print_json(plan)
        return
    if plan.is_empty:
        console.print(f"{plan.source} has said nothing", markup=False)
        return
    console.print(f"To forget {plan.source} takes back {plan.records:,} records:", markup=False)
    for name, losses in (
        ("works go", plan.works),
        ("franchises go", plan.franchises),
        ("franchises lose works or relations", plan.shrinking),
        ("titles of works that stay go", plan.titles),
    ):
        named = "; ".join(losses.names)
        rest = losses.count - len(losses.names)
        more = f"; and {rest:,} more" if rest > 0 and named else ""
        line = f"  {losses.count:,} {name}" + (f": {named}{more}" if named else "")
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    if plan.parted:
        console.print(f"  {plan.parted:,} works come apart and begin with ids of their own")
    relations = f": {_by_count(plan.relations)}" if plan.relations else ""
    console.print(f"  {sum(plan.relations.values()):,} relations go{relations}", soft_wrap=True)


def _by_count(kinds: Mapping[str, int]) -> str:
    ranked = sorted(kinds.items(), key=lambda item: -item[1])
    return ", ".join(f"{kind} {count:,}" for kind, count in ranked)


def _add_source(table: Table, source: SourceReport) -> None:
    records = source.records
    numbers = (
        records.added,
        records.changed,
        records.removed,
        records.unchanged,
        records.unmatched,
        source.rejects,
    )
    cells = [f"{number:,}" for number in numbers]
    table.add_row(
        source.source, *cells, f"{source.seconds:.1f}", source.snapshot or "unknown", source.state
    )


def print_sources(sources: Mapping[str, Source], console: Console, *, as_json: bool) -> None:
    """Print the known sources in the order in which a run over many reads them."""
    if as_json:
        listed = [
            {
                "name": s.name,
                "title": s.title,
                "licence": s.licence,
                "rank": s.rank,
                "patterns": s.patterns,
            }
            for s in sources.values()
        ]
        _print_json(listed)
        return
    table = Table("source", "what it is", "licence", "files")
    for source in sources.values():
        table.add_row(source.name, source.title, source.licence, "\n".join(source.patterns[:2]))
    console.print(table)


def _print_json(value: object) -> None:
    print(msgspec.json.encode(value).decode())  # noqa: T201 -- the command's answer
