"""The C sources of the kernel: what they are compiled with, and how a compiled library is named.

Numbers that both Python and C need are defined in Python and given to the compiler as macros. The
name of a compiled library holds a digest of the sources, the macros and the flags, so that one that
was compiled from anything else is never loaded: not after an upgrade in the same folder, and not
after a change of the sources in a checkout.

Guarantees: pure, but for reading the sources; compiling is the business of `kensho kernel`.
"""

from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

from kensho.search import code_points, ngrams, rows, strings, symspell
from kensho.search.kernel import numpy_kernel, structures

FLAGS: Final = (
    *("-std=c11", "-O3", "-fPIC", "-shared", "-fvisibility=hidden"),
    "-ffp-contract=off",  # sums must come out as numpy's; docs/decisions/0012
)
LIBRARY_PATTERN: Final = "_kernel-*.so"
_FOLDER: Final = Path(__file__).parent
_DIGEST_BYTES: Final = 8


def macros() -> dict[str, int]:
    """Return the numbers that the C sources take from Python, by the names of their macros."""
    return {
        "MAX_LETTERS": structures.MAX_LETTERS,
        "MAX_WORDS": structures.MAX_WORDS,
        "MAX_SCORED_PHRASES": numpy_kernel.MAX_SCORED_PHRASES,
        "MAX_SCORED_ONE_BY_ONE": structures.MAX_SCORED_ONE_BY_ONE,
        "SCORE_STEPS": numpy_kernel.SCORE_STEPS,
        "POSITION_BITS": numpy_kernel.POSITION_BITS,
        "NGRAM_CANDIDATES": ngrams.CANDIDATES,
        "SYMSPELL_CANDIDATES": symspell.CANDIDATES,
        "MAX_SYMSPELL_KEYS": symspell.MAX_KEYS,
        "MAX_ROWS_PER_KEY": symspell.MAX_ROWS_PER_KEY,
        "HASH_MULTIPLIER": symspell.HASH_MULTIPLIER,
        "HASH_SHIFT": symspell.HASH_SHIFT,
        "CODE_POINT_BITS": code_points.CODE_POINT_BITS,
        "START_MARK": ord(code_points.START_MARK),
        "HAN_FIRST": code_points.HAN_FIRST,
        "HAN_LAST": code_points.HAN_LAST,
        "DIGIT_BITS": rows.DIGIT_BITS,
        "HEAD_BYTES": strings.HEAD,
    }


def sources() -> list[Path]:
    """Return the C files to compile together."""
    return sorted(_FOLDER.glob("*.c"))


def compiler_arguments() -> list[str]:
    """Return what a C compiler is given besides the sources and the output."""
    # A number that no `long` can hold needs its suffix; the others are ints, as enumerators are.
    defined = {name: f"{value}u" if value >> 63 else str(value) for name, value in macros().items()}
    return [*FLAGS, *(f"-D{name}={value}" for name, value in defined.items())]


@cache
def library_path() -> Path:
    """Return where the library that is compiled from these sources is, or would be."""
    digest = blake2b(digest_size=_DIGEST_BYTES)
    for path in [*sorted(_FOLDER.glob("*.h")), *sources()]:
        digest.update(path.read_bytes())
    digest.update(" ".join(compiler_arguments()).encode())
    return _FOLDER / LIBRARY_PATTERN.replace("*", digest.hexdigest())
