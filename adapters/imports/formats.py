"""Say what a file or folder looks like that no importer reads, and what to give instead.

Looks at names and first bytes alone, and never raises.
"""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from adapters.imports.archive import Archive, ArchiveUnreadable, open_archive
from adapters.imports.entry import EntryRefused
from adapters.imports.slack_tables import KNOWN

HEAD_BYTES = 1 << 16
FILES_LOOKED_AT = 20
DAY = re.compile(r"\d{4}-\d\d-\d\d\.json")
PACKED = re.compile(r"\.(?:7z|rar|gz|tgz|bz2|xz|zst|tar)$", re.IGNORECASE)
EXPORTS = "I read Slack exports (zip or folder) and DiscordChatExporter's JSON (file, folder or zip)."
AGAIN = "export again with `--format Json`."


@dataclass(frozen=True, slots=True)
class Look:
    """Holds what is seen of a path: its entries' names (its own for a file), and how the first of each kind begins."""

    path: Path
    names: Sequence[str]
    head: str

    def ends(self, *suffixes: str) -> bool:
        """Return whether the file, or what is in it and isn't a folder of pictures, ends so."""
        return any(name.lower().endswith(suffixes) for name in self.names)


def explain(path: Path) -> str:
    """Return what the path seems to be and what to give instead; "" where it is like nothing known."""
    look = _look(path)
    return next((sentence(look) for holds, sentence in LOOKS if holds(look)), "")


def _look(path: Path) -> Look:
    try:
        with open_archive(path) as archive:
            names = (*archive.names, *(refusal.entry for refusal in archive.refusals))
            return Look(path, names, _head(archive))
    except ArchiveUnreadable:
        return Look(path, (), "")


def _head(archive: Archive) -> str:
    """Return how the first file begins that can be read."""
    for name in archive.names[:FILES_LOOKED_AT]:
        with suppress(EntryRefused), archive.open(name) as stream:
            return stream.read(HEAD_BYTES).decode("utf-8", "replace").lstrip("\ufeff")
    return ""


def _is_day(look: Look) -> bool:
    return look.path.is_file() and (
        DAY.fullmatch(look.path.name) is not None
        or re.match(r'\s*\[\s*\{(?s:.){0,4000}"ts"\s*:', look.head) is not None
    )


def _is_channel(look: Look) -> bool:
    return look.path.is_dir() and any(map(DAY.fullmatch, look.names))


def _is_table(look: Look) -> bool:
    return look.path.name in KNOWN and look.path.is_file()


def _is_dump(look: Look) -> bool:
    return re.match(r'\s*\{(?s:.){0,4000}"(?:channel_id|slackdump_thread_replies)"\s*:', look.head) is not None


def _is_archive_of_slackdump(look: Look) -> bool:
    return look.ends("slackdump.sqlite") or any(name.endswith(".json.gz") for name in look.names)


def _is_package(look: Look) -> bool:
    return any(re.search(r"(?:^|/)(?:messages|c?\d{15,20})/(?:index|messages)\.(?:json|csv)$", n) for n in look.names)


def _above(path: Path, levels: int) -> str:
    """Return the folder so many levels above, as somebody would type it."""
    above = path.resolve()
    for _ in range(levels):
        above = above.parent
    return str(above)


def _from_discord(look: Look) -> bool:
    """Return whether DiscordChatExporter seems to have written it, by what its formats begin with."""
    return bool(re.search(r"chatlog|discordchatexporter|^\W*AuthorID,|^=+\s*Guild:", look.head[:4000], re.IGNORECASE))


def _other_format(kind: str) -> Callable[[Look], str]:
    def sentence(look: Look) -> str:
        if _from_discord(look):
            return f"It looks like DiscordChatExporter's {kind}, which doesn't keep all that is needed: {AGAIN}"
        return (
            f"It looks like {kind}. Of DiscordChatExporter's formats I read JSON: {AGAIN} "
            "Of slackdump's I read its Slack export: run `slackdump export`."
        )

    return sentence


Looks = tuple[Callable[[Look], bool], Callable[[Look], str]]
LOOKS: tuple[Looks, ...] = (
    (
        _is_table,
        lambda look: f"It is one table of a Slack export. Give me the folder that holds it: {_above(look.path, 1)}",
    ),
    (
        _is_dump,
        lambda _: (
            "It looks like slackdump's dump of single conversations. Run `slackdump export` instead, whose "
            "result I read, or `slackdump convert -f export` on slackdump's archive."
        ),
    ),
    (
        _is_day,
        lambda look: (
            "It looks like one day of a Slack channel. Give me the folder above its channel's, which holds "
            f"channels.json: {_above(look.path, 2)}"
        ),
    ),
    (
        _is_channel,
        lambda look: (
            "It looks like one channel of a Slack export. Give me the folder above it, which holds "
            f"channels.json: {_above(look.path, 1)}"
        ),
    ),
    (
        _is_archive_of_slackdump,
        lambda _: "It looks like slackdump's archive. Run `slackdump convert -f export` on it; I read the result.",
    ),
    (_is_package, lambda _: f"It looks like Discord's own data package, which holds one person's messages. {EXPORTS}"),
    (lambda look: look.ends(".html", ".htm"), _other_format("HTML")),
    (lambda look: look.ends(".csv"), _other_format("CSV")),
    (lambda look: look.ends(".txt", ".log"), _other_format("text (TXT)")),
    (
        lambda look: any(PACKED.search(name) for name in (look.path.name, *look.names)),
        lambda _: f"Archives other than zip aren't read; unpack it and give me the folder. {EXPORTS}",
    ),
    (
        lambda look: look.path.is_dir() and any(each.suffix == ".zip" for each in look.path.glob("*.zip")),
        lambda _: "It holds zips. Import each by itself.",
    ),
    (
        lambda look: not look.names and look.path.is_dir(),
        lambda _: f"There is no file in it that may be read. {EXPORTS}",
    ),
)
