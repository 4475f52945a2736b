"""What is noted when a limit of edges' routes refuses somebody, and by which name."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Final

import structlog
from prometheus_client import CollectorRegistry, Counter

from kensho.edges.accounts.audit import AuditLog
from kensho.edges.accounts.authentication import SessionCaller
from kensho.http.authentication import Caller
from kensho.platform.sliding_limits import MANAGERS, LimitRule

_NOTED_EVERY_S: Final = 60.0
_MOST_NOTED: Final = 1_024
_log: Final = structlog.get_logger("kensho.edges")


class Throttles:
    """Tells of refused requests: in the log and a counter, and of managers in the audit log."""

    def __init__(
        self,
        audit: AuditLog,
        registry: CollectorRegistry,
        clock_s: Callable[[], float] = monotonic,
    ) -> None:
        self._audit = audit
        self._clock_s = clock_s
        self._noted: OrderedDict[str, float] = OrderedDict()
        self._counter = Counter(
            "kensho_throttled_requests",
            "Requests of edges' routes that a limit a minute refused, by limit.",
            ("scope",),
            registry=registry,
        )

    async def note(self, rule: LimitRule, caller: Caller | None) -> None:
        """Note a refused request; the audit log is told of a manager once a minute."""
        self._counter.labels(rule.scope).inc()
        _log.warning("throttled", scope=rule.scope, client="caller" if caller else "address")
        if rule is MANAGERS and caller is not None and self._is_due(name := name_of(caller)):
            await self._audit.note("request.limit", "throttled", actor=name)

    def _is_due(self, name: str) -> bool:
        now_s = self._clock_s()
        noted_s = self._noted.get(name)
        if noted_s is not None and now_s - noted_s < _NOTED_EVERY_S:
            return False
        self._noted[name] = now_s
        self._noted.move_to_end(name)
        if len(self._noted) > _MOST_NOTED:
            self._noted.popitem(last=False)
        return True


def name_of(caller: Caller) -> str:
    """Return how the audit log and limits name a caller: by account, or as a manager."""
    if isinstance(caller, SessionCaller):
        return str(caller.session.subject)
    return f"manager:{caller.name}"
