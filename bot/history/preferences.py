"""Keeps what was chosen: by a person the language to translate into, by a workspace its glossary, and Parley itself.

Of a person there are ids and codes, no text and no name. The words are the workspace's; the id of who put them there
goes when that person is forgotten.
"""

from collections.abc import Iterable
from datetime import datetime

from sqlite_utils import Database

from adapters.chat import Place
from bot.glossary import Terms
from bot.history.purge import mark
from bot.history.rows import clean, microseconds

LONGEST = 100  # characters of a word, and of its translation
LANGUAGE = """SELECT language FROM preference WHERE person = ? AND workspace IN ('', ?)
    ORDER BY workspace DESC LIMIT 1"""
SET_LANGUAGE = """INSERT INTO preference (person, workspace, language) VALUES (?, ?, ?)
    ON CONFLICT (person, workspace) DO UPDATE SET language = excluded.language"""
UNSET_LANGUAGE = "DELETE FROM preference WHERE person = ? AND workspace IN ('', ?)"
TERMS = "SELECT target, term, translation FROM term WHERE platform = ? AND workspace = ? ORDER BY target, folded"
PUT_TERM = """INSERT INTO term (platform, workspace, folded, target, term, translation, by, at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (platform, workspace, folded, target) DO UPDATE
    SET term = excluded.term, translation = excluded.translation, by = excluded.by, at = excluded.at"""
INSTALL = "INSERT OR REPLACE INTO installation (platform, workspace, token, at) VALUES (?, ?, ?, ?)"
INSTALLATIONS = "SELECT workspace, token FROM installation WHERE platform = ? ORDER BY workspace"
DROP_TERM = "DELETE FROM term WHERE platform = ?1 AND workspace = ?2 AND folded = ?3 AND ?4 IN ('', target)"


def language(db: Database, person: str, workspace: str = "") -> str:
    """Return the code of the language that the person chose in that workspace or for all, "" for none."""
    row = db.execute(LANGUAGE, [clean(person), clean(workspace)]).fetchone()
    return str(row[0]) if row else ""


def set_language(db: Database, person: str, code: str, workspace: str = "") -> None:
    """Remember the person's language, in that workspace or "" for all; no code forgets it."""
    if code:
        db.execute(SET_LANGUAGE, [clean(person), clean(workspace), clean(code)])
    else:
        db.execute(UNSET_LANGUAGE, [clean(person), clean(workspace)])


def terms(db: Database, place: Place) -> tuple[Terms, ...]:
    """Return the words of the place's workspace, a table for each; what holds for one language comes last."""
    rows = db.execute(TERMS, _workspace(place))
    return tuple(
        Terms(place.workspace, target, translate={word: translation})
        if translation
        else Terms(place.workspace, target, keep=(word,))
        for target, word, translation in rows
    )


def put_terms(db: Database, place: Place, given: Terms, by: str, at: datetime) -> None:
    """Keep these words in the place's workspace; what was known of the same word and language is replaced."""
    for word, translation in (*((word, "") for word in given.keep), *given.translate.items()):
        words = (folded(word), clean(given.target), clean(word), clean(translation))
        db.execute(PUT_TERM, [*_workspace(place), *words, clean(by), microseconds(at)])


def drop_terms(db: Database, place: Place, words: Iterable[str], target: str = "") -> int:
    """Take the words out of the place's workspace, for one language or "" for all; how many entries there were."""
    gone = sum(db.execute(DROP_TERM, [*_workspace(place), folded(word), clean(target)]).rowcount for word in words)
    if gone:
        mark(db)
    return gone


def install(db: Database, place: Place, token: str, at: datetime) -> None:
    """Keep the token with which the place's workspace has installed Parley."""
    db.execute(INSTALL, [*_workspace(place), clean(token), microseconds(at)])


def installations(db: Database, platform: str) -> dict[str, str]:
    """Return the token of each workspace of the platform that has installed Parley."""
    return dict(db.execute(INSTALLATIONS, [platform]).fetchall())


def folded(word: str) -> str:
    """Return what a word is found by, whatever its case."""
    return clean(word).casefold()


def _workspace(place: Place) -> list[str]:
    return [clean(place.platform), clean(place.workspace)]
