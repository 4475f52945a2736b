"""`/videos`: the gallery, the form that asks for a video, the page of a job; without scripts too.

Guarantees: who is not signed in is led to do so, and back. A form that is refused is shown again
with what was typed and the reason at its field. Only these pages load media, from where videos are.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Annotated, Any, Final, NamedTuple, TypeAlias
from uuid import UUID

import msgspec
from litestar import Controller, Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, SkipValidation
from msgspec import Meta

from kensho.edges.accounts.authentication import GivenMaybeSession, GivenSession
from kensho.edges.accounts.pages import answer
from kensho.edges.generation.documents import (
    CreateVideoBody,
    file_url,
    prompt_of,
    stream_path,
    thumbnail_url,
)
from kensho.edges.generation.job_store import Video, VideoStatus
from kensho.edges.generation.jobs import (
    MOST_PROMPT_CHARS,
    JobProblem,
    Orientation,
    Phase,
    VideoJob,
)
from kensho.edges.generation.videos_api import GivenVideos
from kensho.errors import InvalidInputError, RateLimitedError
from kensho.http.request_costs import costing
from kensho.http.responses import HTML, UncachedResponse
from kensho.http.targets import FORM
from kensho.platform.edge_settings import GenerationSettings
from kensho.web import forms, urls
from kensho.web.forms import posted, read
from kensho.web.messages import clock
from kensho.web.page_context import GivenPageServices, PageServices
from kensho.web.rendering import POLICY, headers_under
from kensho.web.sign_in_page import going_to

PATH: Final = "/videos"
NEW_PATH: Final = f"{PATH}/new"
_PER_PAGE: Final = 24
_READ_COST: Final = 5
_WRITE_COST: Final = 8
_MINUTE_S: Final = 60


class GalleryForm(msgspec.Struct, frozen=True):
    """Which part of the list is shown, and which video has just been deleted."""

    status: VideoStatus | None = None
    page: Annotated[int, Meta(ge=1, le=10_000)] = 1
    deleted: Annotated[str, Meta(max_length=40)] | None = None


class NewVideoForm(msgspec.Struct, frozen=True):
    """What a video is asked for with."""

    prompt: Annotated[str, Meta(max_length=10_000)] = ""
    orientation: Orientation = "portrait"


class VideoPages(NamedTuple):
    """What these pages are made with besides: the headers that let them load media."""

    headers: Sequence[tuple[bytes, bytes]]

    @classmethod
    def of(cls, settings: GenerationSettings) -> "VideoPages":
        """Return what pages need where videos are kept, or stay, as the settings say."""
        elsewhere = " https:" + (" http://127.0.0.1:*" if settings.loopback else "")
        return cls(headers_under(f"{POLICY}; media-src 'self'{elsewhere}"))


GivenVideoPages: TypeAlias = NamedDependency[SkipValidation[VideoPages]]
"""The annotation under which handlers ask for `video_pages`."""


class VideoCard(NamedTuple):
    """A video in the gallery, or a job that failed there; addresses are our own paths or whole."""

    id: str
    prompt: str
    orientation: Orientation
    url: str | None
    thumbnail: str | None
    download: str | None
    problem: JobProblem | None
    made_at: str
    length: str | None


class JobCard(NamedTuple):
    """A job as its page and the gallery show it; `so_far` is minutes and seconds."""

    id: str
    prompt: str
    orientation: Orientation
    phase: Phase
    progress: int
    created_at: str
    so_far: str
    stream: str


class VideoPagesController(Controller):
    """The videos of whoever is signed in."""

    path = PATH
    opt: Mapping[str, Any] | None = costing(_READ_COST)

    @get(opt={FORM: GalleryForm})
    async def gallery(
        self,
        request: Request[Any, Any, Any],
        services: GivenPageServices,
        videos: GivenVideos,
        video_pages: GivenVideoPages,
        maybe_session: GivenMaybeSession,
    ) -> UncachedResponse:
        """Show the videos, those that are made just now at first."""
        if maybe_session is None:
            return going_to(urls.sign_in(PATH))
        form, subject = read(request, GalleryForm), maybe_session.subject
        found = await videos.service.page(subject, form.status, form.page, _PER_PAGE)
        running = await videos.service.unfinished(subject) if form.status is None else ()
        last = max(1, ceil(found.total / _PER_PAGE))
        body = services.renderer.page(
            "videos.html.jinja",
            form=form,
            path=PATH,
            new_path=NEW_PATH,
            running=[_job_card(one) for one in running],
            cards=[_card(one) for one in found.videos],
            total=found.total,
            filters=[
                (status, urls.with_query(PATH, {"status": status}))
                for status in (None, "completed", "failed")
            ],
            previous=_page_url(form, form.page - 1) if form.page > 1 else None,
            next=_page_url(form, form.page + 1) if form.page < last else None,
        )
        return UncachedResponse(body, media_type=HTML, headers=video_pages.headers)

    @get("/new")
    async def form(
        self,
        services: GivenPageServices,
        video_pages: GivenVideoPages,
        maybe_session: GivenMaybeSession,
    ) -> UncachedResponse:
        """Show the form that asks for a video."""
        if maybe_session is None:
            return going_to(urls.sign_in(NEW_PATH))
        return _form_page(services, video_pages, NewVideoForm(), None)

    @post(opt=costing(_WRITE_COST))
    async def create(
        self,
        request: Request[Any, Any, Any],
        services: GivenPageServices,
        videos: GivenVideos,
        video_pages: GivenVideoPages,
        session: GivenSession,
    ) -> UncachedResponse:
        """Begin a job and go on to its page, or show the form again and say what is wrong."""
        form = NewVideoForm()
        try:
            form = await posted(request, NewVideoForm)
            prompt = prompt_of(CreateVideoBody(prompt=form.prompt))
            job = await videos.service.submit(session.subject, prompt, form.orientation)
        except (InvalidInputError, RateLimitedError) as error:
            return _form_page(services, video_pages, form, error)
        return going_to(_job_path(job.id))

    @get("/jobs/{job_id:str}")
    async def job(
        self,
        services: GivenPageServices,
        videos: GivenVideos,
        video_pages: GivenVideoPages,
        maybe_session: GivenMaybeSession,
        job_id: FromPath[str],
    ) -> UncachedResponse:
        """Show how far a job is, and at last the video, or why there is none."""
        job = forms.work_id(job_id)
        if maybe_session is None:
            return going_to(urls.sign_in(_job_path(job)))
        held = await videos.service.job(maybe_session.subject, job)
        card = None
        if held.status == "completed":
            card = _card(await videos.service.video(maybe_session.subject, job))
        body = services.renderer.page(
            "video_job.html.jinja",
            path=PATH,
            new_path=NEW_PATH,
            own_path=_job_path(job),
            job=_job_card(held),
            has_ended=held.has_ended,
            problem=held.problem,
            card=card,
        )
        return UncachedResponse(body, media_type=HTML, headers=video_pages.headers)

    @post("/jobs/{job_id:str}/cancel", opt=costing(_WRITE_COST))
    async def cancel(
        self, videos: GivenVideos, session: GivenSession, job_id: FromPath[str]
    ) -> UncachedResponse:
        """Take a job back; one that ended meanwhile shows how."""
        job = forms.work_id(job_id)
        if not (await videos.service.job(session.subject, job)).has_ended:
            await videos.service.cancel(session.subject, job)
        return going_to(_job_path(job))

    @post("/jobs/{job_id:str}/retry", opt=costing(_WRITE_COST))
    async def retry(
        self,
        services: GivenPageServices,
        videos: GivenVideos,
        video_pages: GivenVideoPages,
        session: GivenSession,
        job_id: FromPath[str],
    ) -> UncachedResponse:
        """Begin a job anew and go on to its page; where that may not be now, offer the form."""
        job = forms.work_id(job_id)
        try:
            again = await videos.service.retry(session.subject, job)
        except RateLimitedError as error:
            held = await videos.service.job(session.subject, job)
            form = NewVideoForm(held.prompt, held.orientation)
            return _form_page(services, video_pages, form, error)
        return going_to(_job_path(again.id))

    @post("/{video_id:str}/delete", opt=costing(_WRITE_COST))
    async def delete(
        self, videos: GivenVideos, session: GivenSession, video_id: FromPath[str]
    ) -> UncachedResponse:
        """Take a video out of the list, which offers to put it back."""
        video = forms.work_id(video_id)
        await videos.service.delete(session.subject, video)
        return going_to(urls.with_query(PATH, {"deleted": video}))

    @post("/{video_id:str}/restore", opt=costing(_WRITE_COST))
    async def restore(
        self, videos: GivenVideos, session: GivenSession, video_id: FromPath[str]
    ) -> UncachedResponse:
        """Put a video back into the list."""
        await videos.service.restore(session.subject, forms.work_id(video_id))
        return going_to(PATH)


def _form_page(
    services: PageServices,
    pages: VideoPages,
    form: NewVideoForm,
    error: InvalidInputError | RateLimitedError | None,
) -> UncachedResponse:
    problems = dict(error.problems) if isinstance(error, InvalidInputError) else {}
    trouble = None
    if isinstance(error, RateLimitedError):
        minutes = max(1, ceil(error.retry_after_s / _MINUTE_S))
        trouble = services.renderer.messages.format(f"video.{error.scope}", minutes=minutes)
    body = services.renderer.page(
        "video_new.html.jinja",
        form=form,
        path=PATH,
        most_chars=MOST_PROMPT_CHARS,
        problems=problems,
        trouble=trouble,
    )
    return answer(body, error, pages.headers)


def _card(video: Video) -> VideoCard:
    url = file_url(video, "") if video.status == "completed" else None
    return VideoCard(
        id=str(video.id),
        prompt=video.prompt,
        orientation=video.orientation,
        url=url,
        thumbnail=None if video.thumbnail is None else thumbnail_url(video.id, ""),
        download=url if video.stored is None else f"{url}?download=true",
        problem=video.error,
        made_at=video.created_at.astimezone(dt.UTC).isoformat(),
        length=None if video.duration_s is None else clock(round(video.duration_s)),
    )


def _job_card(job: VideoJob) -> JobCard:
    until = job.ended_at or dt.datetime.now(dt.UTC)
    return JobCard(
        id=str(job.id),
        prompt=job.prompt,
        orientation=job.orientation,
        phase=job.phase,
        progress=job.progress,
        created_at=job.created_at.astimezone(dt.UTC).isoformat(),
        so_far=clock(round(max(0.0, (until - job.created_at).total_seconds()))),
        stream=stream_path(job.id),
    )


def _job_path(job: UUID) -> str:
    return f"{PATH}/jobs/{job}"


def _page_url(form: GalleryForm, page: int) -> str:
    return urls.with_query(PATH, {"status": form.status, "page": None if page == 1 else page})
