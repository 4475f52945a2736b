"""One small world of works that every example in the document is taken from."""

from typing import Final
from uuid import UUID

import msgspec

from kensho.api.parameters import EXAMPLE_ID
from kensho.discovery.search_views import (
    Completion,
    Completions,
    Facets,
    FranchiseHit,
    HiddenCounts,
    ItemError,
    QueryInterpretation,
    SearchAnswer,
    SearchAnswers,
    SearchPage,
    SearchResult,
    TagFacet,
)
from kensho.domain.relations import Assertion
from kensho.read_model.episodes import EpisodeView
from kensho.read_model.franchise_views import (
    FranchiseDetail,
    FranchiseEdge,
    FranchiseLine,
    FranchiseMember,
    FranchiseSummary,
    MemberWork,
    RoleCount,
    SharedTag,
    StepReason,
    WatchOrderDocument,
    WatchOrderStep,
    Years,
)
from kensho.read_model.views import (
    Detail,
    FranchiseRef,
    ImdbView,
    RelatedAnime,
    RelatedWork,
    ResolvedWork,
    SeasonView,
    SourceView,
    Summary,
    TaggedWork,
    TagView,
)

FIRST_ID: Final = UUID(EXAMPLE_ID)
SECOND_ID: Final = UUID("5b0a0d3c-7c43-5c0e-8a60-2f1b7f0f4a22")
TAG_ID: Final = UUID("9d1f3a56-66a1-5f0b-9a8e-71c2f7a3c033")
SUMMARY: Final = Summary(
    id=FIRST_ID,
    title="Cowboy Bebop",
    poster_url="https://posters.example/cowboy-bebop.jpg",
    episodes=26,
    status="finished",
    anime_type="tv",
    imdb_rating=8.9,
)
ASSERTION: Final = Assertion(
    source="aodb", snapshot="2026-02-01", kind="side_story", method="stated", confidence=0.9
)
RELATED: Final = RelatedWork(
    id=SECOND_ID,
    title="Cowboy Bebop: Tengoku no Tobira",
    poster_url=None,
    episodes=1,
    status="finished",
    anime_type="movie",
    kind="side_story",
    assertions=(ASSERTION,),
)
DETAIL: Final = Detail(
    id=SUMMARY.id,
    title=SUMMARY.title,
    poster_url=SUMMARY.poster_url,
    episodes=SUMMARY.episodes,
    status=SUMMARY.status,
    anime_type=SUMMARY.anime_type,
    imdb_rating=SUMMARY.imdb_rating,
    synonyms=("カウボーイビバップ",),
    anime_season=SeasonView(season="spring", year=1998),
    imdb=ImdbView(id="tt0213338", rating=8.9, votes=140_000),
    score=8.75,
    duration_s=1_440,
    studios=("Sunrise",),
    producers=("Bandai Visual",),
    tags=(TagView(id=TAG_ID, name="space", category="theme", relevance=0.93),),
    sources=(SourceView(provider="mal", id="1", url="https://myanimelist.net/anime/1"),),
    related_anime=RelatedAnime(sequels=(), prequels=(), related=(RELATED,)),
)
FILM: Final = Summary(
    id=SECOND_ID,
    title="Spirited Away",
    poster_url=None,
    episodes=None,
    status="finished",
    anime_type="movie",
    imdb_rating=8.6,
)
TAGGED: Final = TaggedWork(
    id=SUMMARY.id,
    title=SUMMARY.title,
    poster_url=SUMMARY.poster_url,
    episodes=SUMMARY.episodes,
    status=SUMMARY.status,
    anime_type=SUMMARY.anime_type,
    imdb_rating=SUMMARY.imdb_rating,
    relevance=0.93,
)
EPISODE: Final = EpisodeView(
    id=UUID("c1a5f6f2-0d0b-5f8e-9d84-9b8b1c5d6e44"),
    episode_number=1,
    titles={"en": "Asteroid Blues", "ja": "アステロイド・ブルース"},
    title="Asteroid Blues",
    duration=1_440,
    air_date="1998-10-24",
)
RESOLVED: Final = ResolvedWork(id=FIRST_ID, kind="anime", title="Cowboy Bebop")
FOUND: Final = SearchPage(
    results=[
        SearchResult(
            id=SUMMARY.id,
            title=SUMMARY.title,
            poster_url=SUMMARY.poster_url,
            episodes=SUMMARY.episodes,
            status=SUMMARY.status,
            anime_type=SUMMARY.anime_type,
            imdb_rating=SUMMARY.imdb_rating,
            kind="anime",
            year=1998,
            season="spring",
            matched_title="カウボーイビバップ",
            score=0.9973,
            highlights=[(0, 5)],
            franchise=FranchiseRef(slug="cowboy-bebop", title="Cowboy Bebop"),
        )
    ],
    franchises=[
        FranchiseHit(
            slug="cowboy-bebop",
            title="Cowboy Bebop",
            matched_title="Cowboy Bebop",
            works=4,
            score=0.9,
            highlights=[(0, 6)],
        )
    ],
    total=1,
    hidden=HiddenCounts(adult=0),
    facets=Facets(
        type={"tv": 1},
        status={"finished": 1},
        season={"spring": 1},
        year={"1998": 1},
        tag=[TagFacet("space", 1)],
    ),
    read_as=QueryInterpretation(via="text", text="cowboy", match="prefix", explained=1.0),
    confidence=0.9,
    next_cursor=None,
)
ANSWERS: Final = SearchAnswers(
    [
        SearchAnswer(found=msgspec.structs.replace(FOUND, facets=None)),
        SearchAnswer(error=ItemError("texts[1]", "type a title, or the beginning of one")),
    ]
)
COMPLETIONS: Final = Completions(
    [
        Completion(
            id=SUMMARY.id,
            title=SUMMARY.title,
            matched_title="Cowboy Bebop",
            kind="anime",
            highlights=[(0, 6)],
        ),
        Completion(
            slug="cowboy-bebop",
            title="Cowboy Bebop",
            matched_title="Cowboy Bebop",
            kind="franchise",
            highlights=[(0, 6)],
        ),
    ]
)
SLUG: Final = "cowboy-bebop"
FRANCHISE_SUMMARY: Final = FranchiseSummary(
    slug=SLUG,
    title="Cowboy Bebop",
    root=FIRST_ID,
    works_total=2,
    years=Years(1998, 2001),
    poster_url=SUMMARY.poster_url,
)
_MEMBER: Final = MemberWork(
    **msgspec.structs.asdict(SUMMARY), year=1998, date="1998-04-03", duration_s=1_440
)
_MEMBER_FILM: Final = MemberWork(
    id=SECOND_ID,
    title=RELATED.title,
    poster_url=None,
    episodes=1,
    status="finished",
    anime_type="movie",
    year=2001,
    date="2001-09-01",
)
_FRANCHISE_EDGE: Final = FranchiseEdge(FIRST_ID, SECOND_ID, "side_story", "stated", 0.9)
_LINE: Final = FranchiseLine(0, "Cowboy Bebop", "story", (FIRST_ID, SECOND_ID), 1, 10)
FRANCHISE: Final = FranchiseDetail(
    **msgspec.structs.asdict(FRANCHISE_SUMMARY),
    episodes_total=27,
    roles=(RoleCount("main", 1), RoleCount("side", 1)),
    lines=(_LINE,),
    tags=(SharedTag(TAG_ID, "space", 1.0),),
    members=(
        FranchiseMember(_MEMBER, "main", (), 0),
        FranchiseMember(_MEMBER_FILM, "side", (_FRANCHISE_EDGE,), 0),
    ),
    guests=(),
)
WATCH_ORDER: Final = WatchOrderDocument(
    slug=SLUG,
    title=FRANCHISE.title,
    order="story",
    lines=(_LINE,),
    steps=(
        WatchOrderStep(
            _MEMBER,
            position=1,
            role="main",
            optional=False,
            line=0,
            because=(StepReason("date", "released on 3 April 1998", date="1998-04-03"),),
        ),
        WatchOrderStep(
            _MEMBER_FILM,
            position=2,
            role="side",
            optional=True,
            line=0,
            because=(
                StepReason(
                    "after", "is a side story of Cowboy Bebop, says AniList", _FRANCHISE_EDGE
                ),
            ),
        ),
    ),
    set_aside=(),
)
