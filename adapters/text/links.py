"""The gate that everything passes on its way out: only links that the material holds are live.

Pure. A link that no source and no question holds is shown as code, so that people can read it and nobody clicks it by
habit. Making mentions inert is each platform's own part of the gate, because each writes them in its own way.
"""

import re
from collections.abc import Iterable

from adapters.chat import Reply, Request
from adapters.text.markup import CODE, clean

ADDRESS = re.compile(r"\b(?:[a-zA-Z][a-zA-Z0-9+.-]{1,20}://|www\.)[^\s<>|`\"']+")
LINK = re.compile(rf"!?\[([^\[\]\n]*)\]\(\s*<?([^()\s<>]*)>?[^()]*\)|({ADDRESS.pattern})")
TRAILING = ".,;:!?)]}*_~"


def addresses(texts: Iterable[str]) -> frozenset[str]:
    """The web addresses that stand in these texts."""
    return frozenset(found.rstrip(TRAILING) for text in texts for found in ADDRESS.findall(text))


def proven(reply: Reply, request: Request | None) -> frozenset[str]:
    """The addresses that a reply may link to: its sources', and those that the asker wrote."""
    links = [source.permalink for source in reply.sources if source.permalink]
    texts = [source.text for source in reply.sources]
    if request is not None:
        typed, message = request.typed, request.message
        texts += [request.intent.argument, typed.words if typed else "", message.text if message else ""]
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
