"""The house: who may import whom, and which library is known where."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import adapters

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("adapters", "nlp", "bot")
ALLOWED = {"adapters": {"adapters"}, "nlp": {"nlp"}, "bot": {"adapters", "nlp", "bot"}}
HOMES = {
    "slack_bolt": ("adapters/slack",),
    "slack_sdk": ("adapters/slack",),
    "discord": ("adapters/discord",),
    "torch": ("nlp/",),
    "transformers": ("nlp/",),
    "sentence_transformers": ("nlp/",),
    "matplotlib": ("bot/mood/charts",),
    "sqlite_utils": ("bot/history", "bot/history/schema"),
}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield (node.module or "").partition(".")[0]


def sources() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_follow_the_arrows_of_the_house(path: Path):
    place = path.relative_to(ROOT).as_posix()
    package = place.partition("/")[0]
    for name in imports(path):
        assert name not in PACKAGES or name in ALLOWED[package], f"{place} imports {name}"
        homes = HOMES.get(name, ("",))
        assert place.startswith(homes), f"{place} imports {name}, which belongs in {homes}"


def test_the_walk_sees_every_package():
    seen = {path.relative_to(ROOT).parts[0] for path in sources()}
    assert seen == set(PACKAGES)


def test_adapters_is_this_repository_and_not_the_package_of_that_name():
    assert Path(adapters.__file__).resolve().is_relative_to(ROOT)
