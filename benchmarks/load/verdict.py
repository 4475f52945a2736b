"""What is promised of a server under load, and what its metrics say of it."""

import re
from collections import defaultdict
from typing import Final

import httpx
import msgspec

P95_MS: Final = 200.0
FAILED: Final = 0.01
KEPT: Final = 0.80
GROWTH_MB: Final = 20.0
MORE_FILES: Final = 16
"""As many connections more or less may be open at one moment."""
_LINE: Final = re.compile(r"^(\w+)(?:\{.*\})? (\S+)$", re.MULTILINE)
_REQUESTS: Final = "kensho_http_requests_total"
_HITS: Final = "kensho_answer_cache_hits_total"
_MEMORY: Final = "process_resident_memory_bytes"
_FILES: Final = "process_open_fds"


class Figures(msgspec.Struct, frozen=True):
    """Sums over all workers of what `/metrics` says; empty where that is not to be had."""

    sums: dict[str, float]

    @classmethod
    def asked(cls, base: str) -> "Figures":
        """Ask a server for its metrics."""
        try:
            answer = httpx.get(f"{base}/metrics", timeout=10)
        except httpx.HTTPError:
            return cls({})
        return cls.of(answer.text if answer.is_success else "")

    @classmethod
    def of(cls, exposition: str) -> "Figures":
        """Read metrics in Prometheus' text format."""
        sums: defaultdict[str, float] = defaultdict(float)
        for name, value in _LINE.findall(exposition):
            sums[name] += float(value)
        return cls(dict(sums))

    def kept_share(self, since: "Figures") -> float:
        """Return the share of answers that were sent as kept bytes since then."""
        asked = self._more(_REQUESTS, since)
        return self._more(_HITS, since) / asked if asked else 0.0

    def grown_mb(self, since: "Figures") -> float:
        """Return by how many megabytes the workers grew since then."""
        return self._more(_MEMORY, since) / 1e6

    def files(self, since: "Figures") -> int:
        """Return how many more files the workers have open than then."""
        return round(self._more(_FILES, since))

    def _more(self, name: str, since: "Figures") -> float:
        return self.sums.get(name, 0.0) - since.sums.get(name, 0.0)


def verdict(p95_ms: float, failed: float) -> list[str]:
    """Return what of the promises to clients is broken."""
    broken = []
    if p95_ms > P95_MS:
        broken.append(f"p95 is {p95_ms:.0f} ms, {P95_MS:.0f} are promised")
    if failed >= FAILED:
        broken.append(f"{failed:.1%} failed, less than {FAILED:.0%} are promised")
    return broken


def kept(then: Figures, now: Figures) -> list[str]:
    """Return whether too few answers were kept ones; nothing where that is not known."""
    share = now.kept_share(then)
    if not now.sums or share >= KEPT:
        return []
    return [f"{share:.0%} of answers were kept ones, {KEPT:.0%} are promised"]


def growth(then: Figures, now: Figures) -> list[str]:
    """Return what grew beyond what is promised of an hour; of minutes it says what caches fill."""
    broken = []
    if (grown := now.grown_mb(then)) > GROWTH_MB:
        broken.append(f"workers grew by {grown:.0f} MB, {GROWTH_MB:.0f} are promised")
    if (files := now.files(then)) > MORE_FILES:
        broken.append(f"{files} more files are open")
    return broken
