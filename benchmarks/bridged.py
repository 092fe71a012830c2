"""Lets people write on both sides of bridges between loopback Slack channels, and counts faults.

`python benchmarks/bridged.py --seconds 300 --rate 20 --channels 4` runs `parley run` with the packaged models in a
process of its own: messages in Portuguese, every tenth step an edit or a deletion, connections that are cut, calls that
are refused, and Slack tells the app of its own posts. At the end each message is compared with what stands on the other
side. Of N channels half are Slack's, two to a bridge; `rate` is of all sides together.
"""

import argparse
import asyncio
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bridge import NUMBER, Heard, Run, Told, figures  # first: it puts the project's own stand-ins on the path
from fake_slack_api import ME, TEAM
from soak import LIMITS, PEOPLE, event, options, prepared

from adapters.chat import Place
from adapters.slack.settings import SlackSettings
from bot.history import History
from bot.history.bridged import bridges
from bot.history.bridged.bridges import BridgeSide


class Echoing(Heard):
    """The stand-in of Slack, which tells the app of what it posts, as Slack does."""

    def do_chat_post_message(self, params: dict[str, Any]) -> dict[str, Any]:
        """Take a message of Parley's, and send its event."""
        answer = super().do_chat_post_message(params)
        (kept,) = [each for each in self.messages[params["channel"]][-1:] if each["ts"] == answer["ts"]]
        about = {"type": "message", "channel": params["channel"], "channel_type": "channel"}
        asyncio.get_running_loop().create_task(self.echo({**kept, **about}))
        return answer

    async def echo(self, said: dict[str, Any]) -> None:
        """Send the event of a message, once, where anybody is connected."""
        with contextlib.suppress(Exception):
            await self.event(said)


class Across(Run):
    """One run, whose people write in Slack's channels alone."""

    async def say(self) -> None:
        """Let somebody say something on one side of a bridge."""
        number, who = 2 * self.chance.randrange(self.options.channels // 2), self.chance.randrange(PEOPLE)
        said = {"user": f"U{who}", "ts": self.slack.ts(), "text": self.sentence()}
        self.slack.keep(f"C{number}", said)
        self.tell(("slack", f"C{number}", said["ts"]), said["text"], "said")
        self.later(self.deliver({**event(number), **said}))

    def posts(self) -> Iterator[tuple[str, str, str]]:
        """Yield what stands under people's names: the name in place of the platform, the channel and the text."""
        for where, kept in self.slack.messages.items():
            ours = (each for each in kept if each["user"] == ME and each.get("username"))
            yield from ((each["username"], where, each["text"]) for each in ours)

    def echoes(self) -> int:
        """Count posts in the very channel in which their message was said."""
        said: dict[int, str] = {number: key[1] for key, numbers in self.numbers.items() for number in numbers}
        told = ((int(number), where) for _, where, text in self.posts() for number in set(NUMBER.findall(text)))
        return sum(said.get(number) == where for number, where in told)


def arranged(run: Run) -> None:
    """Put people, channels and bridges in place; what is carried is put into English on both sides."""
    prepared(run)
    now = datetime.now(UTC) - timedelta(seconds=1)
    with History.open(run.database) as history:
        for number in range(0, run.options.channels, 4):
            for at in (number, number + 2):
                side = BridgeSide(Place("slack", TEAM, f"C{at}"), f"c{at}", "public", "en", "U0", "Ana")
                join = bridges.ask if at == number else bridges.confirm
                history.write(join, side, f"CODE-{number}", now)
    (run.folder / "config.toml").write_text(f'timezone = "UTC"\n{LIMITS}', encoding="utf-8")


async def measured(given: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run all of it and return the figures."""
    async with Echoing() as slack:
        discord = Told()
        await discord.__aenter__()
        try:
            run = Across(given, slack, discord, folder, reconcile=SlackSettings().reconcile)
            arranged(run)
            await run.start()
            watching = asyncio.create_task(run.watch())
            try:
                await run.run()
                await run.settle()
            finally:
                watching.cancel()
                with contextlib.suppress(TimeoutError):
                    await run.stop()
            slack.mistakes.clear()
            return {**figures(run, slack, discord), "echoes": run.echoes()}
        finally:
            await discord._runner.cleanup()  # noqa: SLF001 - a stand-in


if __name__ == "__main__":
    chosen = options(["--seconds", "300", "--rate", "20", "--channels", "4", *sys.argv[1:]])
    with tempfile.TemporaryDirectory() as made:
        for name, value in asyncio.run(measured(chosen, Path(made))).items():
            print(f"{name}: {value}")
