"""What the name of a file means: one line of a plan for a library, from the answer to its path."""

from uuid import UUID

import msgspec

from kensho.discovery.search_views import SearchAnswer, SearchPage
from kensho.domain.works import AnimeType, WorkKind
from kensho.search.interpretations import Via
from kensho.search.name_marks import Extra


class FileMatch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The work and episode that a path means, or without an `id` the `reason` why there is none.

    `read_as` is the text that was looked for and `via` how it was got from the path. `episode` is
    counted in this work: where the path counts on from an earlier one, `redirected` is true.
    """

    path: str
    id: UUID | None = None
    title: str | None = None
    kind: WorkKind | None = None
    type: AnimeType | None = None
    year: int | None = None
    season: int | None = None
    episode: int | None = None
    extra: Extra | None = None
    confidence: float | None = None
    score: float | None = None
    read_as: str | None = None
    via: Via | None = None
    redirected: bool = False
    beyond: bool = False
    reason: str | None = None


def file_match(path: str, answer: SearchAnswer, least_confidence: float) -> FileMatch:
    """Return what a path means by the answer to it; a work that is less sure is not matched."""
    if answer.error is not None:
        return FileMatch(path=path, reason=answer.error.message)
    page = answer.found
    if page is None or not page.results:
        return FileMatch(path=path, reason=None if page is None else page.reason)
    if page.confidence < least_confidence:
        return FileMatch(
            path=path,
            confidence=page.confidence,
            read_as=page.read_as.text,
            via=page.read_as.via,
            reason=f"the best is {page.results[0].title}, of which it is not sure enough",
        )
    return _matched(path, page)


def _matched(path: str, page: SearchPage) -> FileMatch:
    best, read = page.results[0], page.read_as
    redirect = read.redirected
    is_redirected = redirect is not None and redirect.id == best.id
    return FileMatch(
        path=path,
        id=best.id,
        title=best.title,
        kind=best.kind,
        type=best.anime_type,
        year=best.year,
        season=read.season,
        episode=redirect.episode if redirect is not None and is_redirected else read.episode,
        extra=read.extra,
        confidence=page.confidence,
        score=best.score,
        read_as=read.text,
        via=read.via,
        redirected=is_redirected,
        beyond=read.beyond,
    )
