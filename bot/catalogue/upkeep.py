"""Finds what the owner keeps an eye on: what comes round, who is stored, and which answers people judged."""

from datetime import datetime
from zoneinfo import ZoneInfo

from adapters.platform.actions import text_of
from adapters.web.catalogue import JudgedAnswer, KnownPerson, Listed, ScheduleRow, Visitor
from bot.catalogue.reading import channels
from bot.history import schedules
from bot.history.reading import people as authors
from bot.services import Services
from bot.understanding.recurrence import Recurrence

MOST_PEOPLE, MOST_VERDICTS = 30, 200


async def recurring(services: Services, who: Visitor) -> list[ScheduleRow]:
    """Return what comes round in the channels that the visitor may read, for everyone there or for them."""
    known = {each.channel.place: each for each in await channels(services, who)}
    kept = await services.history.read(schedules.read)
    now = services.now()
    return [
        _recurring(each, known[each.place], now)
        for each in kept
        if each.place in known and each.person in {"", who.person.id}
    ]


def _recurring(schedule: schedules.Schedule, found: Listed, now: datetime) -> ScheduleRow:
    times = Recurrence(schedule.cron, ZoneInfo(schedule.timezone))
    what = f"{schedule.what} for you" if schedule.person else schedule.what
    return ScheduleRow(what, found.channel, f"{times.said()} ({schedule.timezone})", times.after(now))


async def people(services: Services, who: Visitor, typed: str) -> list[KnownPerson]:
    """Return people whose name or id holds what was typed; the owner alone gets any."""
    if not who.owner or not typed.strip():
        return []
    found = await services.history.read(authors.find, typed.strip(), MOST_PEOPLE)
    return [KnownPerson(each.person, each.place, each.messages) for each in found]


async def verdicts(services: Services, who: Visitor) -> list[JudgedAnswer]:
    """Return the newest answers that people judged; the owner alone gets any."""
    if not who.owner:
        return []
    judged = await services.history.run(lambda store: list(store.judged())[-MOST_VERDICTS:][::-1])
    names = {each.place: each.name for each in await services.history.run(lambda store: store.channels())}
    return [
        JudgedAnswer(
            each.intent.name,
            each.intent.argument or text_of(each.intent),
            names.get(each.place, each.place.channel),
            each.model,
            each.up,
            each.down,
            each.at,
        )
        for each in judged
    ]
