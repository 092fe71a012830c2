"""One Slack message, as the exports and the Web API hold it, to a Message.

Takes decoded JSON of any shape and never raises: what is missing is said in words, what is of the wrong type counts as
missing. https://docs.slack.dev/reference/events/message lists the subtypes.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from adapters.chat import Carried, Message, Person, Place, Reaction
from adapters.payloads.slack_blocks import attached, text_of_blocks
from adapters.text.coerce import identifier, mapping, mappings, string
from adapters.text.coerce import name as as_name
from adapters.text.markup import Names, plain_from_slack

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIMESTAMP = re.compile(r"(\d{1,12})(?:\.(\d{1,9}))?", re.ASCII)
LINKED = re.compile(r"/archives/(\w{1,20})/p(\d{4,10})(\d{6})(?!\d)", re.ASCII)  # to a message
CHANNEL_ID = re.compile(r"[A-Z][A-Z0-9]+")
MOST_REACTIONS = 1000
MOST_COUNT = 1_000_000

# The subtypes of what people and bots post. Slack adds subtypes for what it writes itself more often than for this, so
# a subtype that isn't here makes a notice.
POSTED = {
    "", "bot_message", "me_message", "file_share", "file_comment", "thread_broadcast", "reply_broadcast",
    "slackbot_response", "assistant_app_thread",
}  # fmt: skip
SLACKBOT = "USLACKBOT"
DELETED = "This message was deleted."
# The stand-ins of Slack and its apps for blocks and attachments that a client can't show.
PLACEHOLDERS = {
    "this content can't be displayed.",
    "this message can't be displayed.",
    "this content can't be displayed in this client.",
    "this message contains interactive elements.",
    "[no preview available]",
    "no preview available",
    "no fallback text available",
}
MOST_PREVIEWED = 2000  # characters of what a file says, as a message shows it
GONE_FILES = {"tombstone": "[deleted file]", "hidden_by_limit": "[file hidden by the plan's limit]"}


@dataclass(frozen=True, slots=True)
class Scene:
    """Holds where a message stands, what ids are called there, and which users are bots.

    `unfolded` says whether what Slack unfolds of a link to another message belongs to the text. In an export it does;
    live it would outlive the other message, whose deletion and whose author's wishes reach that one alone.
    """

    place: Place
    names: Names
    bots: frozenset[str] = frozenset()
    unfolded: bool = False


@dataclass(frozen=True, slots=True)
class PayloadPart:
    """A part of what a message says; `mark` stands for it where it was `carried` and may not stay."""

    text: str
    carried: Carried | None = None
    mark: str = "[forwarded]"


def read_message(item: Mapping[str, Any], scene: Scene) -> Message | str:
    """Return the message, or why there is none, going on from "the message …"."""
    if string(item.get("type") or "message") != "message":
        return "is of a type that isn't a message"
    subtype = string(item.get("subtype"))
    if subtype in ("message_changed", "message_replied") and isinstance(item.get("message"), dict):
        return _changed(item, scene)
    if subtype == "message_deleted":
        return _deleted(item, scene)
    return _message(item, subtype, scene)


def person_name(user: Mapping[str, Any]) -> str:
    """Return the name people see: the chosen one, else the full one, else the account's."""
    candidates = (user.get("real_name"), user.get("name"))
    own = profile_name(user.get("profile"))
    return own or next(filter(None, map(as_name, candidates)), string(user.get("id")))


def profile_name(profile: Any) -> str:
    """Return the name in a profile: the chosen one, else the full one, or "" where there is none."""
    known = mapping(profile)
    return as_name(known.get("display_name")) or as_name(known.get("real_name")) or as_name(known.get("name"))


def moment(ts: str) -> datetime | None:
    """Return when a Slack timestamp ("1700000000.000100") was, exact to the microsecond, or None if it isn't one."""
    match = TIMESTAMP.fullmatch(ts)
    if not match:
        return None
    try:
        return EPOCH + timedelta(seconds=int(match[1]), microseconds=int((match[2] or "0").ljust(6, "0")[:6]))
    except OverflowError:
        return None


def permalink(channel: str, ts: str, thread: str | None) -> str | None:
    """Return a link to the message that needs no workspace domain, or None for a channel whose id isn't known.

    It has the form of Slack's own permalinks, which its apps open in place and which names the very message; slack.com
    sends a browser on to the workspace that is signed in. app.slack.com/client/TEAM/CHANNEL opens the channel only.
    """
    if not CHANNEL_ID.fullmatch(channel):
        return None
    link = f"https://slack.com/archives/{channel}/p{ts.replace('.', '')}"
    return f"{link}?thread_ts={thread}&cid={channel}" if thread else link


def _message(item: Mapping[str, Any], subtype: str, scene: Scene) -> Message | str:
    ts = string(item.get("ts"))
    sent_at = moment(ts)
    if sent_at is None:
        return "has no timestamp that can be read"
    author = _author(item, scene)
    if author is None:
        return "has no user"
    thread = _thread(item, ts)
    where = scene.place
    from_bot = _from_bot(item, subtype, author, scene)
    parts = [PayloadPart(DELETED)] if subtype == "tombstone" else list(_parts(item, scene, author, by_app=from_bot))
    carried = tuple(part.carried for part in parts if part.carried)
    return Message(
        id=ts,
        place=Place(where.platform, where.workspace, where.channel, thread) if thread else where,
        author=author,
        text=_joined([part.text for part in parts]),
        sent_at=sent_at,
        edited_at=_edited_at(item),
        from_bot=from_bot,
        notice=subtype not in POSTED,
        permalink=permalink(where.channel, ts, thread),
        reactions=_reactions(item),
        carried=carried,
        alone=_joined([part.mark if part.carried else part.text for part in parts]) if carried else "",
    )


def _changed(item: Mapping[str, Any], scene: Scene) -> Message | str:
    """Return an edit, wrapped around the new version of the message; the wrapper's time stands in for a missing one."""
    inner = item["message"]
    if string(inner.get("subtype")) in ("message_changed", "message_deleted", "message_replied"):
        return "is a change of a change"
    edited = inner.get("edited") or ({"ts": item.get("ts")} if item.get("subtype") == "message_changed" else None)
    return read_message({**inner, "edited": edited}, scene)


def _deleted(item: Mapping[str, Any], scene: Scene) -> Message | str:
    """Return the deletion as the newest version of the message: a notice that holds nothing of its text."""
    previous = mapping(item.get("previous_message"))
    kept = {key: previous[key] for key in ("user", "bot_id", "thread_ts") if key in previous}
    deleted = {"user": SLACKBOT, **kept, "ts": item.get("deleted_ts"), "edited": {"ts": item.get("ts")}}
    return _message(deleted, "tombstone", scene)


def _thread(item: Mapping[str, Any], ts: str) -> str | None:
    """Return the thread's root, for a reply; the root itself names its own timestamp there."""
    root = string(item.get("thread_ts"))
    return root if root != ts and moment(root) else None


def _edited_at(item: Mapping[str, Any]) -> datetime | None:
    return moment(string(mapping(item["edited"]).get("ts"))) if "edited" in item else None


def _author(item: Mapping[str, Any], scene: Scene) -> Person | None:
    """Return who posted it: a user, else the user of a comment, else a bot by its own name."""
    user = identifier(item.get("user")) or identifier(mapping(item.get("comment")).get("user"))
    own = as_name(item.get("username"))
    if user:
        users, said = scene.names.users, profile_name(item.get("user_profile"))
        known = users[user] if user in users else said or own or users.get(user)
        return Person(user, known or ("Slackbot" if user == SLACKBOT else user))
    bot = identifier(item.get("bot_id")) or own
    if bot:
        called = own or as_name(mapping(item.get("bot_profile")).get("name"))
        return Person(bot, called or scene.names.users.get(bot) or bot)
    return Person(SLACKBOT, "Slackbot") if item.get("subtype") == "tombstone" else None


def _from_bot(item: Mapping[str, Any], subtype: str, author: Person, scene: Scene) -> bool:
    named_bot = bool(identifier(item.get("bot_id"))) or subtype in ("bot_message", "slackbot_response")
    return named_bot or author.id in scene.bots or author.id == SLACKBOT


def _parts(item: Mapping[str, Any], scene: Scene, author: Person, *, by_app: bool) -> Iterator[PayloadPart]:
    """Yield the text of the message and what it carries: blocks, attachments, and its files."""
    text = _words(item, scene.names, by_app=by_app)
    yield PayloadPart(text)
    if item.get("attachments"):
        for words, other in attached(item["attachments"], scene.names, unfolded=scene.unfolded):
            if not _is_placeholder(words) and _letters(words) not in _letters(text):
                text = f"{text}\n{words}"
                yield PayloadPart(words, _carried(other) if other else None)
    if "files" in item or "file" in item:
        yield from _files(item, author)


def _joined(parts: Sequence[str]) -> str:
    """Return the parts below each other, without those that say nothing; a single one as it is."""
    return parts[0] if len(parts) == 1 else "\n".join(part for part in parts if part.strip())


def _carried(attachment: Mapping[str, Any]) -> Carried:
    """Return which message an attachment is of, and whose, as far as Slack says; a link names it as well."""
    link = LINKED.search(string(attachment.get("from_url")))
    ts = identifier(attachment.get("ts")) or (f"{link[2]}.{link[3]}" if link else "")
    channel = identifier(attachment.get("channel_id")) or (link[1] if link else "")
    return Carried(identifier(attachment.get("author_id")), ts, channel, moment(ts))


def _words(item: Mapping[str, Any], names: Names, *, by_app: bool) -> str:
    """Return the text, or the blocks that it stands in for, or both where each says something of its own.

    What a person types is there as text and as rich text, the same twice.
    """
    written = item.get("text")
    text = plain_from_slack(written, names) if isinstance(written, str) else ""
    if _is_placeholder(text):
        text = ""
    blocks = item.get("blocks")
    if not isinstance(blocks, list) or not blocks:
        return text
    if not text.strip():
        return text_of_blocks(blocks, names)
    more = [each for each in mappings(blocks) if by_app or each.get("type") != "rich_text"]
    shown = text_of_blocks(more, names) if more else ""
    if not shown or _letters(shown) in _letters(text):
        return text
    return shown if _letters(text) in _letters(shown) else f"{text}\n{shown}"


def _is_placeholder(text: str) -> bool:
    return text.strip().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'").casefold() in PLACEHOLDERS


def _letters(text: str) -> str:
    """Return the letters and digits of a text, by which two forms of it are compared."""
    return "".join(filter(str.isalnum, text.casefold()))


def _files(item: Mapping[str, Any], author: Person) -> Iterator[PayloadPart]:
    """Yield its files; what one says that somebody else has put up is theirs."""
    files = item.get("files")
    for file in mappings(files if isinstance(files, list) else [item.get("file")]):
        text, owner = GONE_FILES.get(string(file.get("mode"))) or _file(file), identifier(file.get("user"))
        others = owner not in {"", author.id}
        yield PayloadPart(text, Carried(owner, sent_at=moment(str(file.get("created")))) if others else None, "[file]")


def _file(file: Mapping[str, Any]) -> str:
    """Return a file by its name, and by what Slack shows of it: what was spoken, what it is of, how it begins."""
    name, title = as_name(file.get("name")), as_name(file.get("title"))
    words = _spoken(file) or string(file.get("alt_txt")) or _beginning(file)
    head = f"[file: {name or title}]" if name or title else "[file]"
    titled = f"{head} {title}" if title and name and _letters(title) not in _letters(name) else head
    return f"{titled} {words[:MOST_PREVIEWED].strip()}" if words.strip() else titled


def _spoken(file: Mapping[str, Any]) -> str:
    return string(mapping(mapping(file.get("transcription")).get("preview")).get("content"))


def _beginning(file: Mapping[str, Any]) -> str:
    """Return the text that a message shows of a snippet, a post or a forwarded mail."""
    shown = string(file.get("mode")) in ("snippet", "post", "space", "email") or string(file.get("filetype")) == "email"
    return string(file.get("plain_text")) or string(file.get("preview")) if shown else ""


def _reactions(item: Mapping[str, Any]) -> tuple[Reaction, ...]:
    if "reactions" not in item:
        return ()
    files = []
    for reaction in mappings(item["reactions"]):
        name, count = as_name(reaction.get("name")), reaction.get("count")
        if name and isinstance(count, int) and 0 < count <= MOST_COUNT:
            files.append(Reaction(name, int(count)))
    return tuple(files[:MOST_REACTIONS])
