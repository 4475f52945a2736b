"""Every deliberate error of Kenshō: values with a meaning, and no HTTP in them.

An error carries what a caller needs to act (the field, the value, the limit);
`kensho/http/problem_details.py` maps each class to a status once, and the command line maps each to
an exit code through `exit_code`. This module imports nothing of Kenshō's, so that every room may
raise from it.
"""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple


class FieldProblem(NamedTuple):
    """One thing wrong with one field: its name, and a sentence that quotes the value."""

    field: str
    message: str


class KenshoError(Exception):
    """The root of every error that Kenshō raises on purpose."""

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidInputError(KenshoError):
    """A caller sent something that can't be served; each problem names its field and value."""

    exit_code: ClassVar[int] = 2

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        super().__init__("; ".join(f"{p.field}: {p.message}" for p in problems))
        self.problems = tuple(problems)

    @classmethod
    def of(cls, field: str, message: str) -> "InvalidInputError":
        """Return the error for a single field."""
        return cls([FieldProblem(field, message)])


class NotFoundError(KenshoError):
    """Nothing answers to this name; `code` tells what is missing, for programs."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class EpisodeNotFoundError(NotFoundError):
    """A work has no episode of this number, as far as its provider knows."""


class NotOfferedError(NotFoundError):
    """No provider that is known here offers this work."""


class NotKeptError(NotFoundError):
    """What was served at an earlier time is not known any more.

    `kept_from` is the earliest publication that is: its snapshot, revision and time, if there is
    one.
    """

    def __init__(self, message: str, *, kept_from: tuple[str, int, str] | None = None) -> None:
        super().__init__(message)
        self.kept_from = kept_from


class GoneError(KenshoError):
    """The work was removed, or the franchise dissolved; its name is never given to another."""

    exit_code: ClassVar[int] = 3


class MovedError(KenshoError):
    """A work or franchise was merged into another; `successor` is the id or slug that lives on."""

    exit_code: ClassVar[int] = 3

    def __init__(self, message: str, *, successor: str) -> None:
        super().__init__(message)
        self.successor = successor


class UnauthorizedError(KenshoError):
    """Nobody is signed in, or the credentials are not valid; `code` tells which, for programs."""

    exit_code: ClassVar[int] = 6

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class ForbiddenError(KenshoError):
    """The caller is known and may not do this; `code` tells why, for programs."""

    exit_code: ClassVar[int] = 6

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class NotInRegionError(ForbiddenError):
    """A provider does not offer this where the caller is."""


class NotEntitledError(ForbiddenError):
    """A provider offers this to other subscriptions than the caller's."""


class ConflictError(KenshoError):
    """The change contradicts what is stored; `issues` name the fields that must change first."""

    exit_code: ClassVar[int] = 2

    def __init__(
        self, message: str, *, code: str | None = None, issues: Sequence[FieldProblem] = ()
    ) -> None:
        super().__init__(message)
        self.code = code
        self.issues = tuple(issues)


class ActConflictError(ConflictError):
    """What a curator states was said already, or is about what somebody else changed meanwhile."""

    exit_code: ClassVar[int] = 9


class ChangedMeanwhileError(KenshoError):
    """A change was meant for another version of a thing than there is now."""

    exit_code: ClassVar[int] = 9


class TooManyStreamsError(ConflictError):
    """The caller's subscription plays as much at once as it may."""


class DrmProtectedError(ConflictError):
    """What is asked for is protected by DRM, which this service never circumvents."""


class RateLimitedError(KenshoError):
    """A caller has asked too often; `scope` names the limit, which is free again after a while."""

    exit_code: ClassVar[int] = 7

    def __init__(self, message: str, *, retry_after_s: int, scope: str | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.scope = scope


class OverloadedError(KenshoError):
    """There is more work than can be done in time; the same request may be served later."""

    exit_code: ClassVar[int] = 7

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class UpstreamError(KenshoError):
    """A service that this one depends on failed or answered nonsense; asking again is no use."""

    exit_code: ClassVar[int] = 7

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class UpstreamUnavailableError(UpstreamError):
    """A service that this one depends on can't be reached now; it may be again later."""

    def __init__(self, message: str, *, code: str | None = None, retry_after_s: int = 5) -> None:
        super().__init__(message, code=code)
        self.retry_after_s = retry_after_s


class ProviderUnavailableError(UpstreamUnavailableError):
    """The provider of streams is down, too slow, or asks to be asked later."""


class ProviderBlockedError(UpstreamUnavailableError):
    """The provider of streams takes this service for a robot, and shows a challenge."""


class ProviderMisconfiguredError(UpstreamUnavailableError):
    """The provider of streams refuses this service itself, or leads where it must not."""


class BrokenSealError(KenshoError):
    """A sealed text was changed, is of another place, or of a key that is not known any more."""


class RedisDownError(UpstreamUnavailableError):
    """Redis is away, too slow or unwilling; what it holds for several processes is not known."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="redis_down", retry_after_s=1)


class SettingsError(KenshoError):
    """A setting is missing or makes no sense; the message names it and its value."""

    exit_code: ClassVar[int] = 2


class StorageError(KenshoError):
    """The graph store refused or failed a statement."""

    exit_code: ClassVar[int] = 5


class StoreInUseError(StorageError):
    """Another process owns the embedded store; the message names it."""


class StoreUnavailableError(StorageError):
    """The store can't be reached now; it may be reachable again later."""


class DiskFullError(StorageError):
    """The disk has no room left, for the store or for what an ingest keeps aside."""


class DeadlineExceededError(StorageError):
    """A call to the store did not finish within its deadline."""


class RuleViolationError(StorageError):
    """The schema refused a value.

    An ASSERT, a type, a unique index, or a missing end of an edge.
    """


class SchemaVersionError(StorageError):
    """The database was written by a newer Kenshō than this one, or by none."""


class QueryNotFoundError(StorageError):
    """No file in `queries/` has this dotted name."""


class ReadModelError(KenshoError):
    """The read model on disk is missing, damaged, or of another format; it can be rebuilt."""

    exit_code: ClassVar[int] = 5


class PublicationError(KenshoError):
    """The graph is as it should be, but its snapshot could not be built or published."""

    exit_code: ClassVar[int] = 8


class ChildEndedError(KenshoError):
    """A process that this one started ended without the answer that was due."""


class NotReadyError(KenshoError):
    """The service can't answer yet: no snapshot is open; the message says what to do."""

    exit_code: ClassVar[int] = 5


class SourceFileError(KenshoError):
    """A source file can't be used as a whole: wrong source, truncated, corrupt, wrong encoding."""

    exit_code: ClassVar[int] = 4


class IngestRefusedError(KenshoError):
    """The file is sound, but applying it would be a mistake unless the curator insists."""

    exit_code: ClassVar[int] = 4
