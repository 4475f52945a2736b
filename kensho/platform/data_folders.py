"""Find the folders of data that come with Kenshō: queries, the graph's schema, curation."""

from importlib.resources import files
from pathlib import Path


def data_root(folder: str) -> Path:
    """Return the folder `queries`, `graph_schema` or `curation`.

    In an installed wheel it lies inside the package, in a checkout at the top, where edits count.
    """
    package = Path(str(files("kensho")))
    packaged = package / "_data" / folder
    return packaged if packaged.is_dir() else package.parent / folder
