"""The page of a load's report: what locust wrote is on it, and it asks no other host."""

import re
from pathlib import Path

import pytest

from benchmarks.load.report import TOTAL, Run, Series, page, plot, thinned

HISTORY = (
    "Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%,95%,99%\n"
    f"100,10,,{TOTAL},0.0,0.0,N/A,N/A,N/A\n"
    "101,10,GET,/,20.0,0.0,1,2,3\n"
    f"101,10,,{TOTAL},50.0,0.0,4,40,90\n"
    f"102,20,,{TOTAL},70.0,0.0,5,400,900\n"
)
STATS = (
    "Type,Name,Request Count,Failure Count,Median Response Time,95%,99%\n"
    "GET,/search?q=<text>,90,1,4,40,90\n"
    f",{TOTAL},120,1,5,400,900\n"
)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "load_stats_history.csv").write_text(HISTORY)
    (tmp_path / "load_stats.csv").write_text(STATS)
    return Run.read(tmp_path / "load")


def test_seconds_without_answers_have_no_point(run: Run) -> None:
    assert run.seconds == [0, 1, 2]
    assert run.series("95 %", "95%") == Series("95 %", [None, 40, 400])
    assert len(run.kinds) == 2


def test_the_page_has_all_runs_as_they_are_called_and_asks_nobody(run: Run) -> None:
    text = page({"one <worker>": run, "two": run}, "Load 3.")
    assert text.count("<svg") == 6
    assert "<h2>one &lt;worker&gt;</h2>" in text
    assert "/search?q=&lt;text&gt;" in text
    assert "Load 3." in text
    assert not re.search(r"https?:|<script|src=|@import", text)


def test_a_plot_is_as_high_as_its_highest_value_and_has_the_promise() -> None:
    text = plot("ms", [0, 10], [Series("a", [0, 50]), Series("b", [None, 100])], 200)
    assert ">200</text>" in text
    assert 'points="60.0,150.0 700.0,115.0"' in text
    assert "stroke-dasharray" in text


def test_an_hour_takes_no_more_points_than_the_page_has_room_for() -> None:
    seconds = [float(at) for at in range(3_600)]
    values = [None if at < 60 else 900.0 if at == 1_777 else float(at % 50) for at in range(3_600)]
    times, [line] = thinned(seconds, [Series("95 %", values)])
    assert len(times) == len(line.values) == 300
    assert line.values[:6] == [None] * 5 + [21.0]  # the first minute has nothing
    assert max(one for one in line.values if one is not None) == 900.0
    few = seconds[:9], [Series("a", values[60:69])]
    assert thinned(*few) == few
    assert len(plot("ms", seconds, [Series("95 %", values)])) < 8_000


def test_a_run_of_nothing_is_refused(tmp_path: Path) -> None:
    (tmp_path / "load_stats_history.csv").write_text(HISTORY.splitlines()[0] + "\n")
    with pytest.raises(SystemExit, match="nothing of a run"):
        Run.read(tmp_path / "load")
