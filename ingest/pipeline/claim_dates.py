"""Since when a source makes each claim of a record: what it goes on claiming keeps its date.

A record that changes in its score alone still claims the same relations, and has claimed them as
long. So each claim has a date of its own, that of the first snapshot of an unbroken row in which
the source's record made it. The dates are kept as runs over the claims in their order, JSON of
`[[date, number of claims], …]`, and not at all where every claim is as old as the record's form.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from kensho.domain.records import Claim

Runs = list[tuple[str, int]]


def dates_of(claims: Sequence[Claim], snapshot: str, since: str | None) -> Iterator[str]:
    """Yield the date of each claim; `since` is what is kept of them, `snapshot` the record's."""
    if since is None:
        return itertools.repeat(snapshot, len(claims))
    runs = msgspec.json.decode(since, type=Runs)
    return itertools.chain.from_iterable(itertools.repeat(date, count) for date, count in runs)


def kept_dates(claims: Sequence[Claim], snapshot: str, known: Mapping[Claim, str]) -> str | None:
    """Return what is to be kept of the dates of claims made in a snapshot.

    `known` are the dates of those that the record made before.
    """
    dates = [_since(known.get(claim), snapshot) for claim in claims]
    if all(date == snapshot for date in dates):
        return None
    runs: Runs = [(date, sum(1 for _ in run)) for date, run in itertools.groupby(dates)]
    return msgspec.json.encode(runs).decode()


def _since(known: str | None, snapshot: str) -> str:
    """Return the date of a claim; where an older snapshot is applied again, it is as old as that.

    A date that is not known is empty, and older than none.
    """
    if known is None or (snapshot and snapshot < known):
        return snapshot
    return known
