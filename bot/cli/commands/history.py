"""`parley history …`: what is stored, found, handed out and erased. Loads no model."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from textwrap import indent
from typing import Annotated, Any, Literal

import typer

from adapters.chat import Channel, Place
from adapters.text.counts import counted
from bot import config, outputs, terminal
from bot.cli.options import AsJson, Conf, Db, Force, Workspace, existing, only_text
from bot.errors import NothingFound, UsageError
from bot.history import ChannelStats, History, Hit, Scope, Stats, consent
from bot.history.derived.evidence import verify
from bot.runtime.soundness import check as check_file

MOST_IN_ONE = 10_000  # channels that are searched at once; SQLite takes 32,766 variables

app = typer.Typer(help="Look at, copy and erase what Parley remembers.", no_args_is_help=True)

Author = Annotated[
    str, typer.Option("--author", metavar="ID", help="The person's id on their platform.", callback=only_text)
]
Within = Annotated[
    str, typer.Option("--workspace", metavar="ID", help="Only in the workspace with this id.", callback=only_text)
]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]
OutFile = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="The file to write, which only you can read.")
]
ChannelOption = Annotated[str | None, typer.Option("--channel", help="Only this channel.")]


@contextmanager
def opened(db: Db, conf: Conf) -> Iterator[History]:
    """Yield the history that the options name. Raises NothingFound when there is none yet."""
    with History.open(existing(db or config.read(conf).history.path)) as history:
        yield history


@app.command()
def stats(*, db: Db = None, conf: Conf = None, as_json: AsJson = False) -> None:
    """Count what is stored, channel by channel."""
    with opened(db, conf) as history:
        measured = history.stats()
    if as_json:
        terminal.print_json(_document(measured))
        return
    columns = ("channel", "workspace", "messages", "threads", "authors", "from", "to")
    terminal.show_table(columns, map(_row, measured.channels))
    terminal.say(
        f"{counted(len(measured.channels), 'channel')}, {counted(measured.messages, 'message')}, "
        f"{counted(measured.threads, 'thread')}, {counted(measured.authors, 'author')}; {measured.size / 1e6:.1f} MB"
    )


@app.command()
def search(
    query: Annotated[str, typer.Argument(callback=only_text)],
    *,
    channel: ChannelOption = None,
    workspace: Workspace = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 20,
    db: Db = None,
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Find messages by their words, best first."""
    with opened(db, conf) as history:
        names = {each.place: each.name for each in _channels(history, channel, workspace)}
        hits = [
            (hit, names[replace(hit.message.place, thread=None)])
            for scope in _scopes(names)
            for hit in history.search(scope, query, limit)
        ]
    best = sorted(hits, key=lambda pair: -pair[0].score)[:limit]
    if not best:
        raise NothingFound("No message has these words.")
    if as_json:
        terminal.print_json({"hits": [_found(hit, name) for hit, name in best]})
        return
    for hit, name in best:
        head = f"{hit.message.sent_at:%Y-%m-%d %H:%M}  #{name}  {hit.message.author.name}"
        terminal.say(head, "cyan")
        terminal.say(indent(hit.message.text, "  "))


@app.command()
def export(*, out: OutFile = None, force: Force = False, db: Db = None, conf: Conf = None) -> None:
    """Write all that is stored, and what was decided, one JSON document a line; `parley import` reads it back."""
    with opened(db, conf) as history:
        _lines(history.export(), out, outputs.HISTORY, force=force)


@app.command()
def feedback(
    *,
    intent: Annotated[str | None, typer.Option("--intent", help="Only answers of this kind, such as ask.")] = None,
    out: OutFile = None,
    force: Force = False,
    db: Db = None,
    conf: Conf = None,
) -> None:
    """Write every answer that people judged to standard output or a file, one JSON document a line, without who."""
    with opened(db, conf) as history:
        judged = (each.document() for each in history.judged() if intent in (None, each.intent.name))
        _lines(judged, out, outputs.VERDICTS, force=force)


def _lines(rows: Iterable[Mapping[str, Any]], out: Path | None, own: outputs.Own, *, force: bool) -> None:
    """Write a document a line: to the file, which is its owner's alone, or to standard output."""
    if out is None:
        for row in rows:
            terminal.print_json(row)
        return
    with outputs.replacing(out, own, force=force) as file:
        for row in rows:
            file.write(f"{json.dumps(row, ensure_ascii=False)}\n".encode())
    terminal.note(f"Wrote {out}.")


@app.command()
def forget(
    author: Author,
    *,
    workspace: Within = "",
    yes: Yes = False,
    db: Db = None,
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Erase everything that one person wrote, and keep it from coming back."""
    with opened(db, conf) as history:
        if not yes:
            typer.confirm(f"Erase every message of {author} for good?", abort=True, err=True)
        receipt = history.forget(author, workspace=workspace)
    if as_json:
        terminal.print_json(receipt.document())
    if not receipt.messages:
        raise NothingFound(f"No message of {author} was stored.", "New ones will not be stored either.")
    if not as_json:
        terminal.say(receipt.sentence())


@app.command()
def check(
    *,
    repair: Annotated[bool, typer.Option("--repair", help="Make the indexes anew from the messages first.")] = False,
    db: Db = None,
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Check that the history's file is sound: pages, links, index and texts."""
    soundness = check_file(existing(db or config.read(conf).history.path), repair=repair)
    if as_json:
        terminal.print_json(soundness.document())
    else:
        for sentence in soundness.sentences():
            terminal.say(sentence)
    if soundness.findings:
        raise typer.Exit(terminal.FAILED)


@app.command()
def retain(
    *,
    channel: ChannelOption = None,
    days: Annotated[
        int | None, typer.Option("--days", min=1, help="Keep that channel for so long from now on.")
    ] = None,
    workspace: Workspace = None,
    db: Db = None,
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Erase what is older than its channel keeps; imported channels keep everything until they are given --days."""
    if (channel is None) != (days is None):
        raise UsageError("--channel and --days go together.", "Name both, or neither to erase what is due.")
    with opened(db, conf) as history:
        for each in _channels(history, channel, workspace) if channel else []:
            history.write(consent.set_days, each.place, days)
        cleared = history.retain(datetime.now(UTC), config.read(conf).history.days)
    if as_json:
        terminal.print_json({"messages": cleared.messages, "at": cleared.at.isoformat()})
    else:
        terminal.say(f"Erased {counted(cleared.messages, 'message that was', 'messages that were')} due.")


@app.command()
def apps(
    turn: Annotated[Literal["on", "off"], typer.Argument(help="Read what apps wrote, or leave it out.")],
    *,
    channel: Annotated[str, typer.Option("--channel", help="In this channel.")],
    workspace: Workspace = None,
    db: Db = None,
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Read what apps wrote in a channel for answers and summaries like what people wrote, or leave it out again."""
    with opened(db, conf) as history:
        for each in _channels(history, channel, workspace):
            history.write(consent.set_apps, each.place, apps=turn == "on")
    if as_json:
        terminal.print_json({"channel": channel, "apps": turn == "on"})
        return
    how = "read like anybody's" if turn == "on" else "left out of answers and summaries"
    terminal.say(f"What apps write in {channel} is {how}.")


@app.command(name="verify-erasure")
def verify_erasure(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="The erased text; - reads it from standard input.")],
    *,
    db: Db = None,
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Prove that a text is gone from the history's files: rows, index, log and free pages."""
    wanted = only_text(sys.stdin.read().strip() if text == "-" else text)
    if not wanted:
        raise UsageError("There is no text to look for.")
    evidence = verify(existing(db or config.read(conf).history.path), wanted)
    if as_json:
        terminal.print_json(evidence.document())
    else:
        for sentence in evidence.sentences():
            terminal.say(sentence)
    if not evidence.gone:
        raise typer.Exit(terminal.FAILED)


def _row(row: ChannelStats) -> tuple[str, ...]:
    counts = (str(count) for count in (row.messages, row.threads, row.authors))
    days = (f"{at:%Y-%m-%d}" if at else "-" for at in (row.first, row.last))
    return row.channel.name, row.channel.workspace_name or row.channel.place.workspace, *counts, *days


def _scopes(places: Iterable[Place]) -> Iterator[Scope]:
    """Yield scopes over the channels of each workspace, as many in one as a statement takes."""
    channels: dict[tuple[str, str], list[str]] = {}
    for place in places:
        channels.setdefault((place.platform, place.workspace), []).append(place.channel)
    for (platform, workspace), listed in channels.items():
        for start in range(0, len(listed), MOST_IN_ONE):
            yield Scope(platform, workspace, tuple(listed[start : start + MOST_IN_ONE]))


def _document(found: Stats) -> dict[str, Any]:
    channels = [
        {
            "channel": row.channel.name,
            "id": row.channel.place.channel,
            "workspace": row.channel.place.workspace,
            "platform": row.channel.place.platform,
            "messages": row.messages,
            "threads": row.threads,
            "authors": row.authors,
            "from": row.first.isoformat() if row.first else None,
            "to": row.last.isoformat() if row.last else None,
        }
        for row in found.channels
    ]
    totals = {"messages": found.messages, "threads": found.threads, "authors": found.authors, "bytes": found.size}
    return {"channels": channels, **totals}


def _found(hit: Hit, channel: str) -> dict[str, Any]:
    message = hit.message
    return {
        "id": message.id,
        "channel": channel,
        "author": message.author.name,
        "sent_at": message.sent_at.isoformat(),
        "text": message.text,
        "permalink": message.permalink,
    }


def _channels(history: History, channel: str | None, workspace: str | None) -> list[Channel]:
    channels = history.channels(channel, workspace)
    if channel and not channels:
        raise NothingFound(f"There is no channel {channel} in the history.")
    return channels
