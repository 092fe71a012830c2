"""What every command of the command line shares: the two streams, progress, and how failures end.

Standard output holds the result alone; progress, notes and errors go to standard error.
"""

import json
import sys
import traceback
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import typer
from rich.console import Console
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

from bot.errors import ParleyError
from nlp.errors import CoreError

DONE, FAILED, USAGE, PARTLY, NOTHING, UNAVAILABLE = 0, 1, 2, 3, 4, 5

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def print_json(document: Mapping[str, Any]) -> None:
    """One JSON document on one line, readable by anything that reads UTF-8."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False) + "\n")


def complain(sentence: str, remedy: str = "") -> None:
    """Say on standard error what happened and what to do."""
    err.print(f"parley: {sentence}", style="red", markup=False, soft_wrap=True)
    if remedy:
        err.print(f"        {remedy}", markup=False, soft_wrap=True)


def progress() -> AbstractContextManager[Progress]:
    """A bar on standard error that counts steps."""
    return bar(MofNCompleteColumn())


def transfer() -> AbstractContextManager[Progress]:
    """A bar on standard error that counts bytes."""
    return bar(DownloadColumn(), TransferSpeedColumn())


def bar(*counts: ProgressColumn) -> AbstractContextManager[Progress]:
    """A bar on standard error, gone when it is done."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), *counts, TimeElapsedColumn())
    return Progress(*columns, console=err, transient=True)


def guarded(app: typer.Typer, arguments: list[str]) -> int:
    """Run the command line; whatever happens ends as an exit code and a sentence, with `--verbose` also a traceback."""
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
        err.print(traceback.format_exc(), markup=False, soft_wrap=True)
