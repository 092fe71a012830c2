"""Reads tables of translations, and translates their texts as people's are."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from adapters.files import open_text
from bot.errors import UsageError
from nlp.core import Core
from nlp.errors import UnsupportedPair
from nlp.jobs import Priority
from nlp.translation.chat import ChatTranslation, translate


def read_table(data: Path) -> list[Mapping[str, str | None]]:
    """Return the rows of a TSV or CSV file under its header. Raises UsageError for a file that isn't one in UTF-8."""
    try:
        with open_text(data, "utf-8-sig") as stream:
            if data.suffix == ".tsv":
                return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
            return list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{data} can't be read ({type(error).__name__}).", "It has to be a table in UTF-8.") from error


async def translated(core: Core, texts: Sequence[str], source: str, target: str) -> list[ChatTranslation]:
    """Return the texts in the other language, in their order. Raises UnsupportedPair."""
    made = await translate(core, texts, target, languages=[source] * len(texts), priority=Priority.BULK)
    if isinstance(made[0], UnsupportedPair):
        raise made[0]
    return [each for each in made if isinstance(each, ChatTranslation)]
