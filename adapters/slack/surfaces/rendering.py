"""A reply as Slack's messages: Markdown blocks under every limit, with a plain text beside them always.

Pure. What doesn't fit a few messages goes into a file. Everything passes `adapters.text.links` on its way out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from adapters.chat import Action, Attachment, Intent, Reply, Request, Source
from adapters.platform import replies
from adapters.platform.actions import FEEDBACK
from adapters.platform.rendering import MORE, WHOLE, excerpt, fitting, heading, paged
from adapters.slack.surfaces.actions import CANCEL, DO, SHARE, encode, thumbs
from adapters.slack.surfaces.escape import as_markdown, as_mrkdwn
from adapters.slack.words import WORDS, say
from adapters.text.coerce import mappings
from adapters.text.links import NOTHING, literal, proven, tame
from adapters.text.markup import markdown_from_plain

Block = dict[str, Any]

PAGE = 8_000  # characters; with what stands below it, a message stays under Slack's 12,000
MOST_LINES = 2_800  # characters of a context element
MOST_TEXT = 3_000  # characters of the fallback; notifications cut it anyway
MOST_BUTTONS = 20
MOST_LABEL = 75
MOST_TITLE, MOST_NAME, MOST_POINTS, MOST_SERIES = 50, 20, 20, 6  # of a chart
IN_DIRECT = "The whole answer is in a file that I sent you directly."


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One message: blocks for those who see them, `text` for notifications and screen readers."""

    text: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Rendered:
    """The messages that say a reply, in order, and the files that go with them."""

    pages: tuple[MessagePage, ...]
    files: tuple[Attachment, ...] = ()


def render(
    reply: Reply,
    request: Request | None,
    zone: ZoneInfo,
    share: Intent | None = None,
    *,
    locale: str = "",
    direct: bool = False,
) -> Rendered:
    """Return the messages of a reply, with a button that shares the answer to `share` where one is given.

    `direct` says that files go to the person directly, since Slack has none that one person sees in a channel.
    """
    tamed = tame(reply.text, proven(reply, request)).strip() or "…"
    note = f"_{say(IN_DIRECT if direct else WHOLE, locale)}_"
    parts, files = paged(tamed, reply, note, PAGE, _escaped_length)
    below = (*_context(reply, zone, locale), *buttons(reply.actions, share, locale=locale))
    shown = [page_of(part) for part in parts]
    last = MessagePage(shown[-1].text, shown[-1].blocks + below)
    return Rendered((*shown[:-1], last), files)


def page_of(tamed: str) -> MessagePage:
    """Return one message of tamed Markdown, or of the adapter's own words."""
    return MessagePage(_plain(tamed), ({"type": "markdown", "text": as_markdown(tamed)},))


def chart_page(file: Attachment) -> MessagePage | None:
    """Return the file's chart as a message that Slack draws, with its description, or None for one that it can't.

    The block's fields and limits: docs.slack.dev/reference/block-kit/blocks/data-visualization-block.
    """
    chart = file.chart
    if chart is None or not 1 <= len(chart.labels) <= MOST_POINTS or len(set(chart.labels)) < len(chart.labels):
        return None
    labels = [label[:MOST_NAME] for label in chart.labels]
    series = [
        {
            "name": name[:MOST_NAME],
            "data": [{"label": at, "value": value} for at, value in zip(labels, values, strict=True)],
        }
        for name, values in chart.series[:MOST_SERIES]
    ]
    drawn = {"type": "line", "series": series, "axis_config": {"categories": labels}}
    block: Block = {"type": "data_visualization", "title": chart.title[:MOST_TITLE], "chart": drawn}
    return MessagePage(_plain(file.description), (block,))


def stage_page(words: str, key: str, locale: str = "") -> MessagePage:
    """Return how far the work is, with a button that cancels what is done under `key`."""
    page = page_of(f"_{words} …_")
    cancel: Block = {"type": "actions", "elements": [_button(say(replies.CANCEL, locale), CANCEL, key)]}
    return MessagePage(page.text, (*page.blocks, cancel) if key else page.blocks)


def is_stage(message: Mapping[str, Any]) -> bool:
    """Return whether a message of Parley's shows how far the work is, and not its answer."""
    elements = (each for block in mappings(message.get("blocks")) for each in mappings(block.get("elements")))
    return any(each.get("action_id") == CANCEL for each in elements)


def _escaped_length(text: str) -> int:
    """Return how long the text is once `<`, `>` and `&` are entities."""
    return len(text) + 4 * text.count("&") + 3 * (text.count("<") + text.count(">"))


def _plain(tamed: str) -> str:
    text = as_mrkdwn(tamed)
    return text if len(text) <= MOST_TEXT else text[:MOST_TEXT].rsplit(" ", 1)[0] + " …"


def _context(reply: Reply, zone: ZoneInfo, locale: str) -> list[Block]:
    sources = [_source(number, source, zone) for number, source in enumerate(reply.listed, 1)]
    notes = [as_mrkdwn(tame(note, NOTHING)) for note in reply.notes]
    more = partial(WORDS.fill, MORE, locale)
    return [
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "\n".join(lines)}]}
        for lines in (fitting(sources, MOST_LINES, len, more), fitting(notes, MOST_LINES, len, more))
        if lines
    ]


def _source(number: int, source: Source, zone: ZoneInfo) -> str:
    label = as_mrkdwn(markdown_from_plain(heading(source, zone))).replace("|", "¦")
    words = as_mrkdwn(tame(literal(excerpt(source.text)), NOTHING))
    return f"{number}. <{source.permalink}|{label}> {words}" if source.permalink else f"{number}. {label} {words}"


def buttons(actions: Sequence[Action], share: Intent | None, prefix: str = DO, locale: str = "") -> list[Block]:
    """Return the actions that fit a button, in a row, and thumbs in Slack's own form; nothing for none."""
    pair = thumbs(actions, locale)
    row = [
        _button(action.label, f"{prefix}.{number}", value)
        for number, action in enumerate(actions[:MOST_BUTTONS])
        if not (pair and action.intent.name == FEEDBACK) and (value := encode(action.intent)) is not None
    ]
    if share is not None and (value := encode(share)) is not None:
        row.append(_button(say(replies.SHARE, locale), SHARE, value))
    return [*([{"type": "actions", "elements": row}] if row else []), *([pair] if pair else [])]


def _button(label: str, action: str, value: str) -> Block:
    text = {"type": "plain_text", "text": label[:MOST_LABEL] or "…", "emoji": True}
    return {"type": "button", "action_id": action, "text": text, "value": value}
