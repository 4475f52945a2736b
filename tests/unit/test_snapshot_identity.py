"""The name of a snapshot: the revision, and which graph and state of it was read."""

from kensho.read_model.identity import GraphPoint, is_identity, revision_of


def test_an_identity_begins_with_the_revision_and_names_a_folder() -> None:
    identity = GraphPoint(730, "a", "b").identity
    assert revision_of(identity) == 730
    assert is_identity(identity)


def test_one_revision_of_another_store_has_another_identity() -> None:
    assert GraphPoint(7, "a", "b").identity != GraphPoint(7, "c", "b").identity


def test_one_revision_that_was_reached_again_has_another_identity() -> None:
    assert GraphPoint(7, "a", "b").identity != GraphPoint(7, "a", "c").identity


def test_what_leads_out_of_the_folder_is_no_identity() -> None:
    for name in ("730", "../730-1f3a9c02b7de", "730-1f3a9c02b7de/..", "730-1F3A9C02B7DE", ""):
        assert not is_identity(name)
