"""Serves loopback Slack and Discord together for minutes, as roughly as networks are, and counts what went wrong.

`python benchmarks/soak.py --seconds 600` runs `parley run` in a process of its own. People write, edit and delete; they
ask for every intent; connections are cut, calls are refused as too many, and once the process is killed. At the end
the history is compared with what the channels hold, and each request with its replies.
"""

import argparse
import asyncio
import contextlib
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

from fake_discord import FakeDiscord  # noqa: E402 - the project's own stand-ins
from fake_discord_data import APP, GUILD, TOKEN, Ids, channel, snowflake, user  # noqa: E402
from fake_slack import FakeSlack  # noqa: E402
from fake_slack_api import APP_TOKEN, BOT_TOKEN, ME, TEAM  # noqa: E402
from soak_findings import Trace, differences, errors, memory, slope  # noqa: E402

from adapters.chat import Channel, Place  # noqa: E402
from bot.history import History, consent  # noqa: E402

PEOPLE, TENTH = 30, 9
HALF, LOOK = 0.5, 0.05
BEGINNING = 60  # characters of a reply that are printed where there are several
WARM = 180.0  # seconds of a process whose memory doesn't count for the slope
PAUSES = (0.5, 5, 30, 60, 0)  # seconds; Slack itself tries three times within five minutes
WORDS = ("ferry", "leaves", "nine", "north", "pier", "crates", "rope", "oars", "boathouse", "harbour", "tide")
ASKS = (
    "summarise the last 20", "what leaves at nine?", "translate to pt: the ferry leaves at nine", "mood this week",
    "catch me up", "help", "/health", "/settings", "/privacy", "/consent", "/report", "/glossary",
)  # fmt: skip
TASKS = ("sentiment", "embed", "summarize", "answer", "generate", "entail")
MODELS = "".join(f'[models.{task}]\nfamily = "echo"\nmodel = "echo"\n' for task in TASKS) + (
    '[models.translate]\nfamily = "echo"\nmodel = "echo"\nsource = "en"\ntarget = "pt"\n'
)
Discord = TypeVar("Discord", bound=FakeDiscord)
LIMITS = "[limits]\nperson = 1000\nchannel = 10000\nworkspace = 100000\n"


class Slack(FakeSlack):
    """The stand-in, on today's clock."""

    def ts(self) -> str:
        """Return a moment of now, another one each time."""
        return f"{int(time.time())}.{next(self._numbers):06d}"


class Now(Ids):
    """The ids of messages, on today's clock."""

    def __call__(self) -> tuple[str, datetime]:
        """Return an id of now, another one each time, and its moment."""
        number, self.now = next(self._numbers), datetime.now(UTC)
        return snowflake(self.now, number % 4096), self.now


@dataclass
class Asked:
    """A request, by somebody who makes no other, and when its first reply was seen."""

    platform: str
    channel: str
    id: str
    who: str
    at: float
    answered: float | None = None


@dataclass
class Soak:
    """One run. `told` is what each channel holds now, None for what was deleted."""

    options: argparse.Namespace
    slack: FakeSlack
    discord: FakeDiscord
    folder: Path
    told: dict[tuple[str, str, str], str | None] = field(default_factory=dict)
    trace: Trace = field(default_factory=Trace)
    asked: list[Asked] = field(default_factory=list)
    acks: list[float] = field(default_factory=list)
    late: float = 0.0  # seconds by which the stand-ins themselves were late at most
    sizes: list[tuple[float, float]] = field(default_factory=list)
    refused: int = 0
    kills: int = 0
    began: float = 0.0
    reconcile: float = 5.0  # seconds between two looks of the program for gaps
    restarted: float = 0.0  # seconds after the beginning
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    tasks: set[asyncio.Task[Any]] = field(default_factory=set)
    process: asyncio.subprocess.Process | None = None

    @property
    def database(self) -> Path:
        """Return the history's file."""
        return self.folder / "history.db"

    # The program

    async def start(self) -> None:
        """Start the program and wait until both services are connected."""
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")},
            "PYTHONPATH": str(ROOT),
            "PARLEY_SLACK__BASE_URL": self.slack.base_url, "PARLEY_SLACK__BOT_TOKEN": BOT_TOKEN,
            "PARLEY_SLACK__APP_TOKEN": APP_TOKEN, "PARLEY_SLACK__PACE": "0",
            "PARLEY_SLACK__RECONCILE": str(self.reconcile),
            "PARLEY_DISCORD__BASE_URL": self.discord.base_url, "PARLEY_DISCORD__GATEWAY": self.discord.gateway,
            "PARLEY_DISCORD__TOKEN": TOKEN, "PARLEY_DISCORD__SETTLING": "0.2",
        }  # fmt: skip
        line = ["-m", "bot.cli", "run", "--db", str(self.database), "--config", str(self.folder / "config.toml")]
        with (self.folder / "log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, *line, "--log-format", "json", "--log-level", "warning", env=environment,
                stdout=log, stderr=log,
            )  # fmt: skip
        async with asyncio.timeout(120):
            while not (self.slack.sockets and self.discord._socket is not None):  # noqa: ASYNC110, SLF001 - a stand-in
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """Kill the program without a goodbye, and start it again."""
        assert self.process is not None
        self.process.kill()
        self.trace.trouble("kill")
        await self.process.wait()
        await self.slack.until(lambda: not self.slack.sockets, 30)
        self.discord._socket = None  # noqa: SLF001 - as above
        self.kills += 1
        await self.start()
        self.trace.trouble("start")
        self.restarted = time.monotonic() - self.began

    async def stop(self) -> None:
        """Let the program end in order."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(self.process.wait(), 60)

    # People

    def later(self, work: Any) -> None:
        """Do something beside everything else."""
        task = asyncio.create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def sentence(self) -> str:
        """Return words that nobody else says."""
        return f"{' '.join(self.chance.choices(WORDS, k=8))} number {len(self.told)}"

    async def say(self) -> None:
        """Let somebody say something somewhere."""
        number = self.chance.randrange(self.options.channels)
        text, who = self.sentence(), self.chance.randrange(PEOPLE)
        if number % 2:
            made = self.discord.post(person(who), text, room(number))
            self.tell(("discord", room(number), made["id"]), text, "said")
            await self.discord.dispatch("MESSAGE_CREATE", made)
        else:
            said = {"user": f"U{who}", "ts": self.slack.ts(), "text": text}
            self.slack.keep(f"C{number}", said)
            self.tell(("slack", f"C{number}", said["ts"]), text, "said")
            self.later(self.deliver({**event(number), **said}))

    def tell(self, key: tuple[str, str, str], text: str | None, what: str) -> None:
        """Note what a message says from now on."""
        self.told[key] = text
        self.trace.happened(key, what)

    async def change(self) -> None:
        """Edit or delete something that stands in a channel."""
        standing = [key for key, text in self.told.items() if text is not None]
        if not standing:
            return
        platform, where, id_ = self.chance.choice(standing[-500:])
        text = None if self.chance.random() < HALF else f"{self.sentence()} now"
        self.tell((platform, where, id_), text, "deleted" if text is None else "edited")
        await (self.on_slack(where, id_, text) if platform == "slack" else self.on_discord(where, id_, text))

    async def on_slack(self, where: str, id_: str, text: str | None) -> None:
        """Edit a message of Slack's; None deletes it."""
        kept = next(each for each in self.slack.messages[where] if each["ts"] == id_)
        before = dict(kept)
        about = {**event(int(where[1:])), "ts": self.slack.ts(), "previous_message": before}
        if text is None:
            self.slack.messages[where].remove(kept)
            self.later(self.deliver({**about, "subtype": "message_deleted", "deleted_ts": id_}))
            return
        kept |= {"text": text, "edited": {"user": kept["user"], "ts": about["ts"]}}
        self.later(self.deliver({**about, "subtype": "message_changed", "message": dict(kept)}))

    async def on_discord(self, where: str, id_: str, text: str | None) -> None:
        """Edit a message of Discord's; None deletes it."""
        kept = next(each for each in self.discord.messages[where] if each["id"] == id_)
        if text is None:
            self.discord.messages[where].remove(kept)
            await self.discord.dispatch("MESSAGE_DELETE", {"id": id_, "channel_id": where, "guild_id": GUILD})
            return
        kept |= {"content": text, "edited_timestamp": datetime.now(UTC).isoformat()}
        await self.discord.dispatch("MESSAGE_UPDATE", kept)

    async def ask(self) -> None:
        """Let somebody new ask for the next intent."""
        number, words = self.chance.randrange(self.options.channels), ASKS[len(self.asked) % len(ASKS)]
        who = PEOPLE + len(self.asked)
        if number % 2:
            self.discord.users[person(who)] = user(person(who), f"person{who}")
            made = await self.discord.say(person(who), f"<@{APP}> {words}", room(number))
            self.asked.append(Asked("discord", room(number), made["id"], person(who), time.monotonic()))
            return
        self.slack.add_user(f"U{who}", f"person{who}")
        self.slack.members[f"C{number}"].append(f"U{who}")
        said = self.slack.mention(words, f"C{number}", f"U{who}")
        self.slack.keep(f"C{number}", {key: said[key] for key in ("user", "ts", "text")})
        self.asked.append(Asked("slack", f"C{number}", said["ts"], f"U{who}", time.monotonic()))
        self.later(self.deliver(said))

    async def deliver(self, said: dict[str, Any]) -> None:
        """Send an event as Slack does: again while nobody acknowledges it, later each time."""
        id_ = f"Ev{said['ts']}{said['type']}"
        for retry, pause in enumerate(PAUSES):
            with contextlib.suppress(TimeoutError, OSError, RuntimeError):
                ack = await self.slack.event(said, id_, retry)
                self.acks.append(ack["seconds"])
                return
            await asyncio.sleep(pause)
        self.refused += 1

    # The run

    async def run(self) -> None:
        """Let people speak and things break, for as long as the options say."""
        self.began = self.trace.began = began = time.monotonic()
        tick, cut, limit, killed = 1 / self.options.rate, 1, 1, False
        due, asks, number = began, began, 0
        while (now := time.monotonic()) - began < self.options.seconds:
            passed = now - began
            if due <= now:
                await (self.change() if number % 10 == TENTH else self.say())
                number, due = number + 1, due + tick
            if asks <= now:
                await self.ask()
                asks += 1 / self.options.asks
            if passed >= cut * self.options.cut:
                cut += 1
                self.trace.trouble("cut")
                await self.slack.abort()
                with contextlib.suppress(AssertionError):  # the program is dead, and so is its connection
                    self.discord.cut()
            if passed >= limit * self.options.limit:
                limit += 1
                self.trace.trouble("limit")
                self.slack.fail("chat.postMessage", 429, "ratelimited", "1")
                slow = {"message": "slow", "retry_after": 0.5, "global": False}
                self.discord.fail("POST /channels/*/messages", 429, 1, slow, {"Via": "1.1 stand-in"})
            if self.options.kill and not killed and passed >= self.options.seconds / 5:
                killed = True
                self.later(self.kill())  # people go on meanwhile
            self.look(passed)
            await asyncio.sleep(max(0.0, min(due, asks) - time.monotonic()))

    def look(self, passed: float) -> None:
        """Note memory once a second, and replies that have come."""
        if not self.sizes or passed - self.sizes[-1][0] >= 1:
            self.sizes.append((passed, memory(self.process)))
            for each in self.asked:
                if each.answered is None and self.replies(each):
                    each.answered = time.monotonic()

    def replies(self, asked: Asked) -> list[str]:
        """Return the replies to a request, for everyone or for its asker alone."""
        if asked.platform == "slack":
            kept = self.slack.messages[asked.channel]
            ours = [each for each in kept if each.get("thread_ts") == asked.id and each.get("user") == ME]
            ours += [each for each in self.slack.whispers if each["user"] == asked.who]
            return [each["text"] for each in ours]
        kept = self.discord.messages[asked.channel]
        ours = [each for each in kept if each["author"]["id"] == APP and refers(each) == asked.id]
        for key, each in self.discord.channels.items():
            ours += self.discord.messages.get(key, ()) if is_with(each, asked.who) else ()
        return [each["content"] for each in ours]

    def misserved(self) -> Iterator[tuple[str, str]]:
        """Yield a line for each request without exactly one reply: when it was made, and how its replies begin."""
        for asked in self.asked:
            if len(found := self.replies(asked)) != 1:
                when = self.trace.when("asked", asked.at - self.began)
                yield (
                    f"{len(found)} replies to {asked.who}",
                    f"{asked.platform} {asked.channel} {asked.id}: {when}: "
                    + " | ".join(text[:BEGINNING] for text in found),
                )

    async def watch(self) -> None:
        """Note by how much the stand-ins themselves are late: so late an acknowledgement is nobody else's fault."""
        while True:
            began = time.monotonic()
            await asyncio.sleep(LOOK)
            self.late = max(self.late, time.monotonic() - began - LOOK)

    async def settle(self) -> None:
        """Wait until everybody has a reply and the history has everything, for as long as the options say."""
        passed = self.options.seconds
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.options.settle):
                while not await self.is_done():
                    await asyncio.sleep(1)
                    passed += 1
                    self.look(passed)

    async def is_done(self) -> bool:
        """Return whether everybody has a reply and the history has everything."""
        if self.tasks or any(each.answered is None for each in self.asked):
            return False
        return not any((await asyncio.to_thread(differences, self.database, self.told)).values())


def is_with(channel_: dict[str, Any], who: str) -> bool:
    """Return whether a channel of Discord's is the conversation with that person."""
    return any(each["id"] == who for each in channel_.get("recipients") or ())


def refers(said: dict[str, Any]) -> str:
    """Return the id of the message that one on Discord replies to, "" for none."""
    return str((said.get("message_reference") or {}).get("message_id", ""))


def person(number: int) -> str:
    """Return the id of somebody on Discord."""
    return str(300_000_000_000_000_000 + number)


def room(number: int) -> str:
    """Return the id of a channel of Discord's."""
    return str(210_000_000_000_000_000 + number)


def event(number: int) -> dict[str, Any]:
    """Return what every event of a channel of Slack's has."""
    return {"type": "message", "channel": f"C{number}", "channel_type": "channel", "team": TEAM}


def prepared(soak: Soak) -> None:
    """Put people and channels in place, every channel kept."""
    soak.discord.ids = Now()
    for who in range(PEOPLE):
        soak.slack.add_user(f"U{who}", f"person{who}")
        soak.discord.users[person(who)] = user(person(who), f"person{who}")
    with History.open(soak.database) as history:
        for number in range(soak.options.channels):
            if number % 2:
                soak.discord.channels[room(number)] = channel(room(number), f"pier-{number}")
                soak.discord.messages[room(number)] = []
                place = Place("discord", GUILD, room(number))
            else:
                members = (ME, *(f"U{who}" for who in range(PEOPLE)))
                soak.slack.add_channel(f"C{number}", f"pier-{number}", members, is_channel=True)
                place = Place("slack", TEAM, f"C{number}")
            history.add([Channel(place, f"pier-{number}")])
            history.write(consent.turn_on, place, "U0", datetime.now(UTC), None)
    (soak.folder / "config.toml").write_text(f'timezone = "UTC"\n{MODELS}{LIMITS}', encoding="utf-8")


def report(soak: Soak) -> dict[str, Any]:
    """Return the figures."""
    waits = sorted(each.answered - each.at for each in soak.asked if each.answered)
    at = [waits[min(len(waits) - 1, int(len(waits) * share))] if waits else 0.0 for share in (0.5, 0.95, 0.99)]
    sizes = [size for _, size in soak.sizes if size]
    return {
        "messages": len(soak.told), "requests": len(soak.asked), **differences(soak.database, soak.told),
        "requests without a reply": sum(not soak.replies(each) for each in soak.asked),
        "requests with several replies": sum(len(soak.replies(each)) > 1 for each in soak.asked),
        "events never acknowledged": soak.refused,
        "slowest acknowledgement, s": round(max(soak.acks, default=0.0), 3),
        "the stand-ins themselves late by up to, s": round(soak.late, 3),
        "answers p50, p95, p99, s": [round(each, 2) for each in at],
        "memory at start, end, MB": [round(sizes[0]), round(sizes[-1])] if sizes else [],
        "memory slope, MB a minute": round(slope(soak.sizes, soak.restarted + min(WARM, soak.options.seconds / 2)), 2),
        "history, MB": round(soak.database.stat().st_size / 1e6, 2), "kills": soak.kills,
        "log": dict(errors(soak.folder / "log").most_common(20)),
        **dict(soak.trace.lines(soak.database, soak.told)),
        **dict(soak.misserved()),
    }  # fmt: skip


async def soaked(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run all of it and return the figures."""
    async with Slack() as slack, standing(FakeDiscord()) as discord:
        soak = Soak(options, slack, discord, folder)
        prepared(soak)
        await carried_out(soak)
        return report(soak)


@asynccontextmanager
async def standing(discord: Discord) -> AsyncIterator[Discord]:
    """Let a stand-in of Discord answer while the block runs, whatever it finds wrong with what it is asked."""
    await discord.__aenter__()
    try:
        yield discord
    finally:
        await discord._runner.cleanup()  # noqa: SLF001 - a stand-in


async def carried_out(soak: Soak) -> None:
    """Start the program, let everything happen, wait for the rest, and end the program."""
    await soak.start()
    watching = asyncio.create_task(soak.watch())
    try:
        await soak.run()
        await soak.settle()
    finally:
        watching.cancel()
        await soak.stop()
    soak.slack.mistakes.clear()


def options(words: list[str] | None = None) -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--rate", type=float, default=50, help="messages a second")
    parser.add_argument("--asks", type=float, default=2, help="requests a second")
    parser.add_argument("--channels", type=int, default=20)
    parser.add_argument("--cut", type=float, default=60, help="seconds between two cuts of every connection")
    parser.add_argument("--limit", type=float, default=10, help="seconds between two rate limits")
    parser.add_argument("--settle", type=float, default=120, help="seconds to wait for the rest at the end")
    parser.add_argument("--no-kill", dest="kill", action="store_false")
    return parser.parse_args(words)


def lines(found: dict[str, Any]) -> Iterator[str]:
    """Yield the figures, one a line."""
    for name, value in found.items():
        yield f"{name}: {value}"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        for line in lines(asyncio.run(soaked(options(), Path(made)))):
            print(line)
