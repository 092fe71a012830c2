"""`parley intent`: what free text is taken for, one text or one a line, for whoever wants to see why."""

import sys
from collections.abc import Iterable

import typer

from adapters.clock import Clock
from bot import config, terminal
from bot.cli.options import AsJson, Conf, Words, given_text
from bot.intents import commands
from bot.understanding.meant import meaning


def intent(text: Words = None, *, conf: Conf = None, as_json: AsJson = False) -> None:
    """Say what free text asks for, or one a line from standard input; no model runs."""
    zone, now, known = config.read(conf).zone, Clock().now(), commands()
    code = terminal.DONE
    for number, line in enumerate(_lines(given_text(text)), 1):
        if not terminal.is_text(line):
            code = terminal.PARTLY
            terminal.complain(f"Line {number} isn't text in UTF-8.", "Convert the input, such as with iconv.")
            terminal.print_json({"error": f"Line {number} isn't text in UTF-8."}) if as_json else terminal.say()
            continue
        understood = meaning(line, known, now, zone)
        if as_json:
            terminal.print_json(understood)
        else:
            terminal.say(f"{understood['intent'] or 'unsure'}\t{understood['confidence']:.2f}")
    raise typer.Exit(code)


def _lines(text: str | None) -> Iterable[str]:
    return [text] if text is not None else (line.rstrip("\r\n") for line in sys.stdin)
