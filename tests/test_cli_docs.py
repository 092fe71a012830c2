"""docs/cli.md and the command line say the same."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from bot.cli.main import app

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "cli.md").read_text(encoding="utf-8")
LISTED = {
    match[1]: match[0]
    for match in re.finditer(r"^parley ((?:[a-z][a-z-]*)(?: [a-z][a-z-]+)?)\b.*$", PAGE, re.MULTILINE)
}
NO_JSON = {"init", "demo", "run", "chat", "docs", "history export", "history feedback", "web", "web-password"}
# One prints pages, two write a configuration or a password, and three measure what no configuration changes.
NO_CONFIG = {"docs", "init", "web-password", "eval replies", "eval language", "eval sections"}


def commands(group: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


ALL = dict(commands(typer.main.get_command(app)))


def options(command: Any) -> set[str]:
    return {name for each in command.params for name in each.opts if name.startswith("--")}


@pytest.mark.parametrize("name", ALL)
def test_every_command_and_option_is_on_the_page(name: str):
    assert name in LISTED
    line = LISTED[name]
    for option in options(ALL[name]) - {"--config", "--db", "--help"}:
        assert re.search(rf"{option}\b", line), f"parley {name} takes {option}"


def test_the_page_lists_no_command_and_no_option_that_is_not_there():
    assert set(LISTED) == set(ALL)
    for name, line in LISTED.items():
        assert set(re.findall(r"--[a-z-]+", line)) <= options(ALL[name]), name


@pytest.mark.parametrize("name", ALL)
def test_every_command_takes_a_configuration_and_prints_json_where_it_prints_a_result(name: str):
    assert ("--config" in options(ALL[name])) == (name not in NO_CONFIG)
    assert ("--json" in options(ALL[name])) == (name not in NO_JSON)
