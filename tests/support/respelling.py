"""Other spellings of a request target, and a slow, obvious reading of what a target asks for."""

import random
from collections.abc import Mapping, Sequence
from typing import Final

_HEX: Final = "0123456789abcdefABCDEF"


def respelled_text(text: str, chance: random.Random, *, plus: bool = False) -> str:
    """Return a text as a part of a target, with some of its letters escaped in either case."""
    return "".join(_respelled_char(char, chance, plus=plus) for char in text)


def _respelled_char(char: str, chance: random.Random, *, plus: bool) -> str:
    if char == " " and plus and chance.random() < 0.5:
        return "+"
    is_plain = char.isascii() and (char.isalnum() or char in "-._~")
    if is_plain and chance.random() < 0.6:
        return char
    form = "%{:02x}" if chance.random() < 0.5 else "%{:02X}"
    return "".join(form.format(byte) for byte in char.encode())


def respelled(path: str, parameters: Mapping[str, str], chance: random.Random) -> tuple[str, str]:
    """Return another spelling of a path and of the query with these parameters."""
    spelled_path = "/".join(respelled_text(part, chance) for part in path.split("/"))
    pairs = [
        f"{respelled_text(name, chance)}={respelled_text(value, chance, plus=True)}"
        for name, value in parameters.items()
    ]
    chance.shuffle(pairs)
    for _ in range(chance.randrange(3)):  # empty pairs mean nothing
        pairs.insert(chance.randrange(len(pairs) + 1), "")
    return spelled_path, "&".join(pairs)


def decoded_slowly(text: str, *, plus: bool = False) -> str:
    """Return a part of a target decoded, one character after the other."""
    found = bytearray()
    rest = list(text.encode())
    while rest:
        byte = rest.pop(0)
        digits = bytes(rest[:2]).decode("latin-1")
        if byte == ord("%") and len(digits) == 2 and all(digit in _HEX for digit in digits):
            found.append(int(digits, 16))
            del rest[:2]
        elif byte == ord("+") and plus:
            found.append(ord(" "))
        else:
            found.append(byte)
    return found.decode()


def asked_slowly(
    path: str, query: str, defaults: Mapping[str, str] | None
) -> tuple[Sequence[str], dict[str, str]]:
    """Return the parts of a path and the parameters that count.

    `defaults` are those of a page's form by name, which knows no other parameters; without them
    every parameter counts.
    """
    given = {}
    for pair in query.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            given[decoded_slowly(name, plus=True)] = decoded_slowly(value, plus=True)
    if defaults is not None:
        stripped = {name: value.strip() for name, value in given.items() if name in defaults}
        given = {
            name: value for name, value in stripped.items() if value and value != defaults[name]
        }
    return [part for part in decoded_slowly(path).split("/") if part], given
