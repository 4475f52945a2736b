"""Every tuned number is held: what it decides is pinned, and changes when the number moves by half.

When results change on purpose, `python -m tests.tuning.pins` pins them anew: look at what
changed.
"""

from importlib import import_module
from typing import Any, Final
from zlib import crc32

import pytest

from tests.support.catalogue import RealCatalogue
from tests.support.examples import examples
from tests.tuning import constants
from tests.tuning.measures import MEASURES
from tests.tuning.moving import FACTORS, Number, moved, numbers_in
from tests.tuning.pins import pinned, plain

NUMBERS: Final = {str(number): number for number in numbers_in(constants.ROOMS)}
HELD: Final = [
    name
    for name, number in NUMBERS.items()
    if number.constant in constants.tuned() and name not in constants.NOT_FELT
]


@pytest.fixture(scope="session")
def pins() -> dict[str, Any]:
    return pinned()


@pytest.mark.parametrize("measure", MEASURES)
def test_results_are_as_pinned(
    catalogue: RealCatalogue, pins: dict[str, Any], measure: str
) -> None:
    assert plain(MEASURES[measure](catalogue)) == pins[measure]


def factors_of(name: str) -> tuple[float, ...]:
    """Return by what a number is moved: up or down, or both in `make soak`, which has the time."""
    if name in constants.FELT_ONE_WAY:
        return (constants.FELT_ONE_WAY[name],)
    up_or_down = crc32(name.encode()) % len(FACTORS)
    return FACTORS if examples(1) > 1 else FACTORS[up_or_down : up_or_down + 1]


@pytest.mark.parametrize("name", HELD)
def test_results_change_when_a_number_moves_by_half(
    catalogue: RealCatalogue, pins: dict[str, Any], name: str
) -> None:
    number, factors = NUMBERS[name], factors_of(name)
    assert [f for f in factors if not is_felt(number, f, catalogue, pins)] == []


def is_felt(number: Number, factor: float, catalogue: RealCatalogue, pins: dict[str, Any]) -> bool:
    """Tell whether a measure gives other results, or none, when a number is moved."""
    with moved(number, factor):
        return any(
            plain(MEASURES[measure](catalogue)) != pins[measure]
            for measure in constants.measures_of(number.constant)
        )


def test_every_numeric_constant_is_listed_as_tuned_or_as_not_tuned() -> None:
    known = {number.constant for number in NUMBERS.values()}
    tuned = constants.tuned()
    assert sorted(c for c in known if (c in tuned) == constants.is_not_tuned(c)) == []
    assert sorted(tuned - known) == []


def test_every_listed_name_is_one_of_the_code() -> None:
    assert (
        sorted((constants.NOT_FELT.keys() | constants.FELT_ONE_WAY.keys()) - NUMBERS.keys()) == []
    )
    for name in constants.NOT_TUNED:
        module, _, constant = name.rpartition(".")
        if constant.isupper():
            assert hasattr(import_module(module), constant), name
        else:
            import_module(name)
