"""Finds the messages that hold a question's words, in a time that doesn't grow with how common those are.

The rarest words are looked for, as many as stand in MOST_FOUND messages together, and BM25 ranks what holds them. A
word counts by its first letters, as it does for the ranking (`nlp.text.lexical`).
"""

from sqlite_utils import Database

from bot.history.index.nearest import Query
from bot.history.rows import clean
from bot.history.selection import select_in
from bot.history.values import Scope
from nlp.text.lexical import FUNCTION_WORDS, STEM, likeliest, words

MOST_FOUND = 50_000  # messages that BM25 ranks for one question
MOST_WORDS = 32
COUNT = "SELECT count(*) FROM (SELECT 1 FROM message_fts WHERE message_fts MATCH ? LIMIT ?)"
BEST = """SELECT message.key FROM message_fts CROSS JOIN message ON message.key = message_fts.rowid
    WHERE message_fts MATCH ? AND"""


def holding(db: Database, scope: Scope, asked: Query, limit: int) -> list[int]:
    """Return the keys of the messages that hold words of the question, the best first by BM25."""
    terms = _rarest(db, asked.text)
    if not terms:
        return []
    selection = select_in(db, scope, asked.window, asked.now)
    sql = f"{BEST} {selection.where} ORDER BY message_fts.rank LIMIT ?"
    return [key for (key,) in db.execute(sql, [" OR ".join(terms), *selection.values, limit])]


def _rarest(db: Database, question: str) -> list[str]:
    """Return the question's rarest words in FTS5's language: one at least, and more as long as they find few."""
    counts = {term: _count(db, term) for term in _terms(question)}
    known = sorted((count, term) for term, count in counts.items() if count)
    chosen: list[str] = []
    found = 0
    for count, term in known:
        found += count
        if chosen and found > MOST_FOUND:
            break
        chosen.append(term)
    return chosen


def _terms(question: str) -> list[str]:
    """Return the words that carry meaning, all where none does, each by its beginning."""
    spoken = dict.fromkeys(part for word in words(clean(question)) for part in word.replace("_", " ").split())
    telling = [word for word in spoken if word not in FUNCTION_WORDS[likeliest(question)]]
    return [_term(word) for word in (telling or list(spoken))[:MOST_WORDS]]


def _term(word: str) -> str:
    quoted = word.replace('"', '""')
    return f'"{quoted[:STEM]}"*' if word.isalpha() and len(word) >= STEM else f'"{quoted}"'


def _count(db: Database, term: str) -> int:
    """Return how many messages hold the term, as far as MOST_FOUND and one more."""
    (count,) = db.execute(COUNT, [term, MOST_FOUND + 1]).fetchone()
    return int(count)
