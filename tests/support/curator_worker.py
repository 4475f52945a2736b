"""A process that makes acts one after another, each with the store opened for it alone.

`python -m tests.support.curator_worker URL AUTHOR FIRST COUNT`: the acts are tags of works in turn.
"""

import asyncio
import datetime as dt
import sys

from ingest.curating.acting import ActContext
from ingest.curating.session import act_on
from kensho.domain.curation_documents import ActDraft
from kensho.storage.store_settings import StoreSettings
from tests.support.curating import FIRST, SECOND
from tests.support.records import silent

_WAIT_S = 300.0


def main() -> None:
    """Make the acts that the arguments ask for."""
    url, author, first, count = sys.argv[1:]
    works = (*FIRST, *SECOND)
    for number in range(int(first), int(first) + int(count)):
        says = {"act": "tag", "work": f"mal:{works[number % len(works)]}", "name": f"tag {number}"}
        draft = ActDraft(says, author, f"the reason of number {number}")
        context = ActContext(dt.datetime.now(dt.UTC), silent())
        asyncio.run(act_on(StoreSettings(url), _WAIT_S, [draft], context))


if __name__ == "__main__":
    main()
