"""The rules of franchises: read whole, and known by a digest."""

import re

from ingest.pipeline.franchises import rules


def test_the_rules_are_those_of_the_curation_files() -> None:
    loaded = rules.load()
    assert loaded.policy.kinds
    assert loaded.model.among.trees.leaves
    assert rules.load().digest == loaded.digest


def test_an_inferred_kind_names_its_model_by_a_checksum() -> None:
    assert re.fullmatch("[0-9a-f]{8}", rules.load().model_version)
