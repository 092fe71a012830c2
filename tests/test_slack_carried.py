"""What a Slack message carries beside its text: forwards, attachments, blocks of every kind, files."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat import Message, Place
from adapters.payloads.slack import Scene, read_message
from adapters.payloads.slack_blocks import text_of_blocks
from adapters.text.markup import Names

NAMES = Names({"U1": "Ana", "U2": "Bruno"}, {"C1": "docks"}, {"S1": "crew"})
SCENE = Scene(Place("slack", "T1", "C1"), NAMES, unfolded=True)
PLAIN = "plain_text"


def text(**item: Any) -> str:
    message = read_message({"user": "U1", "ts": "1767600000.000001", **item}, SCENE)
    assert isinstance(message, Message)
    return message.text


def by_app(**item: Any) -> str:
    return text(**{"subtype": "bot_message", "bot_id": "B1", "username": "Gauge", **item})


def plain(words: str) -> dict[str, str]:
    return {"type": PLAIN, "text": words}


def mrkdwn(words: str) -> dict[str, str]:
    return {"type": "mrkdwn", "text": words}


def rich(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


def test_a_forward_stands_below_the_comment_with_its_author_on_the_same_line():
    forward = {
        "is_share": True,
        "author_id": "U2",
        "author_name": "Bruno",
        "text": "Pump 4 is *sealed*.",
        "fallback": "x",
    }
    assert text(text="See below.", attachments=[forward]) == "See below.\n[forwarded from Bruno] Pump 4 is sealed."
    assert text(text="", attachments=[forward]) == "[forwarded from Bruno] Pump 4 is sealed."


def test_a_forward_of_an_unnamed_author_takes_the_name_of_the_id():
    assert text(text="", attachments=[{"is_msg_unfurl": True, "author_id": "U2", "text": "sealed"}]) == (
        "[forwarded from Bruno] sealed"
    )


def test_a_forward_speaks_by_its_blocks_and_files_where_it_has_no_text():
    blocks = [{"team": "T1", "message": {"blocks": [rich({"type": "text", "text": "sealed since Monday"})]}}]
    forward = {"is_share": True, "author_name": "Bruno", "message_blocks": blocks, "files": [{"name": "plan.pdf"}]}
    assert text(text="", attachments=[forward]) == "[forwarded from Bruno] sealed since Monday\n[file: plan.pdf]"


def test_what_an_attachment_says_stands_beside_the_text_once():
    details = {"title": "Build 88", "text": "Two tests fail", "fields": [{"title": "Branch", "value": "main"}]}
    assert by_app(text="The build failed", attachments=[details]) == (
        "The build failed\nBuild 88\nTwo tests fail\nBranch: main"
    )
    assert by_app(text="Two tests fail", attachments=[{"text": "*Two tests fail*"}]) == "Two tests fail"


def test_the_choices_of_an_attachment_are_named():
    menu = {"type": "select", "text": "Which quay?", "options": [{"text": "North"}, {"text": "South"}]}
    actions = [{"type": "button", "text": "Saturday"}, menu]
    assert by_app(text="", attachments=[{"text": "Which day?", "actions": actions}]) == (
        "Which day?\n[Saturday] [Which quay?: North, South]"
    )


def test_live_only_what_somebody_shared_is_kept_of_other_messages():
    live, preview = Scene(SCENE.place, NAMES), {"is_msg_unfurl": True, "author_name": "Bruno", "text": "sealed"}
    item = {"user": "U1", "ts": "1767600000.000001", "text": "see https://x.slack.com/archives/C1/p1"}
    shared = read_message({**item, "attachments": [{**preview, "is_share": True}]}, live)
    linked = read_message({**item, "attachments": [preview]}, live)
    assert isinstance(shared, Message)
    assert isinstance(linked, Message)
    assert ("sealed" in shared.text, "sealed" in linked.text) == (True, False)


@pytest.mark.parametrize(
    "placeholder",
    ["This content can't be displayed.", "This content can\u2019t be displayed.", "[no preview available]",
     "This message contains interactive elements."],
)  # fmt: skip
def test_a_placeholder_never_stands_for_what_it_replaces(placeholder: str):
    blocks = [{"type": "section", "text": mrkdwn("Gauge 7 is silent.")}]
    assert by_app(text=placeholder, blocks=blocks) == "Gauge 7 is silent."
    assert text(text=placeholder, attachments=[{"text": "Gauge 7"}]) == "Gauge 7"
    assert by_app(text=placeholder, attachments=[{"fallback": placeholder}]) == ""


def test_an_apps_short_text_and_its_blocks_are_both_kept_unless_one_holds_the_other():
    blocks = [{"type": "section", "text": mrkdwn("Gauge 7 is silent since *08:40*.")}]
    assert by_app(text="New alert", blocks=blocks) == "New alert\nGauge 7 is silent since 08:40."
    assert by_app(text="Gauge 7 is silent", blocks=blocks) == "Gauge 7 is silent since 08:40."
    assert by_app(text="Gauge 7 is silent since 08:40. Ben looks.", blocks=blocks).count("silent") == 1


def test_what_a_person_types_is_there_once_although_rich_text_writes_it_otherwise():
    group = {"type": "usergroup", "usergroup_id": "S1"}
    assert text(text="<!subteam^S1|@night-crew> come", blocks=[rich(group, {"type": "text", "text": " come"})]) == (
        "@crew come"
    )


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"type": "header", "text": plain("Tides :ocean:")}, "Tides :ocean:"),
        ({"type": "divider"}, ""),
        ({"type": "section", "fields": [mrkdwn("*Quay*\nNorth"), plain("3 m")]}, "Quay\nNorth\n3 m"),
        (
            {"type": "section", "text": mrkdwn("Hi <@U2>"), "accessory": {"type": "button", "text": plain("Open")}},
            "Hi @Bruno\n[Open]",
        ),
        (
            {"type": "context", "elements": [mrkdwn("by <@U1>"), {"type": "image", "alt_text": "a buoy"}]},
            "by @Ana a buoy",
        ),
        (
            {"type": "actions", "elements": [
                {"type": "button", "text": plain("Yes"), "value": "y"},
                {"type": "workflow_button", "text": plain("Start")},
                {"type": "static_select", "placeholder": plain("Pick"), "options": [
                    {"text": plain("North"), "value": "n"}, {"text": plain("South"), "description": plain("windy")}]},
            ]},
            "[Yes] [Start] Pick\nNorth\nSouth\nwindy",
        ),
        (
            {"type": "input", "label": plain("Your boat"), "hint": plain("as in the log"),
             "element": {"type": "plain_text_input", "initial_value": "Aurora"}},
            "Your boat\nAurora\nas in the log",
        ),
        (
            {"type": "section", "text": mrkdwn("Days"), "accessory": {"type": "checkboxes", "options": [
                {"text": mrkdwn("*Mon*")}, {"text": mrkdwn("Tue")}]}},
            "Days\nMon\nTue",
        ),
        ({"type": "image", "title": plain("The chart"), "alt_text": "depths", "image_url": "x"}, "The chart\ndepths"),
        (
            {"type": "video", "title": plain("Mooring"), "description": plain("In wind"), "author_name": "Cai",
             "provider_name": "Tube", "alt_text": "a boat", "video_url": "x"},
            "Mooring\nIn wind\nCai\nTube\na boat",
        ),
        ({"type": "markdown", "text": "**Tide** at 4"}, "**Tide** at 4"),
        ({"type": "file", "source": "remote", "external_id": "A", "file": {"title": "Logbook"}}, "[file: Logbook]"),
        ({"type": "call", "call": {"v1": {"name": "Stand-up"}}}, "[call: Stand-up]"),
        (
            {"type": "table", "rows": [
                [{"type": "raw_text", "text": "Boat"}, {"type": "raw_text", "text": "Draft"}],
                [rich({"type": "text", "text": "Aurora"}), {"type": "raw_number", "value": 2.4}]]},
            "Boat | Draft\nAurora | 2.4",
        ),
        (
            {"type": "data_table", "caption": "Drafts", "rows": [[{"type": "raw_text", "text": "Boat"}]]},
            "Drafts\nBoat",
        ),
        (
            {"type": "plan", "title": "Refit", "tasks": [
                {"type": "task_card", "task_id": "1", "title": "Sand the hull", "status": "in_progress",
                 "details": rich({"type": "text", "text": "grain 120"}),
                 "sources": [{"type": "url", "url": "https://a.example", "text": "Manual"}]}]},
            "Refit\nSand the hull (in progress)\ngrain 120\nManual",
        ),
        ({"type": "alert", "text": plain("High water"), "level": "warning"}, "High water"),
        (
            {"type": "card", "title": mrkdwn("Berth 9"), "subtitle": mrkdwn("free"), "body": mrkdwn("until May"),
             "actions": [{"type": "button", "text": plain("Book")}]},
            "Berth 9\nfree\nuntil May\n[Book]",
        ),
        ({"type": "carousel", "elements": [{"type": "card", "title": plain("Berth 8")}]}, "Berth 8"),
        (
            {"type": "container", "title": plain("Berths"), "child_blocks": [{"type": "section", "text": plain("8")}]},
            "Berths\n8",
        ),
        (
            {"type": "data_visualization", "title": "Catch", "chart": {"type": "pie", "segments": [
                {"label": "cod", "value": 4}, {"label": "hake", "value": 6}]}},
            "Catch\ncod: 4\nhake: 6",
        ),
        ({"type": "auth_provider", "name": "Port office", "description": "Sign in"}, "Port office\nSign in"),
        ({"type": "context_actions", "elements": [{"type": "feedback_buttons"}, {"type": "icon_button"}]}, ""),
        ({"type": "a_block_of_next_year", "title": plain("Moon"), "elements": [mrkdwn("full")]}, "Moon\nfull"),
    ],
    ids=lambda value: value.get("type") if isinstance(value, dict) else "",
)  # fmt: skip
def test_every_block_says_what_people_read_in_it(block: dict[str, Any], said: str):
    assert by_app(text="", blocks=[block]) == said


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"type": "text", "text": "a", "style": {"code": True}}, "`a`"),
        ({"type": "link", "url": "https://a.example", "text": "form"}, "form (https://a.example)"),
        ({"type": "user", "user_id": "U2"}, "@Bruno"),
        ({"type": "canvas_user_mention", "user_id": "U1"}, "@Ana"),
        ({"type": "usergroup", "usergroup_id": "S1"}, "@crew"),
        ({"type": "team", "team_id": "T5"}, "@T5"),
        ({"type": "channel", "channel_id": "C1"}, "#docks"),
        ({"type": "broadcast", "range": "here"}, "@here"),
        ({"type": "emoji", "name": "anchor"}, ":anchor:"),
        ({"type": "color", "value": "#F405B3"}, "#F405B3"),
        ({"type": "date", "timestamp": 1720710212, "format": "{date}", "fallback": "11 July"}, "11 July"),
        ({"type": "date", "timestamp": 1720710212, "format": "{date}"}, "2024-07-11 15:03 UTC"),
        ({"type": "message_mention", "channel_id": "C1", "message_ts": "1.2", "text": "the pump"}, "the pump"),
        ({"type": "attachment_mention", "url": "https://a.example/t/1"}, "https://a.example/t/1"),
        ({"type": "file", "name": "plan.pdf"}, "[file: plan.pdf]"),
        ({"type": "canvas", "title": "Handbook"}, "Handbook"),
        ({"type": "workflow_mention", "label": "Leave request"}, "Leave request"),
    ],
    ids=lambda value: value.get("type") if isinstance(value, dict) else "",
)  # fmt: skip
def test_every_element_of_rich_text_is_written_out(part: dict[str, Any], said: str):
    assert text_of_blocks([rich(part)], NAMES) == said


def test_a_list_goes_on_counting_from_its_offset():
    row = {"type": "rich_text_section", "elements": [{"type": "text", "text": "oil"}]}
    listed = {"type": "rich_text_list", "style": "ordered", "offset": 2, "elements": [row, row]}
    assert text_of_blocks([{"type": "rich_text", "elements": [listed]}], NAMES) == "3. oil\n4. oil"


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ({"name": "a.m4a", "transcription": {"preview": {"content": "Sail at 6"}}}, "[file: a.m4a] Sail at 6"),
        ({"name": "notes.txt", "mode": "snippet", "preview": "line one"}, "[file: notes.txt] line one"),
        ({"name": "Mail", "mode": "email", "plain_text": "Dear crew"}, "[file: Mail] Dear crew"),
        ({"name": "x.png", "alt_txt": "the broken winch"}, "[file: x.png] the broken winch"),
        ({"name": "scan.pdf", "title": "Insurance 2026"}, "[file: scan.pdf] Insurance 2026"),
        ({"name": "scan.pdf", "title": "scan.pdf", "preview": "never shown"}, "[file: scan.pdf]"),
    ],
)  # fmt: skip
def test_a_file_says_what_the_message_shows_of_it(file: dict[str, Any], said: str):
    assert text(text="", files=[file]) == said


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["type", "text", "elements", "rows", "title", "options", "call", "file", "value", "status",
                         "label", "tasks", "offset", "timestamp", "is_share", "message_blocks", "files", "actions"]),
        inner | st.sampled_from(["table", "plan", "task_card", "call", "file", "rich_text", "rich_text_list", "date"]),
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(JSON, JSON)
def test_no_block_and_no_attachment_makes_the_reader_raise(blocks: Any, attachments: Any):
    assert isinstance(by_app(text="", blocks=[blocks], attachments=[attachments]), str)


def test_blocks_of_any_depth_are_read_in_bounded_steps():
    block: dict[str, Any] = {"type": "section", "text": plain("deep")}
    for _ in range(500):
        block = {"type": "container", "child_blocks": [block], "title": plain("x")}
    assert by_app(text="", blocks=[block]).count("x") <= 20
