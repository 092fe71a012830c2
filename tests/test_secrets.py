"""Planted secrets, Parley's own and what people pasted, looked for in everything that a run leaves behind."""

import json
import logging
from pathlib import Path

import pytest

from bot import config, terminal
from bot.cli import app
from bot.running import configured

# Put together here so that no scanner takes this file for a leak.
OWN = {
    "PARLEY_SLACK__BOT_TOKEN": "xoxb-" + "123456789012-123456789012-OwnBotTokenOwnBotTokenOw",
    "PARLEY_SLACK__APP_TOKEN": "xapp-1-" + "A0OWN-1234567890123-" + "0badc0de" * 8,
    "PARLEY_SLACK__SIGNING_SECRET": "0wn5ecret" + "0123456789abcdef01234567",
    "PARLEY_DISCORD__TOKEN": "MTA0NzY2MjE5MDQ2MDM5OTYxNg." + "GOwnAB." + "OwnDiscordTokenOwnDiscordTokenOwnDisco",
}
PASTED = {
    "github": "ghp_" + "PastedPasted" * 3,
    "aws": "AKIA" + "PASTEDPASTED1234",
    "password": "hunter2-pasted!",
    "card": "4111 1111 1111 1111",
}
TEXT = "token {github} and {aws}, password: {password}, card {card}; the ferry leaves at noon".format(**PASTED)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    (folder / "general").mkdir(parents=True)
    files = {
        "users.json": [{"id": "U1", "name": "ana", "profile": {"real_name": "Ana"}}],
        "channels.json": [{"id": "C1", "name": "general", "members": ["U1"]}],
        "general/2026-05-04.json": [{"type": "message", "user": "U1", "ts": "1777888800.000100", "text": TEXT}],
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    return folder


def leaked(text: str) -> list[str]:
    """Which of the secrets stand in a text, by name."""
    return [name for name, secret in {**OWN, **PASTED}.items() if secret in text]


def test_what_is_looked_for_would_be_found():
    assert leaked(TEXT) == list(PASTED)


def test_a_whole_run_leaves_no_secret_in_its_output_its_logs_or_its_files(
    export: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
):
    for name, value in {**OWN, "PARLEY_SLACK__BASE_URL": "http://127.0.0.1:9/"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("bot.checking.bindings", lambda _: ())
    caplog.set_level(logging.DEBUG)
    db = tmp_path / "data" / "history.db"
    runs = [
        ("import", str(export)),
        ("history", "stats", "--json"),
        ("history", "search", "ferry"),
        ("history", "search", PASTED["github"][4:16]),
        ("history", "export"),
        ("history", "forget", "--author", "U9", "--yes"),
        ("history", "verify-erasure", PASTED["github"], "--json"),
        ("check", "--json"),
        ("--verbose", "import", str(tmp_path / "nothing")),
    ]
    codes = [terminal.guarded(app, [*arguments, "--db", str(db)]) for arguments in runs]
    printed = capsys.readouterr()
    assert codes[:3] == [0, 0, 0]
    assert "ferry" in printed.out
    assert "access: summarize" in printed.out
    assert leaked(printed.out + printed.err) == []
    assert leaked(caplog.text) == []
    assert leaked("".join(file.read_bytes().decode("latin-1") for file in db.parent.iterdir())) == []


def test_the_configuration_never_shows_parleys_own_tokens(monkeypatch: pytest.MonkeyPatch):
    for name, value in OWN.items():
        monkeypatch.setenv(name, value)
    settings = config.read()
    assert settings.slack["bot_token"] == OWN["PARLEY_SLACK__BOT_TOKEN"]
    assert leaked(repr(settings) + str(settings) + f"{settings!s}") == []
    services = settings.services()
    assert set(services) == {"slack", "discord"}


def test_the_settings_that_adapters_get_never_show_tokens(monkeypatch: pytest.MonkeyPatch):
    for name, value in OWN.items():
        monkeypatch.setenv(name, value)
    adapters = configured(config.read())
    assert len(adapters) == 2
    assert leaked(repr(adapters) + "".join(repr(each.settings) for each in adapters)) == []
