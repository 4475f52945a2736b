"""AniList's recommendations as votes between MAL ids: `{mal: {mal: votes}}` (one JSON document).

Only recommendations are stated, nothing of the works. One of a work to itself or without votes is
rejected.

Performance: one pass of the document, a member at a time.
"""

from collections.abc import Iterator
from typing import Final, cast

from ingest.reading.decoding import MAX_INT, RecordSpot
from ingest.reading.documents import json_members
from ingest.reading.files import SourceFile
from ingest.reading.rejects import Rejects
from ingest.reading.source_values import page_number
from ingest.source import Source
from kensho.domain.records import Recommendation, Record, RecordRelations


def read(file: SourceFile, rejects: Rejects) -> Iterator[Record]:
    """Yield one record per work that has recommendations, in the document's order.

    Raises:
        SourceFileError: not such a document, or broken JSON.
    """
    expected = "a JSON object of MAL ids with votes by MAL id"
    for number, member in json_members(file, rejects, expected=expected, is_ours=_is_ours):
        mal, votes = cast("tuple[str, object]", member)
        if page_number(mal) is None:
            rejects.add(number, "record", mal, "not a MAL number")
        elif not isinstance(votes, dict):
            rejects.add(number, "record", votes, "expected votes by MAL id", key=f"mal:{mal}")
        else:
            key = f"mal:{page_number(mal)}"
            spot = RecordSpot(rejects, number, key)
            found = tuple(_recommendations(key, cast("dict[str, object]", votes), spot))
            if found:
                yield Record(key=key, ids=(key,), links=RecordRelations(recommendations=found))


def _is_ours(member: object) -> bool:
    mal, votes = cast("tuple[str, object]", member)
    if page_number(mal) is None or not isinstance(votes, dict):
        return False
    return all(page_number(target) for target in cast("dict[str, object]", votes))


def _recommendations(
    key: str, votes: dict[str, object], spot: RecordSpot
) -> Iterator[Recommendation]:
    for mal, count in votes.items():
        number = page_number(mal)
        target = f"mal:{number}"
        if number is None:
            spot.refuse("recommendations", mal, "not a MAL number")
        elif target == key:
            spot.refuse("recommendations", target, "a work doesn't recommend itself")
        elif type(count) is not int or not 0 < count <= MAX_INT:
            spot.refuse("recommendations", count, "votes are a positive whole number")
        else:
            yield Recommendation(target, count)


SOURCE: Final = Source(
    name="anilist-recommendations",
    title="AniList recommendations",
    licence="none stated",
    order=80,
    rank=50,
    patterns=(
        "recommendations/anilist_recommendations.json*",
        "anilist_recommendations.json*",
    ),
    read=read,
)
