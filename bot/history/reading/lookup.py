"""Finds messages while somebody types: all of the words, the last by its beginning, the newest first.

The search of the whole history ranks instead (`bot.history.search`); this is for a reader who sees each letter's hits.
"""

from sqlite_utils import Database

from adapters.chat import EVERYTHING, Message
from bot.history.rows import EPOCH, MESSAGE, clean, messages_from
from bot.history.search import MOST_WORDS, WORD, looked_through
from bot.history.selection import select_in
from bot.history.values import Scope
from nlp.text.lexical import pairs

FOUND = f"""SELECT {MESSAGE} FROM message_fts CROSS JOIN message ON message.key = message_fts.rowid
    JOIN channel ON channel.key = message.channel WHERE message_fts MATCH ? AND """  # noqa: S608 - made of constants
NEWEST = " ORDER BY message_fts.rowid DESC LIMIT ?"


def find(db: Database, scope: Scope, typed: str, limit: int) -> list[Message]:
    """Return messages of the scope that hold all that was typed, the newest first; any text may be typed."""
    words = list(dict.fromkeys(WORD.findall(clean(typed).casefold())))[:MOST_WORDS]
    if not words:
        return []
    selection = select_in(db, scope, EVERYTHING, EPOCH)
    last = "*" if not typed[-1:].isspace() else ""
    sought = " AND ".join(f'"{word}"{last if word == words[-1] else ""}' for word in words)
    found = messages_from(db.execute(f"{FOUND}{selection.where}{NEWEST}", [sought, *selection.values, limit]))
    joined = list(dict.fromkeys(pairs(clean(typed))))[:MOST_WORDS]
    if not found and joined:  # a script without spaces
        found = [hit.message for hit in looked_through(db, joined, selection, limit)]
    return sorted(found, key=lambda message: message.sent_at, reverse=True)
