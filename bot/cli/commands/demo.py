"""The tour of `parley demo`: the sample workspace imported, summarised, questioned, translated and gauged.

Goes the way of every request (importer, store, assistant, intents); only what is asked is chosen beforehand.
"""

import re
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.rule import Rule
from rich.status import Status
from rich.text import Text

from adapters.chat import Intent, Request, Window
from adapters.console import progress_in, show
from bot import outputs, sample, terminal
from bot.assistant import Assistant
from bot.cli.one_shot import NOWHERE, YOU
from bot.cli.options import find_channel
from bot.config import Config
from bot.conversation.permissions import OWNER
from bot.runtime.composition import opened
from bot.runtime.importing import bring_in

WIDTH = 110
# Rich's picture asks another site for its font.
FETCHED = re.compile(r',\s{0,40}url\("[^")]{0,200}"\)\s?format\("\w{1,9}"\)')


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of the tour: what is asked about which channel, and the command that asks the same."""

    title: str
    command: str
    intent: Intent
    channel: str | None = None


OUTAGE = Window(since=datetime(2026, 3, 24, tzinfo=UTC), until=datetime(2026, 3, 28, tzinfo=UTC))
WEEK = "--since 2026-03-24 --until 2026-03-28"
LAUNCH = "when do we launch regatta mode?"
WIFI = "what is the wifi password of the boathouse?"
PORTUGUESE = "Não consigo reservar o barco das 7h: desapareceu do mapa. @hanne, podes ver o #423?"
ENGLISH = "@inês the 7:00 boat is back on the map :tada: see https://git.wherrybook.example/wherry/pulls/423"

STOPS = (
    Stop(
        "What happened in the week of the outage?",
        f"summarize --channel general {WEEK}",
        Intent("summarize", window=OUTAGE),
        "general",
    ),
    Stop(
        "A question, and the message that proves the answer",
        f'ask "{LAUNCH}" --channel general',
        Intent("ask", LAUNCH),
        "general",
    ),
    Stop("A question that nobody answered", f'ask "{WIFI}" --channel galley', Intent("ask", WIFI), "galley"),
    Stop(
        "A colleague writes Portuguese",
        f'translate --to en "{PORTUGUESE}"',
        Intent("translate", PORTUGUESE, options={"to": "en"}),
    ),
    Stop(
        "And the answer to her",
        f'translate --to pt "{ENGLISH}"',
        Intent("translate", ENGLISH, options={"to": "pt"}),
    ),
    Stop(
        "The mood of those days",
        f"sentiment --channel general {WEEK}",
        Intent("sentiment", window=OUTAGE),
        "general",
    ),
)


async def tour(config: Config, out: Path | None) -> None:
    """Walk through the stops; with `out`, keep the history and what was shown in that folder."""
    width = min(WIDTH, terminal.out.width) if terminal.out.is_terminal else WIDTH
    console = Console(record=out is not None, markup=False, emoji=False, highlight=False, width=width)
    started = perf_counter()
    async with _workspace(config, console, out) as assistant:
        for stop in STOPS:
            await _visit(stop, assistant, config, console)
    console.print(Text(f"The tour took {perf_counter() - started:.0f} s, and nothing left this machine.", "bold"))
    if out is not None:
        _keep(console, out)


@asynccontextmanager
async def _workspace(config: Config, console: Console, out: Path | None) -> AsyncIterator[Assistant]:
    with _folder(out) as folder:
        database = folder / "history.db"
        report = bring_in(sample.path(), database, lambda _: None)
        console.print(Rule(Text("A Slack export, imported", "bold"), align="left"))
        console.print(Text(f"    {report.sentence()}\n"))
        async with opened(config, database) as assistant:
            yield assistant


@contextmanager
def _folder(out: Path | None) -> Iterator[Path]:
    if out is None:
        with tempfile.TemporaryDirectory(prefix="parley-demo-") as folder:
            yield Path(folder)
    else:
        outputs.refuse_used(out, {"tour.svg"})
        out.mkdir(parents=True, exist_ok=True)
        yield out


async def _visit(stop: Stop, assistant: Assistant, config: Config, console: Console) -> None:
    console.print(Rule(Text(stop.title, "bold"), align="left"))
    console.print(Text(f"  $ parley {stop.command}\n", "green"))
    started = perf_counter()
    with Status("loading the model …", console=terminal.err) as status:
        place = NOWHERE
        if stop.channel:
            place = (await find_channel(assistant.services.history, stop.channel, None)).place
        reply = await assistant.handle(Request(stop.intent, place, YOU, progress=progress_in(status), access=OWNER))
    show(reply, console, config.zone)
    console.print(Text(f"    {perf_counter() - started:.1f} s\n", "dim"))


def _keep(console: Console, out: Path) -> None:
    shown = {
        "tour.svg": FETCHED.sub("", console.export_svg(title="parley demo", clear=False)),
        "tour.txt": console.export_text(clear=False),
    }
    for name, text in shown.items():
        outputs.write(out / name, text.encode(), outputs.NOTHING_OWN, force=True)  # the folder is the tour's own
    terminal.note(f"Kept in {out}: history.db, tour.svg, tour.txt")
