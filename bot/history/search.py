"""Full-text search: any text becomes a query that can't fail, and hits come ranked by BM25.

Words are quoted one by one, so nothing a person types is query syntax, and joined with OR: a question's rare words
decide through their weight. The index folds case and diacritics. It takes a sentence without spaces for one word, so
for Chinese, Japanese or Thai the messages themselves are looked through for the query's pairs of letters.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from sqlite_utils import Database

from adapters.chat import Message
from bot.history.rows import MESSAGE, clean, message_from
from bot.history.selection import NEWEST_FIRST, Selection
from bot.history.values import Hit
from nlp.text.lexical import SIGNED_WORD, fold, pairs, rarity, signed

# Runs of letters and digits as far as ASCII can tell; what is left of other punctuation the tokeniser drops itself.
WORD = re.compile(r"[^\s\x00-\x2f\x3a-\x40\x5b-\x60\x7b-\x7f]+")
PLAIN = re.compile(r"[^\W_]+")
MOST_WORDS = 64

# CROSS JOIN keeps the index in front: SQLite could otherwise ask it once for every message of the window.
FOUND = f"""SELECT {MESSAGE}, -bm25(message_fts) AS score
    FROM message_fts CROSS JOIN message ON message.key = message_fts.rowid JOIN channel ON channel.key = message.channel
    WHERE message_fts MATCH ? AND """  # noqa: S608 - made of constants
HOLDS = "(instr(message.text, ?) > 0)"
AMONG_NEWEST = "AND message.key IN (SELECT message.key FROM message WHERE"


def expression(query: str) -> str:
    """Return `query` in FTS5's language; "" when it holds no word."""
    words = dict.fromkeys(WORD.findall(clean(query).casefold()))
    return " OR ".join(f'"{word}"' for word in list(words)[:MOST_WORDS])


def search(db: Database, query: str, selection: Selection, limit: int) -> list[Hit]:
    """Return the best `limit` messages of the selection for `query`, best first; the newer of equals first."""
    by_words = indexed(db, query, selection, limit)
    by_pairs = looked_through(db, list(dict.fromkeys(pairs(clean(query))))[:MOST_WORDS], selection, limit)
    if not by_pairs:
        return by_words
    scores: dict[Message, float] = {}
    for hit in (*by_words, *by_pairs):
        scores[hit.message] = scores.get(hit.message, 0.0) + hit.score
    both = sorted(scores.items(), key=lambda each: -each[1])
    return [Hit(message, score) for message, score in both[: max(limit, 0)]]


def looked_through(db: Database, joined: Sequence[str], selection: Selection, limit: int) -> list[Hit]:
    """Return the messages of the selection that hold any of the pairs of letters; a rare pair weighs more."""
    if not joined:
        return []
    narrowed, values = _newest(selection)
    which = f"FROM message JOIN channel ON channel.key = message.channel WHERE {selection.where} {narrowed}"
    counted = ", ".join([f"ifnull(sum{HOLDS}, 0)"] * len(joined))
    count = f"SELECT count(*), {counted} {which}"
    total, *holding = db.execute(count, [*joined, *selection.values, *values]).fetchone()
    weights = rarity(joined, dict(zip(joined, holding, strict=True)), total)
    score = " + ".join([f"? * {HOLDS}"] * len(joined))
    best = f"SELECT {MESSAGE}, {score} AS score {which} AND score > 0 ORDER BY score DESC, {NEWEST_FIRST} LIMIT ?"
    weighed = [each for pair in joined for each in (weights[pair], pair)]
    rows = db.execute(best, [*weighed, *selection.values, *values, max(limit, 0)])
    return [Hit(message_from(row[:-1]), row[-1]) for row in rows]


def indexed(db: Database, query: str, selection: Selection, limit: int) -> list[Hit]:
    """Return the messages of the selection that hold any of the query's words, by the index."""
    words = expression(query)
    if not words:
        return []
    narrowed, values = _newest(selection)
    sql = f"{FOUND} {selection.where} {narrowed} ORDER BY score DESC, {NEWEST_FIRST}"
    rows = db.execute(sql, [words, *selection.values, *values])
    asked = _Asked.of(query)
    hits = (Hit(message_from(row[:-1]), row[-1]) for row in rows)
    return list(islice((hit for hit in hits if asked.holds(hit.message.text)), max(limit, 0)))


@dataclass(frozen=True, slots=True)
class _Asked:
    """The words of a query: those that a sign tells apart, which the index takes for others, and the rest."""

    signed: frozenset[str]
    plain: frozenset[str]

    @classmethod
    def of(cls, query: str) -> "_Asked":
        """Return the words of a query or text."""
        return cls(frozenset(signed(query)), frozenset(PLAIN.findall(SIGNED_WORD.sub(" ", fold(query)))))

    def holds(self, text: str) -> bool:
        """Return whether the text that the index found holds one of the words as it is written."""
        query = _Asked.of(text)
        if not self.signed and not query.signed:
            return True
        return not self.signed.isdisjoint(query.signed) or not self._alone().isdisjoint(query.plain)

    def _alone(self) -> frozenset[str]:
        """Return the plain words that aren't part of a signed one, such as node of node.js."""
        return self.plain - {part for word in self.signed for part in PLAIN.findall(word)}


def _newest(selection: Selection) -> tuple[str, tuple[object, ...]]:
    if selection.last < 0:
        return "", ()
    newest = f"{AMONG_NEWEST} {selection.where} ORDER BY {NEWEST_FIRST} LIMIT ?)"
    return newest, (*selection.values, selection.last)
