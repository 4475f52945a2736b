"""Where the dumps are fetched from: the addresses in `ingest/sources/addresses.toml`, checked.

Guarantees: every address is https (or of this machine), names a source and a file that `kensho
ingest --all` knows as that source's, and bears its licence and attribution; no file stands twice.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from ingest.source import Source
from kensho.errors import FieldProblem, InvalidInputError
from kensho.platform.http_client import require_secure

Text: TypeAlias = Annotated[str, Meta(min_length=3, max_length=400)]
_OWN: Final = "addresses.toml"


class Sums(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the owners publish checksums: the document of a release, or lines of `sha256sum`."""

    form: Literal["github-release", "sha256sum"]
    url: Text


class Address(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of a source: where it is, under which name it is kept, and on which terms.

    `min_bytes` is what a sound one has at least. It is asked for no more often than each
    `min_interval_h` hours.
    """

    source: Text
    file: Text
    url: Text
    licence: Text
    attribution: Text
    min_bytes: Annotated[int, Meta(ge=1)]
    min_interval_h: Annotated[float, Meta(ge=0, le=8760)] = 0
    sums: Sums | None = None


class Without(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sources that are not fetched, and why."""

    sources: tuple[Text, ...]
    reason: Text


class Addresses(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that can be fetched, and all that can't."""

    address: tuple[Address, ...] = ()
    without: tuple[Without, ...] = ()


def load(sources: Mapping[str, Source], path: Path | None = None) -> Addresses:
    """Return the addresses of a file, by default those that come with Kenshō.

    Raises:
        InvalidInputError: the file can't be read, or something in it is wrong; names each.
    """
    name = str(path or _OWN)
    try:
        text = (path or Path(str(files("ingest.sources"))) / _OWN).read_bytes()
        found = msgspec.toml.decode(text, type=Addresses)
    except (OSError, msgspec.DecodeError, ValueError) as error:
        raise InvalidInputError.of("--addresses", f"{name}: {error}") from error
    problems = list(_problems(found, sources))
    if problems:
        raise InvalidInputError(problems)
    return found


def chosen(addresses: Addresses, only: Sequence[str]) -> tuple[Address, ...]:
    """Return the addresses of the sources `only`, or all of them.

    Raises:
        InvalidInputError: one of the sources has no address; says why, where that is known.
    """
    known = {one.source for one in addresses.address}
    reasons = {source: one.reason for one in addresses.without for source in one.sources}
    problems = [
        FieldProblem("--only", f"{source!r} has no address: {reasons.get(source, _known(known))}")
        for source in only
        if source not in known
    ]
    if problems:
        raise InvalidInputError(problems)
    return tuple(one for one in addresses.address if not only or one.source in only)


def _known(known: Iterable[str]) -> str:
    return f"known are {', '.join(sorted(known))}"


def _problems(addresses: Addresses, sources: Mapping[str, Source]) -> Iterator[FieldProblem]:
    seen: set[str] = set()
    for number, one in enumerate(addresses.address, 1):
        place = f"address {number}"
        if one.source not in sources:
            yield FieldProblem(f"{place}: source", f"{one.source!r} is no source")
        elif not _is_known_as(sources[one.source], one.file):
            yield FieldProblem(f"{place}: file", f"{one.file!r} is no file name of {one.source}")
        if one.file in seen:
            yield FieldProblem(f"{place}: file", f"{one.file!r} stands twice")
        seen.add(one.file)
        for url in (one.url, *((one.sums.url,) if one.sums else ())):
            try:
                require_secure(url)
            except InvalidInputError as error:
                yield FieldProblem(f"{place}: url", error.problems[0].message)


def _is_known_as(source: Source, file: str) -> bool:
    path = PurePosixPath(file)
    inside = not path.is_absolute() and ".." not in path.parts
    return inside and any(
        len(path.parts) == len(PurePosixPath(pattern).parts) and path.match(pattern)
        for pattern in source.patterns
    )
