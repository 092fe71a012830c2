"""`parley report`: a channel's mood over time, for people, as JSON and as files."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from adapters.chat import Intent, Progress, Request, Window
from bot import config, outputs, terminal
from bot.cli.options import (
    AsJson,
    ChannelName,
    Conf,
    Db,
    Force,
    Since,
    Until,
    Workspace,
    existing,
    find_channel,
    window,
)
from bot.errors import UsageError
from bot.history.selection import start
from bot.mood.reports import Report

Png = Annotated[Path | None, typer.Option("--png", metavar="FILE", help="Write the chart as a picture.")]
Compare = Annotated[
    bool, typer.Option("--compare", help="Compare with an equally long time before, and say what moved most.")
]
Html = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write the report as one HTML file.")]


def report_command(
    channel: ChannelName,
    *,
    since: Since = None,
    until: Until = None,
    compare: Compare = False,
    out: Html = None,
    png: Png = None,
    force: Force = False,
    workspace: Workspace = None,
    db: Db = None,
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Report the mood of a channel: shares by day or week, when they changed, and about what."""
    settings = config.read(conf)
    for file, own in ((out, outputs.PAGE), (png, outputs.PICTURE)):
        if file:
            outputs.refuse_foreign(file, own, force=force)
    wanted = window(settings, since=since, until=until)
    last = _start(wanted) if compare else None
    result = asyncio.run(
        _report(settings, existing(db or settings.history.path), channel, workspace, wanted, last=last)
    )
    result = replace(result, files=tuple(map(str, _write(result, out, png, force=force))))
    if as_json:
        terminal.print_json(result.document())
    else:
        _show(result)


def _start(wanted: Window) -> datetime:
    """Return when the window begins. Raises UsageError for one without a beginning."""
    at = start(wanted, datetime.now(UTC))
    if at is None:
        raise UsageError(
            "Without a beginning there is no earlier time to compare with.", "Name a beginning with --since."
        )
    return at


async def _report(
    settings: config.Config,
    database: Path,
    channel: str,
    workspace: str | None,
    wanted: Window,
    *,
    last: datetime | None,
) -> Report:
    from bot.cli.one_shot import YOU
    from bot.conversation.permissions import OWNER
    from bot.mood.reporting import embedded, judged, report
    from bot.runtime.composition import opened

    with terminal.progress() as bar:
        task = bar.add_task("reading the mood", total=None)

        def update(step: Progress) -> None:
            bar.update(task, description=step.stage, completed=step.done, total=step.total)

        async with opened(settings, database) as assistant:
            place = (await find_channel(assistant.services.history, channel, workspace)).place
        request = Request(Intent("sentiment", window=wanted), place, YOU, progress=update, access=OWNER)
        for step in (judged, embedded):  # each with a model that is gone before the next: half the memory of both
            async with opened(settings, database, one_at_a_time=True) as assistant:
                await step(request, assistant.services, last)
        async with opened(settings, database) as assistant:
            return await report(request, assistant.services, last)


def _write(found: Report, out: Path | None, png: Path | None, *, force: bool) -> list[Path]:
    """Return the files that were asked for, written. Raises UsageError."""
    from bot.mood.charts import picture
    from bot.mood.report_page import page

    if out:
        outputs.write(out, page(found).encode(), outputs.PAGE, force=force)
    if png:
        outputs.write(png, picture(found), outputs.PICTURE, force=force)
    return [file for file in (out, png) if file]


def _show(found: Report) -> None:
    """Print the report in words."""
    for line in filter(None, (found.finding(), found.moved)):
        terminal.say(line)
    for topic in found.topics:
        terminal.say(f"  {topic.said()}")
    for note in (*found.notes, *(f"Wrote {file}." for file in found.files)):
        terminal.note(note)
