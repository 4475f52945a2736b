"""Values that only who reads the service's secret can make, each for one purpose and a short time.

Two are made by commands and taken by servers: the header by which tests of load pass the limits of
the edges (`kensho limits bypass`, where `KENSHO_RATE_LIMIT_BYPASS` is on), and the token by which
commands ask the server that runs beside them. Whoever can read the secret can do anything else too.
"""

import base64
import binascii
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final

from kensho.errors import BrokenSealError
from kensho.platform.keyring import Keyring, unpadded
from kensho.platform.secret_values import Secret

_MOST_CHARS: Final = 200
_PREFIX: Final = "operator."


class TimedSeal:
    """Makes values that are good for a while, `longest` at most, and tells which are."""

    def __init__(
        self,
        keys: Sequence[Secret],
        purpose: str,
        longest: dt.timedelta,
        now: Callable[[], dt.datetime],
    ) -> None:
        self._keyring = Keyring(keys, purpose)
        self._associated = purpose.encode()
        self._longest = longest
        self._now = now

    def make(self, lasts: dt.timedelta) -> str:
        """Return a value that is good for so long."""
        ends_at = int((self._now() + min(lasts, self._longest)).timestamp())
        return unpadded(self._keyring.seal(b"%d" % ends_at, self._associated))

    def is_good(self, value: str) -> bool:
        """Tell whether a value was made here and is not over."""
        if not value or len(value) > _MOST_CHARS:
            return False
        try:
            sealed = base64.b64decode(value + "=" * (-len(value) % 4), b"-_", validate=True)
            ends_at = int(self._keyring.open(sealed, self._associated))
        except (BrokenSealError, binascii.Error, ValueError):
            return False
        return 0 < ends_at - self._now().timestamp() <= self._longest.total_seconds()


class LimitBypass(TimedSeal):
    """The header by which requests pass limits, and nothing else."""

    LONGEST: Final = dt.timedelta(hours=1)

    def __init__(self, keys: Sequence[Secret], now: Callable[[], dt.datetime]) -> None:
        super().__init__(keys, "limit-bypass", self.LONGEST, now)


class OperatorTokens:
    """Tokens of whoever runs the service: as those of managers, for a minute."""

    LASTS: Final = dt.timedelta(minutes=1)

    def __init__(self, keys: Sequence[Secret], now: Callable[[], dt.datetime]) -> None:
        self._seal = TimedSeal(keys, "operator-token", self.LASTS, now)

    def make(self) -> str:
        """Return a token."""
        return _PREFIX + self._seal.make(self.LASTS)

    def is_good(self, token: str) -> bool:
        """Tell whether a token was made here and is not over."""
        return token.startswith(_PREFIX) and self._seal.is_good(token.removeprefix(_PREFIX))
