"""Posts what Parley says on Slack unasked. Each part has a key, so that a second try posts only what is missing."""

from dataclasses import dataclass, replace

from slack_sdk.errors import SlackApiError

from adapters.chat import Access, Place, Posting
from adapters.errors import Elsewhere, Unreachable, Unwelcome
from adapters.slack.access import SlackAccess
from adapters.slack.reader import HIDDEN, Reading
from adapters.slack.surfaces.outgoing import NOT_THERE, Outgoing, key_of, metadata_of
from adapters.slack.surfaces.rendering import render
from adapters.slack.wire.client import FAILURES, Slack, reason
from adapters.text.coerce import mappings, string

NOBODY = {"user_not_found", "user_not_visible", "user_disabled", "cannot_dm_bot", "account_inactive"}


@dataclass(frozen=True, slots=True)
class Postings:
    """Says things in one workspace."""

    slack: Slack
    outgoing: Outgoing
    reading: Reading

    async def post(self, posting: Posting) -> None:
        """Say what doesn't stand there yet. Raises Unreachable and Unwelcome."""
        if posting.place.workspace != self.slack.team:
            raise Elsewhere("I am not in that workspace.")
        try:
            channel = await self.outgoing.direct(posting.person) if posting.person else posting.place.channel
            await self._post(replace(posting, place=replace(posting.place, channel=channel)))
        except SlackApiError as error:
            if reason(error) in NOT_THERE | HIDDEN | NOBODY:
                raise Unwelcome("I may not write there.", "Invite me to the channel.") from None
            raise Unreachable(f"Slack said {reason(error)}.") from None
        except FAILURES as error:
            raise Unreachable(f"Slack didn't answer: {type(error).__name__}.") from None

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
