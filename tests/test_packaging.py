"""The container, Compose and systemd: files that say what the program does, kept to rules that their linters have."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot import config
from bot.cli.main import app
from bot.runtime.service import ServiceUnit
from bot.terminal import guarded

ROOT = Path(__file__).resolve().parent.parent


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions with their arguments, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]


def every(word: str) -> list[str]:
    return [rest for name, rest in instructions() if name == word]


def test_the_dockerfile_keeps_to_the_rules_of_its_linter():
    assert all(":" in each and "latest" not in each for each in every("FROM"))
    assert not every("ADD")
    assert every("USER") == ["10001:10001"]
    assert all(each.startswith("/") for each in every("WORKDIR"))
    for word in ("ENTRYPOINT", "CMD"):
        assert all(json.loads(each) for each in every(word)), f"{word} is a list"
    assert "PIP_NO_CACHE_DIR=1" in " ".join(every("ENV"))
    assert not any(word in " ".join(every("RUN")) for word in ("sudo", "apt-get", "curl", "chmod 777"))
    assert not re.search(r"token|secret|password", " ".join([*every("ENV"), *every("ARG")]), re.IGNORECASE)


def test_what_the_dockerfile_copies_is_there_and_not_ignored():
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    copied = {name for each in every("COPY") if not each.startswith("--from") for name in each.split()[:-1]}
    assert copied == {each.removeprefix("!") for each in ignored if each.startswith("!")}
    assert all((ROOT / name).exists() for name in copied)
    assert ignored[0] == "*"


def test_the_containers_program_is_the_projects_and_what_it_runs_are_its_commands():
    assert json.loads(every("ENTRYPOINT")[0]) == ["parley"]
    known = {each.name or each.callback.__name__ for each in app.registered_commands}
    (check,) = every("HEALTHCHECK")
    assert {json.loads(every("CMD")[0])[0], json.loads(check.partition("CMD ")[2])[1]} <= known


def settings_of(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> config.Config:
    for name, value in environment.items():
        if name.startswith("PARLEY_"):
            monkeypatch.setenv(name, re.sub(r"\$\{\w+:-(.*)\}", r"\1", value))
    monkeypatch.delenv("PARLEY_CONFIG", raising=False)
    return config.Config()


def test_compose_hardens_the_container_and_its_settings_are_parleys(monkeypatch: pytest.MonkeyPatch):
    document: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
    service = document["services"]["parley"]
    for each in document["services"].values():
        assert (each["read_only"], each["cap_drop"]) == (True, ["ALL"])
        assert all(port.startswith("127.0.0.1:") for port in each.get("ports", ()))
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"] == ["CMD", "parley", "health"]
    assert {each for one in document["services"].values() for each in one["secrets"]} == set(document["secrets"])
    assert [each.partition(":")[0] for each in service["volumes"]] == list(document["volumes"])
    settings = settings_of(service["environment"], monkeypatch)
    assert settings.monitoring.port == 9464
    for platform, section in settings.platforms.items():
        for name, path in section.items():
            secret = f"{platform}_{name.removesuffix('_file')}"
            assert path == f"/run/secrets/{secret}"
            assert document["secrets"][secret] == {"file": f"secrets/{secret}"}


UNIT = ServiceUnit(Path("/usr/bin/true"), Path("/etc/parley/config.toml"), [], user=False, cpu=True)


def test_a_unit_hands_secrets_over_as_credentials_and_survives_spaces():
    secret = Path("/etc/parley/my secrets/slack_bot_token")
    text = ServiceUnit(Path("/opt/parley/bin/parley"), None, [secret], user=True, cpu=False).text()
    assert 'LoadCredential=slack_bot_token:"/etc/parley/my secrets/slack_bot_token"' in text
    assert "Environment=PARLEY_SLACK__BOT_TOKEN_FILE=%d/slack_bot_token" in text
    assert "WantedBy=default.target" in text
    assert "DynamicUser" not in text


def test_a_program_in_somebodys_home_can_be_read_and_a_gpu_seen():
    text = ServiceUnit(Path("/home/ana/.local/bin/parley"), None, [], user=False, cpu=False).text()
    assert "ProtectHome=read-only" in text
    assert "PrivateDevices" not in text
    assert "ProtectHome=yes" in UNIT.text()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
@pytest.mark.parametrize("user", [False, True])
def test_systemd_reads_the_unit(tmp_path: Path, *, user: bool):
    (tmp_path / "parley.service").write_text(
        ServiceUnit(UNIT.program, None, [], user, cpu=True).text(), encoding="utf-8"
    )
    line = ["systemd-analyze", *(["--user"] if user else []), "verify", "--man=no", str(tmp_path / "parley.service")]
    found = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    assert not [row for row in found.stderr.splitlines() if "parley.service" in row]


def test_service_install_writes_the_unit_and_leaves_anothers_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/parley" if name == "parley" else None)
    (tmp_path / "config.toml").write_text("", encoding="utf-8")
    (tmp_path / "secrets").mkdir(mode=0o700)
    (tmp_path / "secrets" / "discord_token").write_text("x", encoding="utf-8")
    (tmp_path / "secrets" / "slack_2_bot_token").write_text("x", encoding="utf-8")
    line = ["service", "install", "--user", "--config", str(tmp_path / "config.toml")]
    assert guarded(app, line) == guarded(app, line) == 0
    unit = tmp_path / "systemd" / "user" / "parley.service"
    text = unit.read_text(encoding="utf-8")
    assert "PARLEY_DISCORD__TOKEN_FILE=%d/discord_token" in text
    assert "LoadCredential=slack_2_bot_token:" in text
    assert "PARLEY_SLACK__2" not in text
    printed = capsys.readouterr()
    assert "systemctl --user enable --now parley" in printed.out
    assert "`parley init` sets one up" in printed.err  # the unit would end at once without a chat service
    unit.write_text("[Unit]\n", encoding="utf-8")
    assert guarded(app, line) == 2
    assert guarded(app, [*line, "--force"]) == 0
    capsys.readouterr()
    assert guarded(app, [*line, "--print"]) == 0
    assert capsys.readouterr().out == unit.read_text(encoding="utf-8")
