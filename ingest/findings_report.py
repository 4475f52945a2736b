"""What `kensho check` prints: findings by rule with their ids and pages, and what is accepted."""

from collections.abc import Sequence
from typing import Final

import msgspec
from rich.console import Console

from ingest.checks.accepted import AcceptedFinding
from ingest.checks.findings import Finding

FINDINGS_SHOWN: Final = 10
"""Findings of one rule on a terminal; `--all` and `--json` show every one."""


class _Report(msgspec.Struct):
    errors: int
    notices: int
    accepted: int
    findings: Sequence[Finding]


def print_findings(
    found: Sequence[Finding], console: Console, *, as_json: bool, limit: int | None
) -> None:
    """Print what the check found, rule by rule, at most `limit` findings of each.

    Accepted ones are counted; as JSON all are printed, with who accepted them.
    """
    shown = [one for one in found if one.accepted is None]
    errors = sum(one.severity == "error" for one in shown)
    if as_json:
        report = _Report(errors, len(shown) - errors, len(found) - len(shown), found)
        _print_json(report)
        return
    by_rule: dict[tuple[str, str], list[Finding]] = {}
    for one in shown:
        by_rule.setdefault((one.severity, one.rule), []).append(one)
    for (severity, rule), of_rule in by_rule.items():
        console.print(f"{severity}: {rule}: {len(of_rule):,}", style="bold")
        for one in of_rule[:limit]:
            _print_finding(one, console)
        if limit is not None and len(of_rule) > limit:
            console.print(f"  and {len(of_rule) - limit:,} more; --all shows them")
    accepted = f", {len(found) - len(shown):,} accepted" if len(found) > len(shown) else ""
    console.print(f"{errors:,} errors, {len(shown) - errors:,} notices{accepted}")


def print_accepted(
    found: Sequence[Finding], gone: Sequence[AcceptedFinding], console: Console, *, as_json: bool
) -> None:
    """Print the findings that are accepted, those that changed since, and those that are `gone`."""
    if as_json:
        accepted = [one for one in found if one.accepted or one.was_accepted]
        _print_json({"findings": accepted, "gone": gone})
        return
    for one in found:
        said = one.accepted or one.was_accepted
        if said is not None:
            by = f" by {said.by}" if said.by else ""
            state = "accepted" if one.accepted else "changed since it was accepted"
            _say(f"{one.id} {one.rule}: {one.sentence}", console)
            _say(f"    {state} on {said.date}{by}: {said.reason}", console)
    for former in gone:
        _say(f"{former.id} {former.rule}: {former.about}", console)
        _say(f"    no longer found; accepted on {former.date}: {former.reason}", console)


def _print_finding(one: Finding, console: Console) -> None:
    _say(f"  {one.id}  {one.sentence}" if one.id else f"  {one.sentence}", console)
    for work in one.works:
        _say("      " + " ".join(filter(None, (work.page, work.provider_page))), console)
    if one.was_accepted is not None:
        said = one.was_accepted
        _say(f"      changed since it was accepted on {said.date}: {said.reason}", console)


def _say(line: str, console: Console) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _print_json(value: object) -> None:
    print(msgspec.json.encode(value).decode())  # noqa: T201 -- the command's answer
