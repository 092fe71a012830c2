"""What a Discord message says in plain text, the same whether it comes from an export or from the gateway.

Knows the parts of a message, not where they are read from; `adapters.imports.discord` and `adapters.discord` do.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.text.coerce import mapping, mappings, string
from adapters.text.markup import NO_NAMES, Names, plain_from_discord

DIRECT = "0"  # the guild of direct messages, as exports call it


@dataclass(frozen=True, slots=True)
class Written:
    """What somebody put into a message: `embeds` as Discord's API writes them, `files` and `stickers` by name."""

    content: str = ""
    embeds: Sequence[Mapping[str, Any]] = ()
    files: Sequence[str] = ()
    stickers: Sequence[str] = ()


def plain_text(own: Written, forwarded: Written | None = None, names: Names = NO_NAMES) -> str:
    """What was written, else what was forwarded, else what an embed says; names of files and stickers below."""
    parts = [plain_from_discord(own.content, names)]
    if forwarded is not None:
        parts += [f"[forwarded] {plain_from_discord(forwarded.content, names)}".rstrip(), *_attached(forwarded)]
    if not any(parts):
        parts += [_embed(embed, names) for embed in own.embeds]
    return "\n".join(filter(None, (*parts, *_attached(own))))


def permalink(workspace: str, channel: str, message: str) -> str:
    """The address of a message; those of direct messages are under @me."""
    return f"https://discord.com/channels/{'@me' if workspace == DIRECT else workspace}/{channel}/{message}"


def _attached(written: Written) -> Iterator[str]:
    """A line for each file and each sticker."""
    yield from (f"[file: {name}]" if name else "[file]" for name in written.files)
    yield from (f"[sticker: {name}]" for name in written.stickers)


def _embed(embed: Mapping[str, Any], names: Names) -> str:
    rows = [
        string(mapping(embed.get("author")).get("name")),
        string(embed.get("title")),
        string(embed.get("description")),
    ]
    fields = ((string(field.get("name")), string(field.get("value"))) for field in mappings(embed.get("fields")))
    rows += [": ".join(filter(None, field)) for field in fields]
    return "\n".join(plain_from_discord(row, names) for row in rows if row) or string(embed.get("url"))
