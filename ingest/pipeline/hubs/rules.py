"""What hubs are made by: the curators' policy, the model of kinds, and the code that applies them.

`digest` is another one whenever any of these is, so that a new release or an edited policy
computes everything anew; `model_version` says of an inferred kind which model said it.
"""

import hashlib
import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Final

import msgspec

from kensho.domain.franchise_policy import Policy, policy_of
from kensho.domain.inference import Model

CODE: Final[Mapping[str, tuple[str, ...]]] = {
    "ingest.pipeline.hubs": ("facts", "franchise_rows", "growing", "inputs", "parts", "words"),
    "kensho.domain": (
        "boundaries",
        "fame",
        "franchise_policy",
        "franchise_titles",
        "franchises",
        "hub_graph",
        "hub_inputs",
        "inference",
        "name_words",
        "pair_features",
        "pair_measures",
        "pair_names",
        "records",
        "relations",
        "roles",
        "slots",
        "surroundings",
        "titles",
        "twin_records",
        "works",
    ),
}
"""By package the modules whose code decides what is computed."""
_POLICY_FILES: Final = ("franchises.toml", "chronologies.toml")
_VERSION_BYTES: Final = 4


class Rules(msgspec.Struct, frozen=True):
    """Everything that decides what hubs become of given works and ties."""

    policy: Policy
    model: Model
    model_version: str
    digest: str


def load() -> Rules:
    """Read the rules that come with Kenshō; takes 20 ms."""
    curation = files("ingest.curation")
    decisions = [(curation / name).read_bytes() for name in _POLICY_FILES]
    model = (curation / "inference.json").read_bytes()
    return Rules(
        policy=_policy(decisions),
        model=msgspec.json.decode(model, type=Model),
        model_version=hashlib.blake2b(model, digest_size=_VERSION_BYTES).hexdigest(),
        digest=_digest(*decisions, model, *_code()),
    )


def policy() -> Policy:
    """Read the curators' policy alone."""
    return _policy((files("ingest.curation") / name).read_bytes() for name in _POLICY_FILES)


def _policy(texts: Iterable[bytes]) -> Policy:
    document: dict[str, object] = {}
    for text in texts:
        document |= tomllib.loads(text.decode())
    return policy_of(document)


def _code() -> list[bytes]:
    """Return the source of every module that takes part."""
    return [
        (files(package) / f"{module}.py").read_bytes()
        for package, modules in CODE.items()
        for module in modules
    ]


def _digest(*parts: bytes) -> str:
    told = hashlib.blake2b(digest_size=12)
    for part in parts:
        told.update(len(part).to_bytes(8, "big") + part)
    return told.hexdigest()
