"""Builds the sample workspace: transcripts in, a Slack export out, the same bytes from the same sources.

The archive isn't compressed, since different versions of zlib compress the same bytes differently.
"""

import io
import json
import zipfile
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.sample.cast import CastChannel, CastMember, Workspace, load, transcript
from bot.sample.messages import write
from bot.sample.transcript import parse

Json = dict[str, Any]
FOUNDED = 1704700800  # 8 January 2024, when the workspace and its channels were made
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time a zip can hold, for every entry


def build() -> bytes:
    """Return the export as the bytes of a zip file."""
    workspace = load()
    entries: dict[str, list[Json]] = {
        "users.json": [_user(workspace, person) for person in workspace.people.values()],
        "channels.json": [_channel(workspace, room) for room in workspace.rooms.values()],
        "integration_logs.json": [_integration(workspace)],
    }
    for room in workspace.rooms.values():
        entries |= _days(room, write(workspace, room, parse(transcript(room))))
    return _zip(entries)


def save(to: Path) -> int:
    """Write the export to `to`; how many bytes it has."""
    return to.write_bytes(build())


def _days(room: CastChannel, messages: list[Json]) -> dict[str, list[Json]]:
    days = defaultdict(list)
    for message in messages:
        day = datetime.fromtimestamp(float(message["ts"]), UTC).date()
        days[f"{room.key}/{day.isoformat()}.json"].append(message)
    return dict(days)


def _user(workspace: Workspace, person: CastMember) -> Json:
    first, _, last = person.real_name.partition(" ")
    profile = {"real_name": person.real_name, "display_name": person.shown_as, "title": person.title}
    profile |= {"first_name": first, "last_name": last, "team": workspace.team}
    body = {"id": person.id, "team_id": workspace.team, "name": person.key, "deleted": False}
    body |= {"real_name": person.real_name, "tz": person.tz, "profile": profile}
    return body | {"is_admin": person.key == "maud", "is_bot": False, "is_app_user": False, "updated": FOUNDED}


def _channel(workspace: Workspace, room: CastChannel) -> Json:
    creator = workspace.people["maud"].id
    body: Json = {"id": room.id, "name": room.key, "created": FOUNDED, "creator": creator}
    body |= {"is_archived": False, "is_general": room.key == "general"}
    body["members"] = [workspace.people[key].id for key in room.members]
    for field, value in (("topic", room.topic), ("purpose", room.purpose)):
        body[field] = {"value": value, "creator": creator, "last_set": FOUNDED}
    return body


def _integration(workspace: Workspace) -> Json:
    bot, owner = workspace.bots["capstan"], workspace.people["hanne"]
    body = {"user_id": owner.id, "user_name": owner.key, "date": str(FOUNDED), "change_type": "added"}
    return body | {"service_id": bot.id, "service_type": bot.real_name, "channel": workspace.rooms["dev"].id}


def _zip(entries: dict[str, list[Json]]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, rows in entries.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3  # Unix, whatever the machine
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
    return buffer.getvalue()
