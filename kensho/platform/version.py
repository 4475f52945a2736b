"""Which version of Kenshō is installed."""

from importlib.metadata import PackageNotFoundError, version


def installed_version() -> str:
    """Return the version of the installed package, or `0.0.0` in a bare checkout."""
    try:
        return version("kensho")
    except PackageNotFoundError:
        return "0.0.0"
