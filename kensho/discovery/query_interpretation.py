"""Tells people how their query was understood, and why nothing was found."""

from kensho.discovery.search_views import QueryInterpretation, RedirectedEpisode
from kensho.search.index import Hits, TitleMatches
from kensho.search.interpretations import Interpretation
from kensho.search.kernel.numpy_kernel import TOLERANT_FROM
from kensho.search.keys import weight_of


def read_as(
    found: TitleMatches, works: Hits, redirect: RedirectedEpisode | None
) -> QueryInterpretation:
    """Return how the query was read where the best work was found, or else as it was typed."""
    best = works if len(works.entries) else found.hits
    reading = found.interpretations[int(best.interpretations[0]) if len(best.entries) else 0]
    wanted = reading.title_parts
    return QueryInterpretation(
        via=reading.via,
        text=reading.text,
        season=wanted.season,
        final=wanted.final,
        part=wanted.part,
        year=wanted.year,
        type=wanted.type,
        episode=wanted.episode,
        release=reading.release,
        redirected=redirect,
    )


def reason(typed: Interpretation, hits: int, adult: int) -> str:
    """Return in one sentence why no work is shown of so many hits, `adult` of them hidden."""
    if not hits:
        return _why_no_hit(typed)
    these = "the only hit" if hits == 1 else f"all {hits} hits"
    if adult == hits:
        return f"{these} {'is' if hits == 1 else 'are'} adult and safe is on"
    of = "the only hit" if hits == 1 else f"the {hits} hits"
    if adult:
        return f"of {of} the filters leave {adult}, all of them adult, and safe is on"
    return f"the filters leave none of {of}" if hits > 1 else "the filters leave out the only hit"


def _why_no_hit(typed: Interpretation) -> str:
    if weight_of(typed.key.letters) < TOLERANT_FROM:
        return (
            "no word of a title begins with these letters, and errors are forgiven from the 4th on"
        )
    return "no title has these letters within two errors, nor as first letters of its words"
