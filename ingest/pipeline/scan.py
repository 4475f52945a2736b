"""Scan a source's files before the first write: read them whole once, keep aside what differs.

A file that is broken anywhere (truncated, corrupt, not this source) stops here, while nothing has
been written. The changed records wait in a temporary file, so memory holds keys and digests only:
about 150 bytes a record.
"""

import contextlib
import hashlib
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from typing import BinaryIO, Final, Self, cast

import msgspec

from ingest.pipeline.identity import Identities
from ingest.pipeline.statements import Counted, things_said
from ingest.reading.bounds import over_limit
from ingest.reading.decoding import RecordSpot
from ingest.reading.files import SourceFile
from ingest.reading.rejects import Rejects
from ingest.reading.source_values import without_early_end
from ingest.source import Source
from kensho.domain.records import Record
from kensho.errors import SourceFileError

_LENGTH_BYTES: Final = 4
_DIGEST_BYTES: Final = 8
_ADVANCE_EVERY: Final = 500


class SourceScan:
    """What a source's files hold: its keys, and the records that are new or changed.

    `keys` says of each key whether it is new or changed. Records that only enrich, and name no id
    that any work carries, are counted in `unmatched` and left out.
    """

    def __init__(self, source: Source, identities: Identities, *, is_partial: bool = False) -> None:
        """Read files of `source`; partial ones hold a part of what it says, the rest stands."""
        self.source = source
        self.is_partial = is_partial
        self.keys: dict[str, bool] = {}
        self.records = 0
        self.unmatched = 0
        self.changed = 0
        self.said: Counter[Counted] = Counter()
        """How many things the unchanged records say, by kind."""
        self._identities = identities
        self._kept = identities.records.get(source.name, {})
        self._stack = contextlib.ExitStack()
        self._buffer = cast("BinaryIO", self._stack.enter_context(tempfile.TemporaryFile()))  # noqa: SIM115 -- __exit__ closes it
        self._lines: dict[tuple[str, str], int] = {}
        self._encoder = msgspec.msgpack.Encoder()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def read(self, file: SourceFile, rejects: Rejects, advance: Callable[[int], None]) -> None:
        """Read one file of the source; `advance` is told how many more records were read.

        Raises:
            SourceFileError: the file is broken as a whole, holds no record of this source, or more
                than are held.
        """
        before = self.records
        self._lines = file.relation_lines
        for number, record in enumerate(self.source.read(file, rejects), 1):
            if len(self.keys) >= file.limits.max_records:
                raise over_limit(file.path, "the number of records", "max_records", file.limits)
            self._add(record, RecordSpot(rejects, file.line or number, record.key))
            if self.records % _ADVANCE_EVERY == 0:
                advance(_ADVANCE_EVERY)
        advance((self.records - before) % _ADVANCE_EVERY)
        if self.records == before:
            raise SourceFileError(f"{file.path}: no usable record of source {self.source.name}")

    def _add(self, record: Record, spot: RecordSpot) -> None:
        if record.key in self.keys:
            spot.refuse("record", record.key, "a record of this id came before")
            return
        self.records += 1
        works = None if self.source.creates else self._identities.about(record, self.source.name)
        self._tell_unknown(record, spot, is_known=works != ())
        if works == ():
            self.unmatched += 1
            return
        record = without_early_end(record, spot)
        body = self._encoder.encode(record)
        digest = hashlib.blake2b(body, digest_size=_DIGEST_BYTES).hexdigest()
        known = self._kept.get(record.key)
        # Records of makers are placed by `Identities.reassign`; an enricher's must still be where
        # its ids belong.
        unchanged = (
            known is not None and known.digest == digest and (works is None or works == known.works)
        )
        self.keys[record.key] = not unchanged
        if unchanged:
            said = things_said(record.facts, record.links, self._identities.owner)
            self.said.update({counted: len(things) for counted, things in said.items()})
            return
        self.changed += 1
        self._buffer.write(len(body).to_bytes(_LENGTH_BYTES, "big") + bytes.fromhex(digest) + body)

    def _tell_unknown(self, record: Record, spot: RecordSpot, *, is_known: bool) -> None:
        """Tell which lines that people wrote name an id that no work has."""
        for claim in record.links.relations:
            line = self._lines.get((record.key, claim.target))
            if line is not None and not is_known:
                reason = "no work of the graph has this id: left out"
                spot.rejects.add(line, "from", record.key, reason, key=record.key)
            elif line is not None and self._identities.owner(claim.target) is None:
                reason = "no work of the graph has this id: kept, and tells nothing until one has"
                spot.rejects.add(line, "to", claim.target, reason, key=record.key)

    def drops(self, key: str) -> bool:
        """Tell whether the source says no more what is kept of it under this key."""
        return not self.is_partial and key not in self.keys

    def stands(self, key: str) -> bool:
        """Tell whether the record that is kept under this key stays as it is."""
        return not self.keys.get(key, not self.is_partial)

    def changed_records(self) -> Iterator[tuple[str, Record]]:
        """Yield (digest, record) of all new or changed records, in file order."""
        self._buffer.seek(0)
        decoder = msgspec.msgpack.Decoder(Record)
        while head := self._buffer.read(_LENGTH_BYTES):
            digest = self._buffer.read(_DIGEST_BYTES).hex()
            yield digest, decoder.decode(self._buffer.read(int.from_bytes(head, "big")))
