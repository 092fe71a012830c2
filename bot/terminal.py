"""Holds what every command of the command line shares: the streams, progress, and how failures end.

Standard output holds the result alone; progress, notes and errors go to standard error. What is printed may be
anybody's: nothing here reads markup in it, and outside a terminal it is written as it is.
"""

import io
import json
import sys
import traceback
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from typing import Any

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TransferSpeedColumn,
)
from rich.table import Table
from rich.text import Text

from adapters.console import screen
from adapters.text.counts import counted
from bot.errors import ParleyError
from bot.redaction import shown
from nlp.errors import CoreError

DONE, FAILED, USAGE, PARTLY, NOTHING, UNAVAILABLE = 0, 1, 2, 3, 4, 5

MOST_SHOWN = 200  # rows of a table: more can't be read, and laying them out takes minutes

out = screen()
err = screen(stderr=True)


def print_json(document: Mapping[str, Any]) -> None:
    """Print one JSON document on one line, readable by anything that reads UTF-8."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")


def say(line: str = "", style: str = "") -> None:
    """Print a line of the result; styled in a terminal only."""
    if out.is_terminal:
        out.print(Text(line, style), soft_wrap=True)
    else:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()


def note(line: str) -> None:
    """Print what isn't the result, such as how it came about."""
    err.print(line, style="dim", soft_wrap=True)


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str | Text]], title: str = "") -> None:
    """Print a table: drawn, and its first rows alone, in a terminal; a row a line with tabs between cells elsewhere."""
    if not out.is_terminal:
        _write_rows([columns, *rows] if title == "" else [[title], columns, *rows])
        return
    every = iter(rows)
    table = Table(*columns, title=title or None)
    for row in islice(every, MOST_SHOWN):
        table.add_row(*row)
    out.print(table)
    if left := sum(1 for _ in every):
        rows = counted(left, "more row isn't", "more rows aren't")
        note(f"{rows} shown; a file, a pipe or --json gets all of them.")


def _write_rows(rows: Iterable[Sequence[str | Text]]) -> None:
    for row in rows:
        sys.stdout.write("\t".join(" ".join(str(cell).split()) for cell in row) + "\n")


def complain(sentence: str, remedy: str = "") -> None:
    """Say on standard error what happened and what to do."""
    err.print(f"parley: {shown(sentence)}", style="red", soft_wrap=True)
    if remedy:
        err.print(f"        {shown(remedy)}", soft_wrap=True)


def progress() -> AbstractContextManager[Progress]:
    """Return a bar on standard error that counts steps."""
    return bar(MofNCompleteColumn())


def transfer() -> AbstractContextManager[Progress]:
    """Return a bar on standard error that counts bytes."""
    return bar(DownloadColumn(), TransferSpeedColumn())


def bar(*counts: ProgressColumn) -> AbstractContextManager[Progress]:
    """Return a bar on standard error, gone when it is done."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        *counts,
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=err, transient=True)


def is_text(text: str) -> bool:
    """Return whether a text from outside is one: bytes that aren't UTF-8 come in as halves of surrogate pairs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _take_any_bytes() -> None:
    """Let standard input hold what isn't UTF-8, for who reads a line of it to say so, and never fail at printing."""
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def guarded(app: typer.Typer, arguments: list[str]) -> int:
    """Run the command line; whatever happens ends as an exit code and a sentence, with `--verbose` also a traceback."""
    _take_any_bytes()
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    verbose = "--verbose" in options
    kept = [word for word in options if word != "--verbose"] + arguments[len(options) :]
    try:
        app(args=kept, prog_name="parley")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else FAILED
    except (ParleyError, CoreError) as error:
        _trace(verbose)
        complain(str(error), error.remedy)
        return error.exit_code if isinstance(error, ParleyError) else UNAVAILABLE
    except BrokenPipeError:
        sys.stderr.close()  # the reader left (`| head`); Python would complain about standard output at exit
        return FAILED
    except Exception as error:  # noqa: BLE001 - no traceback ever reaches a user unasked
        _trace(verbose)
        complain(
            f"Something unexpected went wrong ({type(error).__name__}).", "Run it again with --verbose to see where."
        )
        return FAILED
    return DONE


def _trace(verbose: bool) -> None:  # noqa: FBT001 - a private switch
    if verbose:
        err.print(traceback.format_exc(), soft_wrap=True)
