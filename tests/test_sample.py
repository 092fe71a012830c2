"""The sample workspace is what its README says, a true Slack export, and worth reading."""

import html
import json
import re
import zipfile
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from bot import sample
from bot.sample.build import build, save
from bot.sample.markup import mrkdwn, rich_text, split
from bot.sample.messages import stamps
from bot.sample.transcript import parse

README = Path(sample.__file__).with_name("README.md").read_text(encoding="utf-8")
PORTUGUESE = re.compile(
    r"\b(não|é|uma|com|do|que|já|está|os|um|eu|também|foi|ao|fiz|vou|boa|bom|de|na|no|para|à)\b", re.IGNORECASE
)
ONLY_PORTUGUESE = re.compile(r"[ãõçêóáé]|\b(que|uma|com|muito|obrigad[oa])\b", re.IGNORECASE)

Row = dict[str, Any]


@pytest.fixture(scope="module")
def entries() -> dict[str, list[Row]]:
    with zipfile.ZipFile(sample.path()) as archive:
        return {name: json.loads(archive.read(name)) for name in archive.namelist()}


@pytest.fixture(scope="module")
def channels(entries: dict[str, list[Row]]) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {row["name"]: [] for row in entries["channels.json"]}
    for name in sorted(name for name in entries if "/" in name):
        rows[name.partition("/")[0]] += entries[name]
    return rows


@pytest.fixture(scope="module")
def messages(channels: dict[str, list[Row]]) -> list[Row]:
    return [message for rows in channels.values() for message in rows]


def author(message: Row) -> str:
    return message.get("user") or message["bot_id"]


def table(heading: str) -> list[list[str]]:
    """The rows of the README's table whose header begins with `heading`."""
    _, _, below = README.partition(f"| {heading} |")
    lines = below.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip(" `") for cell in line.strip("|").split(" | ")] for line in lines]


def said(messages: list[Row]) -> list[Row]:
    return [message for message in messages if "subtype" not in message]


def shown(block: Row) -> str:
    """A rich text block read back as mrkdwn without entities, the long way round."""
    written = []
    for section in block["elements"]:
        if section["type"] == "rich_text_preformatted":
            written.append("```\n" + section["elements"][0]["text"] + "\n```")
            continue
        for element in section["elements"]:
            match element["type"]:
                case "link":
                    label = f"|{element['text']}" if "text" in element else ""
                    written.append(f"<{element['url']}{label}>")
                case "user":
                    written.append(f"<@{element['user_id']}>")
                case "channel":
                    written.append(f"<#{element['channel_id']}>")
                case "broadcast":
                    written.append(f"<!{element['range']}>")
                case "emoji":
                    written.append(f":{element['name']}:")
                case _:
                    written.append(f"`{element['text']}`" if "style" in element else element["text"])
    return "".join(written)


def test_the_sources_build_the_shipped_zip_byte_for_byte(tmp_path: Path):
    again = tmp_path / "workspace.zip"
    size = save(again)
    assert size == sample.path().stat().st_size
    assert again.read_bytes() == sample.path().read_bytes() == build()


def test_counts_are_those_of_the_readme(channels: dict[str, list[Row]], messages: list[Row]):
    stated = {name: [int(cell) for cell in cells[:4]] for name, *cells in table("Channel")}
    found = {
        name: [
            len(rows),
            sum("reply_count" in row for row in rows),
            sum("parent_user_id" in row for row in rows),
            len({author(row) for row in rows}),
        ]
        for name, rows in {**channels, "all": messages}.items()
    }
    assert stated == found


def test_it_is_as_large_as_the_demo_needs(channels: dict[str, list[Row]], messages: list[Row]):
    assert len(channels) == 3
    assert len(messages) >= 430


def test_other_counts_are_those_of_the_readme(messages: list[Row]):
    stated = [int(number) for number in re.findall(r"\d+", README.partition("Capstan, a bot.")[2].partition("## ")[0])]
    kinds = Counter(message.get("subtype") for message in messages)
    features = [
        sum(feature in message for message in messages) for feature in ("edited", "files", "blocks", "reactions")
    ]
    assert stated == [kinds["channel_join"], kinds["bot_message"], *features]
    assert min(stated) > 0


def test_every_fact_of_the_storyline_stands_in_the_message_it_names(
    channels: dict[str, list[Row]], entries: dict[str, list[Row]]
):
    names = {user["id"]: user["name"] for user in entries["users.json"]} | {"B0CAPSTAN": "capstan"}
    facts = table("Fact")
    assert len(facts) >= 20
    for _, time, channel, ts, by, words in facts:
        [message] = [row for row in channels[channel] if row["ts"] == ts]
        assert words in html.unescape(message["text"])
        assert names[author(message)] == by
        assert datetime.fromtimestamp(float(ts), UTC).strftime("%d %b %H:%M") == time


def test_the_cast_of_the_readme_is_the_one_of_the_export(entries: dict[str, list[Row]]):
    stated = {key: name for key, name, *_ in table("Key")}
    assert stated == {user["name"]: user["real_name"] for user in entries["users.json"]} | {"capstan": "Capstan"}


def test_messages_fill_six_weeks(messages: list[Row]):
    days = {datetime.fromtimestamp(float(message["ts"]), UTC).date() for message in messages}
    assert min(days) == date(2026, 3, 2)
    assert max(days) == date(2026, 4, 10)
    assert len({day.isocalendar().week for day in days}) == 6


def test_each_message_lies_in_the_file_of_its_day(entries: dict[str, list[Row]]):
    for name in (name for name in entries if "/" in name):
        stamps_of_day = [row["ts"] for row in entries[name]]
        assert stamps_of_day == sorted(stamps_of_day)
        assert {datetime.fromtimestamp(float(ts), UTC).date().isoformat() for ts in stamps_of_day} == {Path(name).stem}


def test_ids_are_unique_within_a_channel(channels: dict[str, list[Row]]):
    for rows in channels.values():
        assert len({row["ts"] for row in rows}) == len(rows)


def test_whoever_speaks_reacts_or_is_mentioned_is_a_member(
    entries: dict[str, list[Row]], channels: dict[str, list[Row]]
):
    users = {user["id"] for user in entries["users.json"]}
    for channel in entries["channels.json"]:
        members = set(channel["members"])
        assert members <= users
        for row in channels[channel["name"]]:
            mentioned = set(re.findall(r"<@(\w+)>", row["text"]))
            reacted = {user for reaction in row.get("reactions", []) for user in reaction["users"]}
            assert mentioned | reacted | {author(row)} <= members | {"B0CAPSTAN"}


def test_reactions_count_their_people_once(messages: list[Row]):
    for message in messages:
        for reaction in message.get("reactions", []):
            assert len(set(reaction["users"])) == reaction["count"] == len(reaction["users"])


def test_nobody_says_the_same_thing_twice(messages: list[Row]):
    counts = Counter(
        (author(message), message["text"]) for message in messages if message.get("subtype") != "channel_join"
    )
    assert [text for text, count in counts.items() if count > 1] == []


def test_threads_name_their_replies(channels: dict[str, list[Row]]):
    for rows in channels.values():
        by_ts = {row["ts"]: row for row in rows}
        for root in (row for row in rows if "reply_count" in row):
            replies = [row for row in rows if row.get("thread_ts") == root["ts"] and row is not root]
            assert root["thread_ts"] == root["ts"]
            assert root["replies"] == [{"user": author(row), "ts": row["ts"]} for row in replies]
            assert root["latest_reply"] == replies[-1]["ts"]
            assert root["reply_users_count"] == len(root["reply_users"]) == len({author(row) for row in replies})
        for reply in (row for row in rows if "parent_user_id" in row):
            assert author(by_ts[reply["thread_ts"]]) == reply["parent_user_id"]
            assert by_ts[reply["thread_ts"]]["reply_count"] > 0


def test_some_replies_come_days_after_their_thread_began(messages: list[Row]):
    late = [row for row in messages if float(row["ts"]) - float(row.get("thread_ts", row["ts"])) > 2 * 86400]
    assert len(late) == 4


def test_an_edit_comes_after_its_message(messages: list[Row]):
    for message in (message for message in messages if "edited" in message):
        assert float(message["edited"]["ts"]) > float(message["ts"])


def test_at_least_thirty_messages_are_portuguese_beyond_doubt(messages: list[Row]):
    found = [
        row
        for row in said(messages)
        if len(PORTUGUESE.findall(row["text"])) >= 2 and ONLY_PORTUGUESE.search(row["text"])
    ]
    assert len(found) >= 30
    assert {row["user"] for row in found} >= {"U0INES003", "U0GIL0005", "U0MAUD001"}


def test_lengths_are_mostly_short_and_sometimes_long(messages: list[Row]):
    lengths = sorted(len(message["text"].split()) for message in said(messages))
    assert lengths[len(lengths) // 2] <= 15
    assert 90 <= lengths[-1] <= 120


def test_slack_spelling_of_every_kind_occurs(messages: list[Row]):
    text = "\n".join(message["text"] for message in messages)
    for pattern in (
        r"<@U\w+>",
        r"<#C\w+\|dev>",
        r"<!here>",
        r"<https://[^|>]+>",
        r"<https://[^>]+\|[^>]+>",
        r"<https://[^>]+&amp;",
    ):
        assert re.search(pattern, text), pattern
    for literal in ("&amp;", "&gt;", "```", "`make up`", ":tada:"):
        assert literal in text


def test_rich_text_says_what_the_text_says(messages: list[Row]):
    for message in (message for message in messages if "blocks" in message):
        plain = html.unescape(re.sub(r"(<#\w+)\|\w+>", r"\1>", message["text"]))
        assert shown(message["blocks"][0]) == plain


def test_an_unknown_mention_is_refused():
    with pytest.raises(KeyError, match="nobody"):
        list(split("ask @nobody", {}, {}))


def test_markup_is_escaped_in_text_and_not_in_blocks():
    pieces = list(split("a < b & `c > d` https://x.example/?a=1&b=2.", {}, {}))
    assert mrkdwn(pieces) == "a &lt; b &amp; `c &gt; d` <https://x.example/?a=1&amp;b=2>."
    texts = [element.get("text") for element in rich_text(pieces, "b")["elements"][0]["elements"]]
    assert texts == ["a < b & ", "c > d", " ", None, "."]


def test_a_line_that_is_no_transcript_is_named_by_its_number():
    with pytest.raises(ValueError, match="line 2"):
        parse(["# 2026-03-02", "nine o'clock, maud: hello"])


def test_a_later_reply_stays_in_its_thread():
    spoken = parse(["# 2026-03-02", "09:00 ana: where?", "  03-05 10:00 rui: here", "# 2026-03-03", "09:00 ana: well"])
    assert [said.root for said in spoken] == [None, 0, None]
    assert [said.said_at.day for said in spoken] == [2, 5, 3]


def test_messages_of_one_minute_keep_their_order():
    spoken = parse(["# 2026-03-02", "09:00 ana: one", "09:00 rui: two", "09:00 ana: three", "09:01 rui: four"])
    assert stamps(spoken) == sorted(set(stamps(spoken)))


def test_the_discord_fixture_is_what_its_readme_says():
    folder = Path(__file__).with_name("data")
    export = json.loads((folder / "discord-race-week.json").read_text(encoding="utf-8"))
    readme, rows = (folder / "README.md").read_text(encoding="utf-8"), export["messages"]
    assert f"{len(rows)} messages" in readme
    assert export["messageCount"] == len(rows) == len({row["id"] for row in rows})
    assert [row["timestamp"] for row in rows] == sorted(row["timestamp"] for row in rows)
    replies = [row for row in rows if row["type"] == "Reply"]
    ids = {row["id"] for row in rows}
    assert len(replies) == 11
    assert [row["reference"]["messageId"] in ids for row in replies] == [True] * 10 + [False]
    assert sum(row["author"]["isBot"] and bool(row["embeds"]) for row in rows) == 3
    assert sum(row["timestampEdited"] is not None for row in rows) == 2
