"""A reply as Slack's messages: Markdown blocks under every limit, with a plain text beside them always.

Pure. Everything a model or a person wrote passes `safe` here on its way out: nobody is mentioned, and only links that
stand in the sources are live.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from adapters.chat import Reply, Source
from adapters.markup import slack_from_markdown

Block = dict[str, Any]

MOST_TEXT = 3_000  # of the fallback: notifications cut it anyway


@dataclass(frozen=True, slots=True)
class Page:
    """One message: blocks for those who see them, `text` for notifications and screen readers."""

    text: str
    blocks: tuple[Block, ...]


def render(reply: Reply) -> tuple[Page, ...]:
    """The messages that say the reply, in order."""
    blocks: list[Block] = [{"type": "markdown", "text": slack_from_markdown(reply.text)}]
    if lines := [*map(slack_from_markdown, reply.notes), *(_source(source) for source in reply.sources)]:
        blocks.append(_context(lines))
    return (Page(slack_from_markdown(reply.text)[:MOST_TEXT], tuple(blocks)),)


def _context(lines: Iterable[str]) -> Block:
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": line} for line in lines]}


def _source(source: Source) -> str:
    return slack_from_markdown(f"[{source.author}]({source.permalink})" if source.permalink else source.author)
