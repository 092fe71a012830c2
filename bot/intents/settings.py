"""How Parley behaves in a channel: whether a thread with it goes on without a mention, and how long messages are kept.

Everyone there may know, whoever administers the channel decides. Asks no model.
"""

import re
from dataclasses import dataclass
from typing import Any

from adapters.chat import Command, Reply, Request
from bot.errors import NotAllowed, UsageError
from bot.history import History
from bot.intents import Services
from bot.permissions import channel, is_admin

COMMAND = Command("settings", "Show how I behave in this channel, or change it.", argument="follow on, days 30 …")
WORDS = re.compile(r"\s*(?:follow\s+(on|off)|days\s+([1-9]\d{0,3}|default))?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds in a channel."""

    follow: bool
    days: int

    def reply(self) -> Reply:
        """One line a setting, with how to change it."""
        goes = "goes on without a mention" if self.follow else "needs a mention for every question"
        turn = "off" if self.follow else "on"
        return Reply(
            f"- A thread with me {goes}. Change it with `/settings follow {turn}`.\n"
            f"- Where I keep this channel, I do so for {self.days} days. Change it with `/settings days 30`."
        )

    def document(self) -> dict[str, Any]:
        """As a program reads it."""
        return {"follow": self.follow, "days": self.days}


async def run(request: Request, services: Services) -> Settings:
    """Show or change. Raises UsageError, and NotAllowed for who doesn't administer the channel."""
    found = WORDS.fullmatch(request.intent.argument)
    if found is None:
        raise UsageError("I didn't understand that.", "Say `/settings follow on`, `/settings days 30` or `/settings`.")
    follow, days = found[1], found[2]
    if (follow or days) and not await is_admin(request, services.admins):
        raise NotAllowed("Only an administrator of this channel can change that.", "Ask one of them to do it.")
    place = channel(request.place)

    def change(store: History) -> Settings:
        if follow:
            store.set_follow(place, follow=follow.lower() == "on")
        if days:
            store.set_days(place, int(days) if days.isdigit() else None)
        own = store.consent(place).days
        return Settings(store.standing(place).follow, services.days if own is None else own)

    return await services.history.run(change)
