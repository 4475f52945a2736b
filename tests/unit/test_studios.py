import pytest

from kensho.domain.studios import StudioNames, studio_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("studio deen co., ltd.", "Studio Deen"),
        ("j.c.staff co., ltd.", "J.C. Staff"),
        ("olm, inc.", "OLM"),
        ("gonzo k.k.", "Gonzo"),
        ("liden films inc.", "LIDENFILMS"),
        ("production i.g., inc.", "Production I.G"),
        ("Studio Pierrot", "Pierrot"),
        ("wolf smoke studio", "Wolf Smoke"),
    ],
)
def test_names_of_one_studio_are_equal(one: str, other: str) -> None:
    assert studio_key(one) == studio_key(other)


def test_a_studio_whose_name_looks_like_a_form_keeps_it() -> None:
    assert studio_key("Company") != studio_key("Inc")
    assert StudioNames().shown(("inc.",)) == ("Inc.",)


def test_a_name_is_more_than_the_word_studio() -> None:
    names = ["Studio", "Studios", "Studio 5", "5", "Studioteam", "Studio A", "A"]
    assert len({studio_key(name) for name in names}) == len(names)


def test_a_studio_has_one_name_in_its_true_case() -> None:
    names = StudioNames()
    names.learn(["mappa", "MAPPA", "mappa co., ltd.", "Mappa", "MAPPA"])
    assert names.shown(["mappa co., ltd.", "mappa"]) == ("MAPPA",)


def test_a_name_that_nobody_wrote_with_capitals_gets_them() -> None:
    names = StudioNames()
    names.learn(["shanghai animation film studio", "brain's base", "dle inc."])
    shown = names.shown(["shanghai animation film studio", "brain's base", "dle inc."])
    assert shown == ("Shanghai Animation Film Studio", "Brain's Base", "DLE")


def test_the_order_in_which_names_are_learnt_does_not_matter() -> None:
    written = ["Toei Animation", "TOEI Animation", "toei animation co., ltd."]
    one, other = StudioNames(), StudioNames()
    one.learn(written)
    other.learn(written[::-1])
    assert one.shown(written) == other.shown(written) == ("TOEI Animation",)
