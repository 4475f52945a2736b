"""Settings: read from KENSHO_* variables, refused with the variable and the value."""

import re
import stat
from pathlib import Path

import pytest

from kensho.errors import SettingsError
from kensho.platform import environment
from kensho.platform.secret_values import SigningKey
from kensho.platform.settings import ServerSettings, Settings, SigningSettings
from kensho.platform.signing_secret import signing_keys


def test_without_variables_the_defaults_hold() -> None:
    assert environment.load({}) == Settings()
    assert Settings().store.url == "surrealkv://var/kensho.db"


def test_variables_of_others_are_left_alone() -> None:
    assert environment.load({"PATH": "/bin", "KENSHOKU": "x"}) == Settings()


def test_a_variable_sets_its_field() -> None:
    found = environment.load(
        {"KENSHO_PORT": "9000", "KENSHO_READ_MODEL_DIR": "/x", "KENSHO_REFRESH_EVERY_S": "0.5"}
    )
    assert (
        found.server.port,
        found.snapshot.read_model_dir,
        found.snapshot.refresh_every_s,
    ) == (9000, Path("/x"), 0.5)


def test_an_empty_variable_counts_as_not_set() -> None:
    assert environment.load({"KENSHO_STORE_USERNAME": ""}).store.username is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"),
        ("PORT", "http"),
        ("PORT", "65536"),
        ("LOG_LEVEL", "loud"),
        ("STORE_URL", "postgres://x"),
        ("STORE_DEADLINE_S", "-1"),
        ("STORE_DEADLINE_S", "nan"),
        ("STORE_NAMESPACE", "a; REMOVE"),
        ("MAX_BODY_BYTES", "1"),
        ("WORKERS", "65"),
        ("TRUSTED_PROXIES", "proxy.example"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("ALLOWED_HOSTS", "https://anime.example"),
        ("ALLOWED_HOSTS", "anime.*"),
        ("CORS_ORIGINS", "app.example"),
        ("CORS_ORIGINS", "https://app.example/"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"KENSHO_{name}: .*{value}"):
        environment.load({f"KENSHO_{name}": value})


def test_a_variable_that_is_no_setting_is_refused() -> None:
    with pytest.raises(SettingsError, match="KENSHO_PROT"):
        environment.load({"KENSHO_PROT": "9000"})


@pytest.mark.parametrize("sign_in", ["user", "user:hunter2"])
def test_a_public_address_with_a_sign_in_is_refused_and_not_shown(sign_in: str) -> None:
    with pytest.raises(SettingsError, match=r"KENSHO_PUBLIC_URL: .*anime\.example") as refused:
        environment.load({"KENSHO_PUBLIC_URL": f"https://{sign_in}@anime.example"})
    assert sign_in not in str(refused.value)


def test_a_secret_is_not_shown() -> None:
    with pytest.raises(SettingsError) as refused:
        environment.load({"KENSHO_SECRET": "hunter2"})
    assert "hunter2" not in str(refused.value)


def test_several_workers_need_no_store_of_their_own() -> None:
    assert environment.load({"KENSHO_WORKERS": "2"}).server.workers == 2


def test_an_option_that_was_not_given_changes_nothing() -> None:
    assert environment.with_changes(Settings(), host=None, port=9000) == Settings(
        server=ServerSettings(port=9000)
    )


def test_options_are_checked_as_variables_are() -> None:
    with pytest.raises(SettingsError, match="KENSHO_STORE_URL"):
        environment.with_changes(Settings(), store_url="graph.db")


def test_a_secret_is_made_once_and_kept_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret"
    (first,) = signing_keys(SigningSettings(secret_file=path))
    assert len(first.reveal()) >= 32
    assert signing_keys(SigningSettings(secret_file=path)) == (first,)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_a_given_secret_needs_no_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    given = (SigningKey("s" * 16),)
    assert signing_keys(SigningSettings(secret=given, secret_file=path)) == given
    assert not path.exists()


def test_a_secret_file_that_can_t_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="KENSHO_SECRET_FILE"):
        signing_keys(SigningSettings(secret_file=tmp_path / "file" / "secret"))


def test_the_documentation_lists_every_setting_with_its_default() -> None:
    text = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text("utf-8")
    rows = re.findall(r"^\| `KENSHO_([A-Z0-9_]+)` \| (?:`([^`]*)`)? *\|", text, re.MULTILINE)
    known = environment.known_settings()
    assert [name.lower() for name, _ in rows] == list(known)
    for name, shown in rows:
        default = known[name.lower()].default
        if shown:
            assert environment.load({f"KENSHO_{name}": shown}) == Settings(), name
        else:
            assert default in (None, ()), name


def test_a_replaced_setting_names_the_one_that_is_new() -> None:
    with pytest.raises(SettingsError, match=r"RATE_LIMIT_PER_MINUTE: .*KENSHO_RATE_LIMIT_UNITS"):
        environment.load({"KENSHO_RATE_LIMIT_PER_MINUTE": "600"})


def test_networks_are_checked() -> None:
    for name in ("TRUSTED_PROXIES", "RATE_LIMIT_EXEMPT"):
        with pytest.raises(SettingsError, match=f"KENSHO_{name}: .*300.1.1.1"):
            environment.load({f"KENSHO_{name}": "10.0.0.0/8,300.1.1.1"})


def test_a_list_is_separated_by_commas() -> None:
    found = environment.load({"KENSHO_TRUSTED_PROXIES": "10.0.0.0/8, ::1"})
    assert found.server.trusted_proxies == ("10.0.0.0/8", "::1")
