"""Renders a chat template in a process of its own that may take seconds and megabytes only. Run as a script, by itself.

Reads {"template": …, "variables": {…}} from standard input and ends with 0 for a template that renders or refuses a
conversation by its own words, 3 for one that makes far more text than it is given, 4 for one that can't be compiled;
one that loops or fills the memory is ended by the system. Tags and limits are those of transformers' own environment.
"""

import json
import sys
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

SECONDS, BYTES = 5, 512 << 20
TIMES, SPARE = 20, 100_000  # characters that a template may make of those it is given, and besides
TEXT = "What did Ana say about the harbour on 12 March? Ça va, größer, não! <b>{x}</b> [1] \"quoted\" 'it's' \\n\n"
FINE, TOO_MUCH, UNREADABLE = 0, 3, 4


class Generation(Extension):
    """The block in which templates mark what an assistant says."""

    tags = {"generation"}  # noqa: RUF012 - as its base has it

    def parse(self, parser: Any) -> Any:
        """Return the block's body alone."""
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def conversations() -> list[list[dict[str, str]]]:
    """Return conversations of the kinds that Parley has, one of them long."""
    user, system = {"role": "user", "content": TEXT}, {"role": "system", "content": TEXT}
    answer = {"role": "assistant", "content": TEXT}
    return [[user], [system, user], [user, answer, user], [system, {"role": "user", "content": TEXT * 500}]]


def limit() -> None:
    """Take no more time and memory than a template needs; only where the system has such limits."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415 - not on Windows, where the parent's patience is the limit

        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def refuse(message: str) -> None:
    """Raise what a template raises that doesn't take a conversation."""
    raise TemplateError(message)


def trial(template: str, variables: dict[str, Any]) -> int:
    """Render every conversation and return how that went."""
    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols]
    )
    environment.filters["tojson"] = lambda value, **_: json.dumps(value, ensure_ascii=False)
    environment.globals |= {"raise_exception": refuse, "strftime_now": lambda form: datetime.now().strftime(form)}  # noqa: DTZ005
    try:
        compiled = environment.from_string(template)
    except TemplateSyntaxError:
        return UNREADABLE
    for messages in conversations():
        given = sum(len(message["content"]) for message in messages)
        length = 0
        with suppress(TemplateError, ValueError, TypeError, LookupError, AttributeError):
            for piece in compiled.generate(messages=messages, add_generation_prompt=True, **variables):
                length += len(piece)
                if length > TIMES * given + SPARE:
                    return TOO_MUCH
    return FINE


if __name__ == "__main__":
    task = json.load(sys.stdin)
    limit()
    try:
        sys.exit(trial(task["template"], task["variables"]))
    except (MemoryError, RecursionError, OverflowError):
        sys.exit(TOO_MUCH)
