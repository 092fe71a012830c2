"""Settings of a served model: where, with which key from where, and never a key in the file."""

from pathlib import Path

import pytest

from bot import config
from bot.errors import UsageError
from bot.runtime.composition import bindings
from nlp.scheduler.family import Endpoint

KEY = "k3y-0123456789"


def written(tmp_path: Path, more: str) -> Path:
    file = tmp_path / "config.toml"
    file.write_text(f'[models.embed]\nfamily = "openai"\nmodel = "tiny"\n{more}\n', encoding="utf-8")
    return file


def endpoint(tmp_path: Path, more: str) -> Endpoint | None:
    return bindings(config.read(written(tmp_path, more)))[0].endpoint


def test_a_model_without_url_runs_here(tmp_path: Path):
    assert endpoint(tmp_path, "") is None


def test_a_url_is_where_it_is_served_and_the_rest_has_defaults(tmp_path: Path):
    assert endpoint(tmp_path, 'url = "http://127.0.0.1:8000/v1/"') == Endpoint("http://127.0.0.1:8000/v1")


def test_every_setting_reaches_the_core(tmp_path: Path):
    more = 'url = "https://a.example/v1"\nleaves_machine = true\nca_file = "ca.pem"\ntimeout = 30'
    assert endpoint(tmp_path, more) == Endpoint("https://a.example/v1", True, "ca.pem", 30)  # noqa: FBT003


def test_a_key_comes_from_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MODEL_KEY", KEY)
    found = endpoint(tmp_path, 'url = "http://127.0.0.1/v1"\napi_key_env = "MODEL_KEY"')
    assert found
    assert found.api_key == KEY
    assert KEY not in repr(found)


def test_a_key_comes_from_a_file_of_ones_own(tmp_path: Path):
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n", encoding="utf-8")
    file.chmod(0o600)
    found = endpoint(tmp_path, f'url = "http://127.0.0.1/v1"\napi_key_file = "{file}"')
    assert found
    assert found.api_key == KEY


def test_a_key_comes_from_systemds_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "models_embed_api_key").write_text(KEY, encoding="utf-8")
    (tmp_path / "models_embed_api_key").chmod(0o400)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    found = endpoint(tmp_path, 'url = "http://127.0.0.1/v1"')
    assert found
    assert found.api_key == KEY


def test_a_missing_variable_is_named(tmp_path: Path):
    with pytest.raises(UsageError, match=r"ABSENT, which models.embed.api_key_env names, is not set"):
        endpoint(tmp_path, 'url = "http://127.0.0.1/v1"\napi_key_env = "ABSENT"')


ADDRESSES = [
    "127.0.0.1:8000", "ftp://a/v1", "http://", "https://a:99999/v1", "http://[::1/v1", f"https://u:{KEY}@a.example/v1",
    "https://u@a.example/v1", "https://a.example/v1?key=1", "https://a/#b",
]  # fmt: skip


@pytest.mark.parametrize("url", ADDRESSES)
def test_an_address_that_is_none_or_holds_more_is_refused_without_showing_it(tmp_path: Path, url: str):
    with pytest.raises(UsageError, match=r"an address|looks like a secret") as refusal:
        endpoint(tmp_path, f'url = "{url}"')
    assert KEY not in f"{refusal.value} {refusal.value.remedy}"


def test_a_key_in_the_configuration_itself_is_refused_without_showing_it(tmp_path: Path):
    with pytest.raises(UsageError, match="api_key_env") as refusal:
        endpoint(tmp_path, f'url = "http://127.0.0.1/v1"\napi_key = "{KEY}"')
    assert KEY not in f"{refusal.value} {refusal.value.remedy}"
