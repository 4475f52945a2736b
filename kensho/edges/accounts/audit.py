"""The audit log: who did what to what, and what came of it; rows are added and never changed.

Guarantees: no secret, and no name that somebody mistyped: whoever is not signed in and has no
account is nobody. A row that can't be written is told by the log of the service instead, and what
was done stands: the store of sessions or accounts has it.
"""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple, TypeAlias
from uuid import UUID

import msgspec
import structlog
from prometheus_client import CollectorRegistry, Counter

from kensho.edges.accounts.sessions import Now
from kensho.errors import InvalidInputError, StorageError
from kensho.platform.logs import REQUEST
from kensho.storage.gateway import Gateway

Outcome: TypeAlias = Literal["done", "refused", "throttled", "failed"]
_MARK: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)\|([a-z0-9]{1,40})")
_END: Final = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
_log: Final = structlog.get_logger("kensho.audit")


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened: `actor` did `action` to `object`, naming the fields `changed`."""

    at: dt.datetime
    actor: str | None = None
    action: str
    object: str | None = None
    outcome: Outcome
    request_id: str
    changed: list[str] = []


class _MarkedRow(AuditRow, frozen=True, kw_only=True):
    """A row with where it stands: its time to the nanosecond, and its id."""

    mark: str


class AuditSlice(NamedTuple):
    """Rows, the latest first, and the mark of the last one, if there may be more after it."""

    rows: list[AuditRow]
    mark: str | None


class AuditQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which rows are asked for: those before a time, or after a mark, the latest first."""

    actor: str | None = None
    action: str | None = None
    object: str | None = None
    before: dt.datetime | None = None
    mark: str | None = None
    limit: int


class AuditLog:
    """Writes and reads the log; `gateway` raises `StoreUnavailableError` while there is none.

    `registry` is told of rows that could not be written; without one nobody reads their number.
    """

    def __init__(
        self,
        gateway: Callable[[], Gateway],
        now: Now,
        registry: CollectorRegistry | None = None,
    ) -> None:
        self._gateway = gateway
        self._now = now
        self._failures = Counter(
            "kensho_audit_failures",
            "Rows of the audit log that could not be written",
            registry=CollectorRegistry() if registry is None else registry,
        )

    async def note(
        self,
        action: str,
        outcome: Outcome,
        *,
        actor: UUID | str | None = None,
        object_: str | None = None,
        changed: Sequence[str] = (),
    ) -> None:
        """Add a row, with the id of the request that is served."""
        request = REQUEST.get()
        row: dict[str, object] = {
            "at": self._now().isoformat(),
            "actor": None if actor is None else str(actor),
            "action": action,
            "object": object_,
            "outcome": outcome,
            "request_id": "" if request is None else request.request_id,
            "changed": list(changed),
        }
        try:
            await self._gateway().execute("edges.add_audit", row)
        except StorageError as error:
            self._failures.inc()
            _log.warning("audit_not_written", reason=error.message, **row)

    async def page(self, query: AuditQuery) -> AuditSlice:
        """Return rows, the latest first; raises `StorageError`.

        The marks of slices lead to every row once, also of those that were written at one time.

        Raises:
            InvalidInputError: the mark is none that a slice had.
        """
        before, last = _place(query)
        given: dict[str, object] = {
            "actor": query.actor,
            "action": query.action,
            "object": query.object,
            "before": before,
            "last": last,
            "limit": query.limit,
        }
        found = await self._gateway().fetch("edges.audit_page", given, into=list[_MarkedRow])
        mark = found[-1].mark if len(found) == query.limit else None
        names = AuditRow.__struct_fields__
        rows = [AuditRow(**{name: getattr(one, name) for name in names}) for one in found]
        return AuditSlice(rows, mark)


def _place(query: AuditQuery) -> tuple[str, str]:
    if query.mark is not None:
        match = _MARK.fullmatch(query.mark)
        if match is None:
            raise InvalidInputError.of("cursor", f"{query.mark[:80]!r} is none of this list")
        return match[1], match[2]
    return (query.before or _END).isoformat(), ""
