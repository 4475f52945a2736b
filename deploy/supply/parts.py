"""The parts of Kenshō: what the locks pin for running it, and what is fetched for its pages.

A licence is what a package says of itself: an expression of SPDX, or a classifier or text that
stands for one. One that says nothing, or what is not known here, is an error: somebody must look.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Final, NamedTuple

from packaging.requirements import Requirement

ROOT: Final = Path(__file__).parents[2]
LOCK: Final = "requirements-edges.lock"
"""What runs a service with edges: all of `requirements.lock` is in it."""
_CLASSIFIED: Final = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
_WRITTEN: Final = {
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "MIT License": "MIT",
    "PSFL": "PSF-2.0",
}
_LOOKED_AT: Final = {
    "resvg-py": "MIT",
}
"""Packages whose metadata say nothing: what their licence files say."""
_NPM: Final = {
    "swagger-ui-dist": ("SWAGGER_UI", "Apache-2.0"),
    "hls.js": ("HLS", "Apache-2.0"),
}
"""Packages that `make assets` fetches: the variable of the Makefile that has their version."""
ALLOWED: Final = frozenset(
    (
        *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0"),
        *("MPL-2.0", "PSF-2.0", "Zlib"),
    )
)
"""Licences that ask for their text and the names of their authors, MPL-2.0 for changed files too:
none asks anything of what is built on top."""


class Part(NamedTuple):
    """A package: where it is from (`pypi` or `npm`), its version, its licence as SPDX has it."""

    origin: str
    name: str
    version: str
    licence: str


def parts() -> Sequence[Part]:
    """Return all parts in order of origin and name.

    Raises:
        ValueError: the licence of one is not known, or not allowed.
    """
    found = [*_pinned(), *_fetched()]
    for one in found:
        if not licences_of(one.licence) <= ALLOWED:
            raise ValueError(f"{one.name}: {one.licence!r} is not allowed")
    return sorted(set(found))


def licences_of(expression: str) -> frozenset[str]:
    """Return the licences that an expression of SPDX names."""
    return frozenset(re.findall(r"[\w.-]+", expression)) - {"AND", "OR", "WITH"}


def requirements(lock: str) -> Iterator[Requirement]:
    """Yield the packages that a lock pins, whatever the machine."""
    text = (ROOT / lock).read_text("utf-8").replace("\\\n", " ")
    for line in text.splitlines():
        pinned = line.partition("--hash")[0].strip()
        if pinned and not pinned.startswith("#"):
            yield Requirement(pinned)


def _pinned() -> Iterator[Part]:
    for requirement in requirements(LOCK):
        if requirement.marker is None or requirement.marker.evaluate():
            (version,) = requirement.specifier
            yield Part("pypi", requirement.name, version.version, _licence(requirement.name))


def _licence(name: str) -> str:
    if name in _LOOKED_AT:
        return _LOOKED_AT[name]
    told = metadata.metadata(name)
    expression, written = (
        str((told.get_all(key) or [""])[0]).partition("\n")[0].strip()
        for key in ("License-Expression", "License")
    )
    if expression:
        return expression
    if written:
        return _known(name, written, _WRITTEN)
    classified = [
        one.rpartition(" :: ")[2]
        for one in told.get_all("Classifier") or ()
        if str(one).startswith("License ::")
    ]
    return " AND ".join(sorted({_CLASSIFIED[one] for one in classified})) or _known(name, "", {})


def _known(name: str, written: str, names: Mapping[str, str]) -> str:
    licence = names.get(written, written)
    if not licence or not licences_of(licence) <= ALLOWED:
        raise ValueError(f"{name}: what licence it has is not known: {written!r}; look at it")
    return licence


def _fetched() -> Iterator[Part]:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for name, (variable, licence) in _NPM.items():
        found = re.search(rf"^{variable} := (\S+)$", makefile, re.MULTILINE)
        if found is None:
            raise ValueError(f"the Makefile does not say {variable}")
        yield Part("npm", name, found[1], licence)
