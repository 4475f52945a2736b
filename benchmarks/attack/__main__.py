"""Attack a real server while others read, and print what they notice (`make attack`).

    python -m benchmarks.attack [--snapshot ../shared/read_model] [--only maps --only exports]

Runs `kensho serve` over a published snapshot (`--snapshot`, or `KENSHO_ATTACK_SNAPSHOT`), or else
over the sample catalogue, and every attack of `benchmarks.attack.attacks` in turn. Meanwhile the
victims, in a process of their own, ask for completions, works and franchises, twenty a second.

Prints for each attack: the requests sent and their statuses (`other 5xx`: those other than 503),
the victims' median, 99th percentile and worst, the server's anonymous memory before and at its
peak, and how long after the attack a victim still waited more than 100 ms. Ends with 1 if a victim
saw 5xx, a request other than a deliberate 503 failed, or something hung.
"""

import argparse
import asyncio
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

from benchmarks.attack import victims
from benchmarks.attack.attack import HUNG, Attack, Tally, Target, every_attack, targets
from benchmarks.attack.servers import anonymous_bytes, sample_snapshot, server
from benchmarks.attack.victims import Answer
from kensho.read_model.publications import CURRENT

QUIET_S: Final = 2.0
"""How long victims are alone before an attack, and at least after it."""
RECOVERED_S: Final = 0.1
_MIB: Final = 1 << 20


class Outcome(NamedTuple):
    """What an attack did, and what others noticed."""

    attack: Attack
    tally: Tally
    during: Sequence[Answer]
    after: Sequence[Answer]
    memory_bytes: tuple[int, int]
    ended_at: float

    @property
    def recovery_s(self) -> float:
        """Return how long after the attack a victim still waited."""
        late = [one for one in self.after if one.took_s > RECOVERED_S or one.status == 0]
        return max((one.asked_at + one.took_s - self.ended_at for one in late), default=0.0)

    @property
    def failures(self) -> list[str]:
        """Return why this attack succeeded, if it did."""
        victims_5xx = sum(
            one.status >= HTTPStatus.INTERNAL_SERVER_ERROR for one in (*self.during, *self.after)
        )
        hung = sum(one.status == 0 for one in (*self.during, *self.after))
        found = {
            "victims saw 5xx": victims_5xx,
            "victims were not answered": hung,
            "requests hung": self.tally.statuses[HUNG],
            "other 5xx": other_5xx(self.tally),
            "nothing was asked": not self.tally.statuses,
        }
        return [f"{name}: {int(count)}" for name, count in found.items() if count]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--snapshot", type=Path, default=os.environ.get("KENSHO_ATTACK_SNAPSHOT"))
    parser.add_argument("--only", action="append", help="attacks whose names hold this text")
    options = parser.parse_args()
    if options.snapshot and not (options.snapshot / CURRENT).exists():
        parser.error(f"--snapshot: nothing is published in {options.snapshot}: no {CURRENT} there")
    chosen = [
        one
        for one in every_attack()
        if not options.only or any(text in one.name for text in options.only)
    ]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        snapshot = options.snapshot or sample_snapshot(folder)
        outcomes = list(run_all(chosen, snapshot, folder))
    failures = [f"{one.attack.name}: {text}" for one in outcomes for text in one.failures]
    print("\n".join(failures) or "nobody else noticed anything that must not be")
    sys.exit(bool(failures))


def run_all(attacks: Iterable[Attack], snapshot: Path, folder: Path) -> Iterable[Outcome]:
    """Run the attacks, those that need the same server on one, and print a line for each."""
    print(
        "| Attack | Requests | Statuses | Other 5xx | Victims p50/p99/worst (ms) | MB | Recovery |"
    )
    print("|-|-:|-|-:|-:|-:|-:|")
    by_server = sorted(attacks, key=_server_of)
    for (workers, is_limited), group in itertools.groupby(by_server, key=_server_of):
        with server(snapshot, folder, workers, is_limited=is_limited) as (port, pid):
            target = Target(port, pid, workers, *targets(port))
            for attack in group:
                outcome = asyncio.run(run(attack, target))
                print(row(outcome), flush=True)
                yield outcome


def _server_of(attack: Attack) -> tuple[int, bool]:
    return attack.workers, attack.is_limited


async def run(attack: Attack, target: Target) -> Outcome:
    """Run one attack among victims."""
    tally = Tally()
    watched = subprocess.Popen(  # noqa: ASYNC220 -- nothing else runs in this loop yet
        [sys.executable, "-m", victims.__name__, str(target.port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert watched.stdin is not None
    watched.stdin.write("\n".join(victims_targets(target)))
    watched.stdin.close()
    assert watched.stdout is not None
    reading = asyncio.create_task(asyncio.to_thread(list, watched.stdout))
    await asyncio.sleep(QUIET_S + 1)  # the process has to start
    before = peak = anonymous_bytes(target.pid)
    began = monotonic()
    attacking = asyncio.create_task(attacked(attack, target, tally))
    while not attacking.done():
        await asyncio.wait([attacking], timeout=0.1)
        peak = max(peak, anonymous_bytes(target.pid))
    await attacking
    ended = monotonic()
    await asyncio.sleep(QUIET_S)
    peak = max(peak, anonymous_bytes(target.pid))
    watched.terminate()
    answers = victims.read(await reading)
    return Outcome(
        attack,
        tally,
        [one for one in answers if began <= one.asked_at < ended],
        [one for one in answers if one.asked_at + one.took_s >= ended],
        (before, peak),
        ended,
    )


async def attacked(attack: Attack, target: Target, tally: Tally) -> None:
    """Run an attack until it ends or its time is over."""
    try:
        async with asyncio.timeout(attack.seconds):
            await attack.run(target, tally)
    except TimeoutError:
        pass


def victims_targets(target: Target) -> list[str]:
    """Return what victims ask for: some of it kept by the server, and some not."""
    works = [f"/api/anime/{work}" for work in target.works[:120]]
    franchises = [f"/hub/{slug}" for slug in target.slugs[:120]]
    texts = [f"/api/suggest?q={slug[: 3 + at % 6]}" for at, slug in enumerate(target.slugs[:120])]
    rows = zip(works, itertools.cycle(franchises), itertools.cycle(texts), strict=False)
    return [one for row in rows for one in row]


def other_5xx(tally: Tally) -> int:
    """Return how many of the attacker's own answers were 5xx other than a deliberate 503."""
    return sum(n for status, n in tally.statuses.items() if status[0] == "5" and status != "503")


def row(outcome: Outcome) -> str:
    """Return a line of the table."""
    statuses = ", ".join(f"{name}: {n}" for name, n in sorted(outcome.tally.statuses.items()))
    waits = sorted(one.took_s * 1_000 for one in outcome.during) or [float("nan")]
    p99 = waits[min(len(waits) - 1, int(len(waits) * 0.99))]
    before, peak = (size / _MIB for size in outcome.memory_bytes)
    notes = "".join(f"; {note}" for note in outcome.tally.notes)
    return (
        f"| {outcome.attack.name} | {outcome.tally.statuses.total()} | {statuses}{notes}"
        f" | {other_5xx(outcome.tally)}"
        f" | {statistics.median(waits):.0f} / {p99:.0f} / {waits[-1]:.0f}"
        f" | {before:.0f} → {peak:.0f} | {outcome.recovery_s:.1f} s |"
    )


if __name__ == "__main__":
    main()
