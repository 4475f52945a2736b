"""What hubs are made by: the curators' policy, the model of kinds, and the code that applies them.

`digest` is another one whenever any of these is, so that a new release or an edited policy
computes everything anew; `model_version` says of an inferred kind which model said it.
"""

import hashlib
import tomllib
from collections.abc import Mapping
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
        "works",
    ),
}
"""By package the modules whose code decides what is computed."""
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
    policy = (curation / "franchises.toml").read_bytes()
    model = (curation / "inference.json").read_bytes()
    return Rules(
        policy=policy_of(tomllib.loads(policy.decode())),
        model=msgspec.json.decode(model, type=Model),
        model_version=hashlib.blake2b(model, digest_size=_VERSION_BYTES).hexdigest(),
        digest=_digest(policy, model, *_code()),
    )


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
