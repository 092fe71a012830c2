"""Turns a transcript into the JSON messages of a Slack export.

A message's ts is its minute and its turn within that minute, so an edit of one text moves no other message's id.
"""

import mimetypes
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import Any

from bot.sample.cast import CastChannel, CastMember, Workspace
from bot.sample.markup import mrkdwn, rich_text, split
from bot.sample.transcript import Upload, Utterance

Json = dict[str, Any]
TYPING_SECONDS = 13  # between two messages of one minute


@dataclass(frozen=True, slots=True)
class Scribe:
    """Writes the messages of one channel; `stamps` are their ts, in the transcript's order."""

    workspace: Workspace
    room: CastChannel
    spoken: list[Utterance]
    stamps: list[str]

    def write(self) -> list[Json]:
        """Return all messages, as Slack's JSON, sorted by ts."""
        written = [self._message(index) for index in range(len(self.spoken))]
        return sorted(written, key=lambda message: float(message["ts"]))

    def _message(self, index: int) -> Json:
        said, ts = self.spoken[index], self.stamps[index]
        if said.joins:
            return self._joined(said, ts)
        body = {"type": "message", **self._voice(said, ts), "ts": ts}
        if said.edited_at is not None:
            edited_ts = f"{said.edited_at.timestamp():.0f}.000000"
            body["edited"] = {"user": self._user(said.author), "ts": edited_ts}
        if said.file is not None:
            body |= {"files": [self._file(said.file, said, ts)], "upload": True, "display_as_bot": False}
        return body | self._thread(index) | self._reactions(said)

    def _joined(self, said: Utterance, ts: str) -> Json:
        user = self._user(said.author)
        body = {"type": "message", "subtype": "channel_join", "user": user}
        body |= {"text": f"<@{user}> has joined the channel", "ts": ts}
        return body | ({"inviter": self._user(said.inviter)} if said.inviter else {})

    def _voice(self, said: Utterance, ts: str) -> Json:
        pieces = list(split(said.text, self.workspace.user_ids, self.workspace.room_ids))
        if bot := self.workspace.bots.get(said.author):
            return {"subtype": "bot_message", "text": mrkdwn(pieces), "username": bot.real_name, "bot_id": bot.id}
        person = self.workspace.people[said.author]
        message_id = uuid.uuid5(uuid.NAMESPACE_URL, f"https://{self.workspace.domain}/{self.room.id}/{ts}")
        body: Json = {"client_msg_id": str(message_id), "text": mrkdwn(pieces), "user": person.id}
        body["team"] = self.workspace.team
        if person.client == "app":
            body |= {"user_profile": self._profile(person), "blocks": [rich_text(pieces, message_id.hex[:5])]}
        return body

    def _profile(self, person: CastMember) -> Json:
        names = {"real_name": person.real_name, "display_name": person.shown_as, "name": person.key}
        return {**names, "team": self.workspace.team, "is_restricted": False, "is_ultra_restricted": False}

    def _file(self, file: Upload, said: Utterance, ts: str) -> Json:
        name = uuid.uuid5(uuid.NAMESPACE_URL, f"{self.room.id}/{file.name}").hex[:9].upper()
        kind = file.name.rpartition(".")[2]
        address = f"https://{self.workspace.domain}/files/F{name}/{file.name}"
        body = {"id": f"F{name}", "created": int(float(ts)), "name": file.name, "title": file.title}
        body |= {"mimetype": mimetypes.guess_type(file.name)[0] or "application/octet-stream", "filetype": kind}
        body |= {"user": self._user(said.author), "size": file.size, "mode": "hosted", "is_external": False}
        return body | {"url_private": address, "permalink": address}

    def _thread(self, index: int) -> Json:
        root = self.spoken[index].root
        if root is not None:
            return {"thread_ts": self.stamps[root], "parent_user_id": self._user(self.spoken[root].author)}
        replies = [place for place, pairs in enumerate(self.spoken) if pairs.root == index]
        if not replies:
            return {}
        users = [self._user(self.spoken[place].author) for place in replies]
        seen = list(dict.fromkeys(users))
        body = {"thread_ts": self.stamps[index], "reply_count": len(replies), "reply_users_count": len(seen)}
        body |= {"latest_reply": self.stamps[replies[-1]], "reply_users": seen, "is_locked": False, "subscribed": False}
        pairs = zip(users, replies, strict=True)
        return body | {"replies": [{"user": user, "ts": self.stamps[place]} for user, place in pairs]}

    def _reactions(self, said: Utterance) -> Json:
        given = [
            {
                "name": reaction.emoji,
                "users": [self._user(key) for key in reaction.people],
                "count": len(reaction.people),
            }
            for reaction in said.reactions
        ]
        return {"reactions": given} if given else {}

    def _user(self, key: str) -> str:
        return self.workspace.bots[key].id if key in self.workspace.bots else self.workspace.people[key].id


def write(workspace: Workspace, room: CastChannel, spoken: list[Utterance]) -> list[Json]:
    """Return a channel's messages as Slack's JSON, sorted by ts.

    Raises KeyError for an author who isn't in the cast.
    """
    return Scribe(workspace, room, spoken, stamps(spoken)).write()


def stamps(spoken: list[Utterance]) -> list[str]:
    """Return the ts of every message: seconds since 1970, and a number that makes it unique in its channel."""
    turns: Counter[int] = Counter()
    written = []
    for message in spoken:
        minute = int(message.said_at.timestamp())
        turn = turns[minute]
        turns[minute] += 1
        second = minute // 60 * 17 % 31 + turn * TYPING_SECONDS  # nobody writes on the stroke of the minute
        written.append(f"{minute + second}.{turn + 1:04d}00")
    return written
