"""What fails, one experiment each, and what users see of it.

An experiment is a generator: what it does before its `yield` breaks something, what it does after
it repairs that. Some need a program or a right that the machine may not have: `NotHereError`.
"""

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from benchmarks.chaos.proxy import Fault, FaultProxy
from kensho.errors import KenshoError
from tests.support.damage import one_bit_flipped
from tests.support.processes import Running
from tests.support.redis_servers import RedisServer
from tests.support.streaming import Provider

FAULT_S: Final = 3.0
"""How long a fault lasts by default: thirty times the deadline of a call to Redis."""
FAKETIME: Final = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")


class NotHereError(Exception):
    """An experiment can't be made on this machine; the message says what it lacks."""


class World(NamedTuple):
    """What there is to break. Without edges there is neither Redis nor a provider."""

    server: Running
    folder: Path
    publish: Callable[[Path], None]
    """Change the graph, and publish that in a folder."""
    at_end: contextlib.ExitStack
    """What is to be undone once the server has ended."""
    redis: RedisServer | None = None
    to_redis: FaultProxy | None = None
    provider: Provider | None = None


Breaking: TypeAlias = Callable[[World], Generator[None, None, None]]


class Experiment(NamedTuple):
    """What is broken by `breaks`, with or without edges, and what users see of it."""

    says: str
    breaks: Breaking
    has_edges: bool = False
    loses: bool = False
    """Whether connections may be lost: those of a process that was killed or stopped."""
    variables: Mapping[str, str] = {}
    ends_sessions: bool = False
    fault_s: float = FAULT_S


def redis_reached(*, delay_s: float = 0.0, fault: Fault = "") -> Breaking:
    """Return what has calls to Redis delayed, cut or swallowed."""

    def breaks(world: World) -> Generator[None, None, None]:
        assert world.to_redis is not None
        world.to_redis.delay_s, world.to_redis.fault = delay_s, fault
        yield
        world.to_redis.delay_s, world.to_redis.fault = 0.0, ""

    return breaks


def redis_restarted(world: World) -> Generator[None, None, None]:
    assert world.redis is not None
    world.redis.stop()
    yield
    world.redis.start()


def provider_faulty(**faults: Any) -> Breaking:
    """Return what has the provider fail so, by the fields of its `Faults`."""

    def breaks(world: World) -> Generator[None, None, None]:
        assert world.provider is not None
        for name, fault in faults.items():
            setattr(world.provider.reference.faults, name, fault)
        yield
        world.provider.reset()

    return breaks


def worker_killed(world: World) -> Generator[None, None, None]:
    os.kill(world.server.workers[0], signal.SIGKILL)
    yield


def worker_stopped(world: World) -> Generator[None, None, None]:
    os.kill(world.server.workers[0], signal.SIGSTOP)  # the supervisor kills what is silent
    yield


def snapshot_damaged(world: World) -> Generator[None, None, None]:
    """Publish a snapshot in which one bit is another, as a disk may have it; then a sound one."""
    apart, served = world.folder / "apart", world.folder / "read_model"
    world.publish(apart)
    (newest,) = apart.glob("[0-9]*")
    largest = max(newest.iterdir(), key=lambda file: file.stat().st_size)
    largest.chmod(0o600)
    one_bit_flipped(largest)
    shutil.copytree(newest, served / newest.name)
    shutil.copy(apart / "current.json", served / "current.json")
    world.server.supervisor.send_signal(signal.SIGHUP)
    yield
    world.publish(served)


def disk_full(world: World) -> Generator[None, None, None]:
    """Fill the disk that snapshots are on, and publish there."""
    served, aside = world.folder / "read_model", world.folder / "aside"
    shutil.copytree(served, aside)
    command = ["mount", "-t", "tmpfs", "-o", "size=32m", "tmpfs", str(served)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        raise NotHereError("nobody may mount a file system here")
    world.at_end.callback(subprocess.run, ["umount", "-l", str(served)], check=True)
    shutil.copytree(aside, served, dirs_exist_ok=True)
    filler = served / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 16))
    try:
        world.publish(served)
    except KenshoError as told:
        print(f"disk-full: publishing says: {told.message}")
    else:
        raise RuntimeError("a snapshot was published on a full disk")
    yield
    filler.unlink()
    world.publish(served)


def clock_jumps(world: World) -> Generator[None, None, None]:
    """Set the server's clock a day ahead, and back."""
    if not FAKETIME.exists():
        raise NotHereError("Debian's libfaketime is not installed")
    (world.folder / "clock").write_text("+1d")
    yield
    (world.folder / "clock").write_text("+0")


EXPERIMENTS: Final[Mapping[str, Experiment]] = {
    "redis-slow": Experiment(
        "nothing: Redis is left alone", redis_reached(delay_s=0.3), has_edges=True
    ),
    "redis-cut": Experiment(
        "nothing: a process knows its sessions", redis_reached(fault="cut"), has_edges=True
    ),
    "redis-hole": Experiment(
        "one answer 0.1 s late, once", redis_reached(fault="hole"), has_edges=True
    ),
    "redis-restarted": Experiment(
        "that they must sign in again: it keeps nothing on a disk",
        redis_restarted,
        has_edges=True,
        ends_sessions=True,
    ),
    "provider-slow": Experiment(
        "streams that begin later", provider_faulty(delay_s=0.5), has_edges=True
    ),
    "provider-down": Experiment(
        "that streams are refused, and why",
        provider_faulty(playback="down", token="down"),
        has_edges=True,
    ),
    "provider-hung": Experiment(
        "that streams are refused in time", provider_faulty(playback="hang"), has_edges=True
    ),
    "worker-killed": Experiment("that requests of that worker are lost", worker_killed, loses=True),
    "worker-stopped": Experiment(
        "that requests of that worker wait, and are lost",
        worker_stopped,
        loses=True,
        variables={"KENSHO_WORKER_SILENCE_S": "5"},
        fault_s=8.0,
    ),
    "snapshot-damaged": Experiment("nothing: the one before is served", snapshot_damaged),
    "disk-full": Experiment("nothing: publishing says so, and fails", disk_full),
    "clock-jumps": Experiment(
        "nothing; readiness tells of it",
        clock_jumps,
        variables={
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_TIMESTAMP_FILE": "{folder}/clock",
        },
    ),
}
