"""Files of secrets as platforms mount them are taken, and those that other people can get at are refused."""

import json
import os
from pathlib import Path

import pytest
from planted import OWN

from bot import config
from bot.cli.main import app
from bot.credentials import exposure
from bot.errors import UsageError
from bot.terminal import guarded

TOKEN = OWN["slack bot token"]


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    folder = tmp_path / "secrets"
    folder.mkdir(mode=0o755)
    (folder / "token").write_text(f"{TOKEN}\n", encoding="utf-8")
    return folder / "token"


def read(file: Path, folder: Path) -> str:
    path = folder / "config.toml"
    path.write_text(f'[slack]\nbot_token_file = "{file}"\n', encoding="utf-8")
    return str(config.read(path).services()["slack"]["bot_token"])


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o440, 0o444])
def test_a_file_as_compose_and_kubernetes_mount_it_is_taken(secret: Path, tmp_path: Path, mode: int):
    secret.chmod(mode)
    assert read(secret, tmp_path) == TOKEN


def test_a_link_as_kubernetes_makes_it_is_followed(secret: Path, tmp_path: Path):
    secret.chmod(0o440)
    (tmp_path / "mount").mkdir(mode=0o755)
    (tmp_path / "mount" / "token").symlink_to(secret)
    assert read(tmp_path / "mount" / "token", tmp_path) == TOKEN


@pytest.mark.parametrize(
    ("mode", "folder", "reason"),
    [
        (0o644, 0o755, "others may read it"), (0o604, 0o755, "others may read it"),
        (0o640, 0o755, "a group may read it"), (0o666, 0o755, "others may change it"),
        (0o460, 0o700, "others may change it"),
        (0o444, 0o777, "its folder"),
        (0o440, 0o775, "its folder"), (0o444, 0o1777, "its folder"),
    ],
)  # fmt: skip
def test_a_file_that_others_can_get_at_is_refused_with_the_reason(
    secret: Path, tmp_path: Path, mode: int, folder: int, reason: str
):
    secret.chmod(mode)
    secret.parent.chmod(folder)
    with pytest.raises(UsageError, match=reason) as refused:
        read(secret, tmp_path)
    assert TOKEN not in f"{refused.value}{refused.value.remedy}"
    assert "chmod 600" in refused.value.remedy


def test_a_link_in_a_folder_of_everybodys_is_refused(secret: Path, tmp_path: Path):
    secret.chmod(0o444)
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "open" / "token").symlink_to(secret)
    assert "its folder" in exposure(tmp_path / "open" / "token")


def test_a_file_that_an_administrator_gives_to_the_groups_members_is_taken(
    secret: Path, monkeypatch: pytest.MonkeyPatch
):
    secret.chmod(0o640)
    monkeypatch.setattr(os, "geteuid", lambda: 12_345)
    assert exposure(secret) == ""
    monkeypatch.setattr(os, "getegid", lambda: 12_345)
    monkeypatch.setattr(os, "getgroups", list)
    assert exposure(secret) == "a group may read it"


def test_credentials_of_systemd_need_no_setting_and_the_owners_settings_go_before_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    folder = tmp_path / "credentials"
    folder.mkdir(mode=0o700)
    for name, value in (("slack_bot_token", TOKEN), ("slack_app_token", OWN["slack app token"]), ("other", "x")):
        (folder / name).write_text(value, encoding="utf-8")
        (folder / name).chmod(0o440)
    (tmp_path / "config.toml").write_text('[slack]\napp_token_env = "MINE"\n', encoding="utf-8")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    monkeypatch.setenv("MINE", "from the variable")
    assert config.read(tmp_path / "config.toml").services() == {
        "slack": {"bot_token": TOKEN, "app_token": "from the variable"}
    }
    (tmp_path / "config.toml").write_text("", encoding="utf-8")
    assert config.read(tmp_path / "config.toml").services()["slack"]["app_token"] == OWN["slack app token"]


def test_an_exposed_secret_ends_the_program_with_a_sentence(
    secret: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "config.toml").write_text(f'[slack]\nbot_token_file = "{secret}"\n', encoding="utf-8")
    secret.chmod(0o644)
    assert guarded(app, ["check", "--json", "--config", str(tmp_path / "config.toml")]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "is exposed: others may read it" in captured.err
    assert json.dumps(TOKEN) not in captured.err
