"""Slack exports: what becomes a message, and what is refused by name while the rest goes in."""

import json
import tracemalloc
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import recognise
from adapters.chat import Channel, Imported, Message, Place, Reaction, Refusal, Remark
from adapters.imports.slack import SlackExport
from adapters.payloads.slack import Scene, read_message
from adapters.text.markup import Names

DAY = "general/2026-01-05.json"
USERS = [
    {"id": "U1", "team_id": "T1", "name": "ana", "profile": {"display_name": "Ana"}},
    {"id": "U2", "team_id": "T1", "name": "bob", "real_name": "Bob B"},
    {"id": "U3", "team_id": "T9", "name": "guest", "profile": {}},
    {"id": "U4", "team_id": "T1", "name": "deploybot", "is_bot": True},
]
CHANNELS = [{"id": "C1", "name": "general"}]
SCENE = Scene(Place("slack", "T1", "C1"), Names({"U1": "Ana"}, {"C1": "general"}), frozenset({"U4"}))


def said(number: int = 0, **more: Any) -> dict[str, Any]:
    return {"type": "message", "user": "U1", "ts": f"1767600000.{number:06}", "text": f"message {number}", **more}


def write(folder: Path, files: dict[str, Any]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    return folder


def export(folder: Path, day: Any, **more: Any) -> Path:
    return write(folder, {"users.json": USERS, "channels.json": CHANNELS, DAY: day, **more})


def pack(path: Path, files: dict[str, Any], top: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in files.items():
            file.writestr(top + name, content if isinstance(content, bytes) else json.dumps(content))
    return path


def messages(records: list[Imported]) -> list[Message]:
    return [record for record in records if isinstance(record, Message)]


def channels(records: list[Imported]) -> list[Channel]:
    return [record for record in records if isinstance(record, Channel)]


def refusals(records: list[Imported]) -> list[Refusal]:
    return [record for record in records if isinstance(record, Refusal)]


def read(path: Path) -> list[Imported]:
    return list(SlackExport().read(path))


def one(**item: Any) -> Message:
    message = read_message(said(**item), SCENE)
    assert isinstance(message, Message)
    return message


def test_a_message_is_read_with_its_author_time_and_link(tmp_path: Path):
    (message,) = messages(read(export(tmp_path, [said(7, text="hi <@U2> in <#C1>")])))
    assert message == Message(
        id="1767600000.000007",
        place=Place("slack", "T1", "C1"),
        author=message.author,
        text="hi @Bob B in #general",
        sent_at=datetime(2026, 1, 5, 8, 0, 0, 7, tzinfo=UTC),
        permalink="https://slack.com/archives/C1/p1767600000000007",
    )
    assert (message.author.id, message.author.name) == ("U1", "Ana")


def test_every_kind_of_channel_is_listed_before_its_messages(tmp_path: Path):
    files = {
        "groups.json": [{"id": "G1", "name": "secret"}],
        "dms.json": [{"id": "D1", "members": ["U1", "U2"]}],
        "mpims.json": [{"id": "G2", "name": "mpdm-ana--bob--guest-1", "members": ["U1", "U2", "U3"]}],
        "secret/2026-01-05.json": [said(1)],
        "D1/2026-01-05.json": [said(2)],
        "mpdm-ana--bob--guest-1/2026-01-05.json": [said(3)],
    }
    records = read(export(tmp_path, [said(0)], **files))
    assert [(channel.place.channel, channel.name, channel.kind) for channel in channels(records)] == [
        ("C1", "general", "public"),
        ("G1", "secret", "private"),
        ("G2", "Ana, Bob B, guest", "group"),
        ("D1", "Ana, Bob B", "direct"),
    ]
    assert refusals(records) == []
    seen = set()
    for record in records:
        if isinstance(record, Channel):
            seen.add(record.place)
        elif isinstance(record, Message):
            assert record.place in seen
    assert [message.place.channel for message in messages(records)] == ["C1", "G1", "G2", "D1"]


def test_a_zip_with_a_folder_around_everything_is_the_same_export(tmp_path: Path):
    files = {"users.json": USERS, "channels.json": CHANNELS, DAY: [said()]}
    plain = read(pack(tmp_path / "a.zip", files))
    wrapped = read(pack(tmp_path / "b.zip", files, top="Acme Slack export/"))
    assert messages(plain) == messages(wrapped) != []


def test_day_files_are_read_in_the_order_of_their_days(tmp_path: Path):
    later = {"general/2026-01-07.json": [said(3)], "general/2026-01-06.json": [said(2)]}
    assert [message.text[-1] for message in messages(read(export(tmp_path, [said(1)], **later)))] == ["1", "2", "3"]


def test_a_reply_names_its_root_and_the_root_names_nobody():
    root, reply = one(ts="5.000001", thread_ts="5.000001"), one(ts="6.000001", thread_ts="5.000001")
    assert root.place.thread is None
    assert reply.place.thread == "5.000001"
    assert reply.permalink == "https://slack.com/archives/C1/p6000001?thread_ts=5.000001&cid=C1"


def test_a_reply_sent_to_the_channel_too_is_a_reply():
    assert one(subtype="thread_broadcast", thread_ts="5.000001").notice is False


def test_an_edit_tells_when():
    assert one(edited={"user": "U1", "ts": "1767600060.000000"}).edited_at == datetime(2026, 1, 5, 8, 1, tzinfo=UTC)


def test_a_wrapped_change_is_the_new_version_of_the_message():
    inner = said(1, text="new", ts="5.000001")
    message = one(subtype="message_changed", ts="9.000001", message=inner)
    assert (message.id, message.text, message.edited_at) == (
        "5.000001",
        "new",
        datetime(1970, 1, 1, 0, 0, 9, 1, tzinfo=UTC),
    )


def test_a_deletion_is_a_newer_version_without_the_text():
    gone = one(subtype="message_deleted", ts="9.000001", deleted_ts="5.000001", previous_message=said(text="secret"))
    assert (gone.id, gone.notice, gone.text) == ("5.000001", True, "This message was deleted.")
    assert gone.edited_at is not None
    assert gone.author.id == "U1"


def test_a_deleted_root_stays_as_a_notice():
    assert one(subtype="tombstone", user="USLACKBOT", text="old words").text == "This message was deleted."
    assert one(subtype="tombstone", user="USLACKBOT").notice is True


def test_bots_are_known_by_their_id_their_subtype_and_the_list_of_users():
    named = one(user=None, subtype="bot_message", bot_id="B1", username="CI")
    assert (named.from_bot, named.author.id, named.author.name) == (True, "B1", "CI")
    assert one(user=None, bot_id="B2", bot_profile={"name": "Deploy"}).author.name == "Deploy"
    assert one(user="U4").from_bot is True
    assert one().from_bot is False


@pytest.mark.parametrize("subtype", ["channel_join", "channel_topic", "pinned_item", "huddle_thread", "new_one"])
def test_what_slack_writes_itself_is_a_notice(subtype: str | None):
    assert one(subtype=subtype).notice is True


@pytest.mark.parametrize("subtype", [None, "me_message", "file_share", "bot_message", "thread_broadcast"])
def test_what_people_and_bots_post_is_no_notice(subtype: str | None):
    assert one(subtype=subtype).notice is False


def test_files_are_named_below_the_text():
    files = [{"name": "plan.pdf"}, {"title": "Photo"}, {"mode": "tombstone"}, {"mode": "hidden_by_limit"}, 3]
    assert one(text="see", files=files).text.split("\n") == [
        "see", "[file: plan.pdf]", "[file: Photo]", "[deleted file]", "[file hidden by the plan's limit]",
    ]  # fmt: skip
    assert one(text="", file={"name": "old.txt"}).text == "[file: old.txt]"


def test_blocks_speak_where_the_text_is_empty():
    line = [
        {"type": "text", "text": "Hi "}, {"type": "user", "user_id": "U1"}, {"type": "emoji", "name": "tada"},
        {"type": "link", "url": "https://a.example", "text": "docs"}, {"type": "broadcast", "range": "here"},
        {"type": "text", "text": "x=1", "style": {"code": True}}, {"type": "channel", "channel_id": "C1"},
    ]  # fmt: skip
    row = {"type": "rich_text_section", "elements": [{"type": "text", "text": "milk"}]}
    rich = [
        {"type": "rich_text_section", "elements": line},
        {"type": "rich_text_list", "style": "ordered", "indent": 1, "elements": [row, row]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "a < b"}]},
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "one\ntwo"}]},
    ]
    blocks = [
        {"type": "rich_text", "elements": rich},
        {"type": "header", "text": {"type": "plain_text", "text": "Title *x*"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "*bold* &amp;"}},
        {"type": "divider"},
    ]
    assert one(text="", blocks=blocks).text.split("\n") == [
        "Hi @Ana:tada:docs (https://a.example)@here`x=1`#general", "  1. milk", "  2. milk", "```", "a < b", "```",
        "> one", "> two", "Title *x*", "bold &",
    ]  # fmt: skip
    assert one(text="own words", blocks=blocks[:1]).text == "own words"


def test_attachments_speak_last_and_their_fallback_after_all():
    parts = {"pretext": "Build", "title": "<https://a.example|#7>", "text": "failed", "fallback": "never"}
    fields = [{"title": "Branch", "value": "main"}]
    assert one(text="", attachments=[{**parts, "fields": fields}]).text == (
        "Build\n#7 (https://a.example)\nfailed\nBranch: main"
    )
    assert one(text="", attachments=[{"fallback": "an image &amp; more"}]).text == "an image & more"


def test_reactions_are_counted_and_anonymous():
    reactions = [{"name": "tada", "count": 2, "users": ["U1", "U2"]}, {"name": "eyes", "count": "3"}, {"count": 1}, 5]
    assert one(reactions=reactions).reactions == (Reaction("tada", 2),)


def test_the_workspace_is_the_one_most_people_belong_to(tmp_path: Path):
    assert messages(read(export(tmp_path, [said()])))[0].place.workspace == "T1"


def test_the_workspace_is_told_by_messages_where_users_do_not_tell_it(tmp_path: Path):
    path = write(tmp_path, {"channels.json": CHANNELS, DAY: [said(team="T7")]})
    assert messages(read(path))[0].place.workspace == "T7"


def test_the_workspace_is_told_by_the_file_name_without_its_dates_in_the_last_resort(tmp_path: Path):
    files = {"channels.json": CHANNELS, DAY: [said()]}
    first = read(pack(tmp_path / "Acme & Co Slack export Jan 1 2026 - Feb 1 2026.zip", files))
    second = read(pack(tmp_path / "Acme & Co Slack export Jan 1 2026 - Mar 1 2026.zip", files))
    assert messages(first) == messages(second)
    assert messages(first)[0].place.workspace == "acme-co"
    assert channels(first)[0].workspace_name == "Acme & Co"


def test_a_folder_that_no_table_lists_is_imported_under_its_own_name(tmp_path: Path):
    records = read(export(tmp_path, [], **{"ghost/2026-01-05.json": [said()], "D0123456789/2026-01-05.json": [said()]}))
    assert {(channel.name, channel.kind) for channel in channels(records)} == {
        ("general", "public"), ("ghost", "public"), ("D0123456789", "direct"),
    }  # fmt: skip
    assert len(messages(records)) == 2


@pytest.mark.parametrize(
    ("item", "why"),
    [
        ({"type": "message", "user": "U1", "text": "x"}, "no timestamp"),
        ({**said(), "ts": 5}, "no timestamp"),
        ({**said(), "ts": "soon"}, "no timestamp"),
        ({**said(), "ts": "-5.000000"}, "no timestamp"),
        ({**said(), "ts": "3093527980800.000000"}, "no timestamp"),
        ({**said(), "ts": "9" * 400}, "no timestamp"),
        ({**said(), "ts": "٣.000000"}, "no timestamp"),
        ({"type": "message", "ts": "5.000000", "text": "x"}, "no user"),
        ({**said(), "user": ["U1"]}, "no user"),
        ({**said(), "type": "presence_change"}, "type"),
        ("just text", "JSON object"),
        (None, "JSON object"),
        ([], "JSON object"),
    ],
)
def test_a_bad_message_is_refused_with_its_file_and_index_and_the_rest_goes_in(tmp_path: Path, item: Any, why: str):
    records = read(export(tmp_path, [said(1), item, said(2)]))
    assert [message.text for message in messages(records)] == ["message 1", "message 2"]
    (refusal,) = refusals(records)
    assert refusal.entry == DAY
    assert "[1]" in refusal.reason
    assert why in refusal.reason


@pytest.mark.parametrize(
    "broken",
    [
        b'{"ts": NaN}',
        b'{"ts": "5.0", "user": "U1", "x": Infinity}',
        b'{"ts": 1' + b"0" * 5000 + b"}",
        b'{"ts": 1e400}',
        b'{"text": "\xff\xfe"}',
        b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"text": unquoted}',
    ],
)
def test_broken_json_costs_one_message(tmp_path: Path, broken: bytes):
    day = b"[" + json.dumps(said(1)).encode() + b"," + broken + b"," + json.dumps(said(2)).encode() + b"]"
    records = read(export(tmp_path, day))
    assert [message.text for message in messages(records)] == ["message 1", "message 2"]
    assert [refusal.entry for refusal in refusals(records)] == [DAY]


@pytest.mark.parametrize("day", [b"", b"{}", b"null", b"\xff\xfe[\0]\0", b'{"messages": []}', b"\0" * 100])
def test_a_day_that_is_no_list_is_refused_and_other_days_go_in(tmp_path: Path, day: bytes):
    records = read(export(tmp_path, day, **{"general/2026-01-06.json": [said()]}))
    assert len(messages(records)) == 1
    assert [refusal.entry for refusal in refusals(records)] == [DAY]


def test_a_day_that_breaks_off_gives_what_is_whole(tmp_path: Path):
    records = read(export(tmp_path, json.dumps([said(1), said(2)]).encode()[:-20]))
    assert len(messages(records)) == 1
    assert "breaks off" in refusals(records)[0].reason


def test_a_day_with_a_byte_order_mark_is_refused_by_name(tmp_path: Path):
    records = read(export(tmp_path, b"\xef\xbb\xbf" + json.dumps([said()]).encode()))
    (refusal,) = refusals(records)
    assert "byte order mark" in refusal.reason


def test_text_that_no_database_takes_is_mended(tmp_path: Path):
    (message,) = messages(read(export(tmp_path, [said(text="a\ud800b\0c")])))
    assert message.text == "a\ufffdb\ufffdc"


@pytest.mark.parametrize("users", [{"U1": {}}, "text", 5, None, [5, {"name": "no id"}, {"id": ["U1"]}], b"", b"[{]"])
def test_users_that_are_no_list_leave_ids_as_names(tmp_path: Path, users: Any):
    records = read(export(tmp_path, [said()], **{"users.json": users}))
    assert messages(records)[0].author.name == "U1"
    assert {refusal.entry for refusal in refusals(records)} == {"users.json"}


def test_wrong_types_in_optional_fields_do_not_cost_the_message():
    odd: list[Any] = [5, [], {}, "text", None, True, [[]], [{}], {"ts": []}, 1e300]
    keys = (
        "text",
        "thread_ts",
        "edited",
        "reactions",
        "files",
        "blocks",
        "attachments",
        "subtype",
        "user_profile",
        "file",
    )
    for key in keys:
        for value in odd:
            assert isinstance(read_message(said(**{key: value}), SCENE), Message)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["type", "text", "elements", "user", "ts", "message", "subtype", "name", "style"]), inner
    ),
    max_leaves=15,
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(
            ["user", "ts", "text", "subtype", "message", "previous_message", "blocks", "attachments", "files", "edited",
             "reactions", "bot_profile", "comment", "deleted_ts", "thread_ts", "type"]
        ),
        JSON | st.sampled_from(["message", "message_changed", "message_deleted", "5.000000", "rich_text"]),
    )
)  # fmt: skip
def test_no_object_makes_the_reader_raise(item: Any):
    result = read_message(item, SCENE)
    if isinstance(result, Message):
        f"{result.text}{result.author.name}{result.id}".encode()


def test_blocks_nested_without_end_are_cut():
    block: dict[str, Any] = {"type": "text", "text": "deep"}
    for _ in range(900):
        block = {"type": "rich_text_list", "elements": [block]}
    assert "deep" not in one(text="", blocks=[{"type": "rich_text", "elements": [block]}]).text


def test_a_truncated_zip_is_recognised_and_refused_by_name(tmp_path: Path):
    path = pack(tmp_path / "acme.zip", {"users.json": USERS, "channels.json": CHANNELS, DAY: [said()]})
    path.write_bytes(path.read_bytes()[:-30])
    assert recognise(path) is not None
    assert [refusal.entry for refusal in refusals(read(path))] == ["acme.zip"]


def test_an_export_is_recognised_by_its_names(tmp_path: Path):
    assert isinstance(recognise(export(tmp_path / "export", [])), SlackExport)
    assert isinstance(recognise(pack(tmp_path / "a.zip", {"channels.json": []}, top="x/")), SlackExport)


def test_what_is_no_export_is_recognised_by_nobody(tmp_path: Path):
    (tmp_path / "notes.txt").write_text("hello")
    for path in (tmp_path, tmp_path / "notes.txt", tmp_path / "missing", Path("/dev/null"), Path("nul\0name")):
        assert recognise(path) is None


def test_a_folder_deep_inside_something_else_is_no_export(tmp_path: Path):
    write(tmp_path, {"project/src/app/data/users.json": USERS})
    assert recognise(tmp_path) is None


@pytest.mark.parametrize("flag", [0, 0x800])
def test_a_channel_with_an_accent_finds_its_folder_however_it_was_zipped(tmp_path: Path, flag: int):
    files = {"channels.json": [{"id": "C1", "name": "café"}], "cafe\u0301/2026-01-05.json": [said()]}
    path = pack(tmp_path / "a.zip", files)
    data = bytearray(path.read_bytes())
    central = data.rindex(b"PK\x01\x02")
    local = data.rindex(b"PK\x03\x04")
    data[central + 8 : central + 10] = data[local + 6 : local + 8] = flag.to_bytes(2, "little")
    path.write_bytes(data)
    records = read(path)
    assert [channel.name for channel in channels(records)] == ["café"]
    assert [message.place.channel for message in messages(records)] == ["C1"]


@pytest.mark.parametrize("bad", ["C1)[x](http://evil.example", "", "a b", "x" * 500, 5, None])
def test_a_channel_whose_id_is_none_is_refused_and_its_folder_goes_in_by_name(tmp_path: Path, bad: Any):
    records = read(export(tmp_path, [said()], **{"channels.json": [{"id": bad, "name": "general"}]}))
    assert [refusal.entry for refusal in refusals(records)] == ["channels.json"]
    (message,) = messages(records)
    assert (message.place.channel, message.permalink) == ("general", None)


@given(cut=st.integers(0, 2000), flips=st.lists(st.tuples(st.integers(0, 2000), st.integers(1, 255)), max_size=4))
def test_no_damage_to_a_zip_makes_the_import_raise(
    tmp_path_factory: pytest.TempPathFactory, cut: int, flips: list[Any]
):
    folder = tmp_path_factory.getbasetemp()
    whole = pack(folder / "whole.zip", {"users.json": USERS, "channels.json": CHANNELS, DAY: [said(1), said(2)]})
    data = bytearray(whole.read_bytes())
    for at, change in flips:
        data[at % len(data)] ^= change
    damaged = folder / "damaged.zip"
    damaged.write_bytes(data[: len(data) - cut % 50] if cut % 3 == 0 else data)
    recognise(damaged)
    assert all(message.text.startswith("message") for message in messages(read(damaged)))


def test_an_organisations_table_names_people_and_a_workspaces_own_has_the_last_word(tmp_path: Path):
    people = [{"id": "U8", "team_id": "E1", "profile": {"real_name": "Ola"}}, {"id": "U1", "name": "old"}]
    records = read(export(tmp_path, [said(1), said(2, user="U8")], **{"org_users.json": people}))
    assert [message.author.name for message in messages(records)] == ["Ana", "Ola"]
    (tmp_path / "users.json").unlink()
    assert [message.author.name for message in messages(read(tmp_path))] == ["old", "Ola"]


def test_every_workspace_of_a_grid_is_a_workspace_with_the_channels_it_holds(tmp_path: Path):
    files = {
        "org_users.json": [{"id": "U1", "team_id": "E1", "profile": {"display_name": "Ana"}}],
        "channels.json": [{"id": "C1", "name": "all-hands"}],
        "all-hands/2026-01-05.json": [said(1, team="E1")],
        "teams/north/users.json": [{"id": "U5", "team_id": "T5", "name": "eve"}],
        "teams/north/channels.json": [{"id": "C5", "name": "general"}],
        "teams/north/general/2026-01-05.json": [said(2), said(3, user="U5")],
        "teams/south/channels.json": [{"id": "C6", "name": "general"}],
        "teams/south/general/2026-01-05.json": [said(4, team="T6")],
    }
    records = read(write(tmp_path, files))
    assert refusals(records) == []
    assert [(each.place.workspace, each.place.channel, each.name) for each in channels(records)] == [
        ("E1", "C1", "all-hands"), ("T5", "C5", "general"), ("T6", "C6", "general"),
    ]  # fmt: skip
    assert [message.author.name for message in messages(records)] == ["Ana", "Ana", "eve", "Ana"]


def test_people_of_connected_workspaces_have_names_as_authors_and_where_they_are_mentioned_first(tmp_path: Path):
    guest = {"user": "W9", "user_profile": {"display_name": "", "real_name": "Gil"}, "user_team": "T8"}
    days = {"general/2026-01-06.json": [said(2, **guest)]}
    records = read(export(tmp_path, [said(1, text="ask <@W9>")], **days))
    assert [(message.author.name, message.text) for message in messages(records)] == [
        ("Ana", "ask @Gil"), ("Gil", "message 2"),
    ]  # fmt: skip


def test_people_without_a_name_are_counted_in_a_remark(tmp_path: Path):
    records = read(export(tmp_path, [said(1, user="U7"), said(2, user="U8"), said(3)]))
    (remark,) = [record for record in records if isinstance(record, Remark)]
    assert remark.sentence.startswith("2 people have no name in this export")
    assert not [record for record in read(export(tmp_path, [said(3)])) if isinstance(record, Remark)]


@pytest.mark.parametrize("table", ["groups.json", "dms.json", "mpims.json", "channels.json"])
def test_a_table_that_is_null_is_empty_and_no_complaint(tmp_path: Path, table: str):
    records = read(export(tmp_path, [said()], **{table: b" null\n"}))
    assert refusals(records) == []
    assert len(messages(records)) == 1


def test_day_files_among_uploaded_files_are_no_channel(tmp_path: Path):
    files = {"__uploads/F1/2026-01-05.json": [1, 2], "general/attachments/2026-01-05.json": {"height": 3}}
    records = read(export(tmp_path, [said()], **files))
    assert refusals(records) == []
    assert [channel.name for channel in channels(records)] == ["general"]


@pytest.mark.parametrize("page", ["utf-8", "cp437", "cp1252"])
def test_a_channels_folder_is_found_in_whatever_code_page_its_name_was_packed(tmp_path: Path, page: str):
    name = "büro".encode(page)
    stand_in = b"x" * len(name)
    files = {"channels.json": [{"id": "C1", "name": "büro"}], f"{stand_in.decode()}/2026-01-05.json": [said()]}
    path = pack(tmp_path / "a.zip", files)
    path.write_bytes(path.read_bytes().replace(stand_in + b"/", name + b"/"))
    records = read(path)
    assert [(channel.name, channel.place.channel) for channel in channels(records)] == [("büro", "C1")]
    assert [message.place.channel for message in messages(records)] == ["C1"]


@pytest.mark.parametrize(
    "odd",
    [b'{"text": "' + b"x" * (5 << 20) + b'"}', b"[" * 100_000 + b"]" * 100_000,
     b'{"a":' * 50_000 + b"1" + b"}" * 50_000, b"7", b'{"ts": 1e999999}', b'{"ts": nul}'],
    ids=["large", "deep lists", "deep objects", "a number", "infinite", "broken"],
)  # fmt: skip
def test_an_item_that_is_too_much_names_itself_and_its_neighbours_go_in(tmp_path: Path, odd: bytes):
    first, last = (json.dumps(said(number)).encode() for number in (1, 2))
    records = read(export(tmp_path, b"[" + first + b"," + odd + b"," + last + b"]"))
    assert [message.text for message in messages(records)] == ["message 1", "message 2"]
    (refusal,) = refusals(records)
    assert (refusal.entry, "[1]" in refusal.reason) == (DAY, True)


def test_tables_are_bounded_and_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("adapters.imports.slack_tables.MOST_PEOPLE", 10)
    monkeypatch.setattr("adapters.imports.slack_tables.MOST_CHANNELS", 10)
    users = [{"id": f"U{number}", "name": f"name {number}"} for number in range(100)]
    rooms = [{"id": f"C{number}", "name": f"room-{number}"} for number in range(100)]
    records = read(export(tmp_path, [said()], **{"users.json": users, "channels.json": rooms}))
    assert {refusal.entry for refusal in refusals(records)} == {"users.json", "channels.json"}
    assert all("more than 10 rows" in refusal.reason for refusal in refusals(records))


def test_a_large_table_takes_little_memory(tmp_path: Path):
    row = {"team_id": "T1", "name": "n", "profile": {"display_name": "d", "title": "x" * 3000}}
    users = [{"id": f"U{number}", **row} for number in range(3000)]
    path = pack(tmp_path / "a.zip", {"users.json": users, "channels.json": CHANNELS, DAY: [said()]})
    tracemalloc.start()
    read(path)
    assert tracemalloc.get_traced_memory()[1] < 6_000_000
    tracemalloc.stop()


def test_a_list_of_numbers_is_given_up_after_a_thousand(tmp_path: Path):
    records = read(export(tmp_path, b"[" + b"1," * 50_000 + b"1]", **{"general/2026-01-06.json": [said()]}))
    assert len(refusals(records)) == 1001
    assert len(messages(records)) == 1


def test_workspaces_of_a_grid_without_a_common_table_are_all_read(tmp_path: Path):
    files = {
        "teams/north/channels.json": [{"id": "C5", "name": "general"}],
        "teams/north/general/2026-01-05.json": [said(1, team="T5")],
        "teams/south/channels.json": [{"id": "C6", "name": "general"}],
        "teams/south/general/2026-01-05.json": [said(2, team="T6")],
    }
    for export_of in (write(tmp_path / "grid", files), pack(tmp_path / "grid.zip", files, top="Acme/")):
        records = read(export_of)
        assert [message.place.workspace for message in messages(records)] == ["T5", "T6"]
