"""DiscordChatExporter's JSON: what becomes a message, and what is refused by name while the rest goes in."""

import json
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import recognise
from adapters.chat import Channel, Imported, Message, Person, Place, Reaction, Refusal
from adapters.imports.discord import DiscordExport

GUILD = {"id": "100", "name": "Guild & Co", "iconUrl": "x"}
TEXT = {"id": "200", "type": "GuildTextChat", "categoryId": "150", "category": "Talk", "name": "general", "topic": None}
ANA = {"id": "1", "name": "ana", "discriminator": "0000", "nickname": "Ana", "isBot": False, "roles": []}


def said(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "id": str(1000 + number), "type": "Default", "timestamp": "2026-01-05T09:00:00.1234567+01:00",
        "timestampEdited": None, "isPinned": False, "content": f"message {number}", "author": ANA,
        "attachments": [], "embeds": [], "stickers": [], "reactions": [], "mentions": [],
    } | more  # fmt: skip


def document(*messages: Any, guild: Any = GUILD, channel: Any = TEXT) -> dict[str, Any]:
    return {
        "guild": guild, "channel": channel, "dateRange": {"after": None, "before": None},
        "exportedAt": "2026-02-01T00:00:00+00:00", "messages": list(messages), "messageCount": len(messages),
    }  # fmt: skip


def write(path: Path, content: Any) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content, indent=2).encode())
    return path


def read(path: Path) -> list[Imported]:
    return list(DiscordExport().read(path))


def messages(records: list[Imported]) -> list[Message]:
    return [record for record in records if isinstance(record, Message)]


def refusals(records: list[Imported]) -> list[Refusal]:
    return [record for record in records if isinstance(record, Refusal)]


@pytest.fixture
def one(tmp_path: Path) -> Callable[..., Message]:
    def read_one(**more: Any) -> Message:
        (message,) = messages(read(write(tmp_path / "one.json", document(said(**more)))))
        return message

    return read_one


def test_a_message_is_read_with_its_channel_author_time_and_link(tmp_path: Path):
    channel, message = read(write(tmp_path / "general.json", document(said())))
    place = Place("discord", "100", "200")
    assert channel == Channel(place, "general", "public", "Guild & Co")
    assert message == Message(
        id="1001",
        place=place,
        author=Person("1", "Ana"),
        text="message 1",
        sent_at=datetime(2026, 1, 5, 8, 0, 0, 123456, tzinfo=UTC),
        permalink="https://discord.com/channels/100/200/1001",
    )


@pytest.mark.parametrize(("kind", "stored"), [("DirectTextChat", "direct"), ("DirectGroupTextChat", "group")])
def test_direct_messages_are_under_guild_zero_and_linked_under_me(tmp_path: Path, kind: str, stored: str):
    content = document(said(), guild={"id": "0", "name": "Direct Messages"}, channel={**TEXT, "type": kind})
    channel, message = read(write(tmp_path / "dm.json", content))
    assert (channel.kind, channel.place.workspace) == (stored, "0")
    assert message.permalink == "https://discord.com/channels/@me/200/1001"


def test_a_public_thread_is_a_thread_of_the_channel_it_hangs_from(tmp_path: Path):
    thread = {"id": "300", "type": "GuildPublicThread", "categoryId": "200", "category": "general", "name": "on lunch"}
    root, reply = said(id="300"), said(2)
    channel, first, second = read(write(tmp_path / "thread.json", document(root, reply, channel=thread)))
    assert (channel.place, channel.name) == (Place("discord", "100", "200"), "general")
    assert first.place.thread is None
    assert second.place == Place("discord", "100", "200", "300")
    assert second.permalink == "https://discord.com/channels/100/300/1002"


def test_a_private_thread_is_a_private_channel_of_its_own(tmp_path: Path):
    thread = {"id": "300", "type": "GuildPrivateThread", "categoryId": "200", "category": "general", "name": "salaries"}
    channel, message = read(write(tmp_path / "thread.json", document(said(), channel=thread)))
    assert (channel.place, channel.name, channel.kind) == (Place("discord", "100", "300"), "salaries", "private")
    assert message.place == channel.place


def test_a_reply_names_what_it_answers(one: Callable[..., Message]):
    reference = {"messageId": "999", "channelId": "200", "guildId": "100"}
    assert one(type="Reply", reference=reference).reply_to == "999"


def test_an_edit_tells_when(one: Callable[..., Message]):
    edited = one(timestampEdited="2026-01-05T10:00:00+00:00").edited_at
    assert edited == datetime(2026, 1, 5, 10, tzinfo=UTC)


def test_a_bot_is_a_bot_and_a_person_without_a_nickname_has_a_name(one: Callable[..., Message]):
    message = one(author={"id": "9", "name": "carl\nbot\x1b", "isBot": True})
    assert (message.from_bot, message.author) == (True, Person("9", "carl bot"))


@pytest.mark.parametrize(
    "kind", ["GuildMemberJoin", "ChannelPinnedMessage", "RecipientAdd", "Call", "ThreadCreated", "8"]
)
def test_what_discord_writes_itself_is_a_notice(one: Callable[..., Message], kind: str):
    assert one(type=kind).notice is True


@pytest.mark.parametrize("kind", ["Default", "Reply", "20", "23"])
def test_what_people_and_bots_post_is_no_notice(one: Callable[..., Message], kind: str):
    assert one(type=kind).notice is False


def test_files_and_stickers_are_named_below_the_text(one: Callable[..., Message]):
    message = one(content="see", attachments=[{"fileName": "plan.pdf"}, {}], stickers=[{"name": "Wave"}])
    assert message.text == "see\n[file: plan.pdf]\n[file]\n[sticker: Wave]"


def test_an_embed_says_what_the_text_does_not(one: Callable[..., Message]):
    embed = {
        "author": {"name": "CI"}, "title": "Build 7", "description": "**failed**", "url": "https://a.example",
        "fields": [{"name": "Branch", "value": "main"}],
    }  # fmt: skip
    assert one(content="", embeds=[embed]).text == "CI\nBuild 7\nfailed\nBranch: main"
    assert one(content="words", embeds=[embed]).text == "words\nCI\nBuild 7\nfailed\nBranch: main"
    assert (
        one(content="build 7 failed", embeds=[{"title": "Build 7", "description": "**failed**"}]).text
        == "build 7 failed"
    )


def test_a_forwarded_message_brings_its_text(one: Callable[..., Message]):
    forwarded = {"content": "the *news*", "attachments": [{"fileName": "a.png"}], "timestamp": "2026-01-01T00:00:00Z"}
    assert one(content="", forwardedMessage=forwarded).text == "[forwarded] the news\n[file: a.png]"


def test_markup_becomes_plain_text(one: Callable[..., Message]):
    assert one(content="**hi** <@1> <:parrot:5>").text == "hi @Ana :parrot:"


def test_reactions_are_counted_and_anonymous(one: Callable[..., Message]):
    reactions = [
        {"emoji": {"id": "", "name": "🎉", "code": "tada"}, "count": 2, "users": [ANA]},
        {"emoji": {"id": "5", "name": "parrot"}, "count": 10**400},
        {"emoji": "x", "count": 1},
    ]
    assert one(reactions=reactions).reactions == (Reaction("🎉", 2),)


def test_a_folder_and_a_zip_of_files_are_read_whole(tmp_path: Path):
    folder = tmp_path / "export"
    folder.mkdir()
    write(folder / "a.json", document(said(1)))
    write(folder / "b.json", document(said(2), channel={**TEXT, "id": "201", "name": "random"}))
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as file:
        for path in folder.iterdir():
            file.write(path, f"some folder/{path.name}")
    for path in (folder, tmp_path / "export.zip"):
        assert isinstance(recognise(path), DiscordExport)
        assert {message.place.channel for message in messages(read(path))} == {"200", "201"}


def test_a_file_with_a_byte_order_mark_is_recognised_and_refused_by_name(tmp_path: Path):
    path = write(tmp_path / "a.json", b"\xef\xbb\xbf" + json.dumps(document(said())).encode())
    assert isinstance(recognise(path), DiscordExport)
    (refusal,) = read(path)
    assert refusal.entry == "a.json"
    assert "byte order mark" in refusal.reason


def test_other_json_is_not_recognised(tmp_path: Path):
    assert recognise(write(tmp_path / "a.json", {"name": "guild"})) is None
    assert recognise(write(tmp_path / "b.json", b"")) is None


def test_the_channel_may_stand_behind_its_messages(tmp_path: Path):
    content = document(said())
    turned = dict(sorted(content.items(), reverse=True))
    assert len(messages(read(write(tmp_path / "a.json", turned)))) == 1


@pytest.mark.parametrize(
    ("item", "why"),
    [
        ("text", "JSON object"),
        (None, "JSON object"),
        ({**said(), "id": 5}, "no id"),
        ({**said(), "id": "../x"}, "no id"),
        ({**said(), "timestamp": "soon"}, "no timestamp"),
        ({**said(), "timestamp": "99999-01-01T00:00:00Z"}, "no timestamp"),
        ({**said(), "timestamp": "0001-01-01T00:00:00+14:00"}, "no timestamp"),
        ({**said(), "timestamp": 5}, "no timestamp"),
        ({**said(), "author": None}, "no author"),
    ],
)
def test_a_bad_message_is_refused_with_its_file_and_index_and_the_rest_goes_in(tmp_path: Path, item: Any, why: str):
    records = read(write(tmp_path / "a.json", document(said(1), item, said(2))))
    assert [message.id for message in messages(records)] == ["1001", "1002"]
    (refusal,) = refusals(records)
    assert refusal.entry == "a.json"
    assert "[1]" in refusal.reason
    assert why in refusal.reason


@pytest.mark.parametrize(
    "broken",
    [b"NaN", b'{"id": 1' + b"0" * 5000 + b"}", b"[" * 100_000 + b"]" * 100_000, b'{"content": "\xff"}', b"{oops}"],
)
def test_broken_json_costs_one_message(tmp_path: Path, broken: bytes):
    marker = said(5)
    content = json.dumps(document(said(1), marker, said(2))).encode().replace(json.dumps(marker).encode(), broken)
    records = read(write(tmp_path / "a.json", content))
    assert [message.id for message in messages(records)] == ["1001", "1002"]
    assert [refusal.entry for refusal in refusals(records)] == ["a.json"]


def test_a_file_that_breaks_off_gives_what_is_whole(tmp_path: Path):
    content = json.dumps(document(said(1), said(2))).encode()
    records = read(write(tmp_path / "a.json", content[: content.index(b'"1002"') + 40]))
    assert [message.id for message in messages(records)] == ["1001"]
    assert "breaks off" in refusals(records)[0].reason


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"5",
        {"guild": GUILD},
        {"guild": GUILD, "channel": TEXT},
        {"channel": [], "messages": []},
        {"guild": 5, "channel": TEXT, "messages": [said()]},
        {"guild": GUILD, "channel": {"id": 5}, "messages": [said()]},
        document() | {"messages": {}},
    ],
)
def test_a_file_that_is_no_export_is_one_refusal(tmp_path: Path, content: Any):
    records = read(write(tmp_path / "a.json", content))
    assert [refusal.entry for refusal in refusals(records)] == ["a.json"]
    assert messages(records) == []


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "count", "emoji"]), inner)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*said(), "reference", "forwardedMessage"]), ODD), ODD, ODD)
def test_no_document_makes_the_reader_raise(
    tmp_path_factory: pytest.TempPathFactory, changed: Any, guild: Any, channel: Any
):
    path = tmp_path_factory.getbasetemp() / "odd.json"
    read(write(path, document(said() | changed, guild=guild, channel=TEXT)))
    read(write(path, document(said(), changed, channel=channel)))


def test_memory_stays_flat_over_a_large_file(tmp_path: Path):
    path = write(tmp_path / "a.json", document(*(said(number) for number in range(20_000))))
    assert path.stat().st_size > 8_000_000
    tracemalloc.start()
    count = sum(1 for _ in DiscordExport().read(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 20_001
    assert peak < 6_000_000


def test_ids_in_raw_text_are_names_wherever_in_the_export_they_are_known(tmp_path: Path):
    crew = {"id": "77", "name": "Crew", "color": None, "position": 1}
    ben = {"id": "2", "name": "ben", "nickname": "Ben", "isBot": False, "roles": [crew]}
    raw = said(1, content="<@2> and <@!3>, see <#201>, says <@&77>; <@999> <#888> <@&777>", mentions=[ben])
    write(tmp_path / "a.json", document(raw))
    eve = {"id": "3", "name": "eve", "nickname": "", "roles": []}
    write(tmp_path / "b.json", document(said(2, author=eve), channel={**TEXT, "id": "201", "name": "quay"}))
    first, _ = messages(read(tmp_path))
    assert first.text == "@Ben and @eve, see #quay, says @Crew; @999 #888 @777"


def post() -> dict[str, Any]:
    return {
        "id": "300",
        "type": "GuildPublicThread",
        "categoryId": "200",
        "category": "help",
        "name": "Winch stuck",
    }


@pytest.mark.parametrize("own", ["300", "301"])
def test_a_posts_title_stands_with_its_first_message(tmp_path: Path, own: str):
    first, second = messages(read(write(tmp_path / "a.json", document(said(id=own), said(2), channel=post()))))
    assert (first.text, second.text) == ("[post: Winch stuck] message 1", "message 2")


def test_a_channel_cut_into_several_files_has_its_title_once(tmp_path: Path):
    post = TEXT | {"id": "201", "type": "GuildPublicThread", "name": "Winch stuck"}
    write(tmp_path / "winch.json", document(said(1), said(2), channel=post))
    write(tmp_path / "winch [part 2].json", document(said(3), said(4), channel=post))
    assert sorted(each.text for each in messages(read(tmp_path))) == [
        "[post: Winch stuck] message 1", "message 2", "message 3", "message 4",
    ]  # fmt: skip


def test_a_title_never_stands_with_a_message_that_did_not_open_the_thread(tmp_path: Path):
    starter = said(1, type="21", content="the words of somebody else")
    begun = document(starter, said(2), channel=post())
    assert [message.text for message in messages(read(write(tmp_path / "a.json", begun)))] == ["", "message 2"]
    later = document(said(3), channel=post()) | {"dateRange": {"after": "2026-01-01T00:00:00+00:00", "before": None}}
    assert [message.text for message in messages(read(write(tmp_path / "b.json", later)))] == ["message 3"]


def test_a_title_that_the_post_repeats_is_there_once(tmp_path: Path):
    (only,) = messages(read(write(tmp_path / "a.json", document(said(content="The winch stuck!"), channel=post()))))
    assert only.text == "The winch stuck!"


def test_a_forward_says_all_that_the_forwarded_message_did(one: Callable[..., Message]):
    passed_on = {
        "content": "", "attachments": [{"fileName": "plan.pdf"}], "stickers": [{"name": "wave"}],
        "embeds": [{"title": "Tides", "description": "high at six"}],
    }  # fmt: skip
    forwarded = one(content="look", forwardedMessage=passed_on).text
    assert forwarded == "look\n[forwarded] Tides\nhigh at six\n[file: plan.pdf]\n[sticker: wave]"


def test_polls_and_buttons_are_written_out(one: Callable[..., Message]):
    poll = {"question": {"text": "Which day?"}, "answers": [{"poll_media": {"text": "Friday"}}, {"text": "Monday"}]}
    rows = [{"type": "ActionRow", "components": [{"type": "Button", "label": "Join"}, {"type": "Button"}]}]
    assert one(content="", poll=poll, components=rows).text == "[poll: Which day?] Friday / Monday\n[Join]"


def test_of_a_link_that_stands_in_the_text_only_the_beginning_of_the_page_is_kept(one: Callable[..., Message]):
    url = "https://a.example/page"
    embed = {"url": url, "title": "The page", "description": "word " * 500}
    assert len(one(content=f"see {url}", embeds=[embed]).text) < 400


def nothing(number: int, **more: Any) -> dict[str, Any]:
    return said(number, content="", **more)


def test_an_export_without_content_is_refused_with_the_reason_and_what_to_do(tmp_path: Path):
    bot = {"id": "9", "name": "bot", "isBot": True}
    content = document(*map(nothing, range(30)), said(40, author=bot), said(41, type="GuildMemberJoin"))
    records = read(write(tmp_path / "a.json", content))
    (refusal,) = refusals(records)
    assert (refusal.count, "Message Content intent" in refusal.reason) == (30, True)
    assert [message.id for message in messages(records)] == ["1040", "1041"]


def test_messages_that_are_empty_among_others_stay(tmp_path: Path):
    content = document(*map(nothing, range(30)), said(31))
    assert len(messages(read(write(tmp_path / "a.json", content)))) == 31
    assert len(messages(read(write(tmp_path / "b.json", document(nothing(1), nothing(2)))))) == 2


@pytest.mark.parametrize(
    "name", ["a.json_Files/settings-AB12.json", "media/settings-0F3AB.json", "A.JSON_FILES/x.json"]
)
def test_what_the_exporter_downloaded_is_passed_over(tmp_path: Path, name: str):
    write(tmp_path / "a.json", document(said()))
    (tmp_path / name).parent.mkdir()
    write(tmp_path / name, {"height": 3})
    records = read(tmp_path)
    assert refusals(records) == []
    assert len(messages(records)) == 1


def test_an_export_called_like_a_download_is_read_all_the_same(tmp_path: Path):
    assert len(messages(read(write(tmp_path / "harbour-2026.json", document(said()))))) == 1


def test_an_item_that_is_too_much_names_itself_and_its_neighbours_go_in(tmp_path: Path):
    items = [json.dumps(said(1)), "[" * 100_000 + "]" * 100_000, '{"content": "' + "x" * (5 << 20) + '"}', "7"]
    head = json.dumps(document())[:-1].partition('"messages"')[0]
    content = f'{head}"messages": [{",".join([*items, json.dumps(said(2))])}]}}'
    records = read(write(tmp_path / "a.json", content.encode()))
    assert [message.text for message in messages(records)] == ["message 1", "message 2"]
    assert [refusal.reason[:11] for refusal in refusals(records)] == ["message [1]", "message [2]", "message [3]"]
