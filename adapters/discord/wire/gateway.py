"""The gateway: one connection after another, resumed where Discord allows it, until cancelled or refused for good.

The loop is written here, on discord.py's own socket, because the library's ends at a malformed frame, reconnects
without a pause when a connection is cut at once, and can't take the gateway's address. Knows no event.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import aiohttp
import discord
import yarl
from discord.gateway import DiscordWebSocket, ReconnectWebSocket

from adapters.chat import ignore
from adapters.discord.settings import DiscordSettings
from adapters.errors import ServiceStopped
from adapters.platform.signals import Connection, OnSignal

log = logging.getLogger(__name__)

PORTAL = "https://discord.com/developers/applications"
TOKEN_REFUSED = (
    "Discord doesn't know the bot token.",
    f"Reset it under Bot at {PORTAL} and set PARLEY_DISCORD__TOKEN to the new one.",
)
REFUSALS: Mapping[int, tuple[str, str]] = {
    4004: TOKEN_REFUSED,
    4010: ("Discord doesn't accept the shard.", "Run no second process with this token."),
    4011: ("Discord asks for more shards than Parley has.", "Start Parley again: it asks how many there should be."),
    4013: ("Discord doesn't know the intents that were asked for.", "Update Parley."),
    4014: (
        "Discord hasn't granted the message content intent.",
        f"Turn on Message Content Intent under Bot at {PORTAL}, or set PARLEY_DISCORD__MESSAGE_CONTENT=false.",
    ),
}
PATIENCE = 60.0  # seconds for a connection to say hello
STABLE = 60.0  # seconds after which a connection counts as good
STABLE_RESUMED = 10.0  # seconds for one that goes on with its session, and so costs none of the day's identifies
LONGEST_PAUSE = 300.0  # seconds: under 300 identifies a day, of the 1,000 that Discord allows
BEGINS = frozenset({"READY", "RESUMED"})  # events after which a connection tells everything
RESUMES = 3  # tries to resume a session that breaks at once, before a new one


@dataclass(frozen=True, slots=True)
class Session:
    """Holds what it takes to go on where a connection ended."""

    id: str
    sequence: int | None
    gateway: yarl.URL


class NeverReady(Exception):
    """A connection says hello, keeps its heart beating and never tells who is there."""


@dataclass(slots=True)
class Gateway:
    """The connections of one client, or of one of its shards."""

    client: discord.Client
    settings: DiscordSettings
    notice: OnSignal = ignore
    shard: int | None = None
    _session: Session | None = None
    _initial: bool = True
    _ready: bool = False  # whether this connection has begun to receive events
    _stable: float = STABLE  # seconds after which this connection counts as good

    async def run(self) -> NoReturn:
        """Serve for ever. Raises ServiceStopped when Discord won't have this bot."""
        clock, attempt = self.settings.clock, 0
        while True:
            started = clock.elapsed()
            self._stable = STABLE
            await self._connection()
            attempt = 0 if clock.elapsed() - started >= self._stable else attempt
            if attempt >= RESUMES:
                self._session = None
            await clock.sleep(pause(attempt))
            attempt += 1

    async def _connection(self) -> None:
        """Run one connection, from hello to its end."""
        socket = None
        try:
            self._ready, started = False, self.settings.clock.elapsed()
            socket = await self._connect()
            while True:
                await socket.poll_event()
                self._check(self.settings.clock.elapsed() - started)
        except ReconnectWebSocket as end:
            self._remember(socket if end.resume else None)
        except discord.ConnectionClosed as end:
            if refusal := REFUSALS.get(end.code):
                raise ServiceStopped(*refusal) from None
            log.warning("Discord closed the gateway: %s", end.code)
            self._session = None
        except (OSError, aiohttp.ClientError, TimeoutError) as error:
            log.warning("the gateway can't be reached: %s", type(error).__name__)
            self._remember(socket)
        except NeverReady:
            log.warning("the gateway is connected but silent; connecting anew")
            self._session = None
        except Exception as error:  # noqa: BLE001 - whatever a frame holds, it must not end the adapter
            log.warning("a frame of the gateway could not be read: %s", type(error).__name__)
            self._remember(socket if self._ready else None)  # a session that never began can't be resumed
        finally:
            if self._ready:
                self._ready = False
                self.notice(Connection("discord", up=False))
            if socket is not None:
                await socket.close()
            self.client.dispatch(*(("disconnect",) if self.shard is None else ("shard_disconnect", self.shard)))

    async def _connect(self) -> DiscordWebSocket:
        session, initial = self._session, self._initial
        self._initial = False
        connecting = DiscordWebSocket.from_client(
            self.client,
            initial=initial,
            gateway=session.gateway if session else yarl.URL(self.settings.gateway),
            shard_id=self.shard,
            session=session.id if session else None,
            sequence=session.sequence if session else None,
            resume=session is not None,
        )
        socket = await asyncio.wait_for(connecting, PATIENCE)
        socket._discord_parsers = guard(socket._discord_parsers, self.heard)  # noqa: SLF001 - the library has no door
        self.client.ws = socket
        return socket

    def _check(self, seconds: float) -> None:
        """Raise NeverReady where the connection hasn't begun to tell anything for so long."""
        if not self._ready and seconds > PATIENCE:
            raise NeverReady

    def heard(self, name: str) -> None:
        """Take note of an event that was read."""
        if not self._ready and name in BEGINS:
            self._ready = True
            self._stable = STABLE if name == "READY" else STABLE_RESUMED
            self.notice(Connection("discord", up=True))

    def _remember(self, socket: DiscordWebSocket | None) -> None:
        """Keep the session to resume; none where the connection had none, or Discord said that it is over."""
        if socket is None or socket.session_id is None:
            self._session = None
        else:
            self._session = Session(socket.session_id, socket.sequence, socket.gateway)


def pause(attempt: int) -> float:
    """Return seconds before the next connection: 0, 1, 3, 7 … 300."""
    return min(2.0 ** min(attempt, 16) - 1, LONGEST_PAUSE)


def guard(
    parsers: Mapping[str, Callable[[Any], None]], heard: Callable[[str], None]
) -> dict[str, Callable[[Any], None]]:
    """Return the parsers of events, each of which survives a malformed event and says what it read.

    One READY that can't be read ends the connection: without it there is no session.
    """
    return {name: _guarded(name, parse, heard) for name, parse in parsers.items()}


def _guarded(name: str, parse: Callable[[Any], None], heard: Callable[[str], None]) -> Callable[[Any], None]:
    def survive(data: Any) -> None:
        try:
            parse(data)
        except Exception as error:
            if name in BEGINS:
                raise
            log.warning("a %s event could not be read: %s", name, type(error).__name__)
        else:
            heard(name)

    return survive
