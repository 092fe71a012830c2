"""Numbers agree with what they count, wherever people read them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.text.counts import counted

ROOT = Path(__file__).resolve().parent.parent
MANY = re.compile(
    r" (?:more |new |earlier )?(?:answers|authors|blocks|channels|days|entries|events|examples|files|items|lines|"
    r"members|messages|models|notes|pairs|parts|people|places|points|questions|replies|rows|secrets|sentences|servers|texts|"
    r"things|threads)\b"
)
SEVERAL = {  # are more than one where the text is said
    "bot/cli/commands/check.py: {len(channels)} channels have this name.",
    "bot/evaluation/everywhere.py: {count} messages",
    "bot/intents/summarize.py: {compared} messages were compared",
    "bot/intents/translate.py: {count} messages",
    "bot/intents/translate.py: {len(messages)} messages; say a shorter time",
}


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 replies"), (1, "1 reply"), (2, "2 replies"), (1_000_001, "1,000,001 replies")]
)
def test_a_number_agrees_with_its_noun(number: int, said: str):
    assert counted(number, "reply", "replies") == said


def test_most_nouns_take_an_s():
    assert (counted(1, "channel"), counted(20, "channel")) == ("1 channel", "20 channels")


def uncounted(source: str) -> Iterator[str]:
    """Yield what texts put before a noun in the plural and isn't a constant, which is known to be more than one."""
    for text in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.JoinedStr)):
        for value, after in zip(text.values, text.values[1:], strict=False):
            if isinstance(value, ast.FormattedValue) and isinstance(after, ast.Constant):
                number = ast.unparse(value.value)
                if MANY.match(str(after.value)) and not re.fullmatch(
                    r"[\w.]*\b(?:[A-Z_]+(?:\.\w+)?|limits\.\w+)(?: \* 100)?", number
                ):
                    yield f"{{{number}}}{after.value}"


def test_a_text_that_counts_in_the_plural_alone_is_noticed():
    assert [*uncounted("f'{len(found)} messages'"), *uncounted("f'{MOST} messages, {counted(n, \"thread\")}'")] == [
        "{len(found)} messages"
    ]


@pytest.mark.parametrize("package", ["adapters", "bot"])
def test_no_text_counts_in_the_plural_alone(package: str):
    files = sorted((ROOT / package).rglob("*.py"))
    assert files
    found = {
        f"{file.relative_to(ROOT).as_posix()}: {each}"
        for file in files
        for each in uncounted(file.read_text(encoding="utf-8"))
    }
    assert sorted(each for each in found if not each.startswith((*SEVERAL,))) == []
