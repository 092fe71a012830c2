"""Looks up who and what the ids of a workspace are: people, channels, and the names that texts mention.

Asked of Slack once and remembered while the adapter runs; `forget` makes it ask again. What may be read by whom is
never remembered here (see access).
"""

import asyncio
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from slack_sdk.errors import SlackApiError

from adapters.chat import Channel, ChannelKind, Message, Person
from adapters.payloads.slack import Scene, person_name, read_message
from adapters.slack.wire.client import Slack, refusal
from adapters.text.coerce import mapping, mappings, string
from adapters.text.coerce import name as as_name
from adapters.text.markup import Names, written_in_slack

USER = re.compile(r"<@([UW][A-Z0-9]+)")
SOON = 1.0  # seconds; what opens a form is good for three
MOST_REMEMBERED = 50_000
MOST_MENTIONED = 50  # people of one message whose names are looked up
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class SlackAccount:
    """A person or bot of the workspace. `locale` is a BCP 47 tag; it and `picture` are "" where Slack doesn't tell."""

    person: Person
    locale: str = ""
    zone: ZoneInfo | None = None
    is_bot: bool = False
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Directory:
    """The workspace's address book."""

    slack: Slack
    _accounts: dict[str, SlackAccount] = field(default_factory=dict)
    _channels: dict[str, Channel] = field(default_factory=dict)
    _asking: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def account(self, user: str) -> SlackAccount:
        """Return who that is; just the id where Slack won't say."""
        if user not in self._accounts:
            async with self._asking.setdefault(user, asyncio.Lock()):  # a crowd asks once
                if user not in self._accounts:
                    _room(self._accounts)[user] = await self._ask_account(user)
            self._asking.pop(user, None)
        return self._accounts[user]

    async def locale(self, user: str) -> str:
        """Return the person's language for words that can't wait for it; "" where Slack doesn't say at once."""
        try:
            async with asyncio.timeout(SOON):
                return (await self.account(user)).locale
        except TimeoutError:
            return ""

    async def _ask_account(self, user: str) -> SlackAccount:
        try:
            answer: Any = await self.slack.client.users_info(user=user, include_locale=True)
        except SlackApiError as error:
            if stopped := refusal(error, "bot token"):
                raise stopped from None
            return SlackAccount(Person(user, user))
        return account_of(user, mapping(answer.get("user")))

    async def channel(self, channel: str) -> Channel:
        """Return the channel; only its id where Slack won't say."""
        if channel not in self._channels:
            try:
                answer: Any = await self.slack.client.conversations_info(channel=channel)
            except SlackApiError as error:
                if stopped := refusal(error, "bot token"):
                    raise stopped from None
                return Channel(self.slack.place(channel), channel, _kind_of_id(channel), self.slack.team_name)
            _room(self._channels)[channel] = self.channel_of(mapping(answer.get("channel")), channel)
        return self._channels[channel]

    def channel_of(self, item: Mapping[str, Any], channel: str = "") -> Channel:
        """Return a channel from Slack's description of it."""
        key = string(item.get("id")) or channel
        return Channel(self.slack.place(key), as_name(item.get("name")) or key, kind_of(item), self.slack.team_name)

    def forget(self, key: str) -> None:
        """Ask again about this user or channel the next time."""
        self._accounts.pop(key, None)
        self._channels.pop(key, None)

    async def scene(self, channel: str, items: Iterable[Mapping[str, Any]]) -> Scene:
        """Return where these raw messages stand, with the names of their authors and of whom they mention."""
        users = {user for item in items for user in _users(item)}
        accounts = {user: await self.account(user) for user in sorted(users)}
        names = Names(users={user: account.person.name for user, account in accounts.items()})
        bots = frozenset(user for user, account in accounts.items() if account.is_bot)
        return Scene(self.slack.place(channel), names, bots)

    async def message(self, channel: str, item: Mapping[str, Any]) -> Message | None:
        """Return a raw message or message event as a Message, or None for what isn't one."""
        scene = await self.scene(channel, (item, mapping(item.get("message"))))
        message = read_message(item, scene)
        if not isinstance(message, Message):
            return None
        said = mapping(item.get("message")) or item
        return replace(
            message,
            written=written_in_slack(string(said.get("text")), scene.names),
            picture=(await self.account(message.author.id)).picture if string(said.get("user")) else "",
            files=tuple(as_name(file.get("name")) or "file" for file in mappings(said.get("files"))),
        )


def account_of(user: str, item: Mapping[str, Any]) -> SlackAccount:
    """Return an account from Slack's description of it."""
    return SlackAccount(
        person=Person(user, person_name(item) or user),
        locale=string(item.get("locale")),
        zone=_zone(string(item.get("tz"))),
        is_bot=item.get("is_bot") is True,
        picture=string(mapping(item.get("profile")).get("image_72")),
    )


def _zone(key: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(key) if key else None
    except (ValueError, OSError):
        return None


def _room(table: dict[str, Value]) -> dict[str, Value]:
    """Return the table, emptied when it has grown too large: everything in it can be asked again."""
    if len(table) >= MOST_REMEMBERED:
        table.clear()
    return table


def _users(item: Mapping[str, Any]) -> Iterable[str]:
    author = string(item.get("user"))
    mentioned = USER.findall(string(item.get("text")))[:MOST_MENTIONED]
    return (author, *mentioned) if author else mentioned


def kind_of(item: Mapping[str, Any]) -> ChannelKind:
    """Return what a channel is, from Slack's description of it."""
    if item.get("is_im"):
        return "direct"
    if item.get("is_mpim"):
        return "group"
    return "private" if item.get("is_private") or item.get("is_group") else "public"


def _kind_of_id(channel: str) -> ChannelKind:
    kinds: dict[str, ChannelKind] = {"D": "direct", "G": "private"}
    return kinds.get(channel[:1], "private")
