"""Says messages in other languages, as the post that stands beside them. Knows what is shown, not when or where.

What the translator isn't sure of stays in the original and is marked. Words that somebody corrected are taken as they
were corrected; words of the glossary and names are never translated.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from adapters.chat import Action, Intent, Message, Reply
from bot.conversation.glossary import names_in, words_for
from bot.history.translated import corrections
from bot.services import Services
from bot.translations.bursts import Unit, is_for_translation, units_of
from bot.translations.languages import ways
from nlp.errors import UnsupportedPair
from nlp.jobs import Priority
from nlp.text.language_id import detect_all
from nlp.text.names import name_of
from nlp.translation.chat import ChatTranslation, detour, find_route, translate

IN_MINE = "In my language"
UNSURE = "(?)"


@dataclass(frozen=True, slots=True)
class Line:
    """A text in one target language, or as it was where nobody can say it safely; `warnings` say why."""

    text: str
    source: str
    warnings: tuple[str, ...] = ()
    corrected: bool = False


async def rendition(
    messages: Sequence[Message], before: Sequence[Message], targets: Sequence[str], services: Services
) -> Reply | None:
    """Return what stands beside these messages of one person, None where they need nothing.

    `before` were said shortly before there; they tell which languages people speak. Without targets it is a button with
    which each reader asks for their own language.
    """
    units = await asyncio.to_thread(units_of, [each for each in messages if is_for_translation(each)])
    if not units:
        return None
    if not targets:
        return await _for_readers(messages, units, before, services)
    sections: dict[str, list[Line]] = {}
    for target in targets:
        if lines := await lines_in(target, messages[0], units, before, services):
            sections[target] = lines
    return _reply(messages, sections, several=len(targets) > 1) if sections else None


async def lines_in(
    target: str, about: Message, units: Sequence[Unit], before: Sequence[Message], services: Services
) -> list[Line]:
    """Return the units that aren't in the target language in it; those that no model can read are left out."""
    languages = await _languages(units, before, target, services)
    foreign = [(unit, code) for unit, code in zip(units, languages, strict=True) if code and code != target]
    if not foreign:
        return []
    better = await services.history.read(corrections.find, about.place, [unit.text for unit, _ in foreign], target)
    unknown = [(unit.text, code) for unit, code in foreign if unit.text not in better]
    found = await translate(
        services.core,
        [text for text, _ in unknown],
        target,
        languages=[code for _, code in unknown],
        glossary=await words_for(about.place, services, target, names_in((*before, about))),
        priority=Priority.BACKGROUND,
        sure=True,
    )
    made = iter(found)
    lines = [
        Line(better[unit.text], code, corrected=True)
        if unit.text in better
        else _line(services, unit.text, code, next(made), target)
        for unit, code in foreign
    ]
    return [line for line in lines if line is not None]


def _line(
    services: Services, text: str, code: str, made: ChatTranslation | UnsupportedPair, target: str
) -> Line | None:
    """Return what the models made of a text, None where that says nothing else."""
    if isinstance(made, UnsupportedPair):
        return None
    told_once = detour(find_route(services.core, code, target))  # when the channel was turned on
    warnings = tuple(warning for warning in made.warnings if warning != told_once)
    return Line(made.text, code, warnings) if made.text.strip() != text.strip() or warnings else None


async def _languages(
    units: Sequence[Unit], before: Sequence[Message], target: str, services: Services
) -> Sequence[str | None]:
    """Return the language of each unit; what was said before tells it of a fragment."""
    known = [each for each in before if is_for_translation(each)]
    texts = [*(each.text for each in known), *(unit.text for unit in units)]
    speakers = [*(each.author.id for each in known), *(unit.author for unit in units)]
    pairs = services.core.pairs()
    direct, around = ways(services.core, target) if target else ((), ())
    hint = (*direct, target, *around) if target else tuple(language for pair in pairs for language in pair)
    # In doubt nothing is translated unasked.
    found = await asyncio.to_thread(detect_all, texts, speakers, tuple(dict.fromkeys(hint)))
    return found[len(known) :]


async def _for_readers(
    messages: Sequence[Message], units: Sequence[Unit], before: Sequence[Message], services: Services
) -> Reply | None:
    """Return the button with which each reader asks for their own language, None where nobody knows the language."""
    languages = [code for code in await _languages(units, before, "", services) if code]
    if not languages:
        return None
    spoken = ", ".join(dict.fromkeys(map(name_of, languages)))
    return Reply(f"In {spoken}.", actions=(in_own_language(messages[0]),), private=False)


def in_own_language(message: Message) -> Action:
    """Return the button that says a message in the language of whoever presses it, to them alone."""
    return Action(IN_MINE, Intent("translate", options={"of": message.id}))


def _reply(messages: Sequence[Message], sections: Mapping[str, Sequence[Line]], *, several: bool) -> Reply:
    """Return the lines under their language, with who spoke and what to know of it below."""
    shown = {target: "\n".join(marked(line) for line in lines) for target, lines in sections.items()}
    text = "\n\n".join(f"**{name_of(target)}**\n{words}" if several else words for target, words in shown.items())
    lines = [line for some in sections.values() for line in some]
    sources = " and ".join(dict.fromkeys(name_of(line.source) for line in lines))
    into = " and ".join(map(name_of, sections))
    notes = [f"{messages[0].author.name}, {sources} → {into}"]
    notes += ["Corrected by a reader."] if any(line.corrected for line in lines) else []
    warnings = dict.fromkeys(warning for line in lines for warning in line.warnings)
    return Reply(text, notes=(*notes, *warnings), actions=(in_own_language(messages[0]),), private=False)


def marked(line: Line) -> str:
    """Return the line with a mark where something in it is unsure."""
    return f"{line.text} {UNSURE}" if line.warnings else line.text
