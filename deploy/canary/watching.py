"""What the new version's own figures say of it, beside the old one's over the same time.

Users can't tell: nginx asks the old version again where the new one fails (GET and HEAD). So errors
are counted where they happen, in `/metrics` of each.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

import httpx
from prometheus_client.parser import text_string_to_metric_families

SLOW_S: Final = 0.2
"""The promise of service levels: 95 % of answers come within this."""
_REQUESTS: Final = "kensho_http_requests_total"
_SECONDS: Final = "kensho_http_request_seconds"
_RESTARTS: Final = "kensho_worker_restarts_total"
_OURS: Final = re.compile(r"/health/|/metrics|/internal/")
"""What is asked by machines, the canary among them."""


class WatchError(Exception):
    """The version does not tell its figures."""


class Limits(NamedTuple):
    """What is borne of a new version.

    `errors` is the share of answers with 5xx, `slow` that of answers over SLOW_S beyond the old
    version's own; both count from `least` answers on, but `at_once` errors end it before.
    """

    errors: float = 0.01
    slow: float = 0.05
    least: int = 50
    at_once: int = 3


class Counts(NamedTuple):
    """What a version has answered: requests, those with 5xx, those in time, and dead workers."""

    requests: float = 0
    errors: float = 0
    timed: float = 0
    in_time: float = 0
    restarts: float = 0

    def since(self, before: "Counts") -> "Counts":
        """Return what came since `before`."""
        return Counts(*(now - then for now, then in zip(self, before, strict=True)))

    @property
    def error_share(self) -> float:
        """The share of answers that were errors."""
        return self.errors / self.requests if self.requests > 0 else 0

    @property
    def slow_share(self) -> float:
        """The share of answers that took longer than SLOW_S."""
        return 1 - self.in_time / self.timed if self.timed > 0 else 0

    def told(self) -> str:
        """Return it in words."""
        return (
            f"{self.requests:.0f} answers, {self.errors:.0f} errors,"
            f" {self.slow_share:.1%} over {SLOW_S * 1000:.0f} ms"
        )


def counts(client: httpx.Client) -> Counts:
    """Read a version's figures.

    Raises:
        WatchError: it does not tell them.
    """
    try:
        answer = client.get("/metrics")
        answer.raise_for_status()
        return read(answer.text)
    except (httpx.HTTPError, ValueError) as error:
        raise WatchError(f"/metrics: {error!r}") from error


def read(text: str) -> Counts:
    """Sum the figures of `/metrics` over workers and over the routes that people ask for."""
    requests = errors = timed = in_time = restarts = 0.0
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == _RESTARTS:
                restarts += sample.value
            if _OURS.match(sample.labels.get("route", "")):
                continue
            if sample.name == _REQUESTS:
                requests += sample.value
                errors += sample.value if sample.labels["status"].startswith("5") else 0
            elif sample.name == f"{_SECONDS}_count":
                timed += sample.value
            elif sample.name == f"{_SECONDS}_bucket" and _is_promise(sample.labels):
                in_time += sample.value
    return Counts(requests, errors, timed, in_time, restarts)


def _is_promise(labels: Mapping[str, str]) -> bool:
    return float(labels["le"]) == SLOW_S


def why_not(new: Counts, old: Counts, limits: Limits) -> str | None:
    """Return what speaks against the new version, of what both did over one time, if anything."""
    if new.restarts > 0:
        return f"{new.restarts:.0f} of its workers ended"
    if min(new.requests, new.timed) < 0:
        return "its figures went back: a worker was replaced"
    is_judged = new.requests >= limits.least
    if new.error_share > limits.errors and (is_judged or new.errors >= limits.at_once):
        return f"{new.errors:.0f} of {new.requests:.0f} answers were errors"
    if is_judged and new.slow_share > max(old.slow_share, 0) + limits.slow:
        return f"{new.slow_share:.1%} of its answers were slow, {old.slow_share:.1%} of the old's"
    return None
