"""The version of the snapshot: raised by hand whenever its arrays or documents change.

A snapshot of another version is not opened but built anew. A test holds a digest of the sample
catalogue's snapshot, so that a change of documents without a new version fails there.
"""

from typing import Final

SNAPSHOT_VERSION: Final = 14
