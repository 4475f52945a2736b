"""What victims notice of each other and of the machine: the others are compared with it."""

import asyncio

from benchmarks.attack.attack import Tally, Target, ask, attack


@attack("nothing, for comparison", seconds=6)
async def nothing(target: Target, tally: Tally) -> None:
    for _ in range(5):
        await ask(target, "/health/live", tally)
        await asyncio.sleep(1)
