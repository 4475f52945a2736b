"""The names of tags in the case in which people write them."""

import pytest

from kensho.domain.tag_names import is_maintenance, shown_tag


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("slice of life", "Slice of life"),
        ("tv movie", "TV movie"),
        ("3d cg animation", "3D CG animation"),
        ("full cgi", "Full CGI"),
        ("based on an rpg", "Based on an RPG"),
        ("lgbtq+ themes", "LGBTQ+ themes"),
        ("japanese mythology", "Japanese mythology"),
        ("feudal japan", "Feudal Japan"),
        ("20th century", "20th century"),
        ("80s", "80s"),
        ("boys' love", "Boys' love"),
        ("sci-fi", "Sci-fi"),
        ("", ""),
    ],
)
def test_a_name_has_a_sentence_s_case(name: str, shown: str) -> None:
    assert shown_tag(name) == shown


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("gun - to be split and deleted", True),
        ("obsessive -- do not use -- to be split and deleted", True),
        ("twin -- to be deleted", True),
        ("split personality", False),
        ("deleted scenes", False),
        ("a hero to be", False),
    ],
)
def test_tags_for_keeping_a_list_in_order_are_told_by_their_words(name: str, is_one: bool) -> None:
    assert is_maintenance(name) is is_one
