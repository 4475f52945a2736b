"""Roll a new version out behind nginx: try it, send it more and more requests, go back alone.

    python -m deploy.canary --old 127.0.0.1:8700 --new 127.0.0.1:8701 --edge http://127.0.0.1
        --token-file secrets/canary_token --edge-secret-file secrets/edge_secret

Both versions run. The new one is smoke-tested while nobody is sent to it: reads, the playback of a
film through the edge, the making of a draft by a manager (`--discovery-only` leaves films out).
Then it gets its share of requests, step by step, each watched for `--watch-s`: its errors, its
answers over 200 ms beside the old version's, its readiness and its workers. What speaks against it
sends all requests back to the old version, as do SIGTERM, SIGINT and errors of this program. The
old version is left running: stop it yourself.

Exit codes: 0 the new version has all requests; 2 arguments; 3 it failed a smoke test, and no
request was sent to it; 4 it was taken back; 5 nginx refused, and the old version has all requests;
6 it could not be taken back: see to it at once; 1 an error of this program, after it went back.
"""

import argparse
import contextlib
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Final, NamedTuple, NoReturn

import httpx

from deploy.canary.smoke_tests import Films, SmokeError, ready, smoke
from deploy.canary.traffic import Traffic, TrafficError
from deploy.canary.watching import Counts, Limits, WatchError, counts, why_not

DONE: Final = 0
WRONG: Final = 2
SMOKE_FAILED: Final = 3
TAKEN_BACK: Final = 4
NGINX_REFUSED: Final = 5
NOT_TAKEN_BACK: Final = 6

_ALL: Final = 100
_TRIES: Final = 3
_PAUSE_S: Final = 1.0


class TakeBackError(Exception):
    """Why the new version is taken back."""


class Steps(NamedTuple):
    """Shares of requests in percent, and how long and how closely each is watched (seconds).

    A step in which fewer than `limits.least` requests came is watched on, up to `patience_s`.
    """

    shares: tuple[int, ...]
    watch_s: float
    every_s: float
    patience_s: float
    limits: Limits


class RollOut(NamedTuple):
    """Two versions (`host:port`, and a client of each), and nginx before both."""

    old: str
    new: str
    asks_old: httpx.Client
    asks_new: httpx.Client
    traffic: Traffic

    def run(self, steps: Steps, films: Films | None) -> int:
        """Try the new version, shift traffic to it, watch it; return the exit code."""
        try:
            ready(self.asks_old)
            smoke(self.asks_new, films, said)
        except (SmokeError, TakeBackError) as error:
            said(f"not rolled out: {error}")
            return SMOKE_FAILED
        has_moved = False
        try:
            for share in steps.shares:
                self.traffic.shared(self.old, self.new, share)
                has_moved = True
                said(f"{share} % of requests go to {self.new}")
                said(f"  {self._watched(steps).told()}")
            self.traffic.to_one(self.new)
        except TrafficError as error:
            said(f"nginx: {error}")
            return self._back(NGINX_REFUSED) if has_moved else NGINX_REFUSED
        except (TakeBackError, SmokeError, WatchError) as error:
            said(f"taken back: {error}")
            return self._back(TAKEN_BACK)
        except BaseException:
            self._back(TAKEN_BACK)
            raise
        said(f"rolled out: {self.new} has all requests; {self.old} may be stopped")
        return DONE

    def _watched(self, steps: Steps) -> Counts:
        """Watch a step to its end; return what the new version did in it.

        Raises:
            TakeBackError: something speaks against the new version.
            SmokeError, WatchError: it is not ready, or does not tell its figures.
        """
        new, old = counts(self.asks_new), counts(self.asks_old)
        began = time.monotonic()
        while True:
            time.sleep(steps.every_s)
            ready(self.asks_new)
            done = counts(self.asks_new).since(new)
            reason = why_not(done, counts(self.asks_old).since(old), steps.limits)
            if reason is not None:
                raise TakeBackError(reason)
            lasted = time.monotonic() - began
            if lasted >= steps.watch_s and done.requests >= steps.limits.least:
                return done
            if lasted >= max(steps.watch_s, steps.patience_s):
                raise TakeBackError(f"too few requests came to tell: {done.requests:.0f}")

    def _back(self, code: int) -> int:
        """Send all requests to the old version; a signal meanwhile is not heard."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        for attempt in range(_TRIES):
            try:
                self.traffic.to_one(self.old)
            except (TrafficError, OSError) as error:
                said(f"nginx: {error}")
                if attempt + 1 < _TRIES:
                    time.sleep(_PAUSE_S)
            else:
                said(f"{self.old} has all requests")
                return code
        said(f"{self.old} does NOT have all requests: write {self.traffic.file} and reload nginx")
        return NOT_TAKEN_BACK


def said(line: str) -> None:
    """Print a line at once, with the time."""
    print(f"{time.strftime('%H:%M:%S')} {line}", flush=True)


def main() -> int:
    """Roll out as the command line says."""
    asked = _parser().parse_args()
    films = None
    if not asked.discovery_only:
        if asked.token_file is None or asked.edge is None:
            said("--token-file and --edge are needed to try films, or --discovery-only")
            return WRONG
        secret = asked.edge_secret_file and asked.edge_secret_file.read_text().strip()
        films = Films(asked.token_file.read_text().strip(), asked.edge, secret, asked.film)
    if not asked.upstream.is_file():
        said(f"{asked.upstream} is no file")
        return WRONG
    limits = Limits(asked.errors, asked.slow, asked.least)
    steps = Steps((*asked.shares, _ALL), asked.watch_s, asked.every_s, asked.patience_s, limits)
    signal.signal(signal.SIGTERM, _interrupted)
    signal.signal(signal.SIGINT, _interrupted)
    with contextlib.ExitStack() as stack:
        old, new = (
            stack.enter_context(httpx.Client(base_url=f"http://{one}", timeout=asked.timeout_s))
            for one in (asked.old, asked.new)
        )
        traffic = Traffic(asked.upstream, asked.check, asked.reload)
        return RollOut(asked.old, asked.new, old, new, traffic).run(steps, films)


def _interrupted(number: int, frame: FrameType | None) -> NoReturn:
    del frame
    raise TakeBackError(f"{signal.Signals(number).name} came")


def _percent(text: str) -> int:
    value = int(text)
    if not 0 < value < _ALL:
        raise ValueError
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "deploy.canary", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--old", required=True, help="host:port of the version that serves")
    add("--new", required=True, help="host:port of the new one")
    add("--upstream", type=Path, default=Path("/etc/nginx/kensho.upstream"))
    add("--check", default="nginx -t", help="tells whether nginx takes its files")
    add("--reload", default="nginx -s reload", help="lets nginx read them")
    add("--token-file", type=Path, help="a manager's token (`kensho managers add canary`)")
    add("--edge", help="scheme and host of the edge of films, or of the site that has it")
    add("--edge-secret-file", type=Path, help="KENSHO_PORTAL_EDGE_SECRET")
    add("--film", help="the id of a film that plays")
    add("--discovery-only", action="store_true", help="there are no films here")
    add("--shares", type=_percent, nargs="*", default=[5, 25, 50], help="percent, before 100")
    add("--watch-s", type=float, default=120.0, help="how long each share is watched")
    add("--every-s", type=float, default=2.0, help="how often figures are read")
    add("--patience-s", type=float, default=900.0, help="how long a share waits for requests")
    add("--timeout-s", type=float, default=5.0, help="of what is asked here")
    add("--least", type=int, default=Limits().least, help="answers from which on shares count")
    add("--errors", type=float, default=Limits().errors, help="share of errors that is borne")
    add("--slow", type=float, default=Limits().slow, help="share over 200 ms beyond the old one's")
    return parser


if __name__ == "__main__":
    sys.exit(main())
