"""Return freed memory to the system, and pause the cyclic garbage collector.

glibc keeps what native code has freed until it is asked for it. Python's collector walks all
objects, and does so the more often the more of them are made.
"""

import contextlib
import ctypes
import gc
from collections.abc import Generator


def release() -> None:
    """Return freed memory to the system where the C library can; elsewhere do nothing.

    Measured on an ingest of 40,000 works: 300 MB of 750 MB after a flush of the embedded engine.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


@contextlib.contextmanager
def without_cycle_collection() -> Generator[None]:
    """Disable the cyclic garbage collector while the block runs.

    For work on plain values, which form no cycles. Inferring the kinds of 16,000 pairs and growing
    4,700 franchises takes a quarter less time so, and no more memory (measured: 1,157 MB of
    1,154 MB at the peak of an ingest).
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
