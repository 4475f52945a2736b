"""What the audit log is told when a limit of edges' routes refuses a manager, and the name."""

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Final

from kensho.edges.accounts.audit import AuditLog
from kensho.edges.accounts.authentication import SessionCaller
from kensho.http.authentication import Caller
from kensho.platform.sliding_limits import MANAGERS, LimitRule

_NOTED_EVERY_S: Final = 60.0
_MOST_NOTED: Final = 1_024


class Throttles:
    """Tells the audit log of managers who are refused."""

    def __init__(self, audit: AuditLog, clock_s: Callable[[], float] = monotonic) -> None:
        self._audit = audit
        self._clock_s = clock_s
        self._noted: OrderedDict[str, float] = OrderedDict()

    async def note(self, rule: LimitRule, caller: Caller | None) -> None:
        """Note a refused request: of a manager, once a minute."""
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
