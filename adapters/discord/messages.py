"""Turns discord.py's objects into the vocabulary: places, channels, people and messages.

Pure: nothing here calls Discord. A public thread is a thread of its channel; a private one is a channel of its own,
because not everybody who reads the channel may read it.
"""

import re
from collections.abc import Container, Iterable
from dataclasses import replace
from typing import Any

import discord

from adapters.chat import Channel, ChannelKind, Message, Person, Place, Reaction
from adapters.payloads.discord import (
    DIRECT,
    DiscordContent,
    alone_text,
    carried_of,
    permalink,
    plain_text,
    poll_text,
    titled,
)
from adapters.platform.request import spoken
from adapters.text.markup import Names, clean_name, written_in_discord

NAME = "discord"
BRIDGED = "\N{LEFT RIGHT ARROW} "  # begins the title of a thread that Parley opened for people across a bridge
MENTION = re.compile(r"<@[!&]?(\d{1,20})>[,:]?")
POSTED = {
    discord.MessageType.default,
    discord.MessageType.reply,
    discord.MessageType.chat_input_command,
    discord.MessageType.context_menu_command,
}

WORDLESS = {
    discord.MessageType.pins_add,
    discord.MessageType.new_member,
    discord.MessageType.channel_icon_change,
    discord.MessageType.guild_invite_reminder,
    discord.MessageType.stage_speaker,
    discord.MessageType.stage_raise_hand,
}  # system messages whose text names their author at most


def place_of(channel: Any) -> Place:
    """Return the stable key of a channel, thread or direct message; also of one that only its ids are known of."""
    guild = getattr(channel, "guild", None)
    workspace = str(guild.id if guild else getattr(channel, "guild_id", None) or DIRECT)
    if isinstance(channel, discord.Thread) and not channel.is_private():
        return Place(NAME, workspace, str(channel.parent_id), str(channel.id))
    return Place(NAME, workspace, str(channel.id))


def channel_of(channel: Any) -> Channel:
    """Return a channel with its name and kind; for a public thread the channel that it hangs from."""
    room = (channel.parent or channel) if _hangs(channel) else channel
    guild, place = getattr(room, "guild", None), replace(place_of(channel), thread=None)
    name = clean_name(getattr(room, "name", None) or str(getattr(room, "recipient", "") or "")) or place.channel
    return Channel(place, name, _kind(room), clean_name(guild.name) if guild else "")


def _hangs(channel: Any) -> bool:
    return isinstance(channel, discord.Thread) and not channel.is_private()


def _kind(channel: Any) -> ChannelKind:
    if isinstance(channel, discord.GroupChannel):
        return "group"
    if isinstance(channel, discord.abc.GuildChannel):
        seen = channel.permissions_for(channel.guild.default_role).view_channel
        return "public" if seen else "private"
    return "private" if isinstance(channel, discord.Thread) else "direct"


def person_of(user: discord.User | discord.Member) -> Person:
    """Return who that is, under the name that people see there."""
    return Person(str(user.id), clean_name(user.display_name) or str(user.id))


def message_of(message: discord.Message) -> Message:
    """Return the message in the vocabulary."""
    place, title = place_of(message.channel), ""
    if place.thread == str(message.id):  # a forum's post and its thread share an id: it stands in no thread
        place, title = replace(place, thread=None), clean_name(_name(message.channel))
    notice = message.type not in POSTED
    reference, passed_on = message.reference, not notice and passes_on(message)
    return Message(
        id=str(message.id),
        place=place,
        author=person_of(message.author),
        text=notice_text(message) if notice else titled(title, text_of(message)),
        sent_at=message.created_at,
        edited_at=message.edited_at,
        from_bot=message.author.bot,
        notice=notice,
        permalink=permalink(place.workspace, str(message.channel.id), str(message.id)),
        reply_to=str(reference.message_id) if reference and reference.message_id and not _forwarded(message) else None,
        reactions=tuple(Reaction(_emoji(reaction.emoji), reaction.count) for reaction in message.reactions),
        carried=carried_of(str(reference.message_id or "") if reference else "") if passed_on else (),
        alone=titled(title, _alone(message)) if passed_on else "",
        written="" if notice or message.flags.is_crossposted else _marked(message),
        picture=message.author.display_avatar.url,
        files=tuple(clean_name(file.filename) for file in message.attachments),
    )


def _marked(message: discord.Message) -> str:
    """Return what its author wrote, as Markdown, the server's own emoji as they are drawn."""
    return written_in_discord(message.content, replace(names_in(message), emoji_ids=True))


def passes_on(message: discord.Message) -> bool:
    """Return whether the message holds the words of another: a forward, or what a channel follows of another server."""
    return bool(message.message_snapshots) or message.flags.is_crossposted


def _alone(message: discord.Message) -> str:
    own = DiscordContent() if message.flags.is_crossposted else _written(message)
    return alone_text(own, names_in(message), crossposted=message.flags.is_crossposted)


def text_of(message: discord.Message) -> str:
    """Return what the message says, with the names of whom and what it mentions."""
    forwarded = message.message_snapshots[0] if message.message_snapshots else None
    own = _written(message)
    parts = [plain_text(own, _written(forwarded) if forwarded else None, names_in(message)), _poll(message)]
    return "\n".join(filter(None, parts))


def words_in(message: discord.Message) -> str:
    """Return what somebody said in it, to be translated: without names of files and stickers, emoji as they are."""
    own = replace(_written(message), files=(), stickers=())
    own = replace(own, embeds=()) if own.content else own
    forwarded = message.message_snapshots[0] if message.message_snapshots else None
    passed_on = replace(_written(forwarded), files=(), stickers=()) if forwarded else None
    return plain_text(own, passed_on, replace(names_in(message), emoji_ids=True))


def notice_text(message: discord.Message) -> str:
    """Return what Discord says by itself, such as that somebody pinned a message: never a person's words.

    Of other types the name alone. A thread's first message holds the words of the message that it was opened on, a
    renaming holds a title, moderation holds what was withheld: kept here, they would outlive their author's erasure.
    """
    if message.type in WORDLESS:
        return plain_text(DiscordContent(message.system_content or ""), names=names_in(message))
    return f"[{message.type.name.replace('_', ' ')}]"


def names_in(message: discord.Message) -> Names:
    """Return what the ids in a message are called."""
    return Names(
        users={str(user.id): clean_name(user.display_name) for user in message.mentions},
        channels={str(channel.id): clean_name(_name(channel)) for channel in message.channel_mentions},
        groups={str(role.id): clean_name(role.name) for role in message.role_mentions},
    )


def target_of(message: discord.Message) -> discord.Message | None:
    """Return the message that this one replies to, where Discord sent it along."""
    resolved = message.reference.resolved if message.reference else None
    return resolved if isinstance(resolved, discord.Message) else None


def own_ids(client: discord.Client, guild: discord.Guild | None) -> frozenset[int]:
    """Return the ids that mean Parley there: its user, and the role that Discord made for it in the server."""
    role = guild.self_role if guild else None
    return frozenset(each.id for each in (client.user, role) if each is not None)


def is_relayed(client: discord.Client, message: discord.Message) -> bool:
    """Return whether Parley said it for somebody through a webhook: it repeats what stands, and goes, elsewhere."""
    return message.webhook_id is not None and message.application_id == client.application_id


def is_request(message: discord.Message, own: Container[int]) -> bool:
    """Return whether a person says it to Parley, by a mention, as a reply, or in a thread that Parley opened.

    Such a message asks for something and isn't talk among people.
    """
    if message.author.bot or message.is_system():
        return False
    target, thread = target_of(message), message.channel
    mentioned = any(each.id in own for each in (*message.mentions, *message.role_mentions))
    opened = isinstance(thread, discord.Thread) and thread.owner_id in own and not message.mentions
    opened = opened and not _name(thread).startswith(BRIDGED)
    return mentioned or opened or (target is not None and target.author.id in own)


def words_for(message: discord.Message, own: Iterable[int]) -> str:
    """Return what the message says beside Parley's own name; `own` are the ids of its user and its role."""
    ids = {str(each) for each in own}
    content = MENTION.sub(lambda match: " " if match[1] in ids else match[0], message.content)
    return spoken(plain_text(DiscordContent(content), names=replace(names_in(message), emoji_ids=True)))


def _name(channel: Any) -> str:
    return str(getattr(channel, "name", "") or channel.id)


def _forwarded(message: discord.Message) -> bool:
    return bool(message.message_snapshots)


def _written(message: discord.Message | discord.MessageSnapshot) -> DiscordContent:
    return DiscordContent(
        content=message.content,
        embeds=[embed.to_dict() for embed in message.embeds],
        files=[clean_name(file.filename) for file in message.attachments],
        stickers=[clean_name(sticker.name) for sticker in message.stickers],
    )


def _poll(message: discord.Message) -> str:
    if message.poll is None:
        return ""
    answers = (clean_name(answer.text) for answer in message.poll.answers)
    return poll_text(clean_name(str(message.poll.question)), answers)


def _emoji(emoji: discord.Emoji | discord.PartialEmoji | str) -> str:
    return emoji if isinstance(emoji, str) else emoji.name or ""


def emoji_of(channel: object) -> dict[str, str]:
    """Return the own emoji of a channel's server by name, as they are written to be drawn."""
    guild = getattr(channel, "guild", None)
    return {each.name: str(each) for each in guild.emojis if each.available} if guild is not None else {}
