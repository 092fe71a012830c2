"""Parley's English: subject, verb, object; a docstring begins with what the function returns or does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TABLES = sorted(path for package in ("adapters", "bot") for path in (ROOT / package).rglob("words.toml"))
PAGES = [ROOT / "README.md", ROOT / "config.example.toml", *sorted((ROOT / "docs").glob("*.md"))]
HEADLESS = re.compile(r"(What|Whether|How|Who|Whom|Whose|Why|Where|When|Which|That)\b")
NOUN = re.compile(r"(The|A|An|Each|Every|All|One|Those|As)\b")
PATTERNS = {
    "no more": re.compile(
        r"(?<!here are )(?<!here is )\bno more(?=[,.;:]|$)|\b(it|channel|may) no more\b(?! than)", re.MULTILINE
    ),
    "is no": re.compile(r"(?<!here )\b(is|are) no (?!longer\b|more\b|one\b)[a-z]+"),
    "passive of perception": re.compile(r"\b(is|are|was|were) (heard|told) (of|about|so|at|in|to)\b|\bhears of\b"),
}


def documented(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Yield each module, class and function of a file that has a docstring, with it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            text = ast.get_docstring(node)
            if text:
                yield node, text


def returns_something(node: ast.AST) -> bool:
    """Return whether a function says that it returns a value."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.returns is None:
        return False
    return ast.unparse(node.returns) not in ("None", "NoReturn")


def literals(tree: ast.Module) -> Iterator[str]:
    """Yield the strings of a file, those of its docstrings among them; patterns and word lists don't count."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.search(r"[a-z] [a-z]", node.value):
            yield node.value


def faults(text: str) -> list[str]:
    """Return the words of a text that the rules refuse."""
    return [found[0] for pattern in PATTERNS.values() for found in pattern.finditer(text)]


@pytest.fixture(scope="module", params=("adapters", "bot", "nlp"))
def package(request: pytest.FixtureRequest) -> dict[str, ast.Module]:
    """Return the modules of a package by their paths."""
    root = ROOT / str(request.param)
    paths = {path.relative_to(ROOT).as_posix(): path for path in sorted(root.rglob("*.py"))}
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in paths.items()}


def test_a_docstring_begins_with_no_question_word(package: dict[str, ast.Module]) -> None:
    rows = [(name, text.partition("\n")[0]) for name, tree in package.items() for _, text in documented(tree)]
    assert [row for row in rows if HEADLESS.match(row[1])] == []


def test_a_docstring_of_a_function_says_what_it_returns_or_does(package: dict[str, ast.Module]) -> None:
    rows = [(name, *row) for name, tree in package.items() for row in documented(tree)]
    nouns = [(name, text) for name, node, text in rows if returns_something(node) and NOUN.match(text)]
    assert [row for row in nouns if row[1].endswith(".")] == []  # a label without a full stop is printed as it is


def test_strings_and_docstrings_keep_to_the_rules(package: dict[str, ast.Module]) -> None:
    rows = [(name, fault) for name, tree in package.items() for text in literals(tree) for fault in faults(text)]
    assert rows == []


@pytest.mark.parametrize("page", [*PAGES, *TABLES], ids=lambda page: page.relative_to(ROOT).as_posix())
def test_a_page_and_a_table_of_words_keep_to_the_rules(page: Path) -> None:
    assert faults(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("sentence", "refused"),
    [
        ("I keep this channel no more, because Ana turned it off.", True),
        ("“x” is no language that I know.", True),
        ("The asker is told so at the next start.", True),
        ("Only Discord hears of it.", True),
        ("I no longer keep this channel.", False),
        ("There is no folder of that name.", False),
        ("It returns nothing when there are no more.", False),
        ("A summary has no more than ten points.", False),
    ],
)
def test_the_rules_know_a_fault_from_good_english(sentence: str, *, refused: bool) -> None:
    assert bool(faults(sentence)) == refused
