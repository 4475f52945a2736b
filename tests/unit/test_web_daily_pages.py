"""Pages that are made once a day."""

from kensho.web.page_context import DailyPages
from kensho.web.viewer import ViewerPreferences


def test_a_page_is_made_once_for_each_day_and_way_of_reading() -> None:
    pages, made = DailyPages(), list[str]()

    def get(tag: str, viewer: ViewerPreferences) -> bytes:
        def make() -> bytes:
            made.append(tag)
            return f"{tag} {viewer.lang}".encode()

        return pages.get(tag, viewer, make)

    english, japanese = ViewerPreferences(), ViewerPreferences(lang="ja")
    assert get("monday", english) == get("monday", english) == b"monday en"
    assert get("monday", japanese) == b"monday ja"
    assert get("tuesday", english) == b"tuesday en"
    assert made == ["monday", "monday", "tuesday"]
