"""Relations that come with Kenshō: the lines and relations of `curation/franchises/*.toml`.

They are read with every ingest, by default. Their method is `curated`, so they win over what other
sources state; only a curator's own word (`kensho-relations`) ranks above them. The form of the
files as a whole is checked before (`ingest.curation`).
"""

from collections.abc import Iterator
from typing import Final

from ingest.curation import franchise_file
from ingest.curation_forms import FranchiseFile, stated_relations
from ingest.reading.bounds import over_limit
from ingest.reading.files import SourceFile
from ingest.reading.rejects import Rejects
from ingest.source import Source
from kensho.domain.records import Claim, Record, RecordRelations
from kensho.errors import SourceFileError


def read(file: SourceFile, _rejects: Rejects) -> Iterator[Record]:
    """Yield one record per work that others are related to, in the order of the file.

    Raises:
        SourceFileError: the file is not of a franchise.
    """
    claims: dict[str, dict[Claim, None]] = {}
    for _, stated in stated_relations(_franchise(file)):
        claim = Claim(stated.kind, stated.work, stated.reason, stated.author, stated.source)
        claims.setdefault(stated.of, {})[claim] = None
    for key, stated_of in claims.items():
        links = RecordRelations(relations=tuple(stated_of))
        yield Record(key, (key,), links=links, method="curated")


def _decided_on(file: SourceFile) -> str | None:
    """Return the day on which the relations of a file were last decided."""
    date = _franchise(file).date
    return date.isoformat() if date else None


def _franchise(file: SourceFile) -> FranchiseFile:
    limit = file.limits.max_record_bytes
    with file.open() as stream:
        document = stream.read(limit + 1)
    if len(document) > limit:
        raise over_limit(file.path, "the file", "max_record_bytes", file.limits)
    try:
        found = franchise_file(document)
    except ValueError as error:  # tomllib's and msgspec's errors, and bytes that are no UTF-8
        raise SourceFileError(f"{file.path}: {error}") from error
    if found == FranchiseFile():
        raise SourceFileError(f"{file.path}: decides nothing")
    return found


SOURCE: Final = Source(
    name="kensho-curation",
    title="Relations that come with Kenshō",
    licence="Apache-2.0",
    order=37,
    rank=89,
    patterns=("curation/franchises/*.toml",),
    read=read,
    snapshot=_decided_on,
)
