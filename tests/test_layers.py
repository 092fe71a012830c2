"""The house: who may import whom, and which library is known where."""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import adapters

# Every package's sub-packages and top-level modules, lowest first: each imports those before it, and itself.
ORDER = {
    "adapters": "errors clock chat text files payloads platform imports console slack discord web",
    "nlp": "errors jobs runtime scheduler remote languages text spans hub inference e5 firefox models training core "
    "trial translation profiles bench",
    "bot": "errors outputs glossary token_shapes redaction credentials endpoints history backlog understanding "
    "recent_answers services discussions conversation translations bridges "
    "timetable retrieval summaries answers mood intents sections config admission assistant sample terminal runtime "
    "catalogue evaluation training cli",
}
APART = {("discord", "slack"), ("web", "slack"), ("web", "discord")}  # neither knows the other, which stands below
MOST = 20  # modules in a folder
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
    "starlette": ("adapters/web",),
    "uvicorn": ("adapters/web",),
    "argon2": ("adapters/web",),
    "matplotlib": ("bot/mood/charts",),
    "sqlite_utils": ("bot/history",),
}


def modules() -> dict[str, Path]:
    """Every module of the house by its dotted name."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in sources()
    }


def imported_modules(path: Path, known: dict[str, Path]) -> Iterator[str]:
    """The modules of the house that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module in known:
            names = (f"{node.module}.{alias.name}" for alias in node.names)
            yield from (name if name in known else node.module for name in names)


def floor(module: str) -> str:
    """The part of its package that a module belongs to, as ORDER names it."""
    return module.split(".")[1] if "." in module else ""


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


@pytest.mark.parametrize("package", PACKAGES)
def test_a_part_of_a_package_imports_only_the_parts_below_it(package: str):
    order, known = ORDER[package].split(), modules()
    upward = [
        f"{name} imports {other}"
        for name, path in known.items()
        for other in imported_modules(path, known)
        if name.startswith(f"{package}.") and other.startswith(f"{package}.")
        if order.index(floor(other)) > order.index(floor(name)) or (floor(name), floor(other)) in APART
    ]
    assert not upward


def test_no_modules_import_each_other_in_a_circle():
    known = modules()
    left = {name: set(imported_modules(path, known)) - {name} for name, path in known.items()}
    while free := [name for name, others in left.items() if others.isdisjoint(left)]:
        for name in free:
            del left[name]
    assert not left


def test_no_folder_holds_more_modules_than_a_reader_can_survey():
    folders = Counter(path.parent for path in sources() if path.name != "__init__.py")
    assert max(folders.values()) <= MOST
