"""Guards: what a release must not do to its source and to the graph, by the source's policy.

A breach says which guard, what would happen, how much of it the policy allows, and a few examples.
All breaches of a release are found before any is acted upon, so that one answer names them all.
Pure; what would be lost is foreseen in `ingest.pipeline.losses`.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from ingest.pipeline.losses import Loss
from ingest.reading.record_keys import KeyChange
from ingest.source_policies import GUARDS, ExpectedSize, GuardName, Limit, LossKind, SourcePolicy
from kensho.errors import InvalidInputError

NO_GUARDS: Final[frozenset[GuardName]] = frozenset()
ALL_GUARDS: Final[frozenset[GuardName]] = frozenset(GUARDS)


class Breach(msgspec.Struct, frozen=True, omit_defaults=True):
    """One guard that a release would break, in one sentence; `lifted` where the curator insists.

    Where something would be lost, `lost` of `before` things, of which `alone` are said by no other
    source; `allowed` may go.
    """

    guard: GuardName
    sentence: str
    lifted: bool = False
    lost: int | None = None
    before: int | None = None
    alone: int | None = None
    allowed: int | None = None
    examples: tuple[str, ...] = ()


class FranchiseLoss(NamedTuple):
    """The franchises that would dissolve or come apart, by slug, of how many in the graph."""

    slugs: Sequence[str]
    total: int


def guards_named(words: Iterable[str]) -> frozenset[GuardName]:
    """Return the guards of these names; a word may hold several, with commas between.

    Raises:
        InvalidInputError: one is no guard; says which there are.
    """
    names = [name for word in words for name in word.split(",")]
    unknown = [name for name in names if name not in GUARDS]
    if unknown:
        said = ", ".join(repr(name) for name in unknown)
        raise InvalidInputError.of(
            "--force", f"{said} is no guard; name those to lift: {', '.join(GUARDS)}"
        )
    return frozenset(guard for guard in GUARDS if guard in names)


def with_lifted(breaches: Iterable[Breach], lifted: Collection[GuardName]) -> list[Breach]:
    """Return the breaches, marked where their guard is lifted."""
    return [msgspec.structs.replace(one, lifted=one.guard in lifted) for one in breaches]


def refusal(breaches: Sequence[Breach], keys: Sequence[KeyChange] = ()) -> str:
    """Return what is said of a release that is stopped: every breach, and how to insist.

    A lost or renamed key that may explain it is named.
    """
    stopping = [one for one in breaches if not one.lifted]
    guards = list(dict.fromkeys(one.guard for one in stopping))
    lost_keys = [change.sentence for change in keys if change.now < change.before]
    said = "; ".join([*(one.sentence for one in stopping), *lost_keys])
    return f"{said}. Nothing was written; if that is meant: --force {','.join(guards)}"


def loss_breaches(losses: Iterable[Loss], policy: SourcePolicy) -> Iterator[Breach]:
    """Yield the kinds of which a source would no longer say more than may go."""
    for loss in losses:
        limit = policy.lost.get(loss.kind)
        if limit is not None and loss.lost > limit.of(loss.before):
            yield _lost(loss, limit)


def _lost(loss: Loss, limit: Limit) -> Breach:
    what = f"{loss.kind} ({loss.field})" if loss.field else loss.kind
    share = loss.lost / max(loss.before, 1)
    alone = _alone(loss)
    examples = f", such as {'; '.join(loss.examples)}" if loss.examples else ""
    return Breach(
        loss.kind,
        f"it would lose {loss.lost:,} of {loss.before:,} {what} ({share:.0%}, where"
        f" {limit.share:.0%} may go){alone}{examples}",
        lost=loss.lost,
        before=loss.before,
        alone=loss.alone,
        allowed=limit.of(loss.before),
        examples=loss.examples,
    )


def _alone(loss: Loss) -> str:
    if loss.kind in ("records", "works"):
        return ""
    if loss.kind == "relations":
        return f", and {loss.alone:,} pairs of works would be related by nobody"
    return f", of them {loss.alone:,} that no other source says"


def graph_breaches(
    lost: Mapping[LossKind, int], totals: Mapping[LossKind, int], policy: SourcePolicy
) -> Iterator[Breach]:
    """Yield the kinds of which the whole graph would lose too much by the sources of one run.

    `lost` counts what nobody else says, of all sources of the run so far and of this one.
    """
    for kind, limit in policy.graph.items():
        total, gone = totals.get(kind, 0), lost.get(kind, 0)
        if gone > limit.of(total):
            yield Breach(
                kind,
                f"with the other sources of this run the graph would lose {gone:,} of its"
                f" {total:,} {kind} ({gone / max(total, 1):.0%}, where {limit.share:.0%} may go)",
                lost=gone,
                before=total,
                allowed=limit.of(total),
            )


def franchise_breaches(found: FranchiseLoss, policy: SourcePolicy) -> Iterator[Breach]:
    """Yield the breach where too many franchises would dissolve or come apart."""
    limit, lost = policy.lost.get("franchises"), len(found.slugs)
    if limit is not None and lost > limit.of(found.total):
        examples = tuple(found.slugs[:3])
        yield Breach(
            "franchises",
            f"{lost:,} of {found.total:,} franchises would dissolve or come apart"
            f" ({lost / max(found.total, 1):.0%}, where {limit.share:.0%} may),"
            f" such as {', '.join(examples)}",
            lost=lost,
            before=found.total,
            allowed=limit.of(found.total),
            examples=examples,
        )


def reject_breaches(rejects: int, records: int, quota: Limit) -> Iterator[Breach]:
    """Yield the breach where more was rejected than the quota of a release with so many records."""
    if rejects > quota.of(records):
        yield Breach(
            "rejects",
            f"{rejects:,} values or records of {records:,} were rejected, where"
            f" {quota.of(records):,} are ordinary",
            lost=rejects,
            before=records,
            allowed=quota.of(records),
        )


def size_breaches(records: int, kept: int, size: ExpectedSize | None) -> Iterator[Breach]:
    """Yield the breach where a release is not of its size.

    It may be smaller as long as the graph does not hold a whole one.
    """
    if size is None:
        return
    is_small = records < size.least <= kept
    if records > size.most or is_small:
        yield Breach(
            "size",
            f"the release has {records:,} records, where {size.least:,} to {size.most:,} are"
            " expected",
        )
