"""JSON Schemas of the tools, made of the Structs that check and encode."""

from typing import Any, Final

import msgspec

_DEFINITIONS: Final = "#/$defs/{name}"


def schema_of(form: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the JSON Schema of a Struct, an object at its root, as the protocol asks."""
    (reference,), known = msgspec.json.schema_components([form], ref_template=_DEFINITIONS)
    name = reference["$ref"].removeprefix(_DEFINITIONS.format(name=""))
    root = known.pop(name)
    return {**root, "$defs": known} if known else root
