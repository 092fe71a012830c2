"""`parley eval …`: measures the bound models on a labelled file, through the path that people's requests take.

A task is one command here over one module of `bot.evaluation`; `measure` gives it running services and a progress bar.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.text.counts import counted
from bot import config, terminal
from bot.cli.options import AsJson, Conf, Db, existing
from bot.errors import FeatureUnavailable

if TYPE_CHECKING:  # imported when a command runs, so that `--help` loads no model
    from bot.evaluation import EvaluationReport
    from bot.services import Services

OnDone = Callable[[int], None]
Work = Callable[["Services", OnDone], Awaitable["EvaluationReport"]]
Data = Annotated[Path, typer.Option("--data", help="The labelled file, or a data set's folder.")]

app = typer.Typer(help="Measure the bound models on labelled data.", no_args_is_help=True)


@app.callback()
def root() -> None:
    """Keep every task a command of its own."""


@app.command()
def sentiment(
    data: Data,
    *,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="The labels, one a line, where --data has one text a line.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="The language of the texts; guessed without it.")] = None,
    part: Annotated[str, typer.Option(help="The part of a data set's folder.")] = "val",
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Measure macro-averaged recall, accuracy and calibration over texts labelled positive, neutral or negative."""
    with libraries():
        from bot.evaluation.sentiment import evaluate
    from bot.evaluation.labelled import read

    examples = read(data, labels, part)

    def work(services: "Services", on_done: OnDone) -> Awaitable["EvaluationReport"]:
        return evaluate(examples, services, data=str(data), language=language, on_done=on_done)

    measure(work, conf, as_json=as_json)


@app.command()
def ask(
    data: Data,
    *,
    language: Annotated[
        str, typer.Option("--in", metavar="L", help="Ask in this language: English questions are translated first.")
    ] = "",
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Measure whether the quoted message holds the answer, BM25 beside it, and what confidence is worth."""
    with libraries():
        from bot.evaluation.ask import evaluate
    from bot.evaluation.asked_again import read_questions

    dialogues = read_questions(data)

    def work(services: "Services", on_done: OnDone) -> Awaitable["EvaluationReport"]:
        return evaluate(dialogues, services, data=str(data), language=language, on_done=on_done)

    measure(work, conf, as_json=as_json)


@app.command()
def summarize(data: Data, *, conf: Conf = None, as_json: AsJson = False) -> None:
    """Measure ROUGE of summaries against people's, beside naive summaries of the same length."""
    with libraries():
        from bot.evaluation.summarize import evaluate, read_meetings

    meetings = read_meetings(data)

    def work(services: "Services", on_done: OnDone) -> Awaitable["EvaluationReport"]:
        return evaluate(meetings, services, data=str(data), on_done=on_done)

    measure(work, conf, as_json=as_json)


@app.command()
def keyfacts(data: Data, *, conf: Conf = None, as_json: AsJson = False) -> None:
    """Measure which facts that a colleague must know a summary holds, beside messages of the same length."""
    with libraries():
        from bot.evaluation.keyfacts import evaluate, read_facts

    conversations = read_facts(data)

    def work(services: "Services", on_done: OnDone) -> Awaitable["EvaluationReport"]:
        return evaluate(conversations, services, data=str(data), on_done=on_done)

    measure(work, conf, as_json=as_json)


@app.command()
def topics(
    data: Annotated[list[Path], typer.Option("--data", help="Logs, scenes or meetings; several are allowed.")],
    *,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="Channel, name and 1 or 0, with tabs between.")
    ] = None,
    most: Annotated[int | None, typer.Option("--most", min=1, help="Channels of each file; all without it.")] = None,
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Print the names of topics beside their messages, and how many let a reader guess these."""
    with libraries():
        from bot.evaluation.topics import evaluate, read_channels, read_labels

    channels = [each for path in data for each in read_channels(path, most)]
    known = read_labels(labels) if labels else {}

    def work(services: "Services", on_done: OnDone) -> Awaitable["EvaluationReport"]:
        return evaluate(channels, known, services, data=", ".join(map(str, data)), on_done=on_done)

    measure(work, conf, as_json=as_json)


@app.command()
def sections(
    data: Annotated[list[Path], typer.Option("--data", help="Logs, scenes or meetings; several are allowed.")],
    *,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="Channel, message, kind and 1 or 0, with tabs between.")
    ] = None,
    most: Annotated[int, typer.Option("--most", min=1, help="Points of each kind, drawn by chance.")] = 70,
    as_json: AsJson = False,
) -> None:
    """Print what a summary's sections would tell, and how much of it is what they say; no model runs."""
    with libraries():
        from bot.evaluation.sections import evaluate, read_labels
    from bot.evaluation.topics import read_channels

    channels = [each for path in data for each in read_channels(path)]
    known = read_labels(labels) if labels else {}
    with terminal.progress() as bar:
        task = bar.add_task("measuring", total=len(channels))
        report = evaluate(
            channels,
            known,
            data=", ".join(map(str, data)),
            most=most,
            on_done=lambda done: bar.update(task, completed=done),
        )
    tell(report, as_json=as_json)


@app.command()
def replies(data: Data, *, as_json: AsJson = False) -> None:
    """Measure who answers whom, the discussions, and which questions are open, against annotated chat logs."""
    with libraries():
        from bot.evaluation.replies import evaluate
    from bot.evaluation.irc import read_logs

    logs = read_logs(data)
    with terminal.progress() as bar:
        task = bar.add_task("measuring", total=len(logs))
        report = evaluate(logs, data=str(data), on_done=lambda done: bar.update(task, completed=done))
    tell(report, as_json=as_json)


@app.command()
def translate(
    data: Data,
    *,
    source: Annotated[str, typer.Option("--from", metavar="L", help="The column to translate.")],
    target: Annotated[str, typer.Option("--to", metavar="L", help="The column to compare with.")],
    part: Annotated[str, typer.Option(help="The part of a table of judged lines; all of them without it.")] = "",
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Measure chrF and BLEU over a table of two languages, or verdicts and warnings over one of judged lines."""
    with libraries():
        from bot.evaluation import judged
        from bot.evaluation.translate import evaluate

    def work(services: "Services", on_done: OnDone) -> Awaitable["EvaluationReport"]:
        if judged.is_judged(data):
            return judged.evaluate(data, services, source=source, target=target, part=part, on_done=on_done)
        return evaluate(data, services, source=source, target=target, on_done=on_done)

    measure(work, conf, as_json=as_json)


@app.command()
def language(
    data: Annotated[Path, typer.Option("--data", help="A table of codes and texts, or a folder of XLM-T's languages.")],
    *,
    part: Annotated[str, typer.Option(help="The part of a data set's folder.")] = "train",
    as_json: AsJson = False,
) -> None:
    """Measure how often the language of a text is told right, and how often it is left unknown."""
    with libraries():
        from bot.evaluation.language import evaluate, read

    examples = read(data, part)
    with terminal.progress() as bar:
        task = bar.add_task("measuring", total=len(examples))
        report = evaluate(examples, data=str(data), on_done=lambda done: bar.update(task, completed=done))
    tell(report, as_json=as_json)


@app.command()
def feedback(*, db: Db = None, conf: Conf = None, as_json: AsJson = False) -> None:
    """Measure whether what people here liked is answered so again, and what they disliked otherwise."""
    with libraries():
        from bot.evaluation.feedback import evaluate
    from bot.history import History

    path = existing(db or config.read(conf).history.path)
    with History.open(path) as history:
        examples = list(history.judged())

    def work(services: "Services", on_done: OnDone) -> Awaitable["EvaluationReport"]:
        return evaluate(examples, services, data=str(path), on_done=on_done)

    measure(work, conf, as_json=as_json, database=path)


def measure(work: Work, conf: Path | None, *, as_json: bool, database: Path | None = None) -> None:
    """Run an evaluation over the configured models, and a history or none, and print its report."""
    with terminal.progress() as bar:
        task = bar.add_task("measuring", total=None)
        report = asyncio.run(_measure(work, conf, database, lambda done: bar.update(task, completed=done)))
    tell(report, as_json=as_json)


def tell(report: "EvaluationReport", *, as_json: bool) -> None:
    """Print a report, for a program or for people."""
    if as_json:
        terminal.print_json(report.document())
    else:
        show(report)


async def _measure(work: Work, conf: Path | None, database: Path | None, on_done: OnDone) -> "EvaluationReport":
    from bot.runtime.composition import opened

    async with opened(config.read(conf), database) as assistant:
        return await work(assistant.services, on_done)


def show(report: "EvaluationReport") -> None:
    """Print a report for people."""
    title = f"{report.task} by {report.model}: {counted(report.examples, 'example')}"
    terminal.show_table(("figure", "value", "95 % interval"), [figure.words() for figure in report.figures], title)
    for table in report.tables:
        rows = [[f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row] for row in table.rows]
        terminal.show_table(table.columns, rows, table.title)
    for note in report.notes:
        terminal.note(note)


@contextmanager
def libraries() -> Iterator[None]:
    """Turn a missing library of the eval extra into a sentence, around imports. Raises FeatureUnavailable."""
    try:
        yield
    except ImportError as error:
        raise FeatureUnavailable(
            f"Measuring needs {error.name}, which is not installed.", "Install Parley with its eval extra."
        ) from error
