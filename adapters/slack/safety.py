"""The gate that everything passes on its way to Slack: nobody is mentioned, and only links from the sources are live.

Pure. A link that the material doesn't hold is shown as code, so that people can read it and nobody clicks it by habit.
"""

import re
from collections.abc import Iterable

from adapters.chat import Reply, Request
from adapters.markup import CODE, clean, inert, slack_from_markdown

ADDRESS = re.compile(r"\b(?:[a-zA-Z][a-zA-Z0-9+.-]{1,20}://|www\.)[^\s<>|`\"']+")
LINK = re.compile(rf"!?\[([^\[\]\n]*)\]\(\s*<?([^()\s<>]*)>?[^()]*\)|({ADDRESS.pattern})")
QUOTE = re.compile(r"^(?: {0,3}&gt;)+", re.MULTILINE)
TRAILING = ".,;:!?)]}*_~"


def addresses(texts: Iterable[str]) -> frozenset[str]:
    """The web addresses that stand in these texts."""
    return frozenset(found.rstrip(TRAILING) for text in texts for found in ADDRESS.findall(text))


def proven(reply: Reply, request: Request | None) -> frozenset[str]:
    """The addresses that a reply may link to: its sources', and those that the asker wrote."""
    links = [source.permalink for source in reply.sources if source.permalink]
    texts = [source.text for source in reply.sources]
    if request is not None:
        texts += [request.intent.argument, request.message.text if request.message else ""]
    return addresses(texts) | frozenset(links)


def tame(text: str, allowed: frozenset[str]) -> str:
    """The Markdown with every link that isn't allowed turned into code."""

    def change(match: re.Match[str]) -> str:
        label, target, bare = match.groups()
        if bare is not None:
            address = bare.rstrip(TRAILING)
            return bare if address in allowed else f"`{address}`{bare[len(address) :]}"
        if target in allowed:
            return match[0].removeprefix("!")
        return f"{label} (`{target}`)" if target else label

    parts = CODE.split(clean(text))
    return "".join(part if index % 2 else LINK.sub(change, part) for index, part in enumerate(parts))


def as_markdown(text: str) -> str:
    """Tamed Markdown for a `markdown` block: control characters escaped outside code, mentions inert everywhere."""
    parts = CODE.split(inert(text))
    return "".join(part if index % 2 else _escape(part) for index, part in enumerate(parts))


def _escape(text: str) -> str:
    """Slack's control characters as entities; a quotation's mark at the start of a line stays one."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return QUOTE.sub(lambda match: match[0].replace("&gt;", ">"), escaped)


def as_mrkdwn(text: str) -> str:
    """Tamed Markdown for everything that isn't a `markdown` block: fallbacks, context lines, App Home."""
    return slack_from_markdown(text)
