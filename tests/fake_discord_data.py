"""What Discord sends, as the stand-in makes it: ids, users, channels, messages and interactions as JSON objects."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from planted import OWN

EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
APP = "900000000000000001"  # Parley's application and user
GUILD = "100000000000000001"
GENERAL = "200000000000000001"
ROLE = "400000000000000001"  # the role that Discord makes for a bot
ANA, BEN = "300000000000000001", "300000000000000002"
TOKEN = OWN["discord token"]
ALL_PERMISSIONS = str((1 << 50) - 1)
TALK = str(0b11 << 10 | 1 << 16 | 1 << 15 | 1 << 29 | 1 << 35 | 1 << 38)  # see, send, read, attach, webhooks, threads
MESSAGE_CONTENT = 1 << 15  # the intent, and the application's flags that grant it
CONTENT_FLAGS = 1 << 18 | 1 << 19
START = datetime(2026, 5, 3, 9, 0, tzinfo=UTC)

Json = dict[str, Any]


def snowflake(at: datetime, number: int = 0) -> str:
    return str((int((at - EPOCH).total_seconds() * 1000) << 22) + number)


class Ids:
    """Ids that rise with time: a second and a number apart; `now` is the time of the last one."""

    def __init__(self, start: datetime = START) -> None:
        self._start = self.now = start
        self._numbers = count(1)

    def __call__(self) -> tuple[str, datetime]:
        number = next(self._numbers)
        self.now = self._start + timedelta(seconds=number)
        return snowflake(self.now, number), self.now


def user(identifier: str, name: str, *, bot: bool = False) -> Json:
    return {
        "id": identifier, "username": name, "discriminator": "0", "global_name": name.title(), "avatar": None,
        "bot": bot,
    }  # fmt: skip


PARLEY = user(APP, "parley", bot=True)


def member(who: Json, *roles: str) -> Json:
    return {
        "user": who, "nick": None, "roles": [*roles], "joined_at": START.isoformat(), "deaf": False, "mute": False,
        "flags": 0,
    }  # fmt: skip


def channel(identifier: str, name: str, kind: int = 0, **more: Any) -> Json:
    return {"id": identifier, "type": kind, "name": name, "guild_id": GUILD, "position": 0, "permission_overwrites": [],
            "nsfw": False, "parent_id": None, "topic": None, "last_message_id": None, **more}  # fmt: skip


def thread(identifier: str, name: str, parent: str = GENERAL, kind: int = 11, owner: str = ANA) -> Json:
    return channel(identifier, name, kind, parent_id=parent, owner_id=owner, message_count=0, member_count=1,
                   thread_metadata={"archived": False, "auto_archive_duration": 1440, "locked": False,
                                    "archive_timestamp": START.isoformat()})  # fmt: skip


EVERYONE = {"id": GUILD, "name": "@everyone", "color": 0, "hoist": False, "position": 0, "managed": False,
            "permissions": TALK, "mentionable": False, "flags": 0}  # fmt: skip
BOT = {**EVERYONE, "id": ROLE, "name": "Parley", "permissions": ALL_PERMISSIONS, "managed": True,
       "tags": {"bot_id": APP}, "position": 1}  # fmt: skip
ROLES = (EVERYONE, BOT)
UNSEEN = tuple({**role, "permissions": "0"} for role in ROLES)  # roles that show Parley no channel


def guild(channels: list[Json], threads: list[Json], members: list[Json], roles: Sequence[Json] = ROLES) -> Json:
    return {
        "id": GUILD, "name": "Harbour", "owner_id": ANA, "roles": [*roles], "emojis": [], "stickers": [],
        "features": [], "channels": channels, "threads": threads, "members": members, "member_count": len(members),
        "large": False, "voice_states": [], "presences": [], "stage_instances": [], "guild_scheduled_events": [],
        "soundboard_sounds": [], "verification_level": 0, "default_message_notifications": 0,
        "explicit_content_filter": 0, "mfa_level": 0, "premium_tier": 0, "nsfw_level": 0, "afk_timeout": 300,
        "afk_channel_id": None, "system_channel_id": None, "system_channel_flags": 0, "preferred_locale": "en-US",
        "joined_at": START.isoformat(), "unavailable": False, "icon": None, "splash": None, "banner": None,
        "discovery_splash": None, "description": None, "vanity_url_code": None, "rules_channel_id": None,
        "public_updates_channel_id": None, "application_id": None, "max_members": 100,
        "premium_progress_bar_enabled": False,
    }  # fmt: skip


def message(identifier: str, at: datetime, room: str, author: Json, content: str, **more: Any) -> Json:
    return {
        "id": identifier, "channel_id": room, "author": author, "content": content, "timestamp": at.isoformat(),
        "edited_timestamp": None, "tts": False, "mention_everyone": False, "mentions": [], "mention_roles": [],
        "attachments": [], "embeds": [], "pinned": False, "type": 0, "flags": 0, "components": [], "reactions": [],
        **more,
    }  # fmt: skip


def application(flags: int = 1 << 19) -> Json:
    return {
        "id": APP, "name": "Parley", "description": "", "icon": None, "bot_public": True,
        "bot_require_code_grant": False, "summary": "", "verify_key": "", "flags": flags, "owner": user(ANA, "ana"),
        "team": None, "install_params": None,
        "integration_types_config": {"0": {}, "1": {}},
    }  # fmt: skip


def interaction(identifier: str, kind: int, data: Json, who: Json, room: Json, **more: Any) -> Json:
    made = {
        "id": identifier, "application_id": APP, "type": kind, "token": f"token-{identifier}", "version": 1,
        "data": data, "guild_id": GUILD, "channel_id": room["id"], "channel": room,
        "member": {**member(who), "permissions": ALL_PERMISSIONS},
        "locale": "en-US", "guild_locale": "en-US", "app_permissions": ALL_PERMISSIONS, "entitlements": [],
        "entitlement_sku_ids": [], "authorizing_integration_owners": {"0": GUILD}, "context": 0,
        "attachment_size_limit": 10485760, **more,
    }  # fmt: skip
    if made["guild_id"] is None:  # outside of servers it is a user who asks, and no member
        made["user"] = who
        for key in ("member", "guild_id", "guild_locale"):
            del made[key]
    return made
