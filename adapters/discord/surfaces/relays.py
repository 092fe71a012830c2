"""Says on Discord what people said in another channel: through a webhook of Parley's, which takes a name and a picture.

A channel has one such webhook, made when it is needed. Webhooks know no nonce, so what an earlier try may have said is
looked for by its words among what stands there for nobody else.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import discord

from adapters.chat import UNREAD, Place, Relayed, Request
from adapters.discord.messages import BRIDGED, emoji_of
from adapters.discord.postings import explained, room_of
from adapters.discord.reader import PAGE
from adapters.discord.settings import DiscordSettings
from adapters.discord.surfaces.outgoing import NOBODY
from adapters.discord.surfaces.rendering import render
from adapters.discord.wire.retry import UNTAKEN, patiently
from adapters.errors import Unwelcome
from adapters.text.markup import ZERO_WIDTH_SPACE

UNKNOWN_WEBHOOK, HAS_THREAD = 10015, 160004  # Discord's codes
LONGEST_NAME, LONGEST_THREAD = 80, 100  # characters
REFUSED = re.compile(r"(discor|clyd)(d|e)", re.IGNORECASE)  # in a webhook's name


@dataclass(frozen=True, slots=True)
class Relays:
    """Speaks for people. `_hooks` are Parley's webhooks by their channel, as far as they were needed."""

    client: discord.Client
    settings: DiscordSettings
    _hooks: dict[int, discord.Webhook] = field(default_factory=dict)

    async def relay(self, relayed: Relayed) -> str:
        """Return the ids of the messages that say it. Raises Unreachable and Unwelcome."""
        with explained(self.client, relayed.place):
            channel = self._channel(relayed.place)
            await self._open_thread(channel, relayed)
            about = relayed.about
            request = Request(UNREAD, about.place, about.author, about)  # whose links are its author's own
            pages = render(relayed.reply, request, self.settings.zone, emoji=emoji_of(channel)).pages
            standing = relayed.post.split()
            if relayed.tried and not standing:
                standing = await self._said(channel, relayed, pages)
            for number, page in enumerate(pages):
                if number < len(standing):
                    await self._rewrite(channel, relayed, int(standing[number]), page)
                else:
                    standing.append(await self._send(channel, relayed, page))
            await self._delete(channel, relayed, standing[len(pages) :])
            return " ".join(standing[: len(pages)])

    async def unrelay(self, relayed: Relayed) -> None:
        """Delete what was said for somebody. Raises Unreachable, Unwelcome and Elsewhere."""
        with explained(self.client, relayed.place):
            channel = self._channel(relayed.place)
            said = relayed.post.split()
            if relayed.tried and not said:  # a try broke off: what is there for no other message is its
                said = [str(each.id) for each in await self._unclaimed(channel, relayed)]
            await self._delete(channel, relayed, said)

    def _channel(self, place: Place) -> discord.TextChannel:
        channel = room_of(self.client, replace(place, thread=None))
        if not isinstance(channel, discord.TextChannel):
            raise Unwelcome("I can't speak for people there.", "Bridge a text channel.")
        return channel

    async def _open_thread(self, channel: discord.TextChannel, relayed: Relayed) -> None:
        """Make sure that the thread is there, which hangs from the message of its id."""
        thread = relayed.place.thread
        if thread is None or channel.get_thread(int(thread)) is not None:
            return
        title = f"{BRIDGED}{relayed.about.author.name}"[:LONGEST_THREAD]
        try:
            await patiently(lambda: channel.get_partial_message(int(thread)).create_thread(name=title), self.settings)
        except discord.HTTPException as error:
            if error.code != HAS_THREAD:
                raise

    async def _hook(self, channel: discord.TextChannel) -> discord.Webhook:
        """Return Parley's webhook of the channel."""
        if channel.id not in self._hooks:
            me = self.client.user
            hooks = await patiently(channel.webhooks, self.settings)
            own = [each for each in hooks if each.token and each.user is not None and me and each.user.id == me.id]
            self._hooks[channel.id] = own[0] if own else await channel.create_webhook(name="Parley")
        return self._hooks[channel.id]

    async def _send(self, channel: discord.TextChannel, relayed: Relayed, page: str) -> str:
        """Return the id of a new message; where somebody took the webhook away, through another one."""
        for last in (False, True):
            hook = await self._hook(channel)
            try:
                execute = partial(self._execute, hook, relayed, page)
                return str((await patiently(execute, self.settings, again=UNTAKEN)).id)
            except discord.NotFound as error:
                if last or error.code != UNKNOWN_WEBHOOK:
                    raise
                del self._hooks[channel.id]
        raise AssertionError

    async def _execute(self, hook: discord.Webhook, relayed: Relayed, page: str) -> discord.WebhookMessage:
        about = relayed.about
        options: dict[str, Any] = {**_in(relayed), **({"avatar_url": about.picture} if about.picture else {})}
        options |= {"username": named(about.author.name), "allowed_mentions": NOBODY, "suppress_embeds": True}
        send: Any = hook.send  # whose overloads know no options in a mapping
        sent: discord.WebhookMessage = await send(page, wait=True, **options)
        return sent

    async def _rewrite(self, channel: discord.TextChannel, relayed: Relayed, message: int, page: str) -> None:
        hook = await self._hook(channel)
        await patiently(
            lambda: hook.edit_message(message, content=page, allowed_mentions=NOBODY, **_in(relayed)), self.settings
        )

    async def _delete(self, channel: discord.TextChannel, relayed: Relayed, messages: Sequence[str]) -> None:
        for id_ in map(int, messages):
            hook = await self._hook(channel)
            with suppress(discord.NotFound):
                await patiently(partial(hook.delete_message, id_, **_in(relayed)), self.settings)

    async def _said(self, channel: discord.TextChannel, relayed: Relayed, pages: Sequence[str]) -> list[str]:
        """Return the ids of what an earlier try has said of these pages, from the first on."""
        mine = await self._unclaimed(channel, relayed)
        found: list[str] = []
        for text in pages:
            fits = (each for each in mine if each.content.strip() == text.strip() and str(each.id) not in found)
            if (message := next(fits, None)) is None:
                break
            found.append(str(message.id))
        return found

    async def _unclaimed(self, channel: discord.TextChannel, relayed: Relayed) -> list[discord.Message]:
        """Return what was said there for people since the first try, and stands for no other message, oldest first."""
        assert relayed.tried
        hook, since, thread = await self._hook(channel), relayed.tried, relayed.place.thread
        room: Any = (channel.get_thread(int(thread)) if thread else None) or channel
        after = discord.Object(discord.utils.time_snowflake(since) - (60_000 << 22))  # Discord's clock may be behind
        mine: list[discord.Message] = []
        while True:
            page = [each async for each in room.history(limit=PAGE, after=after, oldest_first=True)]
            mine += [each for each in page if each.webhook_id == hook.id and str(each.id) not in relayed.others]
            if len(page) < PAGE:
                return mine
            after = discord.Object(page[-1].id)


def _in(relayed: Relayed) -> dict[str, Any]:
    """Return the option that names the thread, nothing outside of one."""
    return {"thread": discord.Object(int(relayed.place.thread))} if relayed.place.thread else {}


def named(name: str) -> str:
    """Return a person's name as a webhook may have it."""
    return REFUSED.sub(rf"\1{ZERO_WIDTH_SPACE}\2", name)[:LONGEST_NAME].strip() or "…"
