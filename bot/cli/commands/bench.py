"""`parley bench`: renders what `nlp.bench` measures, as a table or as one JSON document."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from bot import terminal
from bot.cli.options import Conf
from nlp.bench import (
    ROWS,
    BenchRow,
    Detail,
    Outcome,
    fresh_setting,
    in_own_process,
    keep,
    measure_bound,
    measure_shapes,
)
from nlp.scheduler.family import Binding

OWN = {"ask-everywhere": "bot.evaluation.everywhere:measured"}  # minutes, so measured only when it is named
NAMED = {**ROWS, **OWN}


def run_bench(
    bindings: Callable[[], Sequence[Binding]],
    *,
    shapes: bool,
    only: Sequence[str],
    quick: bool,
    device: str,
    dtype: str,
    on_row: Callable[[str], None],
) -> Outcome:
    """Measure shapes, or the bound models; `bindings` is asked for them only then."""
    from nlp.bench.measure import device_name, machine

    outcome = Outcome(device_name(device))
    with fresh_setting(device, dtype, quick=quick) as setting:
        for name in (each for each in OWN if each in only):
            on_row(name)
            keep(outcome, asyncio.run(in_own_process(OWN[name], setting)))
        theirs = [name for name in only if name in ROWS]
        if shapes or theirs:
            asyncio.run(measure_shapes(outcome, setting, theirs, on_row))
        elif not only:
            asyncio.run(measure_bound(outcome, setting, bindings(), on_row))
    outcome.device, outcome.machine = device_name(device), machine(device)
    return outcome


def bench_command(bindings: Callable[[Path | None], Sequence[Binding]]) -> Callable[..., None]:
    """Return the command, over a way to read the owner's bindings."""

    def bench(
        *,
        shapes: Annotated[bool, typer.Option(help="Published sizes with random weights; downloads nothing.")] = False,
        as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
        only: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(NAMED)}; may be repeated.")] = None,
        quick: Annotated[bool, typer.Option(help="Small sizes and single runs: a rough look in a minute.")] = False,
        device: Annotated[str, typer.Option(help="auto, cpu or cuda:0.")] = "auto",
        dtype: Annotated[str, typer.Option(help="auto, float32, bfloat16, float16 or int8.")] = "auto",
        conf: Conf = None,
    ) -> None:
        """Measure this machine: Parley against what you would otherwise write."""
        unknown = sorted(set(only or ()) - set(NAMED))
        if unknown:
            raise typer.BadParameter(f"There is no row {unknown[0]!r}; choose from {', '.join(NAMED)}.")
        outcome = run_bench(
            lambda: bindings(conf),
            shapes=shapes,
            only=only or (),
            quick=quick,
            device=device,
            dtype=dtype,
            on_row=lambda name: terminal.note(f"measuring {name} …"),
        )
        if as_json:
            terminal.print_json(outcome.document())
        else:
            show(outcome)

    return bench


def show(outcome: Outcome) -> None:
    """Print the comparison and what it cost."""
    document = outcome.document()
    terminal.say(f"{document['device']}, {document['dtype'] or 'float32'}")
    for line in outcome.machine.get("arithmetic", ()):
        terminal.say(line)
    terminal.show_table(("work", "against", "ours", "theirs", "unit", "ratio", "runs"), map(_compared, outcome.rows))
    if outcome.details:
        columns = ("work", "dtype", "tokens/s", "padded ÷ real", "peak MB", "share of matrix rate")
        terminal.show_table(columns, map(_spent, outcome.details))


def _compared(row: BenchRow) -> tuple[str, ...]:
    figures = (f"{row.ours:,.1f}", f"{row.theirs:,.1f}", row.unit, f"{row.ratio:.2f}", str(row.runs))
    return row.work, row.baseline, *figures


def _spent(one: Detail) -> tuple[str, ...]:
    spent = (f"{one.tokens_per_s:,.0f}", f"{one.padding:.2f}", f"{one.peak_mb:,.0f}", f"{one.matmul_share:.0%}")
    return one.work, one.dtype, *spent
