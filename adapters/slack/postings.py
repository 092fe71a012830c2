"""Posts what Parley says on Slack unasked, and keeps it beside messages. A second try posts only what is missing."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from slack_sdk.errors import SlackApiError

from adapters.chat import UNREAD, Access, Companion, Fetch, Message, Place, Posting, Relayed, Request, Window
from adapters.errors import Elsewhere, Unreachable, Unwelcome
from adapters.slack.access import SlackAccess
from adapters.slack.reader import HIDDEN, Reading
from adapters.slack.surfaces.outgoing import NOT_THERE, Outgoing, key_of, metadata_of
from adapters.slack.surfaces.rendering import render
from adapters.slack.wire.client import FAILURES, Slack, reason
from adapters.text.coerce import mappings, string

NOBODY = {"user_not_found", "user_not_visible", "user_disabled", "cannot_dm_bot", "account_inactive"}
UNNAMED = {"missing_scope"}  # where Parley may use nobody's name, say
CHANGED = {"message_not_found", "cant_update_message", "cant_delete_message", "thread_not_found", "edit_window_closed"}
LONGEST_NAME = 80  # characters


@dataclass(frozen=True, slots=True)
class Postings:
    """Says things in one workspace."""

    slack: Slack
    outgoing: Outgoing
    reading: Reading

    async def post(self, posting: Posting) -> None:
        """Say what doesn't stand there yet. Raises Unreachable and Unwelcome."""
        with self._explained(posting.place):
            channel = await self.outgoing.direct(posting.person) if posting.person else posting.place.channel
            await self._post(replace(posting, place=replace(posting.place, channel=channel)))

    def access_for(self, person: str, place: Place) -> Access:
        """Return what Slack says of that person here. Raises Elsewhere."""
        if place.workspace != self.slack.team:
            raise Elsewhere("I am not in that workspace.")
        return SlackAccess(self.slack, person)

    async def _post(self, posting: Posting) -> None:
        texts = await self._said(posting) if posting.tried else set()
        rendered = render(posting.reply, None, self.slack.settings.zone)
        channel, thread = posting.place.channel, posting.place.thread
        for number, page in enumerate(rendered.pages):
            if (key := f"{posting.key}/{number}") not in texts:
                await self.outgoing.post(page, channel, thread, metadata=metadata_of(key))
        for file in rendered.files:
            if not {file.name, key := f"{posting.key}/{file.name}"} & texts:
                await self.outgoing.upload([file], channel, thread, metadata=metadata_of(key))

    async def accompany(self, companion: Companion) -> str:
        """Return the timestamps of the companion's messages in the thread of the message that it stands beside.

        Raises Unreachable, and Unwelcome also where the message or the companion is gone.
        """
        with self._explained(companion.about.place):
            return await self._accompany(companion)

    async def _accompany(self, companion: Companion) -> str:
        about, standing = companion.about, companion.post.split()
        channel, thread = about.place.channel, about.place.thread or about.id
        request = Request(UNREAD, about.place, about.author, about)  # whose links are its author's own
        pages = render(companion.reply, request, self.slack.settings.zone).pages
        for number, page in enumerate(pages):
            key = f"{companion.key}/{number}"
            if number < len(standing):
                await self.outgoing.update(page, channel, standing[number])
            elif not companion.tried or (found := await self._stands(channel, thread, key)) is None:
                standing.append(await self.outgoing.post(page, channel, thread, metadata=metadata_of(key)))
            else:
                await self.outgoing.update(page, channel, found)
                standing.append(found)
        for ts in standing[len(pages) :]:
            await self._delete(channel, ts)
        return " ".join(standing[: len(pages)])

    async def withdraw(self, companion: Companion) -> None:
        """Delete what stands beside a message, if anything does. Raises Unreachable, Unwelcome and Elsewhere."""
        about = companion.about
        channel, thread = about.place.channel, about.place.thread or about.id
        with self._explained(about.place):
            found = None if companion.post else await self._stands(channel, thread, f"{companion.key}/0")
            for ts in companion.post.split() or filter(None, (found,)):
                await self._delete(channel, ts)

    async def relay(self, relayed: Relayed) -> str:
        """Return the timestamps of the messages that say it here, under its author's name and with their picture.

        Raises Unreachable, and Unwelcome also where Slack lets Parley use nobody's name.
        """
        with self._explained(relayed.place):
            return await self._relay(relayed)

    async def _relay(self, relayed: Relayed) -> str:
        about, place, standing = relayed.about, relayed.place, relayed.post.split()
        request = Request(UNREAD, about.place, about.author, about)  # whose links are its author's own
        pages = render(relayed.reply, request, self.slack.settings.zone).pages
        said = await self._parts(relayed) if relayed.tried and len(standing) < len(pages) else {}
        as_author = {"username": about.author.name[:LONGEST_NAME], "icon_url": about.picture or None}
        for number, page in enumerate(pages):
            key = f"{relayed.key}/{number}"
            if number >= len(standing) and key not in said:
                body = {"metadata": metadata_of(key), **as_author}
                standing.append(await self.outgoing.post(page, place.channel, place.thread, **body))
                continue
            if number >= len(standing):
                standing.append(said[key])
            await self.outgoing.update(page, place.channel, standing[number])
        for ts in standing[len(pages) :]:
            await self._delete(place.channel, ts)
        return " ".join(standing[: len(pages)])

    async def unrelay(self, relayed: Relayed) -> None:
        """Delete what was said for somebody here. Raises Unreachable, Unwelcome and Elsewhere."""
        with self._explained(relayed.place):
            said = relayed.post.split() or (await self._parts(relayed) if relayed.tried else {}).values()
            for ts in said:
                await self._delete(relayed.place.channel, ts)

    async def _parts(self, relayed: Relayed) -> dict[str, str]:
        """Return the timestamps of what an earlier try has said, by their keys."""
        assert relayed.tried
        channel, thread = relayed.place.channel, relayed.place.thread
        since = f"{relayed.tried.timestamp() - 60:.6f}"  # Slack's clock may be behind
        if thread:
            said = [each async for each in self.reading.replies(channel, thread, since, metadata=True)]
        else:
            pages = self.reading.pages(channel, since, "", metadata=True)
            said = [each async for page in pages for each in page]
        own = [each for each in said if self.slack.me == each.get("user")]
        return {key: string(each.get("ts")) for each in own if (key := key_of(each)).startswith(f"{relayed.key}/")}

    def reader_of(self, place: Place) -> Fetch:
        """Return a reader of a channel of this workspace."""

        async def read(window: Window) -> AsyncIterator[Message]:
            with self._explained(place):
                async for message in self.reading.fetch(place)(window):
                    yield message

        return read

    async def _stands(self, channel: str, thread: str, key: str) -> str | None:
        return await self.outgoing.find(channel, thread, lambda message: key_of(message) == key)

    async def _delete(self, channel: str, ts: str) -> None:
        try:
            await self.outgoing.in_turn(channel, lambda: self.slack.client.chat_delete(channel=channel, ts=ts))
        except SlackApiError as error:
            if reason(error) != "message_not_found":
                raise

    @contextmanager
    def _explained(self, place: Place) -> Iterator[None]:
        """Say what Slack refuses in words of the edge. Raises Elsewhere, Unwelcome and Unreachable."""
        if place.workspace != self.slack.team:
            raise Elsewhere("I am not in that workspace.")
        try:
            yield
        except SlackApiError as error:
            if reason(error) in NOT_THERE | HIDDEN | NOBODY | CHANGED | UNNAMED:
                raise Unwelcome("I may not write there.", "Invite me to the channel.") from None
            raise Unreachable(f"Slack said {reason(error)}.") from None
        except FAILURES as error:
            raise Unreachable(f"Slack didn't answer: {type(error).__name__}.") from None

    async def _said(self, posting: Posting) -> set[str]:
        """Return keys of what Parley has said there since the first try, and names of files that it has put there."""
        assert posting.tried
        texts: set[str] = set()
        since = f"{posting.tried.timestamp() - 60:.6f}"  # Slack's clock may be behind
        async for page in self.reading.pages(posting.place.channel, since, "", metadata=True):
            for message in page:
                if self.slack.me == message.get("user") or self.slack.bot == message.get("bot_id"):
                    texts |= {key_of(message), *(string(file.get("name")) for file in mappings(message.get("files")))}
        return texts
