"""What is installed: the version of Kenshō and its folders of data."""

from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path


def data_root(folder: str) -> Path:
    """Return the folder `queries`, `graph_schema`, `curation` or `docs`.

    In an installed wheel it lies inside the package, in a checkout at the top, where edits count.
    """
    package = Path(str(files("kensho")))
    packaged = package / "_data" / folder
    return packaged if packaged.is_dir() else package.parent / folder


def installed_version() -> str:
    """Return the version of the installed package, or `0.0.0` in a bare checkout."""
    try:
        return version("kensho")
    except PackageNotFoundError:
        return "0.0.0"
