"""The gate that everything passes on its way out: only links that the material holds are live, and text is only text.

Pure. A masked link is live only to a message that proves the reply; any other shows its label and, as code, its
address, so that people can read it and nobody clicks it by habit. Bare addresses are live where the asker typed them.
Making mentions inert is each platform's own part of the gate, because each writes them in its own way.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from adapters.chat import Reply, Request
from adapters.text.markup import CODE, MARKDOWN_SIGN, ZERO_WIDTH_SPACE, clean

# With a scheme, or as services also recognise it: www.…, an invitation, a host with a path.
ADDRESS = re.compile(
    r"(?:[a-zA-Z][a-zA-Z0-9+.-]{1,20}://|(?<![a-zA-Z0-9.@/-])(?:www\.|(?:[\w-]{1,63}+\.){1,8}+[a-zA-Z]{2,24}/(?=\w)))"
    r"[^\s<>|`\"']+"
)
# A label and what it leads to, which may have parentheses inside; else a bare address. An escaped bracket opens none.
LINK = re.compile(
    r"(?<!\\)!?\[([^\[\]\n]*+)\]\(\s*+<?+((?:[^()\s<>]++|\([^()\s<>]*+\))*+)>?+[^()\n]*+\)" rf"|({ADDRESS.pattern})"
)
HALF = re.compile(r"(?<!\\)\]\(<?")
RULE = re.compile(r"^([ \t]*)(?=[=-]{2,}[ \t]*$|[-+*][ \t]|\d{1,9}[.)][ \t])", re.MULTILINE)
STRAY = re.compile(r"\\?`")  # one that opens no code would open some with the next that does
GRAVE = "\N{MODIFIER LETTER GRAVE ACCENT}"
UNESCAPED = re.compile(r"\\([\\`*_~|<>#\[\]])|\u200b")
TRAILING = ".,;:!?)]}*_~…"


@dataclass(frozen=True, slots=True)
class Proven:
    """Holds what a reply may link to: `permalinks` under any label, `addresses` as they are."""

    permalinks: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()


NOTHING = Proven()


def addresses(texts: Iterable[str]) -> frozenset[str]:
    """Return the web addresses that stand in these texts."""
    return frozenset(found.rstrip(TRAILING) for text in texts for found in ADDRESS.findall(text))


def proven(reply: Reply, request: Request | None) -> Proven:
    """Return what a reply may link to: its sources, and the addresses that the asker typed."""
    permalinks = frozenset(source.permalink for source in reply.sources if source.permalink)
    if request is None:
        return Proven(permalinks)
    message = request.message if request.message and request.message.author.id == request.asker.id else None
    typed = [request.typed.words if request.typed else "", message.text if message else ""]
    return Proven(permalinks, addresses(typed))


def tame(text: str, allowed: Proven) -> str:
    """Return the Markdown with every link that isn't allowed turned into words and code."""

    def change(match: re.Match[str]) -> str:
        label, target, bare = match.groups()
        if bare is not None:
            address = bare.rstrip(f"{TRAILING}\\")  # a backslash belongs to the sign that it escapes
            live = address in allowed.addresses or address in allowed.permalinks
            return bare if live else f"{_after_backslash(match)}`{address}`{bare[len(address) :]}"
        if target in allowed.permalinks:
            return match[0].removeprefix("!")
        words = LINK.sub(change, label)
        return f"{words} (`{target}`)" if target else words

    parts = CODE.split(clean(text))
    parts[::2] = [_broken(LINK.sub(change, STRAY.sub(GRAVE, part)), allowed) for part in parts[::2]]
    return "".join(parts)


def _after_backslash(match: re.Match[str]) -> str:
    """Return what keeps a backslash before a match from taking the sign of code for itself."""
    return ZERO_WIDTH_SPACE if match.string[max(match.start() - 1, 0) : match.start()] == "\\" else ""


def _broken(text: str, allowed: Proven) -> str:
    """Return the text without what is left of links that lead elsewhere."""
    permalinks = tuple(allowed.permalinks)
    return HALF.sub(lambda match: match[0] if text.startswith(permalinks, match.end()) else "] (", text)


def literal(text: str) -> str:
    """Return somebody's words as Markdown that shows them as they are: only code stays code.

    Addresses stay as they are too; whether they are live is decided by `tame`.
    """
    parts = CODE.split(clean(text))
    return "".join(part if index % 2 else _escaped(part) for index, part in enumerate(parts))


def as_written(text: str) -> str:
    """Return Markdown with the words of others as they wrote them: what `literal` escaped, for who renders nothing."""
    parts = CODE.split(text)
    return "".join(part if index % 2 else UNESCAPED.sub(r"\1", part) for index, part in enumerate(parts))


def _escaped(text: str) -> str:
    """Return the text with the signs of Markdown escaped, but for those in addresses."""
    done, end = [], 0
    for found in ADDRESS.finditer(text):
        done += [MARKDOWN_SIGN.sub(r"\\\1", text[end : found.start()]), found[0]]
        end = found.end()
    done.append(MARKDOWN_SIGN.sub(r"\\\1", text[end:]))
    return RULE.sub("\\1\u200b", "".join(done))
