"""Splitting a reply: what stays whole, and that nothing is lost but white space at cuts."""

import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.text.pages import pages, utf16_length

WORDS = st.lists(
    st.one_of(
        st.text("abcé😀", min_size=1, max_size=30),
        st.sampled_from(
            ["\n", "\n\n", "- item", "> quote", "[docs](https://a.example/x)", "<https://a.example|docs>", "  "]
        ),
    ),
    max_size=80,
).map(" ".join)
CODE_LINES = st.lists(st.text("ab =()[]<", max_size=50), max_size=30)
MEASURES = st.sampled_from([len, utf16_length, lambda text: len(text.encode())])


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


def fences(page: str) -> list[str]:
    return re.findall(r"^```.*$", page, re.MULTILINE)


@given(WORDS, st.integers(40, 200), MEASURES)
def test_every_page_fits_and_prose_loses_only_white_space(text: str, limit: int, measure: Callable[[str], int]):
    result = pages(text, limit, measure=measure)
    assert all(page.strip() and measure(page) <= limit for page in result)
    assert squeezed("".join(result)) == squeezed(text)


@given(st.text(), st.integers(16, 100), MEASURES)
def test_no_text_raises_or_breaks_the_limit(text: str, limit: int, measure: Callable[[str], int]):
    assert all(measure(page) <= limit for page in pages(text * 3, limit, measure=measure))


@given(WORDS, CODE_LINES, WORDS, st.integers(40, 200))
def test_code_is_closed_and_reopened_with_its_language(before: str, code: list[str], after: str, limit: int):
    text = "\n".join([before, "```python", *code, "```", after])
    result = pages(text, limit)
    assert all(len(page) <= limit for page in result)
    for page in result:
        assert fences(page) == ["```python", "```"] * (len(fences(page)) // 2)
    unfenced = re.sub(r"^```(?:python)?$", "", "\n".join(result), flags=re.MULTILINE)
    assert squeezed(unfenced) == squeezed(before + "".join(code) + after)


def test_a_text_that_fits_is_one_page_as_it_came():
    assert pages(" a\n\n```\nb", 100) == [" a\n\n```\nb"]


@pytest.mark.parametrize("text", ["", " \n\t\n"])
def test_nothing_makes_no_page(text: str):
    assert pages(text, 100) == []
    assert pages(text * 200, 100) == []


def test_a_page_ends_between_paragraphs_first():
    first, second = "one two three.\nfour five.", "six seven eight nine ten."
    assert pages(f"{first}\n\n{second}", 40) == [first, second]


def test_a_page_ends_between_lines_before_words():
    assert pages("one two three four\nfive six seven eight\nnine ten", 42) == [
        "one two three four\nfive six seven eight",
        "nine ten",
    ]


def test_words_and_links_are_not_cut():
    text = "see [the long documentation](https://a.example/page) and https://a.example/other/page then rest"
    result = pages(text, 56)
    assert any("[the long documentation](https://a.example/page)" in page for page in result)
    assert any("https://a.example/other/page" in page for page in result)
    assert " ".join(result) == text


def test_a_fence_that_fits_a_page_is_kept_whole():
    code = "```sql\nselect 1;\nselect 2;\n```"
    assert pages(f"{'word ' * 8}\n{code}\nafter", 45) == ["word " * 7 + "word", f"{code}\nafter"]


def test_code_longer_than_a_page_keeps_its_indentation():
    code = "\n".join(f"    line_{number} = {number}" for number in range(10))
    result = pages(f"```py\n{code}\n```", 60)
    assert len(result) > 2
    body = "\n".join(page.removeprefix("```py\n").removesuffix("\n```") for page in result)
    assert body == code


def test_a_fence_that_nobody_closes_is_closed_on_every_page():
    result = pages("```\n" + "code\n" * 40, 60)
    assert all(page.startswith("```\n") and page.endswith("\n```") for page in result)


def test_length_is_counted_as_the_platform_counts():
    assert [utf16_length(page) for page in pages("😀" * 100, 50, measure=utf16_length)] == [50] * 4
    assert utf16_length("a😀é") == 4


def test_a_limit_too_small_for_anything_is_refused():
    with pytest.raises(ValueError, match="at least 16"):
        pages("text", 5)


@pytest.mark.parametrize(
    "text", ["a" * 200_000, "<" * 200_000, "[" * 200_000, "```\n" * 50_000, "\n" * 200_000, "a " * 100_000]
)
def test_hostile_text_takes_linear_time(text: str):
    start = time.perf_counter()
    pages(text, 2000, measure=utf16_length)
    assert time.perf_counter() - start < 5
