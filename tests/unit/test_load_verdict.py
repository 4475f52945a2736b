"""What is promised of a server under load is judged by figures, and users come as a shape says."""

import subprocess
from pathlib import Path

import pytest

from benchmarks.load.shapes import shapes
from benchmarks.load.verdict import Figures, growth, kept, verdict
from sdk.contract import FOLDER
from sdk.generate import with_node


def exposition(asked: int, hits: int, memory_mb: int, files: int) -> Figures:
    return Figures.of(
        "# HELP kensho_http_requests_total Requests answered\n"
        f'kensho_http_requests_total{{route="/browse/{{year}}/{{season}}",worker="0"}} {asked}.0\n'
        f'kensho_http_requests_total{{route="/",worker="1"}} {asked}.0\n'
        f"kensho_answer_cache_hits_total {hits}.0\n"
        f'process_resident_memory_bytes{{worker="0"}} {memory_mb}e6\n'
        f"process_open_fds {files}.0\n"
    )


def test_promises_to_clients() -> None:
    assert verdict(199.0, 0.0) == []
    assert verdict(201.0, 0.02) == [
        "p95 is 201 ms, 200 are promised",
        "2.0% failed, less than 1% are promised",
    ]


def test_kept_answers_and_growth_are_of_the_time_between() -> None:
    then = exposition(100, 50, 300, 40)
    assert kept(then, exposition(200, 220, 300, 40)) == []  # 170 of 200
    assert kept(then, exposition(200, 150, 300, 40)) == [
        "50% of answers were kept ones, 80% are promised"
    ]
    assert growth(then, exposition(200, 220, 319, 50)) == []
    assert growth(then, exposition(200, 220, 330, 140)) == [
        "workers grew by 30 MB, 20 are promised",
        "100 more files are open",
    ]


def test_a_server_without_metrics_is_judged_by_what_clients_saw() -> None:
    assert (kept(Figures({}), Figures({})), growth(Figures({}), Figures({}))) == ([], [])


@pytest.mark.parametrize("name", shapes(1))
def test_a_shape_never_asks_for_more_users_than_its_height_nor_for_none(name: str) -> None:
    shape = shapes(80)[name]
    counts = [shape.users(step / 1000)[0] for step in range(1000)]
    assert max(counts) == 80
    assert min(counts) >= 1
    assert all(shape.users(step / 1000)[1] > 0 for step in range(1000))


def test_stress_only_grows_and_a_spike_goes_again() -> None:
    stress = [shapes(80)["stress"].users(step / 1000)[0] for step in range(1000)]
    assert stress == sorted(stress)
    assert len({*stress}) == 8
    spike = [shapes(80)["spike"].users(part)[0] for part in (0.1, 0.5, 0.9)]
    assert spike == [8, 80, 8]


def test_the_form_for_k6_is_sound_as_far_as_its_syntax(tmp_path: Path) -> None:
    module = tmp_path / "journeys.mjs"
    module.write_text((FOLDER.parent / "benchmarks/load/k6/journeys.js").read_text())
    checked = subprocess.run(["node", "--check", str(module)], env=with_node(), check=False)
    assert checked.returncode == 0
