"""Feature flags: for whom they are on, and that none outlives its time."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kensho.errors import SettingsError
from kensho.platform.flags import Flag, Flags

DAY = dt.date(2027, 1, 1)


def flag(percent: float = 0, accounts: tuple[str, ...] = ()) -> Flag:
    return Flag(owner="ada", remove_by=DAY, percent=percent, accounts=accounts)


def test_no_shipped_flag_is_past_its_time() -> None:
    overdue = Flags.read().overdue(dt.datetime.now(dt.UTC).date())
    assert not overdue, f"remove these flags, and what they switch: {overdue}"


def test_a_flag_is_overdue_from_the_day_after() -> None:
    flags = Flags({"one": flag()})
    assert flags.overdue(DAY) == []
    assert flags.overdue(DAY + dt.timedelta(1)) == ["one (of ada, by 2027-01-01)"]


@given(st.text(min_size=1), st.floats(0, 100), st.floats(0, 100))
def test_who_has_it_keeps_it_when_more_get_it(subject: str, one: float, other: float) -> None:
    fewer, more = sorted((one, other))
    had = Flags({"a": flag(fewer)}).is_on("a", subject)
    assert not had or Flags({"a": flag(more)}).is_on("a", subject)


def test_a_share_of_subjects_has_it_and_another_flag_has_others() -> None:
    flags = Flags({"a": flag(25), "b": flag(25)})
    subjects = [f"account-{number}" for number in range(4_000)]
    of_a = {one for one in subjects if flags.is_on("a", one)}
    of_b = {one for one in subjects if flags.is_on("b", one)}
    assert len(of_a) / 4_000 == pytest.approx(0.25, abs=0.03)
    assert len(of_a & of_b) / 4_000 == pytest.approx(0.0625, abs=0.02)
    assert of_a == {one for one in subjects if flags.is_on("a", one)}


def test_listed_accounts_have_it_and_nobody_in_particular_only_at_all() -> None:
    flags = Flags({"few": flag(0, ("ada",)), "most": flag(99.9), "all": flag(100)})
    assert flags.is_on("few", "ada")
    assert not flags.is_on("few", "bob")
    assert not flags.is_on("few")
    assert not flags.is_on("most")
    assert flags.is_on("all")
    with pytest.raises(KeyError):
        flags.is_on("none")


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[a]\nowner = 'x'", "remove_by"),
        ("[a]\nowner = 'x'\nremove_by = 2027-01-01\npercent = 101", r"percent"),
        ("[a]\nowner = 'x'\nremove_by = 'soon'", "remove_by"),
        ("[a]\nowner = 'x'\nremove_by = 2027-01-01\npercnt = 1", "percnt"),
        ("[A-B]\nowner = 'x'\nremove_by = 2027-01-01", "regex"),
        ("[a", "Expected"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_by_member(
    text: str, named: str, tmp_path: Path
) -> None:
    (tmp_path / "flags.toml").write_text(text)
    with pytest.raises(SettingsError, match=rf"KENSHO_FLAGS_FILE: .*flags\.toml.*{named}"):
        Flags.read(tmp_path / "flags.toml")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"KENSHO_FLAGS_FILE: can't read .*none\.toml"):
        Flags.read(str(tmp_path / "none.toml"))
