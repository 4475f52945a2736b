"""The compiled kernel reads and writes within its arrays, whatever index it is given."""

import shutil

import pytest

from tests.support import sanitized_kernel

_SECONDS = 20.0


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
def test_crafted_indexes_and_hostile_texts_stay_within_memory(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """The seed is random and stands in the output; `make fuzz SEED=` runs it again."""
    exit_code = sanitized_kernel.start(_SECONDS, None)
    told = capfd.readouterr()
    assert exit_code == 0, f"{told.out}\n{told.err}"
    assert "searches" in told.out
