"""Serves an ask: claims it, has the assistant answer, and sends the answer where it belongs, exactly once."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from adapters.chat import Command, Host, Pending, Person, Reply, Request
from adapters.slack.client import Slack, reason, refusal
from adapters.slack.directory import Directory
from adapters.slack.outgoing import Outgoing
from adapters.slack.rendering import render
from adapters.slack.requests import Ask

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Service:
    """What every ask is served with."""

    slack: Slack
    host: Host
    commands: Sequence[Command]
    directory: Directory
    outgoing: Outgoing

    async def claim(self, ask: Ask) -> bool:
        """Whether this ask is new, on any connection and in any earlier run."""
        asker = Person(ask.user, ask.user)
        return await self.host.claim(Pending(ask.key, ask.place, asker, self.slack.settings.clock.now()))

    async def serve(self, ask: Ask, claimed: asyncio.Task[bool]) -> None:
        """Answer, if the claim holds. Raises ServiceStopped; everything else is logged and done with."""
        try:
            if not await claimed:
                return
            await self._answer(ask)
        except SlackApiError as error:
            if stopped := refusal(error, "bot token"):
                raise stopped from None
            log.warning("an answer could not be sent: %s", reason(error))
        except (SlackClientError, aiohttp.ClientError, OSError) as error:
            log.warning("an answer could not be sent: %s", type(error).__name__)
            return  # stays unsettled: the next start tells the person
        await self.host.settle(ask.key)

    async def _answer(self, ask: Ask) -> None:
        reply = await self._reply(ask)
        await self.outgoing.say(render(reply), ask.target)

    async def _reply(self, ask: Ask) -> Reply:
        account = await self.directory.account(ask.user)
        settings = self.slack.settings
        meant = ask.read(settings.clock.now(), account.zone or settings.zone)
        if isinstance(meant, Reply):
            return meant
        message = await self.directory.message(ask.place.channel, ask.said) if ask.said else None
        return await self.host.handle(Request(meant, ask.place, account.person, message))
