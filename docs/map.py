"""Writes the map of modules in docs/architecture.md from the first lines of their docstrings: `python docs/map.py`.

A module's docstring is the one place that says what it is for; the page only arranges those sentences.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
PACKAGES = ("adapters", "nlp", "bot")
DATA = (".html", ".json", ".toml", ".tsv", ".txt")
START, END = "<!-- map -->\n", "<!-- /map -->\n"


def purpose(path: Path) -> str:
    """Return the first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n")[0]


def lines(folder: Path) -> Iterator[str]:
    """Yield a folder's heading, a line for each of its modules, its data, and then those of its sub-packages."""
    yield f"\n### {folder.relative_to(ROOT).as_posix()}/\n\n{purpose(folder / '__init__.py')}\n\n"
    for path in sorted(folder.glob("*.py")):
        if path.name != "__init__.py":
            yield f"- `{path.name}`: {purpose(path)}\n"
    data = sorted(path.name for path in folder.glob("*.*") if path.suffix in DATA)
    if data:
        yield f"- data: {', '.join(f'`{name}`' for name in data)}\n"
    for child in sorted(path.parent for path in folder.glob("*/__init__.py")):
        yield from lines(child)


def page(text: str) -> str:
    """Return the page with a map of the tree as it is now."""
    before, _, rest = text.partition(START)
    _, _, after = rest.partition(END)
    tree = "".join(line for name in PACKAGES for line in lines(ROOT / name))
    return f"{before}{START}{tree}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
