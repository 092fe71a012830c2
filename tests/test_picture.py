"""The README's picture of Parley in a chat: drawn from the blocks that Slack gets, with nothing from elsewhere."""

import re
import runpy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from adapters.chat import Action, Intent, Reply, Source
from adapters.slack.surfaces.rendering import render

ROOT = Path(__file__).resolve().parent.parent
SCRIPT: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "chat.py"))
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
ELSEWHERE = re.compile(r"url\(|href|<image|<style|<script|@import|font-face")


def blocks() -> list[dict[str, Any]]:
    """Those of an answer with everything that may stand below one."""
    told = {"options": {"reply": "token"}}
    actions = (
        Action("👍", Intent("feedback", "up", **told)), Action("👎", Intent("feedback", "down", **told)),
        Action("Ask again", Intent("ask", "when?")),
    )  # fmt: skip
    sources = (Source("1", "Maud", NOON, "the **ferry** leaves at 9 & 10 <sharp>", "https://x.slack.com/1"),)
    reply = Reply("**At nine**, from\n\n- the _old_ pier", sources, ("Covers 2 messages.",), actions=actions)
    return [dict(block) for page in render(reply, None, SCRIPT["ZONE"]).pages for block in page.blocks]


def texts(picture: str) -> str:
    return "\n".join("".join(each.itertext()) for each in ET.fromstring(picture).iter() if each.tag.endswith("text"))


def test_every_block_is_drawn_and_every_word_is_there():
    picture = SCRIPT["drawn"]([("Ana", "when does it leave?", blocks())])
    assert {block["type"] for block in blocks()} == set(SCRIPT["DRAWN"])
    for words in (
        "@Parley when does it leave?",
        "At nine",
        "old",
        "Covers 2 messages.",
        "Ask again",
        "9 & 10 <sharp>",
        "👍",
    ):
        assert words in texts(picture), words
    assert not ELSEWHERE.search(picture)


@pytest.mark.parametrize("width", [200, 700])
def test_lines_keep_to_their_width_and_lose_no_word(width: int):
    source = "one two three four five six seven eight nine ten eleven twelve " * 5
    lines = list(SCRIPT["wrapped"](list(SCRIPT["words_of"](source)), width, 15))
    assert "".join(word.text for line in lines for word in line).split() == source.split()
    measured = [SCRIPT["width_of"]("".join(word.text for word in line).rstrip(), 15) for line in lines]
    assert max(measured) <= width


def test_the_readme_begins_with_the_picture_and_it_asks_no_other_site_for_anything():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"!\[[^\]]*\]\(([^)]+)\)", readme)[0] == "docs/chat.svg"
    picture = (ROOT / "docs" / "chat.svg").read_text(encoding="utf-8")
    assert "31 March" in texts(picture)
    assert not ELSEWHERE.search(picture)
