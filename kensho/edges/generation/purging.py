"""Lets videos go for good that were deleted some time ago, with the copies of their files."""

import asyncio
from typing import Final

import structlog

from kensho.edges.accounts.sessions import Now
from kensho.edges.generation.copies import VideoCopies
from kensho.edges.generation.job_store import JobStore
from kensho.edges.generation.service import UNDO
from kensho.errors import KenshoError

_EVERY_S: Final = 600.0
_AT_ONCE: Final = 50
_log: Final = structlog.get_logger("kensho.edges")


async def purge_for_ever(store: JobStore, copies: VideoCopies | None, now: Now) -> None:
    """Purge now and then, until cancelled."""
    while True:
        await asyncio.sleep(_EVERY_S)
        try:
            while await purge(store, copies, now) == _AT_ONCE:
                pass
        except KenshoError as error:
            _log.warning("videos_not_purged", reason=error.message)


async def purge(store: JobStore, copies: VideoCopies | None, now: Now) -> int:
    """Forget videos that can't be put back any more; return how many.

    The files go first: a row whose file is gone is looked at again, a file without a row never is.

    Raises:
        StorageError, UpstreamError: the store, or where copies are kept, can't be asked.
    """
    due = await store.deleted(now() - UNDO, _AT_ONCE)
    for video in due:
        if copies is not None:
            for name in (video.stored, video.thumbnail):
                if name is not None:
                    await copies.drop(name)
        await store.drop(video.id)
    return len(due)
