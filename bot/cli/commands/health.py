"""`parley health`: asks a Parley that runs on this machine whether it can serve, and prints its figures."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import aiohttp
import typer
from prometheus_client.parser import text_string_to_metric_families

from bot import config, terminal
from bot.cli.options import AsJson, Conf
from bot.errors import FeatureUnavailable, UsageError
from bot.runtime.monitoring import NOT_READY, READY, address

SECONDS = 10.0
SHOWN = {  # figures for people, by their names for Prometheus
    "parley_requests_total": "requests answered",
    "parley_requests_now": "requests under way",
    "parley_connections": "connections",
    "parley_connections_lost_total": "connections lost",
    "parley_rate_limits_total": "rate limits met",
    "parley_model_bytes": "memory of models, MB",
    "parley_history_bytes": "history, MB",
    "parley_history_messages": "messages",
    "parley_history_without_vector": "messages without a vector",
    "parley_history_backlog": "events that wait for the history",
}
MEGA = {"parley_model_bytes", "parley_history_bytes"}


def health(*, conf: Conf = None, as_json: AsJson = False) -> None:
    """Ask the Parley that runs here whether it can serve. Ends with 5 where it can't, or doesn't answer."""
    settings = config.read(conf).monitoring
    if not settings.port:
        raise UsageError(
            "Parley shows its health nowhere.", "Set [monitoring] port, or PARLEY_MONITORING__PORT, and start it again."
        )
    ready, figures = asyncio.run(_asked(address(settings)))
    if as_json:
        terminal.print_json({**ready, "figures": figures})
    else:
        _print(ready, figures)
    if not ready["ready"]:
        raise typer.Exit(terminal.UNAVAILABLE)


async def _asked(base: str) -> tuple[dict[str, Any], dict[str, float]]:
    """Return what the two pages say. Raises FeatureUnavailable where nobody answers."""
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SECONDS)) as session:
            async with session.get(f"{base}/readyz") as answer:
                if answer.status not in (READY, NOT_READY):
                    raise FeatureUnavailable(f"Something else than Parley answers at {base}.")
                ready: dict[str, Any] = json.loads(await answer.text())
            async with session.get(f"{base}/metrics") as answer:
                return ready, dict(_figures(await answer.text()))
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
        raise FeatureUnavailable(f"No Parley answers at {base}.", "Is `parley run` running, with that port?") from None


def _figures(page: str) -> Iterator[tuple[str, float]]:
    """Yield the figures that people look at, summed over their labels."""
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            if sample.name in SHOWN:
                sums[sample.name] = sums.get(sample.name, 0.0) + sample.value
    for name, words in SHOWN.items():
        value = sums.get(name, 0.0)
        yield words, round(value / 1e6, 1) if name in MEGA else value


def _print(ready: dict[str, Any], figures: dict[str, float]) -> None:
    for check in ready["checks"]:
        sign = "✓" if check["works"] else "✗"
        terminal.say(f"{sign} {check['what']}{': ' if check['detail'] else ''}{check['detail']}")
    for words, value in figures.items():
        terminal.say(f"  {words}: {value:,.1f}" if value % 1 else f"  {words}: {value:,.0f}")
    terminal.say("Parley can serve." if ready["ready"] else "Parley can't serve everything.")
