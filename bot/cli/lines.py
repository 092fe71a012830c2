"""One text a line in, one result a line out: in order, batched by the core's bulk lane, in flat memory.

A line that fails is answered with its error in its place, and the exit code says that something was left out.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from typing import TextIO

from bot.config import Config
from bot.errors import ParleyError
from bot.intents import Result
from bot.runtime.composition import opened
from bot.services import Services
from bot.terminal import DONE, PARTLY, complain, print_json
from nlp.errors import CoreError

Work = Callable[[AsyncIterator[str], Services], AsyncIterator[Result | ParleyError | CoreError]]


async def answer_lines(config: Config, lines: TextIO, work: Work, *, as_json: bool) -> int:
    """Put every line of `lines` through `work` and print each result; return the exit code."""
    code = DONE
    async with opened(config, None) as assistant:
        async for result in work(texts(lines), assistant.services):
            if isinstance(result, ParleyError | CoreError):
                code = PARTLY
                complain(str(result), result.remedy)
            _print(result, as_json=as_json)
    return code


def _print(result: Result | ParleyError | CoreError, *, as_json: bool) -> None:
    if isinstance(result, ParleyError | CoreError):
        print_json({"error": str(result)}) if as_json else sys.stdout.write("\n")
    elif as_json:
        print_json(result.document())
    else:
        sys.stdout.write(f"{result.reply().text}\n")


async def texts(lines: TextIO) -> AsyncIterator[str]:
    """The lines without their ends, read off the event loop so that results flow while the next line is awaited."""
    while line := await asyncio.to_thread(lines.readline):
        yield line.rstrip("\r\n")
