"""Feed the compiled kernel crafted indexes and hostile texts, under the address and UB sanitizers.

    python -m tests.support.sanitized_kernel [--seconds 20] [--seed N]

The kernel is compiled anew, and this program started again with the sanitizer's allocator, so that
each array ends where its memory ends: one byte read beyond it ends the process with a report. An
index is drawn, one of its arrays or texts is altered, and what the check lets pass is searched. An
index as it was built must also be answered as numpy answers it. The seed is printed first.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from ctypes import CDLL
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import numpy.typing as npt

from kensho.errors import ReadModelError
from kensho.search import interpretations
from kensho.search.build import PackedTitleIndex
from kensho.search.finder import Finder
from kensho.search.kernel import compiled_kernel, source
from kensho.search.soundness import check_index
from tests.support.damaged_arrays import damaged_array, damaged_blob
from tests.support.title_search import packed_of, work

_FLAGS: Final = (
    *("-O1", "-g", "-fno-omit-frame-pointer", "-fno-sanitize-recover=all"),
    "-fsanitize=address,undefined,float-cast-overflow",
)
_WORDS: Final = (
    *("naruto", "no", "wo", "home", "sweet", "titan", "x", "2", "II", "Season 2", "86", "2011"),
    *("進撃", "巨人", "の", "おおかみ", "나루토", "Déjà", "Ω", "\U00020bb7", "\U0001f600", "aaaa"),
    *("Part", "Movie", "!!!", "\u200b", "s2", "\ud800"),
)
_MODULE: Final = "tests.support.sanitized_kernel"
_QUERIES: Final = 12
_LONG: Final = 600


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--library", type=Path, help="compiled with sanitizers; by default anew")
    options = parser.parse_args()
    if options.library is None:
        sys.exit(start(options.seconds, options.seed))
    fuzz(options.library, options.seconds, options.seed)


def start(seconds: float, seed: int | None) -> int:
    """Compile the kernel with sanitizers and run this program with it; return its exit code."""
    compiler = shutil.which("cc") or sys.exit("no C compiler: apt-get install gcc libc6-dev")
    preload = subprocess.run(
        [compiler, "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    ).stdout.strip()
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "kernel.so"
        files = list(map(str, source.sources()))
        subprocess.run(
            [compiler, *source.compiler_arguments(), *_FLAGS, *files, "-o", str(library)],
            check=True,
        )
        drawn = random.SystemRandom().randrange(1 << 32) if seed is None else seed
        command = [sys.executable, "-m", _MODULE, "--seed", str(drawn)]
        surroundings = {
            **os.environ,
            "LD_PRELOAD": preload,
            "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0",  # Python leaves memory at its end
            "UBSAN_OPTIONS": "print_stacktrace=1",
            "PYTHONMALLOC": "malloc",
        }
        return subprocess.run(
            [*command, "--seconds", str(seconds), "--library", str(library)],
            env=surroundings,
            check=False,
        ).returncode


def fuzz(library: Path, seconds: float, seed: int) -> None:
    """Search altered indexes until the time is over; print what was done."""
    click.echo(f"seed {seed}")
    code = compiled_kernel.loaded(library)
    assert code is not None, "the kernel can't be loaded"
    drawn = random.Random(seed)
    counts = {"indexes": 0, "crafted": 0, "refused": 0, "searches": 0, "texts": 0}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        packed = drawn_index(drawn)
        counts["indexes"] += 1
        check_index(packed.arrays, packed.blobs, code)
        assert_answered_alike(packed, code, drawn)
        for _ in range(30):
            crafted = altered(packed, drawn)
            counts["crafted"] += 1
            try:
                check_index(crafted.arrays, crafted.blobs, code)
            except ReadModelError:
                counts["refused"] += 1
                continue
            counts["searches"] += searched(Finder(crafted.arrays, crafted.blobs, code), drawn)
        counts["texts"] += assert_texts_are_judged_as_python_does(code, drawn)
    click.echo(", ".join(f"{total:,} {name}" for name, total in counts.items()))


def drawn_index(drawn: random.Random) -> PackedTitleIndex:
    """Return the index of a few works to some hundred, near one another."""
    total = drawn.choice((1, 3, 12, 60, 250))
    entries = [
        work(
            drawn_text(drawn),
            *(drawn_text(drawn) for _ in range(drawn.randrange(3))),
            popularity=drawn.random(),
            later_seasons=tuple(
                (drawn.randint(2, 4), drawn.randrange(total)) for _ in range(drawn.randrange(2))
            ),
        )
        for _ in range(total)
    ]
    return own_memory(packed_of(entries))


def drawn_text(drawn: random.Random) -> str:
    return drawn.choice((" ", "", ": ")).join(drawn.choices(_WORDS, k=drawn.randint(1, 5)))


def own_memory(packed: PackedTitleIndex) -> PackedTitleIndex:
    """Return the same index with each array in memory of its own, which ends where it ends."""
    arrays = {name: np.array(array, order="C") for name, array in packed.arrays.items()}
    return PackedTitleIndex(arrays, {name: bytes(blob) for name, blob in packed.blobs.items()})


def altered(packed: PackedTitleIndex, drawn: random.Random) -> PackedTitleIndex:
    """Return the index with one array or text altered."""
    arrays: dict[str, npt.NDArray[Any]] = dict(packed.arrays)
    blobs: dict[str, bytes] = dict(packed.blobs)
    name = drawn.choice([*arrays, *blobs])
    if name in blobs:
        blobs[name] = damaged_blob(blobs[name], drawn)
    else:
        arrays[name] = damaged_array(arrays[name], drawn)
    return PackedTitleIndex(arrays, blobs)


def searched(finder: Finder, drawn: random.Random) -> int:
    """Search for hostile texts; return for how many."""
    for text in queries(drawn):
        typed = interpretations.as_typed(text)
        tried = [typed, *interpretations.fallbacks(typed)]
        best = finder.kernel.best([finder.scored(one) for one in tried])
        assert np.all(best.rows >= 0)
        finder.names_of(text)
    return _QUERIES


def queries(drawn: random.Random) -> list[str]:
    texts = [drawn_text(drawn) for _ in range(_QUERIES - 3)]
    texts += ["".join(map(chr, drawn.choices(range(1, 0x3100), k=drawn.randrange(40))))]
    texts += [drawn.choice(texts)[: drawn.randint(1, 4)], drawn_text(drawn) * (_LONG // 8)]
    return texts


def assert_answered_alike(packed: PackedTitleIndex, code: CDLL, drawn: random.Random) -> None:
    """Compare with the kernel in numpy."""
    compiled, numpy = (Finder(packed.arrays, packed.blobs, one) for one in (code, None))
    for text in queries(drawn):
        typed = interpretations.as_typed(text)
        one, other = compiled.scored(typed), numpy.scored(typed)
        assert one.rows.tolist() == other.rows.tolist(), text
        assert one.scores.tobytes() == other.scores.tobytes(), text


def assert_texts_are_judged_as_python_does(code: CDLL, drawn: random.Random) -> int:
    """Compare where a text stops being UTF-8; each text ends where its memory ends."""
    total = 200
    for _ in range(total):
        text = damaged_blob(drawn_text(drawn).encode("utf-8", "surrogatepass"), drawn)
        data = np.frombuffer(text, np.uint8).copy()
        try:
            text.decode("utf-8", "surrogatepass")
            wanted = len(text)
        except UnicodeDecodeError as error:
            wanted = error.start
        assert code.kensho_valid_until(data.ctypes.data, len(data)) == wanted, text
    return total


if __name__ == "__main__":
    main()
