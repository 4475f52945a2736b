"""Look for work items, around some works or everywhere, in a process of its own.

The service opens no graph store and must not wait for one (docs/decisions/0014); it asks this
module by its name once an act of a manager is published. So does ingestion after a run.
"""

import time
from typing import Final

import click
import msgspec

from kensho.cli.main import commands
from kensho.domain.work_items import QueueRefreshRequest
from kensho.errors import KenshoError, StoreInUseError
from kensho.platform import child_process, environment, memory

_PAUSE_S: Final = 0.2


def refreshed(request: bytes) -> bytes:
    """Bring the queue up to date as a request asks; return what went wrong, or nothing."""
    asked = msgspec.json.decode(request, type=QueueRefreshRequest)
    environment.take_over(asked.variables)
    arguments = ["queue", "refresh", *(("--store", asked.store) if asked.store else ())]
    arguments += [part for work in asked.works for part in ("--work", str(work))]
    until = time.monotonic() + asked.wait_s
    while True:
        try:
            commands.main(arguments, prog_name="kensho", standalone_mode=False)
        except StoreInUseError as error:
            if time.monotonic() >= until:
                return error.message.encode()
            time.sleep(_PAUSE_S)
        except (KenshoError, click.ClickException) as error:
            return error.message.encode()
        except OSError as error:  # such as a folder of the queue that can't be written
            return str(error).encode()
        else:
            return b""


def main() -> None:
    """Look for what the parent asks for and tell it what went wrong."""
    memory.return_early()
    child_process.answer(refreshed)


if __name__ == "__main__":
    main()
