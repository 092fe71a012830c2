"""Keeps better words for translations: a workspace's memory, used word for word, gone with the messages behind it.

A correction is derived from the messages that it translates, so that it goes when one of them is edited or erased, with
its channel and with its time; it goes too when whoever wrote it is forgotten. One of a public channel serves the whole
workspace, one of a private channel that channel alone.
"""

import json
from collections.abc import Iterable, Sequence

from sqlite_utils import Database

from adapters.chat import Place
from bot.history.derived.derivation import fingerprint
from bot.history.rows import clean, id_list
from bot.history.values import Derived

KIND = "correction"
FIND = """SELECT content, value FROM derived JOIN channel ON channel.key = derived.channel
    WHERE derived.kind = 'correction' AND model = ? AND platform = ? AND workspace = ?
    AND (channel.kind = 'public' OR channel.id = ?) AND content IN (SELECT value FROM json_each(?))
    ORDER BY at"""


def made(texts: Iterable[str], target: str, better: str, by: str) -> Derived:
    """Return what is to be kept: that these texts of a post, in that language, read so by whoever says it."""
    return Derived(KIND, content_of("\n".join(texts)), target, json.dumps({"text": better, "by": by}))


def find(db: Database, place: Place, texts: Sequence[str], target: str) -> dict[str, str]:
    """Return the better words for those of the texts that somebody corrected, the newest for each."""
    wanted = {content_of(text): text for text in texts}
    where = map(clean, (target, place.platform, place.workspace, place.channel))
    rows = db.execute(FIND, [*where, id_list(tuple(wanted))]).fetchall()
    return {wanted[content]: json.loads(value)["text"] for content, value in rows}


def content_of(text: str) -> str:
    """Return what a text is found by: its words, whatever their case and the space around them."""
    return fingerprint([" ".join(text.split()).casefold()])
