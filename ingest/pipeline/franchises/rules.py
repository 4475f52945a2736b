"""The rules of franchises: the curators' policy, the model of kinds, the version of the code.

`digest` changes when any of these does. A decision that names works concerns the components of
those alone: what every franchise depends on has a digest of its own (`common_digest`), so that a
new release computes every franchise anew and a joined or renamed franchise only itself;
`model_version` says of an inferred kind which model inferred it.
"""

import functools
import hashlib
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Final
from uuid import UUID

import msgspec

from ingest import curation
from kensho.domain.franchise.policy import Policy
from kensho.domain.inference.model import RelationModel

RULES_VERSION: Final = b"13"
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
    common_digest: str

    def decisions(self, owner: Callable[[str], UUID | None]) -> dict[UUID, bytes]:
        """Return what is decided of each work that a decision names, as bytes to be compared."""
        found: dict[UUID, bytes] = {}
        for named, said in self._decisions():
            for work in {work for one in named if (work := owner(one)) is not None}:
                found[work] = found.get(work, b"") + said
        return found

    def _decisions(self) -> Iterator[tuple[tuple[str, ...], bytes]]:
        policy = self.policy
        for join in policy.join:
            yield join.works, b"join" + msgspec.json.encode(join)
        for cut in policy.cut:
            yield (*cut.works, *cut.others), b"cut" + msgspec.json.encode(cut)
        for rename in policy.rename:
            yield (rename.work,), b"rename" + msgspec.json.encode(rename)
        for order in policy.chronology:
            yield order.works, b"order" + msgspec.json.encode(order)
        for recap in policy.recap:
            yield recap.works, b"recap" + msgspec.json.encode(recap)


def load(policy: Policy | None = None) -> FranchiseRules:
    """Return the rules under a policy, by default the curated one that comes with Kenshō."""
    policy = policy or curation.load().policy
    model, decoded = _model()
    common = msgspec.structs.replace(policy, join=(), cut=(), rename=(), chronology=(), recap=())
    return FranchiseRules(
        policy=policy,
        model=decoded,
        model_version=hashlib.blake2b(model, digest_size=_VERSION_BYTES).hexdigest(),
        digest=_digest(RULES_VERSION, msgspec.json.encode(policy), model),
        common_digest=_digest(RULES_VERSION, msgspec.json.encode(common), model),
    )


@functools.cache
def _model() -> tuple[bytes, RelationModel]:
    """Return the model of kinds that comes with Kenshō, as a file and as it is used."""
    file = (files("ingest") / "models" / "relation_kinds.json").read_bytes()
    return file, msgspec.json.decode(file, type=RelationModel)


def _digest(*parts: bytes) -> str:
    digest = hashlib.blake2b(digest_size=12)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()
