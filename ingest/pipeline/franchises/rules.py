"""The rules of franchises: the curators' policy, the model of kinds, the version of the code.

`digest` changes when any of these does, so that a new release or an edited policy computes every
franchise anew; `model_version` says of an inferred kind which model inferred it.
"""

import hashlib
import tomllib
from collections.abc import Iterable
from importlib.resources import files
from typing import Final

import msgspec

from kensho.domain.franchise.policy import Policy, policy_of
from kensho.domain.inference.model import RelationModel

RULES_VERSION: Final = b"1"
"""Raise it when code that infers kinds or grows franchises gives other results for the same graph.

A stored graph made by another version is computed anew by the next ingest. The golden digest of the
sample catalogue (`tests/integration/test_golden_snapshot.py`) fails when results change.
"""
_POLICY_FILES: Final = ("franchises.toml", "chronologies.toml")
_VERSION_BYTES: Final = 4


class FranchiseRules(msgspec.Struct, frozen=True):
    """Everything that decides which franchises are computed from given works and relations."""

    policy: Policy
    model: RelationModel
    model_version: str
    digest: str


def load() -> FranchiseRules:
    """Read the rules that come with Kenshō; takes 20 ms."""
    curation = files("ingest.curation")
    decisions = [(curation / name).read_bytes() for name in _POLICY_FILES]
    model = (curation / "inference.json").read_bytes()
    return FranchiseRules(
        policy=_policy(decisions),
        model=msgspec.json.decode(model, type=RelationModel),
        model_version=hashlib.blake2b(model, digest_size=_VERSION_BYTES).hexdigest(),
        digest=_digest(RULES_VERSION, *decisions, model),
    )


def policy() -> Policy:
    """Read the curators' policy alone."""
    return _policy((files("ingest.curation") / name).read_bytes() for name in _POLICY_FILES)


def _policy(texts: Iterable[bytes]) -> Policy:
    document: dict[str, object] = {}
    for text in texts:
        document |= tomllib.loads(text.decode())
    return policy_of(document)


def _digest(*parts: bytes) -> str:
    told = hashlib.blake2b(digest_size=12)
    for part in parts:
        told.update(len(part).to_bytes(8, "big") + part)
    return told.hexdigest()
