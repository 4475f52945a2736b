"""A page that shows what locust measured: plots and a table in one small file that asks no host.

    locust -f benchmarks/load/locustfile.py … --csv var/load --csv-full-history
    python -m benchmarks.load.report docs/load.html "one worker"=var/load "two workers"=var/load2

Each run has three plots over its time, as SVG without scripts: users, answers a second, and the
times within which half, 95 and 99 % of answers of the last seconds came, with what is promised of
p95 as a line; then a table of its kinds of requests. The page says the machine's processors.
"""

import argparse
import csv
import os
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.load.verdict import P95_MS

TOTAL: Final = "Aggregated"
WIDTH: Final = 640
HEIGHT: Final = 150
MOST_POINTS: Final = 320
"""A point for every second pixel: an hour of seconds would take 200 KB."""
LEFT: Final = 60
BOTTOM: Final = 20
_COLOURS: Final = ("#1b6ca8", "#b3541e", "#7a1f5c")
_STYLE: Final = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;"
    "color:#1d1d1f;background:#fff}table{border-collapse:collapse;width:100%}"
    "td,th{padding:.15rem .6rem;text-align:right;border-bottom:1px solid #ddd}"
    "td:first-child,th:first-child{text-align:left}svg{width:100%;height:auto}"
    "text{font:11px system-ui,sans-serif;fill:#444}"
)
_COLUMNS: Final[Mapping[str, str]] = {
    "Name": "request",
    "Request Count": "answers",
    "Failure Count": "failed",
    "Median Response Time": "median, ms",
    "95%": "p95, ms",
    "99%": "p99, ms",
}


class Series(NamedTuple):
    """A line of a plot: its name, and its values at the plot's seconds (`None`: nothing then)."""

    name: str
    values: Sequence[float | None]


class Run(NamedTuple):
    """What one run left: a row for each second, and one for each kind of request."""

    seconds: Sequence[float]
    history: Sequence[Mapping[str, str]]
    kinds: Sequence[Mapping[str, str]]

    @classmethod
    def read(cls, prefix: Path) -> "Run":
        """Read the files that locust named after a prefix.

        Raises:
            SystemExit: they hold no second of a run.
        """
        history = [row for row in _rows(prefix, "stats_history") if row["Name"] == TOTAL]
        if not history:
            raise SystemExit(f"{prefix}_stats_history.csv has nothing of a run")
        began = float(history[0]["Timestamp"])
        seconds = [float(row["Timestamp"]) - began for row in history]
        return cls(seconds, history, _rows(prefix, "stats"))

    def series(self, name: str, column: str) -> Series:
        """Return a column over time."""
        return Series(name, [_number(row[column]) for row in self.history])


def _rows(prefix: Path, kind: str) -> list[dict[str, str]]:
    with prefix.with_name(f"{prefix.name}_{kind}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def _number(text: str) -> float | None:
    return None if text in ("", "N/A") else float(text)


def thinned(seconds: Sequence[float], lines: Sequence[Series]) -> tuple[list[float], list[Series]]:
    """Return so few points that a page stays small: of each stretch of time the highest value."""
    step = -(-len(seconds) // MOST_POINTS)
    starts = range(0, len(seconds), step)
    return [seconds[at] for at in starts], [
        Series(line.name, [_highest(line.values[at : at + step]) for at in starts])
        for line in lines
    ]


def _highest(values: Sequence[float | None]) -> float | None:
    return max((one for one in values if one is not None), default=None)


def plot(title: str, seconds: Sequence[float], lines: Sequence[Series], promise: float = 0) -> str:
    """Return a plot of lines from zero on; a promise is a dashed one."""
    end = max(seconds[-1], 1.0)
    seconds, lines = thinned(seconds, lines)
    values = [value for line in lines for value in line.values if value is not None]
    most = max([*values, promise, 1.0])

    def at(second: float, value: float) -> str:
        return f"{LEFT + second / end * WIDTH:.1f},{HEIGHT - value / most * (HEIGHT - 10):.1f}"

    drawn = [
        f'<text x="0" y="12">{most:,.0f}</text><text x="0" y="{HEIGHT}">0</text>',
        f'<text x="{LEFT}" y="{HEIGHT + BOTTOM - 4}">0 s</text>',
        f'<text x="{LEFT + WIDTH - 30}" y="{HEIGHT + BOTTOM - 4}">{end:,.0f} s</text>',
        f'<path d="M{at(0, 0)} L{at(end, 0)}" stroke="#999"/>',
    ]
    if promise:
        drawn.append(
            f'<path d="M{at(0, promise)} L{at(end, promise)}" stroke="#666" stroke-dasharray="4"/>'
        )
    for number, line in enumerate(lines):
        colour = _COLOURS[number % len(_COLOURS)]
        points = " ".join(
            at(second, value)
            for second, value in zip(seconds, line.values, strict=True)
            if value is not None
        )
        drawn.append(f'<polyline points="{points}" fill="none" stroke="{colour}"/>')
        drawn.append(
            f'<text x="{LEFT + 10 + 70 * number}" y="12" style="fill:{colour}">'
            f"{escape(line.name)}</text>"
        )
    box = f"0 0 {LEFT + WIDTH} {HEIGHT + BOTTOM}"
    return (
        f"<h3>{escape(title)}</h3>"
        f'<svg viewBox="{box}" role="img" aria-label="{escape(title)}">{"".join(drawn)}</svg>'
    )


def table(kinds: Sequence[Mapping[str, str]]) -> str:
    """Return a table of the kinds of requests; the last row is all of them."""
    head = "".join(f"<th>{escape(shown)}</th>" for shown in _COLUMNS.values())
    rows = (
        "<tr>" + "".join(f"<td>{escape(row[name])}</td>" for name in _COLUMNS) + "</tr>"
        for row in kinds
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def page(runs: Mapping[str, Run], note: str) -> str:
    """Return the whole page."""
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>Load of users</title>",
        f"<style>{_STYLE}</style><h1>Load of users</h1><p>{escape(note)}</p>",
    ]
    for name, run in runs.items():
        times = [run.series(f"{p} %", f"{p}%") for p in (50, 95, 99)]
        parts += [
            f"<h2>{escape(name)}</h2>",
            plot("Users", run.seconds, [run.series("users", "User Count")]),
            plot("Answers a second", run.seconds, [run.series("answers", "Requests/s")]),
            plot("Time to answer, ms", run.seconds, times, P95_MS),
            table(run.kinds),
        ]
    return "".join(parts) + "</html>\n"


def main() -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("runs", nargs="+", metavar="NAME=PREFIX")
    parser.add_argument("--note", default="", help="what else was going on, such as a load")
    asked = parser.parse_args()
    given = (run.rpartition("=") for run in asked.runs)
    runs = {name: Run.read(Path(prefix)) for name, _, prefix in given}
    text = page(runs, f"{os.cpu_count()} processors. {asked.note}".strip())
    asked.page.write_text(text, "utf-8")
    print(f"{asked.page}: {len(text):,} characters")


if __name__ == "__main__":
    main()
