"""A reply as HTML: its Markdown without any HTML of its own, each link to a source leading to the message on the page.

A part that rests on messages carries their ids, for the page to light them up. Addresses are live as the gate of every
platform lets them be (`adapters.text.links`).
"""

import json
from collections.abc import Mapping, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from adapters.chat import Reply, Request
from adapters.text.links import proven, tame

READER = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable(["image"])
PARTS = {
    "list_item_open": "list_item_close",
    "paragraph_open": "paragraph_close",
    "blockquote_open": "blockquote_close",
}


def html_of(reply: Reply, request: Request | None, *, here: bool = True) -> Markup:
    """Return the reply's text as HTML that holds no script, no picture and no link but those that are proven.

    `here` says that its sources are messages of the channel on the page; else they lead to their platform.
    """
    ids = {source.permalink: source.id for source in reply.sources if source.permalink}
    tokens = READER.parse(tame(reply.text, proven(reply, request)))
    if not here:
        ids = {}
    _mark(tokens, ids)
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open":
                _lead(child, ids)
    return Markup(READER.renderer.render(tokens, READER.options, {}))  # noqa: S704 - the reader escapes everything


def text_html(text: str, request: Request | None) -> Markup:
    """Return a part of an answer that is still being written."""
    return html_of(Reply(text), request)


def _mark(tokens: Sequence[Token], ids: Mapping[str, str]) -> None:
    """Write into each part of the text which messages it rests on."""
    for place, token in enumerate(tokens):
        if token.type not in PARTS or (token.type == "paragraph_open" and token.level):
            continue
        end = next(
            n
            for n in range(place, len(tokens))
            if (tokens[n].type, tokens[n].level) == (PARTS[token.type], token.level)
        )
        linked = [
            str(child.attrGet("href"))
            for inner in tokens[place:end]
            for child in inner.children or ()
            if child.type == "link_open"
        ]
        if found := list(dict.fromkeys(ids[link] for link in linked if link in ids)):
            token.attrSet("data-sources", json.dumps(found))


def _lead(link: Token, ids: Mapping[str, str]) -> None:
    """Let a link to a source lead to the message on the page, and any other one to a tab of its own."""
    address = str(link.attrGet("href"))
    if address in ids:
        link.attrSet("href", f"#m-{ids[address]}")
        link.attrSet("data-message", ids[address])
    elif address.startswith(("http://", "https://")):
        link.attrSet("target", "_blank")
        link.attrSet("rel", "noopener noreferrer nofollow")
    else:
        link.attrSet("href", "#")
