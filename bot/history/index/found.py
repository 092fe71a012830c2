"""Finds what may answer a question, by words and by meaning together, and what stands around it."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from sqlite_utils import Database

from adapters.chat import Message
from bot.history.index.nearest import Query, nearest
from bot.history.index.words import holding
from bot.history.rows import MESSAGE, clean, message_from, messages_from, microseconds
from bot.history.selection import OLDEST_FIRST, channel_keys
from bot.history.values import Scope

EACH = 60  # messages by their words, and as many by their meaning
USUAL = 60  # of reciprocal rank fusion (Cormack et al. 2009)
BESIDE = 4  # messages on either side of one that was found; before it, that one is among them
MOST_OF_THREAD = 30

BY_KEYS = f"""SELECT message.key, {MESSAGE} FROM message JOIN channel ON channel.key = message.channel
    WHERE message.key IN (SELECT value FROM json_each(?))"""  # noqa: S608 - made of constants
AROUND = """SELECT key FROM (SELECT key FROM message WHERE channel = ? AND sent_at <= ? AND NOT notice
    ORDER BY sent_at DESC LIMIT ?) UNION ALL SELECT key FROM (SELECT key FROM message WHERE channel = ? AND sent_at > ?
    AND NOT notice ORDER BY sent_at LIMIT ?)"""
# Two searches of an index each: with OR, SQLite would read the whole channel.
THREAD = """SELECT key FROM message WHERE channel = ? AND id = ? AND NOT notice UNION ALL
    SELECT key FROM (SELECT key FROM message WHERE channel = ? AND thread = ? AND NOT notice LIMIT ?)"""


def find(db: Database, scope: Scope, asked: Query) -> list[Message]:
    """Return the messages that fit the question by their words or by their vectors, the best first."""
    by_words, by_meaning = holding(db, scope, asked, EACH), nearest(db, scope, asked, EACH)
    worth: dict[int, float] = defaultdict(float)
    for keys in (by_words, by_meaning):
        for place, key in enumerate(keys):
            worth[key] += 1 / (USUAL + place)
    messages = {row[0]: message_from(row[1:]) for row in db.execute(BY_KEYS, [json.dumps(list(worth))])}
    return [messages[key] for key in sorted(worth, key=lambda key: (-worth[key], key)) if not messages[key].notice]


def around(db: Database, scope: Scope, found: Sequence[Message]) -> list[Message]:
    """Return the messages and what stands around them: those before and after, and their threads, oldest first."""
    keys: set[int] = set()
    for place, said in groupby(sorted(found, key=_identity), lambda each: replace(each.place, thread=None)):
        for channel in channel_keys(db, scope.within(place)):
            for message in said:
                root, time = clean(message.place.thread or message.id), microseconds(message.sent_at)
                keys.update(key for (key,) in db.execute(AROUND, (channel, time, BESIDE, channel, time, BESIDE)))
                keys.update(key for (key,) in db.execute(THREAD, (channel, root, channel, root, MOST_OF_THREAD)))
    rows = db.execute(f"{BY_KEYS} ORDER BY {OLDEST_FIRST}", [json.dumps(list(keys))])
    return messages_from(row[1:] for row in rows)


def _identity(message: Message) -> tuple[str, str, str]:
    return message.place.platform, message.place.workspace, message.place.channel
