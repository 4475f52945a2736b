"""Make a client of the API in a language, from the kept document.

    python -m sdk.generate python|typescript|go [--document sdk/openapi.json]

`make sdk-python`, `make sdk-typescript` and `make sdk-go` install what that takes, and call this.
What is made is left beside the language's example, and is not kept in git.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from kensho.api.operations import EVENT_STREAM
from sdk.contract import FOLDER

_BIN: Final = Path(sys.executable).parent
_NULL: Final = {"type": "null"}
_CLASS: Final = "        cls"
_SNAKE: Final = re.compile(r"([A-Z])")
_MEDIA: Final = ("video/", "image/")
_FILE: Final = "application/octet-stream"
_BYTES: Final = {"type": "string", "format": "binary"}
_CHOICES: Final = ("oneOf", "anyOf")
_GO_FILES: Final = "client.go:configuration.go:response.go:utils.go"
_GO_MODULE: Final = "module kensho-client\n\ngo 1.19\n"


def python(document: Path) -> Path:
    """Make the package `kensho_client`, of httpx and attrs, with types."""
    made = FOLDER / "python" / "client"
    with _prepared(document, lambda whole: with_files(with_text_streams(whole), _FILE)) as prepared:
        _run(
            *(str(_BIN / "openapi-python-client"), "generate", "--overwrite", "--meta", "setup"),
            *("--path", str(prepared), "--config", str(FOLDER / "python" / "config.yml")),
            *("--output-path", str(made)),
        )
    for path in (made / "kensho_client" / "models").glob("*.py"):
        path.write_text(with_own_class(path.read_text("utf-8")), "utf-8")
    return made


def typescript(document: Path) -> Path:
    """Make the types of all operations, which openapi-fetch reads."""
    folder = FOLDER / "typescript"
    made = folder / "kensho.d.ts"
    with _prepared(document, with_text_streams) as prepared:
        _run(
            *("npm", "exec", "--offline", "--", "openapi-typescript", str(prepared)),
            *("-o", str(made), "--default-non-nullable=false", "--empty-objects-unknown"),
            cwd=folder,
        )
    return made


def go(document: Path) -> Path:
    """Make the module `kensho-client`, which needs nothing but Go."""
    made = FOLDER / "go" / "client"
    shutil.rmtree(made, ignore_errors=True)

    def change(whole: Any) -> Any:
        return without_choices(with_files(with_text_streams(whole)))

    with _prepared(document, change) as prepared:
        _run(
            *(str(_BIN / "openapi-generator-cli"), "generate", "-g", "go", "-i", str(prepared)),
            *("-o", str(made), "--package-name", "kensho"),
            *(one for name in clashing_names(prepared) for one in ("--name-mappings", name)),
            *("--global-property", f"models,apis,supportingFiles={_GO_FILES}"),
            *("--global-property", "modelDocs=false,apiDocs=false,modelTests=false,apiTests=false"),
        )
    (made / "go.mod").write_text(_GO_MODULE)
    return made


@contextmanager
def _prepared(document: Path, change: Callable[[Any], Any]) -> Iterator[Path]:
    """Write a changed document for the time of the block."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = Path(folder) / "openapi.json"
        prepared.write_text(json.dumps(change(json.loads(document.read_text("utf-8")))), "utf-8")
        yield prepared


def with_text_streams(schema: Any) -> Any:
    """Return a document in which streams of events are text: no generator reads their events."""
    if isinstance(schema, list):
        return [with_text_streams(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        name: {"schema": {"type": "string"}} if name == EVENT_STREAM else with_text_streams(value)
        for name, value in schema.items()
    }


def with_own_class(model: str) -> str:
    """Return the code of a model that is made of a document, though a member of it is called `cls`.

    The generator gives the member's value and the class one name in one function.
    """
    if f"{_CLASS} = " not in model.partition("def from_dict(cls:")[2]:
        return model
    return model.replace("def from_dict(cls:", "def from_dict(model:").replace(
        " = cls(", " = model("
    )


def clashing_names(document: Path) -> Iterator[str]:
    """Yield other names for members that differ from others of their schema in `_` alone.

    Such are `poster_url` and `posterUrl`, which Go calls PosterUrl: the latter is PosterUrl2 there.
    """
    schemas = json.loads(document.read_text("utf-8"))["components"]["schemas"]
    for name in sorted(
        {one for schema in schemas.values() for one in schema.get("properties", ())}
    ):
        plain = _SNAKE.sub(r"_\1", name).lower()
        if plain != name and any(
            {name, plain} <= schema.get("properties", {}).keys() for schema in schemas.values()
        ):
            yield f"{name}={name[0].upper()}{name[1:]}2"


def with_files(schema: Any, media_type: str = "") -> Any:
    """Return a document in which films and pictures are files, under another media type if given.

    To a document their bytes are text; Python's generator reads files of one media type alone.
    """
    if isinstance(schema, list):
        return [with_files(one, media_type) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    return {
        (media_type or name) if name.startswith(_MEDIA) else name: {"schema": _BYTES}
        if name.startswith(_MEDIA)
        else with_files(value, media_type)
        for name, value in schema.items()
    }


def without_choices(schema: Any) -> Any:
    """Return a document, or a part of one, in which no value is of one of several types.

    A value that may be null stays what it is. Go has no type for others: they are any value.
    """
    if isinstance(schema, list):
        return [without_choices(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    key = next((key for key in _CHOICES if key in schema), None)
    if key is None:
        return {name: without_choices(value) for name, value in schema.items()}
    real = [one for one in schema[key] if one != _NULL]
    if len(real) == 1 and len(schema[key]) > 1:
        return {**schema, key: [without_choices(real[0]), _NULL]}
    rest = {name: value for name, value in schema.items() if name != key}
    return rest | (without_choices(real[0]) if len(real) == 1 else {})


def with_node() -> dict[str, str]:
    """Return the environment, with the Node of this installation where the machine has none."""
    return {**os.environ, "PATH": f"{os.environ['PATH']}{os.pathsep}{_BIN}"}


def _run(*command: str, cwd: Path | None = None) -> None:
    """Run a command; what it prints is shown where it fails."""
    ended = subprocess.run(
        command,
        check=False,
        cwd=cwd,
        env=with_node(),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if ended.returncode:
        raise SystemExit(f"{ended.stdout}\n{command[0]} ended with {ended.returncode}")


LANGUAGES: Final[Mapping[str, Callable[[Path], Path]]] = {
    "python": python,
    "typescript": typescript,
    "go": go,
}


def main() -> None:
    """Make one client, and print where it is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("language", choices=LANGUAGES)
    parser.add_argument("--document", type=Path, default=FOLDER / "openapi.json")
    options = parser.parse_args()
    sys.stdout.write(f"{LANGUAGES[options.language](options.document.resolve())}\n")


if __name__ == "__main__":
    main()
