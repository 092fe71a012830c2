"""Says messages in other languages, as the post that stands beside them. Knows what is shown, not when or where.

What the translator isn't sure of stays in the original and is marked. Words that somebody corrected are taken as they
were corrected; words of the glossary and names are never translated.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from adapters.chat import Action, Intent, Message, Reply
from bot.conversation.glossary import names_in
from bot.glossary import glossary
from bot.history import preferences
from bot.history.translated import corrections
from bot.services import Services
from bot.translations.bursts import Unit, is_for_translation, units_of
from nlp.errors import UnsupportedPair
from nlp.jobs import Priority
from nlp.text.language_id import detect_all
from nlp.text.names import name_of
from nlp.translation.chat import ChatTranslation, detour, find_route, likely, translate

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
    texts = [unit.text for unit, _ in foreign]
    own = await services.history.read(preferences.terms, about.place)
    words = glossary((*services.terms, *own), about.place.workspace, target, names_in((*before, about)))
    made = await translate(
        services.core,
        texts,
        target,
        languages=[code for _, code in foreign],
        glossary=words,
        priority=Priority.BACKGROUND,
        sure=True,
    )
    return [*_lines(services, foreign, made, better, target)]


def _lines(
    services: Services,
    foreign: Sequence[tuple[Unit, str]],
    made: Sequence[ChatTranslation | UnsupportedPair],
    better: Mapping[str, str],
    target: str,
) -> Iterable[Line]:
    for (unit, code), each in zip(foreign, made, strict=True):
        if unit.text in better:
            yield Line(better[unit.text], code, corrected=True)
        elif isinstance(each, ChatTranslation):
            told_once = detour(find_route(services.core, code, target))  # when the channel was turned on
            warnings = tuple(warning for warning in each.warnings if warning != told_once)
            if each.text.strip() != unit.text.strip() or warnings:
                yield Line(each.text, code, warnings)


async def _languages(
    units: Sequence[Unit], before: Sequence[Message], target: str, services: Services
) -> Sequence[str | None]:
    """Return the language of each unit; what was said before tells it of a fragment."""
    known = [each for each in before if is_for_translation(each)]
    texts = [*(each.text for each in known), *(unit.text for unit in units)]
    speakers = [*(each.author.id for each in known), *(unit.author for unit in units)]
    pairs = services.core.pairs()
    spoken = [language for pair in pairs for language in pair]
    hint = (*likely(services.core, target), *_through_english(services, target)) if target else spoken
    # In doubt nothing is translated unasked.
    found = await asyncio.to_thread(detect_all, texts, speakers, tuple(dict.fromkeys(hint)))
    return found[len(known) :]


def _through_english(services: Services, target: str) -> tuple[str, ...]:
    pairs = services.core.pairs()
    return tuple(sorted({source for source, into in pairs if into == "en" and ("en", target) in pairs}))


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
    shown = {target: "\n".join(_marked(line) for line in lines) for target, lines in sections.items()}
    text = "\n\n".join(f"**{name_of(target)}**\n{words}" if several else words for target, words in shown.items())
    lines = [line for some in sections.values() for line in some]
    sources = " and ".join(dict.fromkeys(name_of(line.source) for line in lines))
    into = " and ".join(map(name_of, sections))
    notes = [f"{messages[0].author.name}, {sources} → {into}"]
    notes += ["Corrected by a reader."] if any(line.corrected for line in lines) else []
    warnings = dict.fromkeys(warning for line in lines for warning in line.warnings)
    return Reply(text, notes=(*notes, *warnings), actions=(in_own_language(messages[0]),), private=False)


def _marked(line: Line) -> str:
    """Return the line with a mark where something in it is unsure."""
    return f"{line.text} {UNSURE}" if line.warnings else line.text
