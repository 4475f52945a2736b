"""Open the store for one act, wait for whoever has it open, and try an act on a copy.

An embedded store has one owner at a time; an act takes seconds, so that curators wait for one
another instead of being refused.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeVar

import msgspec

from ingest.curating.acting import ActContext, act
from kensho.domain.curation_documents import ActDraft, ActOutcome
from kensho.errors import StoreInUseError
from kensho.platform.installation import data_root
from kensho.storage import migrations, queries
from kensho.storage.copies import copied_into, folder_beside
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings

T = TypeVar("T")

_PAUSE_S: Final = 0.1


async def on_store(
    settings: StoreSettings, wait_s: float, run: Callable[[Gateway], Awaitable[T]]
) -> T:
    """Open the store, brought up to this version's schema, and run `run`.

    Raises:
        StoreInUseError: another process had it open for all of `wait_s` seconds.
        StorageError: it can't be opened; or what `run` raises.
    """
    known = queries.load(data_root("queries"))
    until, begun = time.monotonic() + wait_s, False
    while True:
        try:
            async with Gateway.open(settings, known) as gateway:
                begun = True
                await migrations.migrate(gateway, migrations.load(data_root("graph_schema")))
                return await run(gateway)
        except StoreInUseError:
            if begun or time.monotonic() >= until:
                raise
        await asyncio.sleep(_PAUSE_S)


async def act_on(
    settings: StoreSettings, wait_s: float, drafts: Sequence[ActDraft], context: ActContext
) -> ActOutcome:
    """Make acts on the store, or try them on a copy of it; raises as `act` and `on_store` do."""
    if not context.is_trial:
        return await on_store(settings, wait_s, lambda gateway: act(gateway, drafts, context))
    known, until = queries.load(data_root("queries")), time.monotonic() + wait_s
    while True:
        try:
            with folder_beside(settings) as folder:
                copy = await copied_into(folder, settings, known)
                own = msgspec.structs.replace(copy, deadline_s=max(copy.deadline_s, wait_s))
                return await on_store(own, 0.0, lambda gateway: act(gateway, drafts, context))
        except StoreInUseError:
            if time.monotonic() >= until:
                raise
        await asyncio.sleep(_PAUSE_S)
