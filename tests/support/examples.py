"""How many examples property tests try: few in `make test`, fifty times as many in `make soak`.

A test that is quick takes the number of the profile. A slow one says how many it can afford in
`make test`, by `examples`; a longer run gives it more by the same factor.
"""

from typing import Final

from hypothesis import settings

USUAL: Final = 60
SOAK: Final = 50 * USUAL


def register_profiles() -> None:
    """Make `--hypothesis-profile ci` and `soak` known; the first is what is used without any.

    Neither has a deadline: an example that is slow on a busy machine is no fault. The first tries
    the same examples each time, so that a change fails by what it changes; the second draws anew.
    """
    settings.register_profile("ci", max_examples=USUAL, deadline=None, derandomize=True)
    settings.register_profile("soak", max_examples=SOAK, deadline=None)
    settings.load_profile("ci")


def examples(usual: int) -> int:
    """Return this many examples, or as many times more as the profile in use asks for."""
    most: int = settings().max_examples
    return max(1, usual * most // USUAL)
