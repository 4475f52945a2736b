"""Ways in which a writer that is not sound, or not honest, may get an array or a text wrong."""

import random
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
_KINDS: Final = ("i4", "u4", "u1", "i8", "f4", "f8", ">i4", "S3")


def damaged_array(array: Array, drawn: random.Random) -> Array:
    """Return a copy of an array that is wrong in one way, which may by chance be none."""
    ways = [_with_number, _with_number, _swapped, _resized, _of_another_kind, _reshaped, _repeated]
    return np.ascontiguousarray(drawn.choice(ways)(np.array(array, order="C"), drawn))


def damaged_blob(blob: bytes, drawn: random.Random) -> bytes:
    """Return a text that is wrong in one way."""
    data = bytearray(blob)
    place = drawn.randrange(len(data) + 1)
    way = drawn.randrange(4)
    if way == 0 and data:
        data[place - 1] = drawn.choice((0, 0x41, 0x80, 0xBF, 0xC2, 0xE0, 0xED, 0xF0, 0xF4, 0xFF))
    elif way == 1:
        del data[place:]
    elif way == 2:
        data[place:place] = drawn.randbytes(drawn.randint(1, 4))
    elif data:
        data[-1] = drawn.choice((0xC3, 0xE3, 0xF0))
    return bytes(data)


def _with_number(array: Array, drawn: random.Random) -> Array:
    """Change one number: to an end of its range, to a neighbour's, or by little."""
    flat = array.reshape(-1)
    if not len(flat):
        return array
    place = drawn.randrange(len(flat))
    if array.dtype.kind == "S":
        flat[place] = drawn.randbytes(array.dtype.itemsize)
    elif array.dtype.kind == "f":
        flat[place] = drawn.choice((np.nan, np.inf, -np.inf, -1.0, 1e30, 2.0))
    elif array.dtype.kind == "b":
        flat.view(np.uint8)[place] = drawn.choice((0, 1, 2, 255))
    else:
        ends = np.iinfo(array.dtype)
        near = int(flat[place]) + drawn.choice((-1, 1, 2, 40, 1000))
        wanted = drawn.choice((ends.min, ends.max, near, int(flat[-1]), len(flat), 0))
        flat[place] = min(max(wanted, ends.min), ends.max)
    return array


def _swapped(array: Array, drawn: random.Random) -> Array:
    if len(array) > 1:
        one, other = drawn.sample(range(len(array)), 2)
        array[[one, other]] = array[[other, one]]
    return array


def _resized(array: Array, drawn: random.Random) -> Array:
    kept = array[: drawn.randrange(len(array) + 1)]
    return drawn.choice((kept, np.concatenate((array, array[-1:])), np.concatenate((array, kept))))


def _of_another_kind(array: Array, drawn: random.Random) -> Array:
    kind = np.dtype(drawn.choice(_KINDS))
    if array.dtype.kind == "S":
        return np.zeros(array.shape, kind)
    with np.errstate(invalid="ignore", over="ignore"):
        return array.astype(kind)


def _reshaped(array: Array, drawn: random.Random) -> Array:
    return drawn.choice((array.reshape(-1), array.reshape(1, -1), array[..., None]))


def _repeated(array: Array, drawn: random.Random) -> Array:
    """Let one number stand at every place."""
    if len(array):
        array[:] = array[drawn.randrange(len(array))]
    return array
