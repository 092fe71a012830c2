"""Turns on and off that a channel translates itself, and says how it stands; takes better words for a translation.

Whoever administers the channel decides, where everyone reads it; each person decides about their own messages. Asks no
model: the translations are made by `bot/translations/interpreter.py`.
"""

from dataclasses import dataclass
from typing import Any, Literal

from adapters import realm
from adapters.chat import Command, Reply, Request
from adapters.text.markup import markdown_from_plain
from bot.conversation.permissions import channel, check_admin, is_between_few, is_here, may_read, unheard
from bot.errors import UsageError
from bot.history.translated import companions
from bot.history.translated.companions import Setting
from bot.services import Services
from bot.translations.corrections import keep_better
from bot.translations.languages import unknown_language, ways
from bot.understanding.interpreting import TranslationWish, read
from nlp.core import Core
from nlp.errors import UnsupportedPair
from nlp.text.names import name_of

COMMAND = Command(
    "interpret",
    "Say into which languages this channel is translated; administrators turn that on or off.",
    argument="on German, off, mine off …",
    limited=False,
)
USAGE = (
    "Say `/translate on German`, `/translate on to en, pt`, `/translate on for readers`, `/translate off`, or"
    " `/translate mine off` for your own messages."
)
MOST = 4  # languages of a channel
OWN = "`/translate mine off` leaves your own messages out. An administrator can end it with `/translate off`."
Change = Literal["", "on", "off", "spare", "unspare", "better"]


@dataclass(frozen=True, slots=True)
class Interpreting:
    """Holds how a channel translates itself, what was changed just now and by whom.

    `languages` are those from which each target is reached: directly, and through English alone.
    """

    setting: Setting | None
    languages: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = ()
    change: Change = ""
    by: str = ""
    spared: bool = False
    better: str = ""

    def reply(self) -> Reply:
        """Return the change for everyone in the channel, or what concerns the asker for them alone."""
        by = markdown_from_plain(self.by)
        if self.change == "on":
            return Reply(self._turned_on(by), notes=(*self._pairs(), OWN), private=False)
        if self.change == "off":
            return Reply(f"**I no longer translate this channel**, because {by} turned it off.", private=False)
        if self.change == "spare":
            return Reply(
                "I no longer translate what you write.", notes=("`/translate mine on` ends that.",), personal=True
            )
        if self.change == "unspare":
            return Reply("I translate what you write again, in channels that translate themselves.", personal=True)
        if self.change == "better":
            text = f"Thank you. That translation into {name_of(self.better)} reads so now, and the same text will, too."
            return Reply(text, notes=("It is kept as long as the message that it translates.",))
        return Reply(self._state(), notes=(*self._pairs(), OWN if self.setting else USAGE))

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        setting = self.setting
        return {
            "on": setting is not None,
            "targets": list(setting.targets) if setting else [],
            "readers": bool(setting and setting.readers),
            "since": setting.since.isoformat() if setting else None,
            "spared": self.spared,
            "change": self.change,
        }

    def _turned_on(self, by: str) -> str:
        if self.setting and self.setting.readers:
            return (
                f"**From now on each of you can read this channel in your own language**, because {by} turned it on: a"
                " button stands beside what is said, and what it shows you alone see."
            )
        return (
            f"**From now on I translate this channel into {self._names()}**, because {by} turned it on."
            " What is said in another language gets its translation beside it, which follows edits and goes with"
            " the message."
        )

    def _state(self) -> str:
        left = " What you write is left out, as you asked." if self.spared else ""
        if self.setting is None:
            return f"This channel isn't translated.{left}"
        if self.setting.readers:
            return f"Each reader of this channel can have it in their own language.{left}"
        return f"I translate this channel into {self._names()}.{left}"

    def _names(self) -> str:
        assert self.setting
        return " and ".join(map(name_of, self.setting.targets))

    def _pairs(self) -> list[str]:
        """Return a line for each target: from which languages I can translate, and which take a detour."""
        lines = []
        for target, direct, around in self.languages:
            line = f"Into {name_of(target)} from {', '.join(map(name_of, direct)) or 'no language directly'}"
            detour = (
                f"; through English from {', '.join(map(name_of, around))}, which costs some quality" if around else ""
            )
            lines.append(f"{line}{detour}. Messages in other languages stay without a translation.")
        return lines


async def run(request: Request, services: Services) -> Interpreting:
    """Show or change. Raises UsageError, UnsupportedPair, and NotAllowed for who doesn't administer the channel."""
    wish, place = read(request.intent.argument), channel(request.place)
    if wish is None:
        raise UsageError("I didn't understand that.", USAGE)
    if not place.channel:
        raise UsageError("This isn't a channel.", "Ask in the channel that you mean.")
    if wish.kind in {"on", "off"}:
        return await _decided(wish, request, services)
    if wish.kind == "better":
        return await _corrected(wish, request, services)
    person, where = request.asker.id, realm(place)
    if wish.kind in {"spare", "unspare"}:
        await services.history.write(companions.spare, person, where, spared=wish.kind == "spare")
    setting = await services.history.read(companions.setting, place) if await may_read(request, place) else None
    spared = await services.history.read(companions.is_spared, person, where)
    change: Change = wish.kind if wish.kind in {"spare", "unspare"} else ""
    return Interpreting(setting, _languages(services.core, setting), change, request.asker.name, spared)


async def _decided(wish: TranslationWish, request: Request, services: Services) -> Interpreting:
    """Turn it on or off, for who administers the channel."""
    await check_admin(request, services.admins)
    place, by = channel(request.place), request.asker
    if wish.kind == "off":
        if not await services.history.write(companions.drop, place):
            raise UsageError("This channel isn't translated.", "`/translate on German` turns it on.")
        return Interpreting(None, change="off", by=by.name)
    if not await is_here(request):
        raise UsageError("I am not in this channel, so I hear nothing of it.", "Add me first, then turn it on.")
    if reasons := await unheard(request):
        raise UsageError(*reasons)
    if await is_between_few(request):
        raise UsageError(
            "I translate channels by myself, not what a few people say to each other.", "Ask for it there."
        )
    _check(wish, services.core)
    setting = Setting(wish.targets, wish.readers, by.id, services.now())
    await services.history.write(companions.put, place, setting)
    return Interpreting(setting, _languages(services.core, setting), "on", by.name)


def _check(wish: TranslationWish, core: Core) -> None:
    """Raise UsageError for languages that can't be read, and UnsupportedPair for one that no model writes."""
    if wish.unknown:
        raise unknown_language(wish.unknown)
    if not wish.targets and not wish.readers:
        raise UsageError("Into which language?", USAGE)
    if len(wish.targets) > MOST:
        raise UsageError(f"A channel is translated into {MOST} languages at most.", "Choose the most spoken ones.")
    for target in wish.targets:
        if not any(ways(core, target)):
            raise UnsupportedPair(
                "translate",
                f"No model here translates into {name_of(target)}.",
                f"Whoever runs Parley can add it: `parley models pull firefox:{target}`.",
            )


async def _corrected(wish: TranslationWish, request: Request, services: Services) -> Interpreting:
    """Take better words for the translation that the message replies to, else for the last one in its thread."""
    place, replied = channel(request.place), request.message.reply_to if request.message else None
    anchor = await services.history.read(companions.anchor_of, place, replied) if replied else ""
    anchor = anchor or await services.history.read(companions.last_in, request.place)
    if not anchor or not await may_read(request, place):
        raise UsageError("I see no translation of mine there.", "Reply to the translation: `better: …`.")
    kept = await services.history.read(companions.read, place, anchor)
    target = await keep_better(services, request.fetch, kept, wish.text, request.asker.id)
    return Interpreting(None, change="better", by=request.asker.name, better=target)


def _languages(core: Core, setting: Setting | None) -> tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]:
    return tuple((target, *ways(core, target)) for target in (setting.targets if setting else ()))
