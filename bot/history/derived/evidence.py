"""Proof that a text is gone from the history's own files: its rows, its index, its log, its free pages.

First the file is put in order: the index is rewritten, the log emptied, every page written anew. Then the bytes on the
disk are read. Copies that somebody made elsewhere are out of reach, and the finding says so.
"""

import json
import mmap
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlite_utils import Database

from adapters.text.counts import counted
from bot.history.database import SIDES, connect
from bot.history.failures import explained
from bot.history.index import blocks
from bot.history.purge import purge
from bot.history.search import WORD
from nlp.text.segments import ANY_END

LONG_SENTENCE = 20  # characters of a sentence that nobody says by chance
LONG = 6  # letters of a word that is looked for by itself; FTS5 stores words without the start they share with others
TEXTS = """SELECT tables.name, columns.name FROM sqlite_master tables JOIN pragma_table_info(tables.name) columns
    WHERE tables.type = 'table' AND columns.type = 'TEXT'"""
CHECK_INDEX = "INSERT INTO message_fts (message_fts, rank) VALUES ('integrity-check', 1)"
CHUNK = 1 << 22  # bytes that are folded at once
FEWEST = 6  # letters and digits of a text that is also looked for folded; fewer are found everywhere
MARKS = re.compile(r"[\W_]+")
COMPARED = (
    "The search compares the text as it is written, and also without case, spaces, punctuation, accents and widths."
)
BEYOND = "Backups and copies of these files elsewhere are out of reach: erase the text there too, or let them expire."


@dataclass(frozen=True, slots=True)
class KeptEvidence:
    """Holds where a text still stands: rows per table, bytes per file, and neighbouring files that look like copies.

    `files` are those that were read. Words of the text that other messages use too prove nothing and are left out.
    """

    rows: dict[str, int]
    files: tuple[str, ...]
    bytes_in: dict[str, int]
    copies: tuple[str, ...]

    @property
    def gone(self) -> bool:
        """Return whether nothing of it is left in the history's own files."""
        return not self.rows and not self.bytes_in

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads; never the text itself."""
        fields = {"rows": self.rows, "bytes": self.bytes_in, "copies": list(self.copies), "compared": COMPARED}
        return {"gone": self.gone, "files": list(self.files), **fields, "beyond": BEYOND}

    def sentences(self) -> list[str]:
        """Return it as a person reads it."""
        held = [(f"row of {table}", f"rows of {table}", count) for table, count in self.rows.items()]
        held += [(f"place in {name}", f"places in {name}", count) for name, count in self.bytes_in.items()]
        lines = [f"{counted(count, f'{one} holds', f'{many} hold')} it." for one, many, count in held]
        head = f"No trace of it is left in {', '.join(self.files)}: rows, index, log and free pages."
        lines = lines or [head]
        lines += [f"{copy} lies beside the history, looks like a copy and holds it." for copy in self.copies]
        return [*lines, COMPARED, BEYOND]


def verify(path: Path, text: str) -> KeptEvidence:
    """Look for `text` in the history at `path`. Raises HistoryUnavailable where another process holds it."""
    named, path = path, path.resolve()  # SQLite keeps its side files beside the real file
    db = connect(path)
    try:
        purge(db)
        with explained():
            db.execute(CHECK_INDEX)  # the index holds exactly the words of the rows
            rows, needles = _rows(db, text), _needles(db, text)
            if count := blocks.wrong(db.conn):
                rows["vector_block"] = count  # made of what isn't there
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        db.close()
    own = [path, *(each for side in SIDES if (each := path.with_name(path.name + side)).exists())]
    wanted = folded(text)
    counts = {file.name: count for file in own if (count := _count(file, needles) or _count_folded(file, wanted))}
    copies = [each for each in _beside(named, path) if _count(each, needles) or _count_folded(each, wanted)]
    names = (each.name if each.parent == path.parent else str(each) for each in copies)
    return KeptEvidence(rows, tuple(file.name for file in own), counts, tuple(names))


def folded(text: str) -> str:
    """Return only the letters and digits of the text, without case, accents and width, or "" for too few."""
    kept = MARKS.sub("", _bare(text))
    return kept if len(kept) >= FEWEST else ""


def _beside(named: Path, real: Path) -> list[Path]:
    """Return the files that look like copies: beside the real file, and beside the link by which it was named."""
    own = {real, *(real.with_name(real.name + side) for side in SIDES)}
    stems = {(real.parent, real.stem), (named.absolute().parent, named.stem)}
    files = {file for folder, stem in stems for file in folder.glob(f"{stem}*") if file.is_file()}
    return sorted(file for file in files if file.resolve() not in own)


def _count_folded(file: Path, wanted: str) -> int:
    """Return how often the folded text stands in the file, read a part at a time; what isn't text is passed over."""
    if not wanted:
        return 0
    count, rest = 0, ""
    with file.open("rb") as stream:
        while part := stream.read(CHUNK):
            text = rest + MARKS.sub("", _bare(part.decode("utf-8", "ignore")))
            count += text.count(wanted)
            rest = text[-(len(wanted) - 1) :]
    return count


def _bare(text: str) -> str:
    if text.isascii():
        return text.casefold()
    plain = unicodedata.normalize("NFKD", text)
    return "".join(each for each in plain if not unicodedata.combining(each)).casefold()


def _columns(db: Database) -> list[tuple[str, str]]:
    return [(table, column) for table, column in db.execute(TEXTS).fetchall() if not table.startswith("message_fts")]


def _forms(text: str) -> tuple[str, ...]:
    """Return the text as it stands in a row, and as it stands in the JSON of what was made from messages."""
    return tuple(dict.fromkeys([text, *(json.dumps(text, ensure_ascii=escaped)[1:-1] for escaped in (False, True))]))


def _rows(db: Database, text: str) -> dict[str, int]:
    """Return how many rows hold the text.

    Rows made from messages also count where they hold a sentence of its own.
    """
    counts: dict[str, int] = {}
    bare = folded(text)
    whole, parts = _forms(text), [form for part in _own_sentences(db, text) for form in _forms(part)]
    for table, column in _columns(db):
        wanted = whole if table == "message" else (*whole, *parts)
        values = db.execute(f'SELECT "{column}" FROM "{table}"')  # noqa: S608 - names from the schema
        count = sum(_holds(value, wanted) or _holds_folded(value, bare) for (value,) in values)
        if count:
            counts[table] = counts.get(table, 0) + count
    return counts


def _holds(value: str | None, wanted: Iterable[str]) -> bool:
    return value is not None and any(each in value for each in wanted)


def _holds_folded(value: str | None, bare: str) -> bool:
    return bool(bare) and value is not None and bare in MARKS.sub("", _bare(value))


def _own_sentences(db: Database, text: str) -> list[str]:
    """Return the sentences of the text that stand in no message that is left."""
    parts = (part.strip() for part in ANY_END.split(text))
    query = "SELECT 1 FROM message WHERE instr(text, ?) LIMIT 1"
    return [part for part in parts if len(part) >= LONG_SENTENCE and not db.execute(query, [part]).fetchone()]


def _needles(db: Database, text: str) -> set[bytes]:
    """Return what to look for in the bytes: the text in its forms, and the ends of its words that nobody else uses."""
    ends = {word.casefold()[2:] for word in WORD.findall(text) if len(word) >= LONG}
    own = {end for end in ends if not any(_used(db, end, *each) for each in _columns(db))}
    forms = (form.encode() for form in _forms(text))
    return {*forms, text.encode("utf-16-le"), *(end.encode() for end in own)}


def _used(db: Database, end: str, table: str, column: str) -> bool:
    sql = f'SELECT 1 FROM "{table}" WHERE instr(lower("{column}"), ?) LIMIT 1'  # noqa: S608 - names from the schema
    return db.execute(sql, [end]).fetchone() is not None


def _count(file: Path, needles: set[bytes]) -> int:
    """Return how often any of the needles stands in the file, read without loading it whole."""
    if not file.stat().st_size:
        return 0
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return sum(_occurrences(content, needle) for needle in needles)


def _occurrences(content: mmap.mmap, needle: bytes) -> int:
    count, at = 0, content.find(needle)
    while at >= 0:
        count, at = count + 1, content.find(needle, at + 1)
    return count
