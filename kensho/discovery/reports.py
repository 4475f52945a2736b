"""Errors that readers report: each becomes a work item, and nothing tells who sent it.

Guarantees: nothing of the reader is kept but the words. Of one address few reports are taken in a
while; what a program fills in (a field that people don't see, a form sent back at once) is not
taken. At most `MOST_WAITING` reports wait; further ones are refused until curators have seen some.
"""

import datetime as dt
import re
from collections.abc import Callable, Sequence
from time import monotonic
from typing import Annotated, Final
from urllib.parse import unquote
from uuid import UUID

import msgspec
from itsdangerous import BadData
from msgspec import Meta

from kensho.discovery import queue_items
from kensho.domain.work_items import FoundItem, ItemWork
from kensho.errors import InvalidInputError, OverloadedError, RateLimitedError
from kensho.platform.rate_limits import RateLimiter
from kensho.platform.secret_values import Secret
from kensho.platform.signing_secret import signer
from kensho.read_model.holder import Snapshot
from kensho.storage.work_items import WorkItemStore

MIN_CHARS: Final = 10
MAX_CHARS: Final = 2_000
MAX_PAGE_CHARS: Final = 300
MAX_SOURCE_CHARS: Final = 500
MOST_WAITING: Final = 1_000
"""More than curators look through in a week; a flood that gets past the limits ends here."""
_REPORTS: Final = 5
_WINDOW_S: Final = 600
"""Five of one address in ten minutes: a reader who goes through a franchise sends two or three."""
_LEAST_S: Final = 3
"""Nobody writes ten letters in less; programs send a form back at once."""
_MOST_S: Final = 86_400
_RETRY_S: Final = 3_600
_SHOWN_CHARS: Final = 160
_UNKNOWN_WEIGHT: Final = 0.5
"""Of a report about no work: between those of well-known works and the rest."""
_WORK: Final = re.compile(
    r"/(?:anime|movies)/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?=/|\?|$)"
)
_FRANCHISE: Final = re.compile(r"/hub/([^/?]+)")
_PATH: Final = re.compile(r"/(?!/)[\x21-\x7e]*")


class Report(msgspec.Struct, frozen=True):
    """What a reader sends: the page it is about, what is wrong there, and where it stands right.

    `website` is shown to nobody, and `made` says when the form was: see `ReportIntake`.
    """

    page: Annotated[str, Meta(max_length=MAX_PAGE_CHARS)] = ""
    text: Annotated[str, Meta(max_length=MAX_CHARS)] = ""
    source: Annotated[str, Meta(max_length=MAX_SOURCE_CHARS)] = ""
    website: str = ""
    made: Annotated[str, Meta(max_length=200)] = ""


class ReportIntake:
    """Takes reports; the first of the keys signs the time of a form. `now` is in UTC."""

    def __init__(
        self,
        store: WorkItemStore,
        keys: Sequence[Secret],
        now: Callable[[], dt.datetime],
        clock_s: Callable[[], float] = monotonic,
    ) -> None:
        self._store = store
        self._now = now
        self._clock_s = clock_s
        self._limiter = RateLimiter(_REPORTS, _WINDOW_S)
        self._signer = signer(keys, b"kensho.report")

    def stamp(self) -> str:
        """Return when a form is made, signed."""
        return self._signer.sign(str(int(self._now().timestamp()))).decode("ascii")

    def check(self, report: Report) -> None:
        """Refuse what can't be understood.

        Raises:
            InvalidInputError: a field is not as it must be, or the form came back too soon or late.
        """
        if _PATH.fullmatch(report.page) is None:
            raise InvalidInputError.of("page", f"{report.page!r} is no page of ours")
        if len(report.text) < MIN_CHARS:
            raise InvalidInputError.of("text", f"say in at least {MIN_CHARS} letters what is wrong")
        age_s = self._now().timestamp() - self._made_s(report.made)
        if not _LEAST_S <= age_s <= _MOST_S:
            raise InvalidInputError.of("made", "the form was sent too soon, or is too old")

    def take(self, report: Report, address: str, snapshot: Snapshot | None) -> None:
        """Make a work item of a report that was checked; one that a trap caught is dropped.

        Raises:
            RateLimitedError: this address has sent many lately.
            OverloadedError: too many reports wait.
            StorageError: it can't be written.
        """
        if report.website:
            return
        decision = self._limiter.judge(self._limiter.name_of(address) or "", 1.0, self._clock_s())
        if not decision.allowed:
            raise RateLimitedError(
                "many reports came from here; try again later",
                retry_after_s=decision.retry_after_s,
                scope="reports",
            )
        counts = self._store.counts(safe=False)
        if counts.get(("open", "report"), 0) >= MOST_WAITING:
            raise OverloadedError("too many reports wait already", retry_after_s=_RETRY_S)
        self._store.add(item_of(report, snapshot), self._now())

    def _made_s(self, made: str) -> int:
        try:
            return int(self._signer.unsign(made))
        except (BadData, ValueError) as error:
            raise InvalidInputError.of("made", "the form is not ours; open it anew") from error


def item_of(report: Report, snapshot: Snapshot | None) -> FoundItem:
    """Return the work item of a report; with a snapshot it names what the page is about."""
    works, weight, adult = _about(report.page, snapshot)
    lines = tuple(line.strip() for line in report.text.splitlines() if line.strip())
    name = works[0].title if works else report.page
    first = lines[0] if len(lines[0]) <= _SHOWN_CHARS else f"{lines[0][:_SHOWN_CHARS]}…"
    source = (f"source: {report.source}",) if report.source else ()
    return FoundItem(
        kind="report",
        about=(report.page, report.text),
        sentence=f"{name}: {first}",
        evidence=(*lines, *source),
        works=works,
        page=report.page,
        weight=weight,
        adult=adult,
    )


def _about(page: str, snapshot: Snapshot | None) -> tuple[tuple[ItemWork, ...], float, bool]:
    """Return the work that a page is about, how well known it is, and whether it is adult."""
    if snapshot is None:
        return (), _UNKNOWN_WEIGHT, False
    model = snapshot.model
    of_franchise = _FRANCHISE.match(page)
    if of_franchise is not None:
        number = model.franchises.number(unquote(of_franchise[1]))
        return (), _UNKNOWN_WEIGHT, number is not None and bool(model.franchises.adult.item(number))
    match = _WORK.match(page)
    if match is None:
        return (), _UNKNOWN_WEIGHT, False
    node = model.node(UUID(match[1]))
    if node is None:
        return (), _UNKNOWN_WEIGHT, False
    work = queue_items.work_of(model, node)
    weight = queue_items.weight_of(snapshot, [node])
    return (work,), weight, bool(model.columns.adult.item(node))
