"""One text a line in, one result a line out: in order, batched by the core's bulk lane, in flat memory.

A line that fails is answered with its error in its place, and the exit code says that something was left out.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from typing import TextIO

from bot.config import Config
from bot.errors import ParleyError, UsageError
from bot.intents import Result
from bot.runtime.composition import opened
from bot.services import Services
from bot.terminal import DONE, PARTLY, complain, is_text, print_json
from nlp.errors import CoreError

MOST_CHARACTERS = 1_000_000  # of a line
Work = Callable[[AsyncIterator[str], Services], AsyncIterator[Result | ParleyError | CoreError]]


async def answer_lines(config: Config, lines: TextIO, work: Work, *, as_json: bool) -> int:
    """Put every line of `lines` through `work` and print each result; return the exit code."""
    code, number = DONE, 0
    flaws: dict[int, UsageError] = {}
    async with opened(config, None) as assistant:
        async for result in work(texts(lines, flaws), assistant.services):
            number += 1
            answer = flaws.pop(number, result)
            if isinstance(answer, ParleyError | CoreError):
                code = PARTLY
                complain(str(answer), answer.remedy)
            _print(answer, as_json=as_json)
    return code


def _print(result: Result | ParleyError | CoreError, *, as_json: bool) -> None:
    if isinstance(result, ParleyError | CoreError):
        print_json({"error": str(result)}) if as_json else sys.stdout.write("\n")
    elif as_json:
        print_json(result.document())
    else:
        sys.stdout.write(f"{result.reply().text}\n")


async def texts(lines: TextIO, flaws: dict[int, UsageError]) -> AsyncIterator[str]:
    """Yield the lines without their ends, read off the event loop so that results flow while the next line is awaited.

    A line that can't be read is noted in `flaws` by its number, and an empty text stands in its place.
    """
    number = 0
    while line := await asyncio.to_thread(lines.readline, MOST_CHARACTERS):
        number += 1
        if line[-1:] not in "\r\n" and len(line) >= MOST_CHARACTERS:
            await asyncio.to_thread(_pass_line, lines)
            flaws[number] = UsageError(f"Line {number} is longer than {MOST_CHARACTERS:,} characters.", "Cut it.")
        elif not is_text(line):
            flaws[number] = UsageError(f"Line {number} isn't text in UTF-8.", "Convert the input, such as with iconv.")
        yield "" if number in flaws else line.rstrip("\r\n").removeprefix("\ufeff" if number == 1 else "")


def _pass_line(lines: TextIO) -> None:
    """Read on to the line's end without keeping it."""
    while (more := lines.readline(MOST_CHARACTERS)) and more[-1:] not in "\r\n":
        pass
