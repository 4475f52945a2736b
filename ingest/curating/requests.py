"""Answer one request of the service about acts, in a process of its own.

The server opens no store (`kensho.discovery.curation`): this process does, for one act or one
reading, and ends. Errors are handed back as their class and message, and raised there again.
"""

import asyncio
import datetime as dt
from pathlib import Path

import msgspec
from rich.console import Console

from ingest.curating.acting import ActContext
from ingest.curating.log import all_acts, history_of, titles_named
from ingest.curating.session import act_on, on_store
from ingest.curation_layers import layered
from ingest.progress import Progress
from kensho.domain.curation_documents import (
    ActLog,
    CurationAnswer,
    CurationRequest,
    HistoryDocument,
)
from kensho.errors import InvalidInputError, KenshoError
from kensho.platform import child_process, environment, logs
from kensho.platform.secret_values import Secret
from kensho.storage.gateway import Gateway
from kensho.storage.store_settings import StoreSettings


def answered(request: bytes) -> bytes:
    """Return the answer to a request, both as JSON."""
    try:
        asked = msgspec.json.decode(request, type=CurationRequest)
        answer = asyncio.run(_answer(asked))
    except InvalidInputError as error:
        answer = CurationAnswer(kind="InvalidInputError", problems=error.problems)
    except KenshoError as error:
        answer = CurationAnswer(kind=type(error).__name__, message=error.message)
    return msgspec.json.encode(answer)


async def _answer(asked: CurationRequest) -> CurationAnswer:
    store = _store(asked)
    if asked.drafts:
        context = ActContext(
            dt.datetime.now(dt.UTC),
            Progress(Console(stderr=True), quiet=True),
            environment.load().ingest,
            layered(Path(asked.folder)).decisions,
            is_trial=asked.is_trial,
        )
        return CurationAnswer(outcome=await act_on(store, asked.wait_s, asked.drafts, context))
    if asked.name is not None:
        name = asked.name

        async def history(gateway: Gateway) -> HistoryDocument:
            return await history_of(gateway, name)

        return CurationAnswer(history=await on_store(store, asked.wait_s, history))

    async def log(gateway: Gateway) -> ActLog:
        acts = await all_acts(gateway)
        shown = acts[::-1][asked.offset : asked.offset + asked.limit]
        version = acts[-1].id if acts else None
        return ActLog(shown, len(acts), version, await titles_named(gateway, shown))

    return CurationAnswer(log=await on_store(store, asked.wait_s, log))


def _store(asked: CurationRequest) -> StoreSettings:
    password = asked.store["password"]
    store = msgspec.convert(asked.store | {"password": None}, StoreSettings)
    if password is None:
        return store
    return msgspec.structs.replace(store, password=Secret(str(password)))


def main() -> None:
    """Answer what the parent asks."""
    settings = environment.load()
    logs.configure(settings.logs.level, settings.logs.format)
    child_process.answer(answered)


if __name__ == "__main__":
    main()
