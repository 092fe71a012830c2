"""Keeps what people chose for themselves: the language to translate into. Holds ids and codes, no text or name."""

from sqlite_utils import Database

from bot.history.rows import clean

LANGUAGE = "SELECT language FROM preference WHERE person = ?"
SET_LANGUAGE = """INSERT INTO preference (person, language) VALUES (?, ?)
    ON CONFLICT (person) DO UPDATE SET language = excluded.language"""
UNSET_LANGUAGE = "DELETE FROM preference WHERE person = ?"


def language(db: Database, person: str) -> str:
    """Return the code of the language that the person chose, "" for none."""
    row = db.execute(LANGUAGE, [clean(person)]).fetchone()
    return str(row[0]) if row else ""


def set_language(db: Database, person: str, code: str) -> None:
    """Remember the person's language; "" forgets it."""
    if code:
        db.execute(SET_LANGUAGE, [clean(person), clean(code)])
    else:
        db.execute(UNSET_LANGUAGE, [clean(person)])
