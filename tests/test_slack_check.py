"""`check`: what is missing in the set-up at Slack, and what to click for each."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import yaml
from click.testing import Result
from fake_slack import FakeSlack
from fake_slack_api import APP_TOKEN, BOT_TOKEN, ME, SECRET
from slack_host import settings
from typer.testing import CliRunner

from adapters.platform.findings import Finding
from adapters.slack.check import check
from adapters.slack.manifest import SCOPES
from bot.cli.main import app


@pytest.fixture
async def slack() -> AsyncIterator[FakeSlack]:
    async with FakeSlack(scopes=",".join(SCOPES)) as fake:
        fake.add_channel("C1", "general", (ME,), is_channel=True)
        yield fake


async def found(slack: FakeSlack, **more: object) -> dict[str, Finding]:
    return {finding.subject: finding for finding in await check(settings(slack, **more))}


async def test_a_good_set_up_is_all_well(slack: FakeSlack):
    findings = await found(slack)
    assert {finding.state for finding in findings.values()} == {"ok"}
    assert findings["bot token"].sentence == "Slack knows the bot token: Harbour as parley."
    assert findings["channels"].sentence == "Parley is in 1 channel: #general."


async def test_a_missing_scope_is_named_with_its_reason_and_where_to_click(slack: FakeSlack):
    slack.scopes = ",".join(scope for scope in SCOPES if scope != "reactions:read")
    finding = (await found(slack))["scopes"]
    assert finding.state == "problem"
    assert f"reactions:read ({SCOPES['reactions:read']})" in finding.sentence
    assert "Reinstall to Workspace" in finding.remedy


async def test_a_wrong_bot_token_ends_the_look(slack: FakeSlack):
    findings = await found(slack, bot_token="xoxb-wrong")
    assert list(findings) == ["bot token"]
    assert findings["bot token"].state == "problem"


@pytest.mark.parametrize(("token", "state"), [("", "problem"), ("xapp-wrong", "problem"), (APP_TOKEN, "ok")])
async def test_the_app_token_is_tried(slack: FakeSlack, token: str, state: str):
    assert (await found(slack, app_token=token))["app token"].state == state


async def test_an_app_token_without_its_scope_is_told_apart(slack: FakeSlack):
    slack.fail("apps.connections.open", error="missing_scope")
    assert "connections:write" in (await found(slack))["app token"].remedy


async def test_over_http_the_signing_secret_is_asked_for(slack: FakeSlack):
    assert (await found(slack, mode="http", signing_secret=""))["signing secret"].state == "problem"
    assert (await found(slack, mode="http"))["signing secret"].state == "ok"


@pytest.mark.parametrize(("skew", "words"), [(600.0, "behind"), (-600.0, "ahead of")])
async def test_a_clock_that_is_off_is_told(slack: FakeSlack, skew: float, words: str):
    slack.clock_skew = skew
    finding = (await found(slack))["clock"]
    assert finding.state == "problem"
    assert words in finding.sentence


async def test_being_in_no_channel_says_how_to_invite(slack: FakeSlack):
    slack.members["C1"] = []
    assert "/invite" in (await found(slack))["channels"].remedy


async def test_an_unreachable_slack_is_told_without_a_traceback(slack: FakeSlack):
    finding = (await found(slack, base_url="http://127.0.0.1:9/api/", patience=0))["connection"]
    assert finding.state == "problem"
    assert "PARLEY_SLACK__BASE_URL" in finding.remedy


async def test_no_token_is_in_what_is_found(slack: FakeSlack):
    slack.scopes = ""
    said = str(await check(settings(slack))) + str(await check(settings(slack, bot_token="xoxb-wrong")))
    for secret in (BOT_TOKEN, APP_TOKEN, SECRET, "xoxb-wrong"):
        assert secret not in said


def parley(*words: str) -> Result:
    return CliRunner().invoke(app, ["slack", *words])


def test_parley_slack_manifest_prints_a_manifest():
    printed = parley("manifest")
    assert printed.exit_code == 0
    rows = yaml.safe_load(printed.stdout)["features"]["slash_commands"]
    assert {"/summarize", "/translate", "/ask", "/mood", "/parley"} <= {row["command"] for row in rows}
    assert "  # to answer, to show that" in printed.stdout


async def test_parley_slack_check_reads_everything_from_the_environment(
    slack: FakeSlack, monkeypatch: pytest.MonkeyPatch
):
    for name, value in {"BASE_URL": slack.base_url, "BOT_TOKEN": BOT_TOKEN, "APP_TOKEN": APP_TOKEN}.items():
        monkeypatch.setenv(f"PARLEY_SLACK__{name}", value)
    printed = await asyncio.to_thread(parley, "check", "--json")
    assert printed.exit_code == 0
    assert json.loads(printed.stdout)["works"] is True
    assert BOT_TOKEN not in printed.output


def test_parley_slack_check_without_tokens_says_what_to_set(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PARLEY_SLACK__BOT_TOKEN", raising=False)
    printed = parley("check")
    assert printed.exit_code == 5
    assert "PARLEY_SLACK__BOT_TOKEN" in printed.stdout
