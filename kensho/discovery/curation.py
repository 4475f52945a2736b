"""What managers state of works and franchises: acts, previews, undoing, the log, histories.

The server opens no graph store (docs/decisions/0014): each request is answered by a process of its
own, which opens it for that act, waits a bounded time for whoever has it open, and ends. What it
wrote is published afterwards, beside requests, and followed like any publication.

Guarantees: at most two such processes at once, each killed at its deadline; the event loop never
waits for a store.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final, TypeVar

import msgspec

from kensho.domain.curation_documents import (
    ActDraft,
    ActLog,
    ActOutcome,
    CurationAnswer,
    CurationRequest,
    HistoryDocument,
)
from kensho.errors import (
    ActConflictError,
    ChildEndedError,
    DeadlineExceededError,
    DiskFullError,
    GoneError,
    IngestRefusedError,
    InvalidInputError,
    KenshoError,
    NotFoundError,
    OverloadedError,
    StorageError,
    StoreInUseError,
    StoreUnavailableError,
)
from kensho.platform import child_process
from kensho.platform.settings import CurationSettings

T = TypeVar("T")

MODULE: Final = "ingest.curating.requests"
"""What answers; ingestion is run by its name and never imported."""
_WORKS_S: Final = 100.0
"""What an act or its trial on a copy of the full catalogue takes at most, on a busy machine."""
_AT_ONCE: Final = 2
_MOST_WAITING: Final = 8
_ERRORS: Final[Mapping[str, type[KenshoError]]] = {
    kind.__name__: kind
    for kind in (
        ActConflictError,
        DeadlineExceededError,
        DiskFullError,
        GoneError,
        NotFoundError,
        StorageError,
        StoreInUseError,
        StoreUnavailableError,
    )
}


class CurationService:
    """Acts on the store of these settings; `acted` is called with each outcome that was made."""

    def __init__(
        self,
        store: dict[str, str | int | float | None],
        settings: CurationSettings,
        acted: Callable[[ActOutcome], None],
    ) -> None:
        self._store = store
        self._settings = settings
        self._acted = acted
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0

    async def act(self, draft: ActDraft, *, is_trial: bool) -> ActOutcome:
        """State what a draft says, or only tell what would come of it.

        Raises:
            InvalidInputError, NotFoundError, GoneError, ActConflictError: as `kensho curate` does.
            StoreInUseError: an ingest has the store open.
            StorageError, OverloadedError: it can't be done now.
        """
        outcome = _given((await self._asked(drafts=(draft,), is_trial=is_trial)).outcome)
        if not is_trial:
            self._acted(outcome)
        return outcome

    async def history(self, name: str) -> HistoryDocument:
        """Return who says what of the work or franchise that `name` means; raises as `act`."""
        return _given((await self._asked(name=name)).history)

    async def log(self, limit: int, offset: int = 0) -> ActLog:
        """Return acts, the last first; raises as `act`."""
        return _given((await self._asked(limit=limit, offset=offset)).log)

    async def _asked(
        self,
        *,
        drafts: tuple[ActDraft, ...] = (),
        is_trial: bool = False,
        name: str | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> CurationAnswer:
        request = CurationRequest(
            store=self._store,
            folder=str(self._settings.dir.absolute()),
            wait_s=self._settings.wait_s,
            drafts=drafts,
            is_trial=is_trial,
            name=name,
            limit=limit,
            offset=offset,
        )
        if self._waiting >= _MOST_WAITING:
            raise OverloadedError("more curators act at once than wait", retry_after_s=10)
        self._waiting += 1
        try:
            async with self._turns:
                deadline_s = _WORKS_S + request.wait_s
                answer = await child_process.call(
                    MODULE, msgspec.json.encode(request), deadline_s=deadline_s
                )
        except ChildEndedError as error:
            raise StorageError(f"the process that acts: {error}") from error
        finally:
            self._waiting -= 1
        return _without_error(msgspec.json.decode(answer, type=CurationAnswer))


def _without_error(answer: CurationAnswer) -> CurationAnswer:
    if answer.kind == InvalidInputError.__name__:
        raise InvalidInputError(answer.problems)
    if answer.kind == IngestRefusedError.__name__:
        raise InvalidInputError.of("says", answer.message)
    if answer.kind:
        raise _ERRORS.get(answer.kind, StorageError)(answer.message)
    return answer


def _given(found: T | None) -> T:
    if found is None:
        raise StorageError("the process that acts gave another answer than was asked for")
    return found
