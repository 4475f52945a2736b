"""Alarms and dashboards: their files, and each expression at a real Prometheus that scraped us."""

import asyncio
import contextlib
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import yaml  # type: ignore[import-untyped]  # ships no types; in the lock by schemathesis

from deploy.grafana.dashboards import FOLDER, boards, document
from tests.support.servers import environment, free_port, served, written_store

ROOT: Final = Path(__file__).parents[2]
RULES: Final = ROOT / "deploy" / "prometheus" / "rules.yml"
RUNBOOK: Final = ROOT / "docs" / "runbook.md"
LEVELS: Final = (ROOT / "docs" / "slo.md").read_text()
PATIENCE_S: Final = 60.0
ALARM_RULES: Final = [
    rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]
]
EXPRESSIONS: Final = {
    **{rule.get("alert") or rule["record"]: rule["expr"] for rule in ALARM_RULES},
    **{
        f"{board.name}: {panel.title}, {legend}": expression
        for board in boards()
        for panel in board.panel
        for legend, expression in panel.queries.items()
    },
    **{
        f"docs/slo.md, {number}": expression
        for number, expression in enumerate(re.findall(r"(?ms)^```\n(.*?)^```$", LEVELS))
    },
}
_BURN_RATE: Final = re.compile(
    r"^\| \[(\w+)\]\(runbook\.md#\w+\) \| ([\d.]+) \([^|]*"
    r"\| (\d+) (\w+) \| (\d+) (\w+) \|.*\| (\w+) \|$",
    re.MULTILINE,
)
"""An alert, its burn rate, the long time and the short one, and whom it tells."""

pytestmark = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="Debian's package prometheus is not installed"
)


def promtool(*arguments: str | Path) -> str:
    done = subprocess.run(
        ["promtool", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_alarm_is_raised_where_it_must_be_and_not_before() -> None:
    promtool("check", "rules", RULES)
    promtool("test", "rules", RULES.with_name("rules_test.yml"))
    tested = yaml.safe_load(RULES.with_name("rules_test.yml").read_text())["tests"]
    raised = {
        one["alertname"] for test in tested for one in test["alert_rule_test"] if one["exp_alerts"]
    }
    assert raised == {rule["alert"] for rule in ALARM_RULES if "alert" in rule}


def test_the_configuration_names_rules_that_are_there(tmp_path: Path) -> None:
    given = RULES.with_name("prometheus.yml").read_text()
    (tmp_path / "prometheus.yml").write_text(given.replace("/etc/prometheus/rules.yml", str(RULES)))
    assert f"{RULES}" in (tmp_path / "prometheus.yml").read_text()
    promtool("check", "config", tmp_path / "prometheus.yml")


def test_every_alarm_has_its_section_in_the_runbook() -> None:
    alarms = {rule["alert"]: rule for rule in ALARM_RULES if "alert" in rule}
    sections = re.findall(r"^## (\w+)$\n\n\*(page|ticket)\.\*", RUNBOOK.read_text(), re.MULTILINE)
    assert dict(sections) == {name: rule["labels"]["severity"] for name, rule in alarms.items()}
    for name, rule in alarms.items():
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{name.lower()}"


def test_the_page_of_service_levels_says_what_the_rules_do() -> None:
    rules = {rule["alert"]: rule for rule in ALARM_RULES if "alert" in rule}
    told = _BURN_RATE.findall(LEVELS)
    assert {alert for alert, *_ in told} == {one for one in rules if "ErrorBudget" in one}
    for alert, rate, long, long_unit, short, short_unit, whom in told:
        share = "0.001" if rate == "1" else f"{rate} * 0.001"
        times = (f"{long}{long_unit[0]}", f"{short}{short_unit[0]}")
        parts = [f"kensho:errors:ratio_rate{time_} > {share}" for time_ in times]
        assert rules[alert]["expr"] == " and ".join(parts)
        assert rules[alert]["labels"]["severity"] == whom


def test_the_files_of_dashboards_are_what_is_made_of_the_data() -> None:
    made = {f"{board.name}.json": document(board) for board in boards()}
    assert {path.name: path.read_text() for path in FOLDER.iterdir()} == made
    for text in made.values():
        panels = json.loads(text)["panels"]
        assert [one for one in panels if one["type"] != "row" and not one["targets"]] == []


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the small graph with edges, ask it something, and scrape it."""
    folder = tmp_path_factory.mktemp("observed")
    with contextlib.ExitStack() as stack:
        base = stack.enter_context(observed_server(folder))
        for target in ("/", "/api/search?q=one", "/api/search?q=zzzzzz", "/api/movies", "/nowhere"):
            httpx.get(base + target)
        listening = f"127.0.0.1:{free_port()}"
        yield stack.enter_context(scraping(folder, base, listening))


@contextlib.contextmanager
def observed_server(folder: Path) -> Iterator[str]:
    url = asyncio.run(written_store(folder / "kensho.db"))
    settings = environment(url, folder, free_port()) | {
        "KENSHO_EDGES": "accounts,portal,provider,streams,generation",
        "KENSHO_GENERATION_URL": f"http://127.0.0.1:{free_port()}",
        "KENSHO_GENERATION_KEY": "of the operator too",
        "KENSHO_EDGES_STORE_URL": f"surrealkv://{folder / 'edges.db'}",
        "KENSHO_PROVIDER_URL": f"http://127.0.0.1:{free_port()}",
        "KENSHO_PROVIDER_CLIENT_TOKEN": "of the operator",
        "KENSHO_PROVIDER_LINKS": str(folder / "links.json"),
    }
    (folder / "read_model").mkdir(exist_ok=True)
    (folder / "read_model" / "last_ingest.json").write_text('{"ended_at_s": 1, "exit_code": 4}')
    with served(settings) as base:
        yield base


@contextlib.contextmanager
def scraping(folder: Path, base: str, listening: str) -> Iterator[str]:
    """Run a Prometheus with our rules; yield its address once it has evaluated them."""
    settings = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [
            {
                "job_name": "kensho",
                "static_configs": [{"targets": [base.removeprefix("http://")]}],
            }
        ],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(settings))
    command = ["prometheus", f"--config.file={folder / 'prometheus.yml'}"]
    command += [f"--storage.tsdb.path={folder / 'tsdb'}", f"--web.listen-address={listening}"]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://{listening}"
    try:
        until = time.monotonic() + PATIENCE_S
        while not asked(address, 'rate(kensho_http_requests_total{route="/metrics"}[1m])'):
            assert time.monotonic() < until, "nothing was scraped"
            time.sleep(0.2)
        yield address
    finally:
        running.terminate()
        running.wait(PATIENCE_S)


def asked(address: str, expression: str) -> list[dict[str, Any]]:
    """Return what an expression yields; nothing while Prometheus is not there yet."""
    with contextlib.suppress(httpx.TransportError):
        answer = httpx.get(f"{address}/api/v1/query", params={"query": expression}).json()
        if answer["status"] == "success":
            found: list[dict[str, Any]] = answer["data"]["result"]
            return found
        assert answer["errorType"] == "unavailable", answer
    return []


def test_every_expression_asks_for_figures_that_a_server_tells(prometheus: str) -> None:
    told = httpx.get(f"{prometheus}/api/v1/targets/metadata").json()["data"]
    known = {one["metric"] for one in told}
    recorded = {rule["record"] for rule in ALARM_RULES if "record" in rule}
    for name, expression in EXPRESSIONS.items():
        plain = expression.replace("$__rate_interval", "1m").replace("$instance", ".+")
        answer = httpx.get(f"{prometheus}/api/v1/query", params={"query": plain}).json()
        assert answer["status"] == "success", (name, answer)
        named = {
            re.sub(r"_(?:bucket|count)$", "", metric)
            for metric in re.findall(r"\b(kensho_\w+)", plain)
        } | set(re.findall(r"\b(kensho:[\w:]+)", plain))
        assert named <= known | recorded, (name, named - known - recorded)
        assert named or "process_" in plain or "up{" in plain, name


def test_an_ingest_that_failed_is_an_alarm(prometheus: str) -> None:
    until = time.monotonic() + PATIENCE_S
    alarm = 'ALERTS{alertname="KenshoIngestFailed",alertstate="firing"}'
    while not (raised := asked(prometheus, alarm)):
        assert time.monotonic() < until, "no alarm"
        time.sleep(0.2)
    assert raised[0]["metric"]["severity"] == "ticket"


def test_answers_without_error_are_told_as_that(prometheus: str) -> None:
    server = asked(prometheus, "up")[0]["metric"]["instance"]
    until = time.monotonic() + PATIENCE_S
    while not (ratio := asked(prometheus, "kensho:errors:ratio_rate5m")):
        assert time.monotonic() < until, "no ratio"
        assert httpx.get(f"http://{server}/api/movies").status_code == 200
        time.sleep(0.5)
    assert ratio[0]["value"][1] == "0"
