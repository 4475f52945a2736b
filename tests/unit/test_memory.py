import gc

import pytest

from kensho.platform.memory import without_cycle_collection


@without_cycle_collection()
def failing() -> None:
    assert not gc.isenabled()
    raise ValueError("inside")


def test_loops_are_searched_for_again_afterwards_even_after_an_error() -> None:
    with pytest.raises(ValueError, match="inside"):
        failing()
    assert gc.isenabled()


def test_whoever_had_switched_the_search_off_finds_it_off() -> None:
    with without_cycle_collection(), without_cycle_collection():
        pass
    gc.disable()
    try:
        with without_cycle_collection():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
