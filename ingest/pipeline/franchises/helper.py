"""Compute batches of components in a process of its own, on another processor.

The helper is handed a file of what it needs, and answers with bytes; it opens no store. A pipe
would be filled a piece at a time, whenever the caller, who computes too, came to it. Where the
helper ends without an answer, the caller computes what it was to.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

from ingest.pipeline.franchises.components import Component
from ingest.pipeline.franchises.computing import (
    ComputedBatch,
    ComputingInputs,
    FranchiseComputing,
)
from ingest.pipeline.franchises.inputs import InferredKind
from ingest.pipeline.franchises.work_facts import FranchiseWorkRow
from kensho.errors import ChildEndedError
from kensho.platform import child_process, memory
from kensho.platform.child_process import call

_DEADLINE_S: Final = 600.0
"""The largest component takes some 10 s of a processor; a busy machine may take ten times as long.
"""
_encoder: Final = msgspec.msgpack.Encoder(uuid_format="bytes")


class HelperBatch(msgspec.Struct, frozen=True):
    """Components to be computed, with the JSON of the rows of their works, and kinds known."""

    components: Sequence[Component]
    rows: Sequence[bytes]
    known: Mapping[UUID, Sequence[InferredKind]]


class _Request(msgspec.Struct, frozen=True):
    inputs: ComputingInputs
    batches: Sequence[HelperBatch]


async def compute_apart(
    inputs: ComputingInputs, batches: Sequence[HelperBatch]
) -> list[ComputedBatch] | None:
    """Return what comes of these batches; `None` where the helper did not end as it should."""
    with tempfile.TemporaryDirectory(prefix="kensho-") as folder:  # nobody else may read it
        path = Path(folder) / "request"
        path.write_bytes(_encoder.encode(_Request(inputs, batches)))
        try:
            answer = await call(__name__, os.fsencode(path), deadline_s=_DEADLINE_S)
        except ChildEndedError:
            return None
    return msgspec.msgpack.decode(answer, type=list[ComputedBatch])


def computed(request: bytes) -> bytes:
    """Compute what is asked for in the file that `request` names."""
    asked = msgspec.msgpack.decode(Path(os.fsdecode(request)).read_bytes(), type=_Request)
    computing = FranchiseComputing.of(asked.inputs)
    found = [computing.batch(one.components, rows_of(one.rows), one.known) for one in asked.batches]
    return _encoder.encode(found)


def rows_of(pages: Sequence[bytes]) -> list[FranchiseWorkRow]:
    """Return the rows of works, given pages of them as JSON."""
    rows: list[FranchiseWorkRow] = []
    for page in pages:
        rows += msgspec.json.decode(page, type=list[FranchiseWorkRow])
    return rows


def main() -> None:
    """Compute what the parent asks for, and tell it what came of it."""
    memory.return_early()
    with memory.without_cycle_collection():
        child_process.answer(computed)


if __name__ == "__main__":
    main()
