"""Settings of the provider: what is missing or open to others is refused before anything starts."""

import pytest

from kensho.errors import SettingsError
from kensho.platform import environment

SOUND = {
    "KENSHO_EDGES": "accounts,provider,streams",
    "KENSHO_PROVIDER_URL": "https://provider.example",
    "KENSHO_PROVIDER_CLIENT_TOKEN": "id:secret",
}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"KENSHO_EDGES": "accounts,streams"}, "KENSHO_EDGES"),
        ({"KENSHO_PROVIDER_URL": ""}, "KENSHO_PROVIDER_URL"),
        ({"KENSHO_PROVIDER_CLIENT_TOKEN": ""}, "KENSHO_PROVIDER_CLIENT_TOKEN"),
        ({"KENSHO_PROVIDER_URL": "http://provider.example"}, "only https"),
        ({"KENSHO_PROVIDER_URL": "https://provider.example/api"}, "KENSHO_PROVIDER_URL"),
        ({"KENSHO_PROVIDER_MEDIA_ORIGINS": "http://127.0.0.1.evil.example"}, "only https"),
        ({"KENSHO_PROVIDER_MEDIA_ORIGINS": "media.example"}, "KENSHO_PROVIDER_MEDIA_ORIGINS"),
        ({"KENSHO_PROVIDER_DEADLINE_S": "0"}, "KENSHO_PROVIDER_DEADLINE_S"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(changes: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named) as refused:
        environment.load({**SOUND, **changes})
    assert "id:secret" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9000", "http://localhost", "http://[::1]:80"])
def test_a_provider_of_this_machine_needs_no_https(url: str) -> None:
    settings = environment.load({**SOUND, "KENSHO_PROVIDER_URL": url})
    assert settings.provider.url == url
    assert "id:secret" not in repr(settings)


def test_without_the_edge_no_provider_is_needed() -> None:
    assert environment.load({"KENSHO_EDGES": "accounts"}).provider.url is None
