"""Says what a message says on the other side of a bridge: in that side's language, with its files as links.

What the translator isn't sure of stays in the original and is marked, as beside messages of channels that translate
themselves. Knows not where it stands.
"""

from collections.abc import Sequence

from adapters.chat import Message, Reply, Source
from adapters.text.markup import markdown_from_plain
from bot.services import Services
from bot.translations.bursts import is_for_translation, units_of, words_of
from bot.translations.renditions import Line, lines_in, marked
from nlp.errors import CoreError
from nlp.text.names import name_of

FAILED = "I couldn't translate this."


async def saying(message: Message, before: Sequence[Message], language: str, services: Services) -> Reply | None:
    """Return the message in that language, "" for as it was written; None for one that says nothing.

    `before` were said shortly before there; they tell which languages people speak.
    """
    text, notes = words_of(message) if message.written or not message.files else "", []
    if language and text and is_for_translation(message):
        try:
            lines = await lines_in(language, message, units_of([message]), before, services)
        except CoreError:
            lines, notes = [], [FAILED]
        if lines:
            text, notes = "\n".join(map(marked, lines)), _notes(lines)
    parts = [text, *_linked(message)]
    if not any(part.strip() for part in parts):
        return None
    proofs = (Source(message.id, message.author.name, message.sent_at, "", message.permalink),)
    return Reply("\n".join(filter(None, parts)), sources=proofs, notes=tuple(notes), private=False, cited=True)


def _notes(lines: Sequence[Line]) -> list[str]:
    """Return that it is a translation, and what to know of it."""
    spoken = " and ".join(dict.fromkeys(name_of(line.source) for line in lines))
    warnings = dict.fromkeys(warning for line in lines for warning in line.warnings)
    return [f"Translated from {spoken}.", *warnings]


def _linked(message: Message) -> list[str]:
    """Return its files as links to the message, where those see them who may."""
    names = [markdown_from_plain(name).replace("[", "(").replace("]", ")") for name in message.files]
    return [f"📎 [{name}]({message.permalink})" if message.permalink else f"📎 {name}" for name in names]
