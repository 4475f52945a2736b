"""Places in buckets, `s3://bucket/prefix`, and what asks them where the extra is installed."""

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from kensho.errors import InvalidInputError, SettingsError

if TYPE_CHECKING:
    from kensho.platform.buckets import Bucket

S3_SCHEME: Final = "s3://"


def place_of(text: str) -> tuple[str, str | None]:
    """Return the bucket and the prefix of `s3://bucket/prefix`.

    Raises:
        ValueError: it is no such place.
    """
    parts = urlsplit(text)
    if not text.startswith(S3_SCHEME) or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("expected s3://bucket/prefix")
    return parts.netloc, parts.path.strip("/") or None


def bucket_of(place: str, endpoint: str | None) -> "Bucket":
    """Return what asks a bucket; `endpoint` is where it is, if not at Amazon's.

    Raises:
        InvalidInputError: the text names no place in a bucket.
        SettingsError: the extra is not installed.
    """
    try:
        name, prefix = place_of(place)
    except ValueError as error:
        raise InvalidInputError.of("url", f"{place!r}: {error}") from error
    try:
        from kensho.platform.buckets import Bucket  # noqa: PLC0415 -- obstore comes with an extra
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"{place} needs {error.name}, which the extra brings: pip install 'kensho[s3]'"
        ) from error
    return Bucket(name, prefix, endpoint)
