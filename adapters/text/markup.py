"""Slack's mrkdwn and Discord's markdown to plain text, and standard Markdown back to what each of them shows safely.

Total functions: they never raise and take linear time, whatever the text. They know no message and no service's
library; `Names` says who an id belongs to.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

MOST_NAME = 100
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Characters that no chat text needs: controls other than tab and newline, and halves of surrogate pairs.
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# In a name also line breaks, and the characters that turn the direction of the line they stand in.
NAME_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
CODE = re.compile(r"(```[\s\S]*?```|(?<!\\)`[^`\n]+`)")

SLACK_TOKEN = re.compile(r"<([^<>\n]*)>|&(amp|lt|gt);")
SLACK_ENTITY = re.compile(r"&(amp|lt|gt);")
ENTITIES = {"amp": "&", "lt": "<", "gt": ">"}
LINK = re.compile(r"(?<![a-zA-Z0-9+.-])[a-zA-Z][a-zA-Z0-9+.-]*:")

DISCORD_TOKEN = re.compile(
    r"<(?:(?P<user>@!?)|(?P<group>@&)|(?P<channel>#))(?P<id>\d{1,20})>"
    r"|<a?:(?P<emoji>\w{1,64}):\d{1,20}>"
    r"|<t:(?P<time>-?\d{1,12})(?::[a-zA-Z])?>"
    r"|</(?P<command>[\w -]{1,100}):\d{1,20}>"
    r"|<(?P<url>https?://[^<>\s]*)>"
    r"|\\(?P<escaped>[\\*_~`|>#\[\]()<@:!.-])"
)
HEADING = re.compile(r"^(?:#{1,3}|-#) +", re.MULTILINE)

MASS_MENTION = re.compile(r"@(?=everyone|here|channel)|(?<=<)@|(?<=<)(?=!)|(?<=<)(?=#\w)", re.IGNORECASE)
MARKDOWN_SIGN = re.compile(r"([\\`*_~|<>#\[\]])")
MARKDOWN_ESCAPE = re.compile(r"\\(&(?:amp|lt|gt);|[\\`*_{}\[\]()#+.!|<>~-])")
MARKDOWN_HEADING = re.compile(r"^#{1,6} +(.*)$", re.MULTILINE)
MARKDOWN_LINK = re.compile(r"(?<!\\)\[([^\[\]\n]*)\]\((https?://[^\s()<>|]*)\)")
MARKDOWN_EMPHASIS = re.compile(
    r"(?<!\\)(?:\*\*(?=\S)([^\n*]+)(?<![\s\\])\*\*|(?<!\w)\*(?=\S)([^\n*]+)(?<![\s\\])\*(?!\w)"
    r"|~~(?=\S)([^\n~]+)(?<![\s\\])~~)"
)
FENCE_LANGUAGE = re.compile(r"^```[^\s`]+\n")
ZERO_WIDTH_SPACE = "\u200b"


@dataclass(frozen=True, slots=True)
class Names:
    """The names of ids in a text: people, channels and groups of people.

    With `emoji_ids` a server's own emoji keep theirs, so that they can be shown again.
    """

    users: Mapping[str, str] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    emoji_ids: bool = False


NO_NAMES = Names()


def clean(text: str) -> str:
    """Return the text without characters that a database or a terminal stumbles over."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def clean_name(name: str) -> str:
    """Return a person's or channel's name on one line, without control characters and of bounded length."""
    return " ".join(NAME_CONTROLS.sub(" ", name).split())[:MOST_NAME]


def _emphasis(mark: str, *, inside_words: bool = False) -> re.Pattern[str]:
    """Return a pair of marks around something, on one line.

    Tokens in angle brackets match first and stay as they are.
    """
    edge = re.escape(mark)
    before, after = ("", "") if inside_words else (r"(?<!\w)", r"(?!\w)")
    content = rf"(?=\S)([^\n{re.escape(mark[0])}]+)(?<![\s\\])"
    return re.compile(rf"<[^<>\n]*>|{before}(?<!\\){edge}{content}{edge}{after}")


MARKS_OF_SLACK = {"*": "**", "_": "_", "~": "~~"}  # and what Markdown has for them
SLACK_EMPHASIS = tuple((mark, _emphasis(mark)) for mark in ("*", "_", "~"))
DISCORD_EMPHASIS = (
    *((mark, _emphasis(mark, inside_words=True)) for mark in ("***", "**", "~~", "||")),
    *((mark, _emphasis(mark)) for mark in ("*", "__", "_")),
)


def _strip(text: str, table: tuple[tuple[str, re.Pattern[str]], ...]) -> str:
    for mark, pattern in table:
        if mark in text:
            text = pattern.sub(lambda match: match[0] if match[1] is None else match[1], text)
    return text


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    """Apply `change` to what stands outside code."""
    if "`" not in text:
        return change(text)
    parts = CODE.split(text)
    return "".join(part if index % 2 else change(part) for index, part in enumerate(parts))


def plain_from_slack(text: str, names: Names = NO_NAMES) -> str:
    """Return Slack's mrkdwn as plain text: mentions are names, links and entities are written out, emphasis is gone.

    Code keeps its backquotes, emoji stay as they are written (`:tada:`).
    """
    text = _outside_code(clean(text), lambda part: _strip(part, SLACK_EMPHASIS))
    if "<" not in text and "&" not in text:
        return text
    return SLACK_TOKEN.sub(lambda match: ENTITIES[match[2]] if match[2] else _slack_token(match, names), text)


def written_in_slack(text: str, names: Names = NO_NAMES) -> str:
    """Return Slack's mrkdwn as Markdown that says the same: emphasis and code stay, mentions are names.

    A link is its label and its address, since Markdown's own could hide where it leads.
    """

    def change(part: str) -> str:
        for mark, pattern in SLACK_EMPHASIS:
            if mark in part:
                part = pattern.sub(partial(_in_markdown, MARKS_OF_SLACK[mark]), part)
        return SLACK_TOKEN.sub(lambda match: ENTITIES[match[2]] if match[2] else _slack_token(match, names), part)

    parts = CODE.split(clean(text))
    return "".join(_unescape(part) if index % 2 else change(part) for index, part in enumerate(parts))


def _in_markdown(mark: str, match: re.Match[str]) -> str:
    return match[0] if match[1] is None else f"{mark}{match[1]}{mark}"


def _slack_token(match: re.Match[str], names: Names) -> str:
    target, label = (_unescape(part) for part in match[1].partition("|")[::2])
    kind = target[:1]
    if kind == "@":
        return "@" + (names.users.get(target[1:]) or label or target[1:])
    if kind == "#":
        return "#" + (names.channels.get(target[1:]) or label or target[1:])
    if kind == "!":
        return _slack_command(target[1:], label, names)
    if LINK.match(target):
        return _link(target, label)
    return match[0]


def _slack_command(command: str, label: str, names: Names) -> str:
    """Return what stands behind `<!`: a group, everybody, a date."""
    name, _, argument = command.partition("^")
    if name == "subteam":
        group = names.groups.get(argument) or label or argument
        return "@" + group.removeprefix("@")
    if name == "date":
        return label or _moment(argument.partition("^")[0])
    return label or "@" + name


def _link(target: str, label: str) -> str:
    scheme, _, address = target.partition(":")
    if scheme in ("mailto", "tel"):
        return label or address
    return target if not label or label in target else f"{label} ({target})"


def _unescape(text: str) -> str:
    return SLACK_ENTITY.sub(lambda match: ENTITIES[match[1]], text)


def _moment(seconds: str) -> str:
    """Return a time given in seconds since 1970, readable; as it came where it isn't one."""
    try:
        return (EPOCH + timedelta(seconds=int(seconds))).strftime("%Y-%m-%d %H:%M UTC")
    except (ValueError, OverflowError):
        return seconds


def plain_from_discord(text: str, names: Names = NO_NAMES) -> str:
    """Return Discord's markdown as plain text: mentions are names, emphasis and spoiler bars are gone.

    Code stays code.
    """

    def change(part: str) -> str:
        stripped = _strip(HEADING.sub("", part), DISCORD_EMPHASIS)
        return DISCORD_TOKEN.sub(lambda match: _discord_token(match, names), stripped)

    return _outside_code(clean(text), change)


def written_in_discord(text: str, names: Names = NO_NAMES) -> str:
    """Return Discord's markdown with names for its mentions; emphasis, code and the server's own emoji stay.

    A link is its label and its address, since Markdown's own could hide where it leads.
    """

    def change(part: str) -> str:
        named = DISCORD_TOKEN.sub(lambda match: match[0] if match["escaped"] else _discord_token(match, names), part)
        return MARKDOWN_LINK.sub(lambda match: _link(match[2], match[1]), named)

    return _outside_code(clean(text), change)


def _discord_token(match: re.Match[str], names: Names) -> str:
    fields = {kind: value for kind, value in match.groupdict().items() if value is not None}
    kind, value = next(iter(fields.items()))
    if kind == "user":
        return "@" + names.users.get(fields["id"], fields["id"])
    if kind == "group":
        return "@" + names.groups.get(fields["id"], fields["id"])
    if kind == "channel":
        return "#" + names.channels.get(fields["id"], fields["id"])
    if kind == "time":
        return _moment(value)
    if kind == "emoji":
        return match[0] if names.emoji_ids else f":{value}:"
    return f"/{value}" if kind == "command" else value


def markdown_from_plain(text: str) -> str:
    """Return plain text, such as what somebody wrote, as Markdown that shows it as it is."""
    return MARKDOWN_SIGN.sub(r"\\\1", clean(text))


def slack_from_markdown(text: str) -> str:
    """Return standard Markdown as Slack's mrkdwn.

    Whatever the text, the result mentions nobody and holds only web links.
    """
    parts = CODE.split(inert(clean(text)))
    return "".join(_slack_code(part) if index % 2 else _slack_prose(part) for index, part in enumerate(parts))


def discord_from_markdown(text: str) -> str:
    """Return standard Markdown, which Discord shows as it is, with every mention made inert."""
    return inert(clean(text))


def inert(text: str) -> str:
    """Return a text whose mentions have no effect: an invisible space stands behind the sign that makes them one."""
    return MASS_MENTION.sub(lambda match: match[0] + ZERO_WIDTH_SPACE, text)


def _slack_escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _slack_code(text: str) -> str:
    """Return the fence without its language, which Slack would show as the first line."""
    return _slack_escape(FENCE_LANGUAGE.sub("```\n", text))


def _slack_prose(text: str) -> str:
    text = MARKDOWN_HEADING.sub(lambda match: f"**{match[1].replace('**', '').strip()}**", _slack_escape(text))
    text = MARKDOWN_EMPHASIS.sub(_slack_emphasis, text)
    return MARKDOWN_ESCAPE.sub(r"\1", MARKDOWN_LINK.sub(_slack_link, text))


def _slack_emphasis(match: re.Match[str]) -> str:
    bold, italic, struck = match.groups()
    if bold is not None:
        return f"*{bold}*"
    return f"_{italic}_" if italic is not None else f"~{struck}~"


def _slack_link(match: re.Match[str]) -> str:
    label, url = match.groups()
    return f"<{url}|{label}>" if label else f"<{url}>"
