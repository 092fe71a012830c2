"""Shows and changes how Parley behaves: the language it translates into for a person, and what holds in a channel.

That is whether a thread with Parley goes on without a mention, whether what apps write is read, and how long messages
are kept. Everyone there may know,
whoever administers the channel decides. Asks no model.
"""

import re
from dataclasses import dataclass
from typing import Any

from adapters import realm
from adapters.chat import Action, Command, Entrances, Intent, Reply, Request
from adapters.text.counts import counted
from bot.conversation.permissions import channel, is_admin, may_read
from bot.errors import NotAllowed, UsageError
from bot.history import History, consent, preferences
from bot.services import Services
from bot.translations.languages import unknown_language
from nlp.text.names import NAMES, code_of, name_of
from nlp.translation.chat import targets

COMMAND = Command(
    "settings",
    "Show how I behave, or change it.",
    argument="language German, follow on, days 30 …",
    limited=False,
    entrances=Entrances(section="Language and settings", of_channel="also"),
)
WORDS = re.compile(
    r"\s*(?:follow\s+(?P<follow>on|off)|apps\s+(?P<apps>on|off)|days\s+(?P<days>[1-9]\d{0,3}|default)|language\s+(?P<language>[\w-]+))?\s*",
    re.IGNORECASE,
)
PROFILE = ("auto", "default", "profile")  # go by what the platform says
MOST_LANGUAGES = 4


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """The settings of a channel, and whether the asker may change them."""

    follow: bool
    days: int
    may_change: bool
    apps: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """The asker's language, "" where nobody knows it, and whether they chose it; the channel that it was asked in.

    `languages` are those that can be translated into.
    """

    language: str
    chosen: bool
    languages: tuple[str, ...] = ()
    room: ChannelSettings | None = None

    def reply(self) -> Reply:
        """Return one line a setting, with how to change it."""
        lines = [self._own(), *(self._channel(self.room) if self.room else ())]
        actions = (*self._choices(), *(self._turns(self.room) if self.room else ()))
        return Reply("\n".join(f"- {line}" for line in lines), actions=actions, personal=True)

    def _own(self) -> str:
        if not self.language:
            return "I don't know your language. Choose with `/settings language German` what I translate into for you."
        name = name_of(self.language)
        if self.chosen:
            return f"I translate into **{name}** for you, as you chose. `/settings language auto` goes by your profile."
        return f"I translate into **{name}** for you, as your profile says. Change it with `/settings language German`."

    def _channel(self, room: ChannelSettings) -> tuple[str, ...]:
        goes = "goes on without a mention" if room.follow else "needs a mention for every question"
        turn = "off" if room.follow else "on"
        apps = "read like anybody's" if room.apps else "left out of answers and summaries"
        other = "off" if room.apps else "on"
        return (
            f"A thread with me {goes} in this channel. Change it with `/settings follow {turn}`.",
            f"What apps write in this channel is {apps}. Change it with `/settings apps {other}`.",
            f"Where I keep this channel, I do so for {counted(room.days, 'day')}. Change it with `/settings days 30`.",
        )

    def _choices(self) -> list[Action]:
        others = [code for code in self.languages if code != self.language][:MOST_LANGUAGES]
        actions = [Action(name_of(code), Intent("settings", f"language {code}")) for code in others]
        return [*actions, Action("As my profile says", Intent("settings", "language auto"))] if self.chosen else actions

    def _turns(self, room: ChannelSettings) -> tuple[Action, ...]:
        label, word = ("Ask for mentions", "off") if room.follow else ("Follow threads", "on")
        return (Action(label, Intent("settings", f"follow {word}")),) if room.may_change else ()

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        if self.room is None:
            return {"language": self.language}
        room = self.room
        return {"language": self.language, "follow": room.follow, "apps": room.apps, "days": room.days}


async def run(request: Request, services: Services) -> Settings:
    """Show or change. Raises UsageError, and NotAllowed for who doesn't administer the channel."""
    match = WORDS.fullmatch(request.intent.argument)
    if match is None:
        raise UsageError(
            "I didn't understand that.",
            "Say `/settings language German`, `/settings follow on`, `/settings apps on`, `/settings days 30` or"
            " `/settings`.",
        )
    readable = bool(request.place.channel) and await may_read(request, channel(request.place))
    admin = bool(request.place.channel) and await is_admin(request, services.admins)
    if (match["follow"] or match["apps"] or match["days"]) and not admin:
        raise NotAllowed("Only an administrator of this channel can change that.", "Ask one of them to do it.")
    code = wanted(match["language"]) if match["language"] else None
    person, where = request.asker.id, realm(request.place)

    def change(store: History) -> tuple[str, ChannelSettings | None]:
        if code is not None:
            store.write(preferences.set_language, person, code, where)
        room = _room(store, request, services.days, match, may_change=admin) if readable or admin else None
        return store.read(preferences.language, person, where), room

    chosen, room = await services.history.run(change)
    language = code_of(request.locale) if request.locale else None
    return Settings(chosen or language or "", bool(chosen), targets(services.core), room)


def wanted(word: str) -> str:
    """Return the code of the language that the word means, "" for that of the profile. Raises UsageError."""
    if word.lower() in PROFILE:
        return ""
    code = code_of(word)
    if code not in NAMES:
        raise unknown_language(word)
    return code


def _room(
    store: History, request: Request, usual: int, found: re.Match[str], *, may_change: bool
) -> ChannelSettings | None:
    """Return what holds in the channel, after what is to be changed there."""
    place = channel(request.place)
    if not place.channel:
        return None
    if found["follow"]:
        store.write(consent.set_follow, place, follow=found["follow"].lower() == "on")
    if found["apps"]:
        store.write(consent.set_apps, place, apps=found["apps"].lower() == "on")
    if found["days"]:
        store.write(consent.set_days, place, int(found["days"]) if found["days"].isdigit() else None)
    own = store.read(consent.consent, place).days
    return ChannelSettings(
        store.read(consent.standing, place).follow,
        usual if own is None else own,
        may_change,
        store.read(consent.hears_apps, place),
    )
