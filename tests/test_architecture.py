"""The map of the house: a line for each module, and words that mean what the classes of those names are."""

import ast
import re
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "docs"))

import map as house  # noqa: E402 - docs/ is no package

TEXT = house.PAGE.read_text(encoding="utf-8")


def classes() -> set[str]:
    """The names of all classes of the house."""
    paths = [path for package in house.PACKAGES for path in (ROOT / package).rglob("*.py")]
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in paths]
    return {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def glossary() -> list[tuple[str, list[str]]]:
    """Each word of the glossary, with the classes that its line names."""
    _, _, section = TEXT.partition("## The words")
    rows = re.findall(r"^\| \*\*(.+?)\*\* \| (.*) \|$", section, flags=re.MULTILINE)
    return [(word, re.findall(r"`([A-Z]\w+)`", meaning)) for word, meaning in rows]


def test_the_map_is_the_tree_as_it_is_now():
    assert house.page(TEXT) == TEXT, "run `python docs/map.py`"


def test_every_module_says_what_it_is_for():
    paths = [path for package in house.PACKAGES for path in (ROOT / package).rglob("*.py")]
    assert [str(path.relative_to(ROOT)) for path in paths if not house.purpose(path)] == []


def test_every_file_that_a_way_names_exists():
    ways = TEXT.partition("<!-- map -->")[0]
    named = set(re.findall(r"`((?:adapters|bot|nlp)/[\w/]+\.py)`", ways))
    assert len(named) > 20
    assert sorted(name for name in named if not name.endswith("NAME.py") and not (ROOT / name).is_file()) == []


def test_every_word_of_the_glossary_is_explained_once():
    words = Counter(word for word, _ in glossary())
    assert len(words) > 20
    assert [word for word, times in words.items() if times > 1] == []


def test_the_glossary_names_classes_that_exist():
    there = classes()
    assert [name for _, names in glossary() for name in names if name not in there] == []
