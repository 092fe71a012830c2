"""Schedules the report of this channel's mood: shown to everyone, set and stopped by administrators.

Changes are announced to the whole channel, because the reports are about everyone in it.
"""

from adapters.chat import Command, Request
from bot import timetable
from bot.errors import UsageError
from bot.services import Services
from bot.timetable import Kind, Timetable
from bot.understanding.rounds import read

COMMAND = Command(
    "report",
    "Post this channel's mood on a schedule; administrators set or stop it.",
    argument="weekly mon 9:00, stop …",
    limited=False,
)
USAGE = (
    "Say `/report weekly mon 9:00`, `/report daily 17:30 Europe/Lisbon`, `/report monthly 1st 9:00 over 30 days`, "
    "`/report stop`, or `/report` to see what is set."
)
KIND = Kind(
    "report",
    "report the mood of this channel",
    "It describes the channel as a whole and never one person. `/report stop` ends it.",
    USAGE,
)


async def run(request: Request, services: Services) -> Timetable:
    """Show, set or stop. Raises UsageError, and NotAllowed for who doesn't administer the channel."""
    wish = read(request.intent.argument)
    if wish.channels or wish.everything:
        raise UsageError("A report is about the channel that it is posted in.", "Set it in each channel.")
    if not wish.change:
        return await timetable.shown(request, services, KIND)
    if wish.change == "stopped":
        return await timetable.stop_for_all(request, services, KIND)
    return await timetable.set_for_all(request, services, KIND, wish.when)
