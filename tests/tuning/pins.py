"""The pinned results of all measures; `python -m tests.tuning.pins` writes them anew."""

import json
import tempfile
from pathlib import Path
from typing import Any, Final

from tests.support.catalogue import ingested
from tests.tuning.measures import MEASURES

FILE: Final = Path(__file__).with_name("pins.json")


def pinned() -> dict[str, Any]:
    """Return the pinned results by measure."""
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return found


def plain(results: object) -> object:
    """Return results as JSON gives them back."""
    return json.loads(json.dumps(results))


def main() -> None:
    """Compute every measure and write the results."""
    with tempfile.TemporaryDirectory() as folder:
        given = ingested(Path(folder))
        results = {name: measure(given) for name, measure in MEASURES.items()}
    FILE.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
