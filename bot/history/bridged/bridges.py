"""Keeps which two channels are bridged: asked for in one of them with a code, confirmed in the other with it.

A channel is in one bridge at most, so that no chain of bridges makes a loop. Codes are kept as hashes. Knows nothing
of what is carried.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlite_utils import Database

from adapters.chat import ChannelKind, Place
from bot.history.ingestion import channel_key, known_channel
from bot.history.rows import Row, clean, microseconds, moment

VALID = timedelta(hours=1)  # in which a code may be used
ASK = "INSERT INTO bridge (channel, language, by, by_name, kind, code, at) VALUES (?, ?, ?, ?, ?, ?, ?)"
CODE = "SELECT key, channel, kind FROM bridge WHERE code = ? AND code <> '' AND at >= ?"
CONFIRM = """UPDATE bridge SET other = ?, other_language = ?, other_by = ?, other_by_name = ?, code = '', at = ?,
    tell = channel WHERE key = ?"""
FREE = "DELETE FROM bridge WHERE (channel = ?1 OR other = ?1) AND (ended OR other IS NULL) AND key <> ?2"
NAME_KIND = "UPDATE channel SET kind = ? WHERE key = ?"
READ = """SELECT bridge.key, bridge.kind, at, ended, tell,
    one.platform, one.workspace, one.id, one.name, one.kind, language, by, by_name, one.key,
    two.platform, two.workspace, two.id, two.name, two.kind, other_language, other_by, other_by_name, two.key
    FROM bridge JOIN channel AS one ON one.key = bridge.channel JOIN channel AS two ON two.key = bridge.other"""
END = """UPDATE bridge SET ended = 1, tell = iif(channel = ?1, other, channel)
    WHERE NOT ended AND other IS NOT NULL AND ?1 IN (channel, other)"""
LEFT_OUT = """SELECT EXISTS (SELECT 1 FROM unbridged WHERE person = ?1 AND workspace IN ('', ?2))
    OR EXISTS (SELECT 1 FROM forgotten WHERE author = ?1 AND workspace IN ('', ?2) AND until IS NULL)"""
Refused = Literal["unknown", "same", "taken", "kind"]


@dataclass(frozen=True, slots=True)
class BridgeSide:
    """One of the two channels: what is carried into it is put into `language`, "" for as it was written."""

    place: Place
    name: str
    kind: ChannelKind
    language: str
    by: str
    by_name: str


@dataclass(frozen=True, slots=True)
class Bridge:
    """Two channels of one `kind` and since when they are bridged; `tell` is the side that doesn't know of it yet."""

    key: int
    kind: ChannelKind
    since: datetime
    ended: bool
    tell: Place | None
    sides: tuple[BridgeSide, BridgeSide]

    @property
    def open(self) -> bool:
        """Return whether anything is carried: both sides are still what they were when they were bridged."""
        return not self.ended and all(side.kind == self.kind for side in self.sides)

    def own(self, place: Place) -> BridgeSide:
        """Return the side of the place's channel."""
        one, two = self.sides
        return one if _same(one.place, place) else two

    def other(self, place: Place) -> BridgeSide:
        """Return the side across from the place's channel."""
        one, two = self.sides
        return two if _same(one.place, place) else one


def ask(db: Database, side: BridgeSide, code: str, now: datetime) -> bool:
    """Keep that the side asks for a bridge, to be confirmed with the code; False where it is in one."""
    if of(db, side.place) is not None:
        return False
    channel = _known_as(db, side.place, side.kind)
    db.execute(FREE, [channel, 0])
    who = clean(side.by), clean(side.by_name)
    db.execute(ASK, [channel, clean(side.language), *who, side.kind, fingerprint(code), microseconds(now)])
    return True


def confirm(db: Database, side: BridgeSide, code: str, now: datetime) -> Bridge | Refused:
    """Join the side to the one that asked with this code, or return why not. A code is good once."""
    row = db.execute(CODE, [fingerprint(code), microseconds(now - VALID)]).fetchone()
    if row is None:
        return "unknown"
    key, asked, kind = row
    channel = _known_as(db, side.place, side.kind)
    if channel == asked:
        return "same"
    if of(db, side.place) is not None:
        return "taken"
    if kind != side.kind:
        return "kind"
    db.execute(FREE, [channel, key])
    who = clean(side.by), clean(side.by_name)
    db.execute(CONFIRM, [channel, clean(side.language), *who, microseconds(now), key])
    bridge = of(db, side.place)
    assert bridge is not None
    return bridge


def of(db: Database, place: Place) -> Bridge | None:
    """Return the bridge that the place's channel is in."""
    where = f"{READ} WHERE NOT ended AND ? IN (bridge.channel, bridge.other)"
    row = db.execute(where, [known_channel(db, place)]).fetchone()
    return _bridge(row) if row else None


def end(db: Database, place: Place) -> bool:
    """End the bridge that the place's channel is in; return whether it was in one."""
    return db.execute(END, [known_channel(db, place)]).rowcount > 0


def untold(db: Database) -> list[Bridge]:
    """Return the bridges of which one side doesn't know yet that they began or ended."""
    return [_bridge(row) for row in db.execute(f"{READ} WHERE tell IS NOT NULL ORDER BY bridge.key")]


def told(db: Database, bridge: Bridge) -> None:
    """Note that both sides know how it stands; one that has ended is forgotten."""
    at = [bridge.key, microseconds(bridge.since), bridge.ended]
    db.execute("DELETE FROM bridge WHERE key = ? AND at = ? AND ended = ? AND ended", at)
    db.execute("UPDATE bridge SET tell = NULL WHERE key = ? AND at = ? AND ended = ?", at)


def leave_out(db: Database, person: str, workspace: str = "", *, left: bool) -> None:
    """Carry none of the person's messages from that workspace, or carry them again. What was carried is taken back."""
    row = [clean(person), clean(workspace)]
    if not left:
        db.execute("DELETE FROM unbridged WHERE person = ? AND workspace = ?", row)
        return
    db.execute("INSERT OR IGNORE INTO unbridged (person, workspace) VALUES (?, ?)", row)
    db.execute(
        """UPDATE relayed SET gone = 1 WHERE author = ?1
        AND channel IN (SELECT key FROM channel WHERE ?2 IN ('', workspace))""",
        row,
    )


def is_left_out(db: Database, person: str, workspace: str = "") -> bool:
    """Return whether the person's messages aren't carried: they said so, or they are left out of everything."""
    return bool(db.execute(LEFT_OUT, [clean(person), clean(workspace)]).fetchone()[0])


def fingerprint(code: str) -> str:
    """Return what a code is kept as."""
    return hashlib.sha256(code.encode()).hexdigest()


def _known_as(db: Database, place: Place, kind: ChannelKind) -> int:
    """Return the channel's key, with what it is by its platform's word just now."""
    channel = channel_key(db, place)
    db.execute(NAME_KIND, [kind, channel])
    return channel


def _same(one: Place, two: Place) -> bool:
    return (one.platform, one.workspace, one.channel) == (two.platform, two.workspace, two.channel)


def _bridge(row: Row) -> Bridge:
    key, kind, at, ended, tell, *sides = row
    one, two = sides[:9], sides[9:]
    places = {each[-1]: Place(*each[:3]) for each in (one, two)}
    pair = tuple(BridgeSide(places[each[-1]], *each[3:8]) for each in (one, two))
    return Bridge(key, kind, moment(at), bool(ended), places.get(tell), pair)  # type: ignore[arg-type]
