"""Place the records of a source that groups: a dump's entries are works, each of its own."""

import uuid
from collections import Counter
from collections.abc import Mapping

from ingest.pipeline.identity import Identities
from kensho.domain.records import Record
from kensho.domain.works import work_uuid


class Grouping:
    """Places the records of one run of one grouping source, so that no two of them share a work."""

    def __init__(
        self, identities: Identities, source: str, keys_in_file: Mapping[str, bool]
    ) -> None:
        """Prepare to place the records of a file; `keys_in_file` says of each if it changed."""
        self._kept = identities.records.get(source, {})
        self._identities = identities
        self._source = source
        self._keys_in_file = keys_in_file
        self._placed = {
            self._kept[key].works[0] for key, changed in keys_in_file.items() if not changed
        }
        self._key_of = {record.works[0]: key for key, record in self._kept.items()}

    def place(self, record: Record) -> uuid.UUID:
        """Return the work of `record`: its own, that which most of its ids name, or a new one."""
        work = self._own(record.key) or self._named(record)
        if work is None:
            work = self._identities.own_work(self._source, record.key, record.ids)
        self._placed.add(work)
        return work

    def _own(self, key: str) -> uuid.UUID | None:
        """Return the work of the kept record of this key, or one that such a record led."""
        kept = self._kept.get(key)
        led = self._identities.leads.past((self._source, key))
        works = led if kept is None else kept.works
        return next((work for work in works if work not in self._placed), None)

    def _named(self, record: Record) -> uuid.UUID | None:
        owners = Counter(o for i in record.ids if (o := self._identities.owner(i)) is not None)
        free = [o for o in owners if self._may_take(o, record)]
        first = work_uuid(record.ids[0])
        return max(free, key=lambda o: (o == first, owners[o], str(o))) if free else None

    def _may_take(self, work: uuid.UUID, record: Record) -> bool:
        """Tell whether nobody has more right to a work: its record, if it stays or shares no id."""
        if work in self._placed:
            return False
        holder = self._key_of.get(work)
        if holder is not None:
            return holder not in self._keys_in_file
        leader = self._identities.leads.current.get(work)
        if leader is None:
            return True
        return not set(record.ids).isdisjoint(self._identities.records[leader[0]][leader[1]].ids)
