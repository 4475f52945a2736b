"""The acts of curators among the kept records, and the rules of franchises that they decide."""

import uuid
from collections.abc import Sequence
from typing import Final

from ingest.pipeline.franchises import rules
from ingest.pipeline.franchises.rules import FranchiseRules
from ingest.pipeline.identity import Identities
from ingest.pipeline.record_store import RecordStore
from ingest.sources import curator
from kensho.domain.curator_acts import CuratorAct
from kensho.domain.franchise.decided import decided_policy
from kensho.domain.franchise.policy import Policy
from kensho.domain.standing_acts import settled

ACT_SOURCES: Final = (curator.SOURCE.name, curator.WORKS.name)
"""The sources whose records are acts."""


async def acts_in(record_store: RecordStore, identities: Identities) -> list[CuratorAct]:
    """Return all acts that are kept."""
    ids = [
        (head.works[0], source, key)
        for source in ACT_SOURCES
        for key, head in identities.records.get(source, {}).items()
    ]
    said = await record_store.statements_by_id(ids)
    return [one.facts.act for one in said if one.facts.act is not None]


def decided_rules(
    policy: Policy, acts: Sequence[CuratorAct], identities: Identities
) -> FranchiseRules:
    """Return the rules of franchises: what acts decide is put upon what curators' files do."""

    def owner(one: str) -> uuid.UUID | str:
        return identities.owner(one) or one

    return rules.load(decided_policy(policy, settled(acts, owner), owner))
