"""The rules of franchises: the curators' policy, the model of kinds, the version of the code.

`digest` changes when any of these does, so that a new release or an edited policy computes every
franchise anew; `model_version` says of an inferred kind which model inferred it.
"""

import hashlib
from importlib.resources import files
from typing import Final

import msgspec

from ingest import curation
from kensho.domain.franchise.policy import Policy
from kensho.domain.inference.model import RelationModel

RULES_VERSION: Final = b"9"
"""Raise it when code that infers kinds or computes franchises gives others for the same graph.

A stored graph made by another version is computed anew by the next ingest. The golden digest of the
sample catalogue (`tests/integration/test_golden_snapshot.py`) fails when results change.
"""
_VERSION_BYTES: Final = 4


class FranchiseRules(msgspec.Struct, frozen=True):
    """Everything that decides which franchises are computed from given works and relations."""

    policy: Policy
    model: RelationModel
    model_version: str
    digest: str


def load(policy: Policy | None = None) -> FranchiseRules:
    """Return the rules under a policy, by default the curated one that comes with Kenshō."""
    policy = policy or curation.load().policy
    model = (files("ingest") / "models" / "relation_kinds.json").read_bytes()
    return FranchiseRules(
        policy=policy,
        model=msgspec.json.decode(model, type=RelationModel),
        model_version=hashlib.blake2b(model, digest_size=_VERSION_BYTES).hexdigest(),
        digest=_digest(RULES_VERSION, msgspec.json.encode(policy), model),
    )


def _digest(*parts: bytes) -> str:
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
