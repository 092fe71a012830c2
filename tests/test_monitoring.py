"""Health and figures: what is ready, what Parley did, and nobody's id among the labels."""

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from discord_host import settings as discord_settings
from fake_discord import FakeDiscord
from fake_slack import FakeSlack
from model_server import ModelServer
from model_server import serving as model_server
from prometheus_client.parser import text_string_to_metric_families
from slack_host import LedgerHost
from slack_host import settings as slack_settings
from talk import request, serving, talk

from adapters.chat import Adapter
from adapters.discord.app import DiscordAdapter
from adapters.platform.signals import Called, Connection, Signal
from adapters.slack.app import SlackAdapter
from bot.assistant import Assistant
from bot.cli.main import app
from bot.errors import UsageError
from bot.intents import commands
from bot.runtime.composition import Hooks
from bot.runtime.metrics import Metrics
from bot.runtime.monitoring import Watch, _model, address, listening
from bot.sections import Monitoring
from bot.terminal import guarded
from nlp.core import Core
from nlp.errors import CoreError
from nlp.scheduler.family import Binding, Endpoint

DOCS = Path(__file__).resolve().parent.parent / "docs"
FELT = (Binding("embed", "echo", "echo"), Binding("sentiment", "echo", "echo"))
ANYWHERE = Monitoring(port=0)


@asynccontextmanager
async def watched(
    bindings: tuple[Binding, ...] = FELT, platforms: tuple[str, ...] = ("slack",)
) -> AsyncIterator[tuple[str, Assistant, Metrics]]:
    """A listener over an assistant with a small history; its address comes first."""
    metrics, said = Metrics(), list[str]()
    async with serving(talk("Ana: hello", "Bo: good morning"), FELT) as services:
        assistant = Assistant(services, on_served=metrics.served)
        async with listening(ANYWHERE, Watch(assistant, metrics, platforms, bindings), said.append):
            yield said[0].removeprefix("monitoring ready: ").removesuffix("/readyz"), assistant, metrics


async def page(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.text()


async def figures(base: str) -> dict[tuple[str, ...], float]:
    """The samples of /metrics, by their name and label values."""
    _, text = await page(f"{base}/metrics")
    samples = (sample for family in text_string_to_metric_families(text) for sample in family.samples)
    return {(sample.name, *sample.labels.values()): sample.value for sample in samples}


async def test_nothing_listens_without_a_port():
    said: list[str] = []
    async with (
        serving([]) as services,
        listening(Monitoring(), Watch(Assistant(services), Metrics(), (), ()), said.append),
    ):
        assert said == []


async def test_parley_is_ready_once_each_adapter_is_connected():
    async with watched() as (base, _, metrics):
        assert await page(f"{base}/livez") == (200, '{"live": true}')
        status, text = await page(f"{base}/readyz")
        assert (status, json.loads(text)["checks"][0]) == (
            503,
            {"what": "slack", "works": False, "detail": "not connected"},
        )
        metrics.noticed(Connection("slack", up=True))
        assert (await page(f"{base}/readyz"))[0] == 200
        metrics.ended("slack")
        assert (await page(f"{base}/readyz"))[0] == 503


async def test_each_of_several_workspaces_is_ready_by_itself():
    async with watched(platforms=("slack", "slack 2")) as (base, _, metrics):
        for name in ("slack", "slack 2"):
            metrics.of(name)(Connection("slack", up=True))
        assert (await page(f"{base}/readyz"))[0] == 200
        metrics.ended("slack 2")
        found = json.loads((await page(f"{base}/readyz"))[1])
        assert [each["what"] for each in found["checks"] if not each["works"]] == ["slack 2"]
        assert (await figures(base))["parley_connections", "slack"] == 1


async def test_parley_is_not_ready_without_its_history_or_a_models_files():
    missing = Binding("answer", "span-qa", "./nowhere")
    async with watched((*FELT, missing), ()) as (base, assistant, _):
        found = json.loads((await page(f"{base}/readyz"))[1])
        assert [each["what"] for each in found["checks"] if not each["works"]] == [f"answer: {missing.name}"]
        await assistant.services.history.close()
        found = json.loads((await page(f"{base}/readyz"))[1])
        assert {"what": "history", "works": False, "detail": "The history is closed."} in found["checks"]
        assert (await page(f"{base}/metrics"))[0] == 200


async def test_a_model_that_could_not_be_loaded_when_it_was_needed_is_not_ready_until_it_can(tmp_path: Path):
    broken = Binding("answer", "span-qa", str(tmp_path))
    async with watched((broken,), ()) as (base, assistant, _):
        assert (await page(f"{base}/readyz"))[0] == 200
        assistant.services = replace(assistant.services, core=Core([broken]))
        async with assistant.services.core as core:
            with pytest.raises(CoreError):
                await core.locate("what?", ["that"])
            status, text = await page(f"{base}/readyz")
    assert status == 503
    assert "config.json" in json.loads(text)["checks"][-1]["detail"]


async def test_a_served_model_is_ready_while_its_server_answers():
    with model_server(ModelServer({})) as server:
        here = Binding("embed", "openai", "tiny", endpoint=Endpoint(f"{server.url}/v1"))
        well = await _model(here, "It was away.")
        server.key = "another"
        ill = await _model(here, "")
    away = await _model(here, "")
    assert (well.works, well.detail) == (True, "")
    assert "doesn't accept the key" in ill.detail
    assert "can't be reached" in away.detail


async def test_requests_are_counted_by_intent_and_outcome_and_no_label_is_anybodys():
    async with watched() as (base, assistant, metrics):
        await assistant.handle(request("sentiment", "a lovely day"))
        await assistant.handle(request("U0SECRET says 12345678901234567890"))
        metrics.noticed(Called("slack", 429, 0.2))
        metrics.waited(0.5)
        found = await figures(base)
    assert found["parley_requests_total", "sentiment", "answered"] == 1
    assert found["parley_requests_total", "other", "refused"] == 1
    assert found["parley_rate_limits_total", "slack"] == 1
    assert found["parley_stage_seconds_count", "queue"] == 1
    assert found["parley_history_messages",] == found["parley_history_without_vector",] == 2
    known = {"sentiment", "other", "answered", "refused", "slack", "4xx", "running", "waiting"}
    known |= {"answer", "queue", "platform", "echo", "model"}
    values = {value for name, *labels in found for value in labels if not name.endswith("_bucket")}
    assert {value for value in values if value not in known and "echo" not in value} == set()


async def test_the_memory_of_a_model_that_serves_two_tasks_is_counted_whole(monkeypatch: pytest.MonkeyPatch):
    async with watched() as (base, assistant, _):
        status = assistant.services.core.status()[0]
        both = (replace(status, memory=5), replace(status, memory=0, loaded=False))
        monkeypatch.setattr(assistant.services.core, "status", lambda: both)
        assert (await figures(base))["parley_model_bytes", status.model] == 5


async def test_batches_turns_and_requests_reach_the_figures_through_the_hooks():
    metrics = Metrics()
    hooks = Hooks(metrics.served, metrics.waited, metrics.ran)
    from bot.config import Config  # noqa: PLC0415 - reads the environment
    from bot.runtime.composition import opened  # noqa: PLC0415

    echo = [{"family": "echo", "model": "echo"}]
    async with opened(Config(models={"sentiment": echo, "embed": echo}), None, hooks=hooks) as assistant:
        await assistant.services.core.sentiment(["one", "two three"])
        async with assistant.turns.turn("somebody", lambda *_: None):
            assert assistant.turns.running == 1
    sample = metrics.registry.get_sample_value
    (name,) = {each.labels["model"] for each in metrics.instruments.tokens.collect()[0].samples}
    assert sample("parley_tokens_total", {"model": name}) == 3
    assert sample("parley_batch_size_sum", {"model": name}) == 2
    assert sample("parley_stage_seconds_count", {"stage": "queue"}) == 1


class Noted:
    """Hands what adapters tell to the figures, and lets a test wait for a figure."""

    def __init__(self) -> None:
        self.metrics, self._told = Metrics(), asyncio.Event()

    def __call__(self, signal: Signal) -> None:
        self.metrics.noticed(signal)
        self._told.set()

    async def until(self, name: str, platform: str, wanted: float) -> None:
        async with asyncio.timeout(60):
            while self.metrics.registry.get_sample_value(name, {"platform": platform}) != wanted:
                self._told.clear()
                await self._told.wait()


async def test_connections_of_both_platforms_are_counted_and_so_are_their_ends():
    noted = Noted()
    async with FakeSlack() as slack, FakeDiscord() as discord:
        given = {"base_url": discord.base_url, "gateway": discord.gateway}
        adapters: list[Adapter] = [
            SlackAdapter(slack_settings(slack), notice=noted),
            DiscordAdapter(discord_settings(**given), notice=noted),
        ]
        running = [asyncio.create_task(each.run(LedgerHost(), commands())) for each in adapters]
        await noted.until("parley_connections", "slack", 2)
        await noted.until("parley_connections", "discord", 1)
        for task in running:
            task.cancel()
        await asyncio.wait(running)
    for platform, lost in (("slack", 2), ("discord", 1)):
        await noted.until("parley_connections_lost_total", platform, lost)
        assert not noted.metrics.connected(platform)
        called = noted.metrics.registry.get_sample_value
        assert called("parley_platform_calls_total", {"platform": platform, "status": "2xx"})


async def test_a_port_that_is_taken_ends_in_a_sentence():
    async with watched() as (base, assistant, metrics):
        taken = Monitoring(port=int(base.rpartition(":")[2]))
        with pytest.raises(UsageError, match="can't listen"):
            async with listening(taken, Watch(assistant, metrics, (), ()), print):
                pass


@pytest.mark.parametrize(
    ("host", "asked"),
    [("0.0.0.0", "http://127.0.0.1:1"), ("::", "http://[::1]:1"), ("10.0.0.7", "http://10.0.0.7:1")],
)
def test_a_listener_on_every_address_is_asked_on_loopback(host: str, asked: str):
    assert address(Monitoring(host=host, port=1)) == asked


async def test_parley_health_prints_what_the_pages_say(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    async with watched() as (base, _, metrics):
        monkeypatch.setenv("PARLEY_MONITORING__PORT", base.rpartition(":")[2])
        assert await asyncio.to_thread(guarded, app, ["health", "--json"]) == 5
        found = json.loads(capsys.readouterr().out)
        assert found["ready"] is False
        assert found["figures"]["messages"] == 2
        metrics.noticed(Connection("slack", up=True))
        assert await asyncio.to_thread(guarded, app, ["health"]) == 0
        assert "✓ slack" in capsys.readouterr().out
    assert await asyncio.to_thread(guarded, app, ["health"]) == 5
    assert "No Parley answers" in capsys.readouterr().err
    monkeypatch.delenv("PARLEY_MONITORING__PORT")
    assert await asyncio.to_thread(guarded, app, ["health"]) == 2


async def test_the_pages_in_a_browser_show_their_health_and_figures_where_the_owner_asks_for_it(tmp_path: Path):
    file = tmp_path / "config.toml"
    file.write_text('[models.translate]\nfamily = "echo"\nmodel = "echo"\n', encoding="utf-8")
    ports = ["--port", "0", "--monitoring-port", "0"]
    command = ["web", *ports, "--no-browser", "--config", str(file), "--db", str(tmp_path / "history.db")]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.cli", *command, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        health = (await process.stdout.readline()).decode().strip().removeprefix("monitoring ready: ")
        pages = (await process.stdout.readline()).decode().strip().removeprefix("web ready: ")
        assert (await page(pages))[0] == 200
        base = health.removesuffix("/readyz")
        assert (await page(f"{base}/livez"))[0] == 200
        checks = {each["what"] for each in json.loads((await page(health))[1])["checks"]}
        assert {"history", "translate: echo"} <= checks
        assert (await figures(base))["parley_history_messages",] == 0
    finally:
        process.terminate()
        await process.wait()
        process._transport.close()  # type: ignore[attr-defined]  # or its pipe is closed only by the collector


def named(text: str) -> set[str]:
    found = set(re.findall(r"\bparley_[a-z_]+", text))
    return {re.sub(r"_(?:total|bucket|sum|count)$", "", name) for name in found}


def test_the_page_names_every_figure_and_the_dashboard_and_alerts_no_other():
    known = set(Metrics().instruments.names())
    assert named((DOCS / "operate.md").read_text(encoding="utf-8")) == known
    dashboard = (DOCS / "monitoring" / "grafana.json").read_text(encoding="utf-8")
    assert json.loads(dashboard)["panels"]
    assert named(dashboard) <= known
    assert named((DOCS / "monitoring" / "alerts.yml").read_text(encoding="utf-8")) <= known
