"""The command line: `parley …`. Reads arguments, calls what the chat adapters call, prints.

Its forms, its JSON and its exit codes are a contract (docs/cli.md). A command imports what loads models inside
itself, so that `--help` answers at once.
"""

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from adapters.chat import Intent
from bot import config, terminal
from bot.cli.commands import (
    bench,
    copies,
    digest,
    docs,
    evaluate,
    health,
    history,
    init,
    intent,
    models,
    platforms,
    report,
    service,
    train,
    web,
)
from bot.cli.options import (
    AnyChannel,
    AsJson,
    Conf,
    Db,
    From,
    Keep,
    Last,
    LogFormat,
    LogLevel,
    Since,
    Thread,
    To,
    Until,
    Words,
    Workspace,
    existing,
    given_text,
    only_text,
    window,
)
from bot.sections import Log
from bot.understanding.everywhere import of_everything
from nlp.scheduler.family import Binding

app = typer.Typer(
    name="parley",
    help="Summaries, translations, answers and mood for Slack and Discord, from models on your own machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
history.app.command()(copies.backup)
history.app.command()(copies.restore)
history.app.command()(copies.embed)
app.add_typer(history.app, name="history")
app.add_typer(models.app, name="models")
app.add_typer(service.app, name="service")
app.add_typer(train.app, name="train")
app.add_typer(evaluate.app, name="eval")
for platform, group in platforms.groups():
    app.add_typer(group, name=platform)


def print_version(wanted: bool) -> None:  # noqa: FBT001 - typer passes the option's value by place
    """Print Parley's version and end, where that is all that is wanted."""
    if wanted:
        sys.stdout.write(f"parley {version('parley-bot')}\n")
        raise typer.Exit


@app.callback()
def root(
    *,
    verbose: Annotated[bool, typer.Option("--verbose", help="Show the traceback of an unexpected failure.")] = False,
    show_version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", callback=print_version, is_eager=True)
    ] = False,
) -> None:
    """Declare the options that stand before a command; `bot.terminal.guarded` reads `--verbose` anywhere."""
    del verbose, show_version


@app.command()
def demo(*, out: Keep = None, conf: Conf = None) -> None:
    """Take the tour over the sample workspace; writes nothing outside a temporary folder unless --out."""
    from bot.cli.commands.demo import tour

    asyncio.run(tour(config.read(conf), out))


@app.command(name="import")
def import_(
    path: Annotated[Path, typer.Argument(help="A Slack export or DiscordChatExporter JSON: file, folder or zip.")],
    *,
    db: Db = None,
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Bring an exported conversation into the history; importing twice adds nothing."""
    from bot.runtime.importing import bring_in

    with terminal.progress() as bar:
        task = bar.add_task("importing messages", total=None)
        imported = bring_in(path, db or config.read(conf).history.path, lambda count: bar.update(task, completed=count))
    for complaint in imported.complaints():
        terminal.complain(complaint)
    for remark in imported.remarks:
        terminal.note(remark)
    if as_json:
        terminal.print_json(imported.document())
    else:
        terminal.say(imported.sentence())
    if imported.refused:
        raise typer.Exit(terminal.PARTLY)


@app.command()
def summarize(
    *,
    channel: AnyChannel = None,
    last: Last = None,
    since: Since = None,
    until: Until = None,
    thread: Thread = None,
    workspace: Workspace = None,
    db: Db = None,
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Summarise a channel or a thread, or all channels; every sentence names its message."""
    from bot.cli.one_shot import serve

    settings = config.read(conf)
    wanted = Intent("summarize", window=window(settings, last, since, until, thread))
    wanted = wanted if channel is not None else of_everything(wanted)
    serve(settings, wanted, database=db, channel=channel, workspace=workspace, as_json=as_json)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="The question.", callback=only_text)],
    *,
    channel: AnyChannel = None,
    since: Since = None,
    until: Until = None,
    workspace: Workspace = None,
    db: Db = None,
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question from a channel's messages, or from all channels, with the messages that prove it."""
    from bot.cli.one_shot import serve

    settings = config.read(conf)
    wanted = Intent("ask", question, window(settings, since=since, until=until))
    wanted = wanted if channel is not None else of_everything(wanted)
    serve(settings, wanted, database=db, channel=channel, workspace=workspace, as_json=as_json)


@app.command()
def translate(text: Words = None, *, to: To, from_: From = None, conf: Conf = None, as_json: AsJson = False) -> None:
    """Translate a text, or one a line from standard input."""
    from bot.cli.lines import answer_lines
    from bot.cli.one_shot import serve
    from bot.intents.translate import translate_stream

    settings = config.read(conf)
    words = given_text(text)
    if words is None:
        work = partial(translate_stream, to=to, from_=from_)
        raise typer.Exit(asyncio.run(answer_lines(settings, sys.stdin, work, as_json=as_json)))
    options = {"to": to, **({"from": from_} if from_ else {})}
    serve(settings, Intent("translate", words, options=options), as_json=as_json)


@app.command()
def sentiment(
    text: Words = None,
    *,
    channel: Annotated[str | None, typer.Option("--channel", help="The mood of a channel instead of a text.")] = None,
    since: Since = None,
    until: Until = None,
    workspace: Workspace = None,
    db: Db = None,
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Say how a text sounds, or one a line from standard input, or a channel as a whole."""
    from bot.cli.lines import answer_lines
    from bot.cli.one_shot import serve
    from bot.mood.sentiment import judge_stream

    settings = config.read(conf)
    if channel is not None:
        mood = Intent("sentiment", window=window(settings, since=since, until=until))
        serve(settings, mood, database=db, channel=channel, workspace=workspace, as_json=as_json)
        return
    words = given_text(text)
    if words is None:
        raise typer.Exit(asyncio.run(answer_lines(settings, sys.stdin, judge_stream, as_json=as_json)))
    serve(settings, Intent("sentiment", words), as_json=as_json)


@app.command()
def run(*, log_level: LogLevel = None, log_format: LogFormat = None, db: Db = None, conf: Conf = None) -> None:
    """Serve the chat services that are configured, until stopped."""
    from bot.runtime import logs
    from bot.runtime.reload import ignore_hangups

    ignore_hangups()
    from bot.runtime.supervisor import run_adapters, until_stopped

    flags = {name: flag for name, flag in (("level", log_level), ("format", log_format)) if flag}
    settings = config.read(conf).with_log(flags)
    logs.start(settings.log)
    raise typer.Exit(asyncio.run(until_stopped(run_adapters(settings, db or settings.history.path, conf, flags))))


@app.command()
def chat(
    channel: Annotated[str | None, typer.Option("--channel", help="The channel to talk about.")] = None,
    *,
    workspace: Workspace = None,
    db: Db = None,
    conf: Conf = None,
) -> None:
    """Talk to Parley in the terminal: free text and /commands, the way Slack and Discord do."""
    from bot.cli.commands.chat import talk
    from bot.runtime import logs

    settings = config.read(conf)
    logs.start(Log(level="warning", format="human"))
    asyncio.run(talk(settings, existing(db or settings.history.path), channel, workspace))


def bound(conf: Path | None) -> Sequence[Binding]:
    """Return the models that the configuration binds."""
    from bot.runtime.composition import bindings

    return bindings(config.read(conf))


app.command(name="init")(init.init_command())
app.command()(health.health)
app.command()(web.web)
app.command()(web.web_password)
app.command()(docs.docs)
app.command()(intent.intent)
app.command(name="report")(report.report_command)
app.command(name="digest")(digest.digest_command)
app.command(name="bench")(bench.bench_command(bound))


@app.command()
def check(*, conf: Conf = None, db: Db = None, as_json: AsJson = False) -> None:
    """Check the configuration, the history and every bound model on this machine."""
    from bot.cli.commands.check import check_all

    settings = config.read(conf)
    raise typer.Exit(asyncio.run(check_all(settings, db or settings.history.path, as_json=as_json)))


def main() -> None:
    """Run the command line."""
    sys.exit(terminal.guarded(app, sys.argv[1:]))


if __name__ == "__main__":
    main()
