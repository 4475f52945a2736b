"""A clock that is set is noticed; one that is only disciplined is not."""

from hypothesis import given
from hypothesis import strategies as st

from kensho.platform.clock import JUMP_S, ClockWatch


class Machine:
    """A machine whose clocks stand still until they are moved."""

    def __init__(self) -> None:
        self.wall, self.steady = 1_800_000_000.0, 50.0
        self.watch = ClockWatch(lambda: self.wall, lambda: self.steady)

    def pass_time(self, seconds: float, *, drift: float = 0.0) -> None:
        self.steady += seconds
        self.wall += seconds * (1 + drift)
        self.watch.look()


@given(st.lists(st.tuples(st.floats(0, 3_600), st.floats(-5e-4, 5e-4))))
def test_a_disciplined_clock_is_believed(looks: list[tuple[float, float]]) -> None:
    machine = Machine()
    for seconds, drift in looks:
        machine.pass_time(seconds, drift=drift)
        assert machine.watch.problem() is None


@given(st.integers(int(2 * JUMP_S), 10**9), st.booleans(), st.integers(0, 3_590))
def test_a_clock_that_was_set_is_told_for_an_hour(seconds: int, forward: bool, later: int) -> None:
    machine = Machine()
    machine.wall += seconds if forward else -seconds
    machine.pass_time(1)
    machine.pass_time(later)
    problem = machine.watch.problem()
    assert problem == f"the clock was set {'forward' if forward else 'back'} by {seconds} s"
    machine.pass_time(3_601)
    assert machine.watch.problem() is None


def test_the_clocks_of_this_machine_agree() -> None:
    watch = ClockWatch()
    watch.look()
    assert watch.problem() is None
