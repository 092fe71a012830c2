"""Serves an ask on Slack: its surfaces, its access, and the words of its commands."""

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from adapters.chat import Access, Fetch, Intent, Pending, Place, Reply, Request, Typed
from adapters.platform import service
from adapters.slack.access import SlackAccess
from adapters.slack.asks import Ask
from adapters.slack.commands import in_own_names
from adapters.slack.directory import Directory
from adapters.slack.reader import Reading
from adapters.slack.surfaces.answers import Note, Open, Pane, Surface
from adapters.slack.surfaces.outgoing import Outgoing
from adapters.slack.surfaces.rendering import Rendered, render
from adapters.slack.wire.client import FAILURES, Slack, is_final

NOT_A_MEMBER = Reply("You are not in that channel, so I share nothing there.", personal=True, refusal=True)
MENTIONED = re.compile(r"@([UW][A-Z0-9]+)\b")
MOST_MENTIONED = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(service.Service[Ask, Rendered]):
    """The parts that serve every ask of a workspace. `on_answered` is called for each place with an answer."""

    failures: ClassVar[tuple[type[Exception], ...]] = FAILURES

    slack: Slack
    directory: Directory
    outgoing: Outgoing
    reading: Reading
    on_answered: Callable[[Ask], Coroutine[Any, Any, None]]

    async def met(self, ask: Ask) -> Ask:
        """Return the ask with its asker's name, language and time zone, and the message that it was said in."""
        account = await self.directory.account(ask.asker.id)
        message = await self.directory.message(ask.place.channel, ask.said) if ask.said else None
        replied_to = message.text if message and ask.about else None
        meant = await self._named(ask.meant) if isinstance(ask.meant, Typed) else ask.meant
        return replace(
            ask,
            meant=meant,
            asker=account.person,
            locale=account.locale,
            zone=account.zone,
            message=message,
            replied_to=replied_to,
        )

    async def _named(self, typed: Typed) -> Typed:
        """Return what was typed with the names of people in place of their ids."""
        ids = dict.fromkeys(MENTIONED.findall(typed.words)[:MOST_MENTIONED])
        names = {each: (await self.directory.account(each)).person.name for each in ids}
        return replace(typed, words=MENTIONED.sub(lambda match: "@" + names.get(match[1], match[1]), typed.words))

    async def refused(self, ask: Ask) -> Reply | None:
        """Return why it can't be shared: its asker has left the channel and may still see an old answer of theirs."""
        if not ask.shared or await SlackAccess(self.slack, ask.asker.id).is_member(ask.place):
            return None
        return NOT_A_MEMBER

    def now(self) -> datetime:
        """Return the time on Slack's clock."""
        return self.slack.clock.now()

    def pending(self, ask: Ask) -> Pending:
        """Return what is owed, where the answer goes, by the ask's key in this workspace."""
        where = self.slack.place(ask.target.channel or ask.place.channel, ask.target.thread)
        return Pending(f"slack/{self.slack.team}/{ask.key}", where, ask.asker, self.now())

    def surface(self, ask: Ask) -> Surface:
        """Return a note to one person, a message in the open, or a session of the pane."""
        if not ask.target.public:
            return Note(self.slack, self.outgoing, ask.target, ask.key, ask.locale)
        kind = Pane if ask.target.pane else Open
        return kind(self.slack, self.outgoing, ask.target, ask.key, ask.locale, ask.title)

    def access(self, user: str, ask: Ask | None = None) -> Access:
        """Return what Slack says of that person."""
        del ask
        return SlackAccess(self.slack, user)

    def is_direct(self, place: Place) -> bool:
        """Return whether it is a channel of direct messages."""
        return place.channel.startswith("D")

    def fetch(self, ask: Ask) -> Fetch:
        """Return a reader of the channel."""
        return self.reading.fetch(ask.place)

    def elsewhere(self, place: Place) -> Fetch:
        """Return a reader of another channel."""
        return self.reading.fetch(place)

    def render(self, ask: Ask, request: Request | None, reply: Reply, share: Intent | None) -> Rendered:
        """Return the reply as Slack's messages, with commands called as they are typed here."""
        zone = ask.zone or self.slack.settings.zone
        reply = in_own_names(reply, self.commands)
        return render(reply, request, zone, share, locale=ask.locale, direct=ask.private)

    def is_final(self, error: Exception) -> bool:
        """Return whether nothing can be said there. Raises ServiceStopped for a refused token."""
        return is_final(error)

    async def answered(self, ask: Ask) -> None:
        """Note that somebody got an answer there."""
        await self.on_answered(ask)

    def halt(self, channel: str, thread: str, user: str) -> None:
        """Stop all of this person's work that would be answered in that thread."""
        for running in list(self._running.values()):
            ask = running.ask
            if (
                isinstance(ask, Ask)
                and ask.asker.id == user
                and (ask.target.channel, ask.target.thread) == (channel, thread)
            ):
                running.work.cancel()
