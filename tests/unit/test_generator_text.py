"""What a generator's words say: progress and links in many shapes, and however they are split."""

import contextlib
import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kensho.edges.generation.answer_text import ProgressReader, video_link
from kensho.edges.generation.chat_answer import ChatAnswer, GenerationError

URL: Final = "https://v.example/a/b.mp4"

MEMBERS: Final = (
    *("choices", "delta", "message", "content", "text", "progress", "error", "video"),
    *("finish_reason", "reasoning_content", "video_url", "url"),
)


def chunk(text: str | None = None, finish: str | None = None, **delta: Any) -> str:
    if text is not None:
        delta["content"] = text
    return json.dumps({"choices": [{"delta": delta, "finish_reason": finish}]}, ensure_ascii=False)


def answered(*data: str, prompt: str = "a boat") -> ChatAnswer:
    answer = ChatAnswer(prompt)
    for one in data:
        answer.take(one)
    return answer


@pytest.mark.parametrize(
    ("text", "percent"),
    [
        ("Progress: 45%", 45),
        ("progress 45.7 %", 45),
        ("**Progress**: 45,5%", 45),
        ("> 进度 36.0%", 36),
        ("进度\uff1a36%", 36),
        ("進捗 12%", 12),
        ("Fortschritt: 7 %", 7),
        ("36\uff05", 36),
        ("Rendering… 64%", 64),
        ("[####----] 50%", 50),
        ("Progress: 3/12\n", 25),
        ("Frame 30 / 120.", 25),
        ('{"status": "running", "progress": 45}', 45),
        ('{"progress": "45"}', 45),
        ('{"progress": 0.45}', 45),
        ("10% … 20% … 30%", 30),
        ("30%, then 20%", 30),
        ("Progress: 100%", 100),
        ("Progress: 0%", 0),
        ("", None),
        ("Progress: soon", None),
        ("It cost 120% more", None),
        ("v2.5% beta", None),
        ("1234%", None),
        ("see https://v.example/a%20b", None),
        ("100/7 seconds", None),
    ],
)
def test_progress_is_read(text: str, percent: int | None) -> None:
    reader = ProgressReader("a boat")
    reader.read(text, is_reasoning=False)
    assert reader.percent == percent


def percent_of(reader: ProgressReader) -> int | None:
    return reader.percent


def test_percentages_of_the_prompt_and_of_thoughts_are_none() -> None:
    reader = ProgressReader("a shirt of 100% cotton")
    reader.read("You want: a shirt of 100% cotton. ", is_reasoning=False)
    reader.read("I am 80% sure. ", is_reasoning=True)
    assert percent_of(reader) is None
    reader.read("Progress: 20%. ", is_reasoning=True)
    assert percent_of(reader) == 20
    reader.read("That is 90% of the work.", is_reasoning=False)
    assert reader.percent == 20


@given(st.data())
def test_how_a_text_is_split_changes_nothing(data: st.DataObject) -> None:
    steps = data.draw(st.lists(st.integers(0, 99), min_size=1, max_size=6))
    shape = data.draw(
        st.sampled_from(
            (
                "Progress: {}%\n",
                "> 进度 {}.0%\n",
                "{}% \n",
                "Frame {}/100.\n",
                '{{"progress": {}}}\n',
            )
        )
    )
    text = "".join(shape.format(step) for step in steps)
    places = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=20)))
    reader = ProgressReader("a boat")
    for start, end in zip([0, *places], [*places, len(text)], strict=True):
        reader.read(text[start:end], is_reasoning=False)
    assert reader.percent == max(steps)


@pytest.mark.parametrize(
    ("text", "link"),
    [
        (f"Done: {URL}", URL),
        (f"Done: {URL}.", URL),
        (f"Done ({URL})", URL),
        (f"完成。视频\uff1a{URL}。", URL),
        (f"[Watch]({URL})", URL),
        (f"[点击这里]({URL}) 查看", URL),
        (f"<video src='{URL}' controls></video>", URL),
        (f'<video><source type="video/mp4" src="{URL}"></video>', URL),
        (f'```json\n{{"video_url": "{URL}"}}\n```', URL),
        (json.dumps({"url": URL}).replace("/", "\\/"), URL),
        (f"**{URL}**", URL),
        (f"`{URL}`", URL),
        (f"{URL}\u2028next", URL),
        (f'<video src="{URL}?a=1&amp;b=2">', f"{URL}?a=1&b=2"),
        ('{"url": "https://v.example/x.mp4?a=1\\u0026b=2"}', "https://v.example/x.mp4?a=1&b=2"),
        ("[Download](https://v.example/a_(1).mp4)", "https://v.example/a_(1).mp4"),
        (
            "https://videos.example/vg-assets/x%2Fraw?se=1",
            "https://videos.example/vg-assets/x%2Fraw?se=1",
        ),
        (f"![preview](https://v.example/p.png) [video]({URL})", URL),
        (f"Preview https://v.example/low.mp4, final {URL}", URL),
        (f"<think>https://v.example/draft.mp4</think> {URL}", URL),
        (f"[Watch](https://v.example/w/1) or {URL}", URL),
        (f"{URL} (help: https://help.example/videos)", URL),
        ("HTTPS://v.example/a.mp4", None),
        ("![video](https://v.example/p.png)", None),
        ("<think>https://v.example/draft.mp4", None),
        ("See https://help.example/errors/7", None),
        ("[terms](https://help.example/terms.html)", None),
        ("http://v.example/a.mp4", None),
        ("https://user:word@v.example/a.mp4", None),
        ("ftp://v.example/a.mp4", None),
        ("https://", None),
        ("https://[broken/a.mp4", None),
        ("https://v.example/" + "x" * 5000 + ".mp4", None),
        ("file:///etc/passwd.mp4", None),
        ("", None),
    ],
)
def test_a_link_is_read(text: str, link: str | None) -> None:
    assert video_link(text) == link


def test_links_of_this_machine_are_taken_where_that_is_allowed() -> None:
    own = "http://127.0.0.1:9/a.mp4"
    assert video_link(own) is None
    assert video_link(own, loopback_allowed=True) == own
    assert video_link("http://v.example/a.mp4", loopback_allowed=True) is None


@given(st.text(max_size=300))
def test_no_text_breaks_the_readers(text: str) -> None:
    found = video_link(f"{text} https://v.example/a.mp4 {text}")
    assert found is None or found.startswith("https://")
    ProgressReader(text).read(text, is_reasoning=False)
    answer = answered(chunk(text), chunk("", "stop"), text)
    assert answer.percent is None or 0 <= answer.percent <= 100


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(MEMBERS),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_chunks_of_any_shape_are_taken(value: Any) -> None:
    with contextlib.suppress(GenerationError):
        answered(json.dumps(value)).link()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ((chunk(URL), chunk(finish="stop")), URL),
        ((chunk(URL), "[DONE]"), URL),
        ((chunk("ht"), chunk("tps://v.exa"), chunk("mple/a/b.mp4"), chunk(finish="stop")), URL),
        ((chunk([{"type": "text", "text": URL}]), "[DONE]"), URL),  # type: ignore[arg-type]
        ((chunk(content=[{"type": "video_url", "video_url": {"url": URL}}]), "[DONE]"), URL),
        ((chunk(video={"url": URL}), "[DONE]"), URL),
        ((chunk(URL), "ping", "{", "[]", "null", chunk(finish="stop")), URL),
        ((chunk(URL),), "cut_off"),
        ((), "cut_off"),
        (("[DONE]",), "no_video"),
        ((chunk(reasoning_content=URL), chunk(finish="stop")), "no_video"),
        ((chunk("I can't", "content_filter"),), "prompt_refused"),
        ((chunk(URL), '{"error": {"message": "boom"}}'), "generator_failed"),
        (('{"error": "against our content policy"}',), "prompt_refused"),
        (('{"error": {"code": "invalid_api_key"}}',), "generator_misconfigured"),
        ((json.dumps({"choices": [{"message": {"content": URL}, "finish_reason": "stop"}]}),), URL),
        ((chunk(URL, "length"),), URL),
    ],
)
def test_an_answer_is_read_to_its_end(data: tuple[str, ...], expected: str) -> None:
    if expected == URL:
        assert answered(*data).link() == URL
        return
    with pytest.raises(GenerationError) as told:
        answered(*data).link()
    assert told.value.error == expected


def test_progress_is_read_of_members_and_of_thoughts() -> None:
    thought = [chunk(reasoning_content=text) for text in ("Progress: 4", "5%")]
    assert answered(*thought).percent == 45
    assert answered(chunk(progress=30)).percent == 30
    assert answered('{"progress": 0.5}').percent == 50
    pieces = ("<thi", "nk>40% sure", " and 50%</thin", "k> 7%", " <thinking>9%")
    assert answered(*map(chunk, pieces)).percent == 7
    with pytest.raises(GenerationError, match="characters"):
        answered(chunk("x" * 2_000_001))
