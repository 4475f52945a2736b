"""A header by which tests of load pass the limits of the edges: sealed, for an hour at most.

It is honoured where `KENSHO_RATE_LIMIT_BYPASS` is on, and made by `kensho limits bypass`, which
reads the secret of the service: whoever can make one can do anything else too. Nothing but limits
is passed by it.
"""

import base64
import binascii
import datetime as dt
from collections.abc import Callable, Sequence
from typing import Final

from kensho.errors import BrokenSealError
from kensho.platform.keyring import Keyring, unpadded
from kensho.platform.secret_values import Secret

LONGEST: Final = dt.timedelta(hours=1)
_ASSOCIATED: Final = b"limit-bypass"
_MOST_CHARS: Final = 200


class LimitBypass:
    """Makes values of the header, and tells which are good."""

    def __init__(self, keys: Sequence[Secret], now: Callable[[], dt.datetime]) -> None:
        self._keyring = Keyring(keys, "limit-bypass")
        self._now = now

    def make(self, lasts: dt.timedelta) -> str:
        """Return a value that is good for a while, `LONGEST` at most."""
        ends_at = int((self._now() + min(lasts, LONGEST)).timestamp())
        return unpadded(self._keyring.seal(b"%d" % ends_at, _ASSOCIATED))

    def is_good(self, value: str) -> bool:
        """Tell whether a value was made here and is not over."""
        if not value or len(value) > _MOST_CHARS:
            return False
        try:
            sealed = base64.b64decode(value + "=" * (-len(value) % 4), b"-_", validate=True)
            ends_at = int(self._keyring.open(sealed, _ASSOCIATED))
        except (BrokenSealError, binascii.Error, ValueError):
            return False
        return 0 < ends_at - self._now().timestamp() <= LONGEST.total_seconds()
