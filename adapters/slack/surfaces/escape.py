"""The last step of the gate to Slack: nobody is mentioned, and Slack's control characters are shown as they are.

Pure. Which links are live was decided before, in `adapters.text.links`.
"""

import re

from adapters.text.markup import CODE, inert, slack_from_markdown

BULLET = re.compile(rf"{CODE.pattern}|^(?P<bullet>[ \t]*)- (?=\S)", re.MULTILINE)
TARGET = re.compile(r"(?<=\]\()https?://[^\s()<>]*(?=\))")
QUOTE = re.compile(r"^(?: {0,3}>)+", re.MULTILINE)
ESCAPED = re.compile(r"\\([<>&])")
MARK = "\x01"  # stands for the mark of a quotation; no text has it


def as_markdown(text: str) -> str:
    """Return tamed Markdown for a `markdown` block: control characters escaped outside code, mentions inert."""
    parts = CODE.split(inert(text))
    return "".join(part if index % 2 else _escape(part) for index, part in enumerate(parts))


def _escape(text: str) -> str:
    """Return Slack's control characters as entities; a quotation's mark at the start of a line stays one.

    So does the ampersand of an address, whose entity some of Slack's apps take for a part of it. An entity needs no
    backslash, which would be shown.
    """
    text = ESCAPED.sub(r"\1", QUOTE.sub(lambda match: match[0].replace(">", MARK), text))
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return TARGET.sub(lambda match: match[0].replace("&amp;", "&"), escaped).replace(MARK, ">")


def as_mrkdwn(text: str) -> str:
    """Return tamed Markdown for everything that isn't a `markdown` block: fallbacks, context lines, App Home.

    Slack's own markup has no lists, so bullets are drawn.
    """
    return BULLET.sub(
        lambda match: match[0] if match["bullet"] is None else f"{match['bullet']}• ", slack_from_markdown(text)
    )
