"""Summing up a channel: sentences that people wrote, each with its message, and what was left out."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from talk import request, said, sample_served, serving, talk

from adapters.chat import Progress, Reaction, Window
from bot.assistant import Assistant
from bot.conversation.quoting import sentences, shortened
from bot.discussions.graph import ReplyGraph
from bot.errors import NothingFound
from bot.intents import summarize
from bot.summaries import extractive
from bot.summaries.entries import entries
from bot.summaries.points import LONGEST, Parts
from bot.summaries.summary import Summary
from nlp.errors import ModelUnavailable
from nlp.text.dialogue_acts import kind_of

CHAT = talk(
    "Ana: The payment gateway refuses every card since seven this morning.",
    "Bo: ok",
    "Cy: The gateway log shows an expired certificate for the card provider.",
    "Ana: Decision: we move to the new card provider before Friday evening.",
    "Bo: haha",
    "Cy: The new certificate is installed and the payment gateway works again. Lunch?",
)


async def test_every_point_is_a_sentence_of_the_message_it_names():
    async with serving(CHAT) as services:
        summary = await summarize.run(request("summarize"), services)
    texts = {message.id: message.text for message in CHAT}
    assert summary.items
    for item in summary.items:
        assert [each.id for each in item.sources] == [point.message.id for point in (item.point, *item.beside)]
        assert all(point.text in texts[point.message.id] for point in item.quoted)


async def test_decisions_come_first_and_within_a_section_the_order_of_time():
    linked = [replace(each, permalink=f"https://chat.example/{each.id}") for each in CHAT]
    async with serving(linked) as services:
        summary = await summarize.run(request("summarize"), services)
    sections: dict[str, list[datetime]] = {}
    for item in summary.items:
        sections.setdefault(item.section, []).append(item.quoted[0].message.sent_at)
    assert next(iter(sections)) == "Decisions"
    assert all(times == sorted(times) for times in sections.values())


async def test_a_bullet_names_author_and_link_and_its_label_once():
    linked = [replace(each, permalink=f"https://chat.example/{each.id}") for each in CHAT]
    async with serving(linked) as services:
        text = (await summarize.run(request("summarize"), services)).reply().text
    assert text.startswith("**Decisions**\n\n- we move to the new card provider before Friday evening. — Ana, [10:03](")
    assert "https://chat.example/3)" in text


async def test_a_decision_that_was_taken_back_says_when():
    chat = talk(
        "Ana: We decided to keep the harbour office open on Sundays.",
        "Bo: The crane is painted green now and the boats are dry.",
        "Ana: I was wrong about Sundays: we close the harbour office then.",
    )
    async with serving(chat) as services:
        summary = await summarize.run(request("summarize"), services)
    first, second = (item for item in summary.document()["summary"] if item["kind"] == "decision")
    assert (first["sources"], first["reversed"]) == (["0", "2"], "2026-05-04T09:02:00+00:00")
    assert (second["sources"], second["reverses"], second["reversed"]) == (["2"], True, None)


async def test_the_last_word_on_a_decision_comes_before_what_it_replaced():
    chat = talk(
        "Ana: We decided to keep the harbour office open on Sundays.",
        "Bo: The crane is painted green now and the boats are dry.",
        "Ana: I was wrong about Sundays: we close the harbour office then.",
    )
    async with serving(chat) as services:
        text = (await summarize.run(request("summarize"), services)).reply().text
    assert (
        "- I was wrong about Sundays: we close the harbour office then. — Ana, 10:02. "
        "*Before that:* We decided to keep the harbour office open on Sundays. — Ana, 10:00\n" in text + "\n"
    )
    assert text.count("I was wrong") == 1


async def test_a_decision_is_marked_by_a_reply_that_comes_after_the_window():
    decided = said(0, "Ana", "Decision: the summer regatta is on 31 July at the old harbour.")
    later = said(600, "Ana", "Reversed, the regatta is in August.", thread="0")
    async with serving([decided, said(1, "Bo", "Good, I ring the mayor and the band."), later]) as services:
        window = Window(until=said(10, "Ana", "").sent_at)
        summary = await summarize.run(request("summarize", window=window), services)
    assert summary.items[0].reversed_by == later


async def test_a_short_explanation_takes_its_neighbour_along():
    chat = talk("Ana: I found it. The pump loses pressure since its seal is torn.", "Bo: thanks")
    async with serving(chat) as services:
        summary = await summarize.run(request("summarize"), services)
    assert summary.items[0].point.kind == "cause"
    assert summary.items[0].point.text == "I found it. The pump loses pressure since its seal is torn."


async def test_small_talk_is_left_out():
    async with serving(CHAT) as services:
        summary = await summarize.run(request("summarize"), services)
    assert not {"ok", "haha", "Lunch?"} & {item.point.text for item in summary.items}


async def test_the_document_says_what_it_covers():
    robot = replace(said(7, "deploybot", "Deployed."), from_bot=True)
    async with serving([*CHAT, robot]) as services:
        document = (await summarize.run(request("summarize"), services)).document()
    assert document["covers"] == {
        "messages": 7,
        "authors": 3,
        "from": "2026-05-04T09:00:00+00:00",
        "to": "2026-05-04T09:07:00+00:00",
        "left_out": 1,
    }
    assert document["notes"] == [
        "1 message of an app was left out; an administrator of the channel includes them with `/settings apps on`."
    ]
    assert document["model"] == "echo (extractive)"
    assert document["seconds"] > 0


async def test_the_reply_says_what_it_covers():
    async with serving(CHAT) as services:
        notes = (await summarize.run(request("summarize"), services)).reply().notes
    assert notes == ("Covers 6 of 6 messages, 3 people, 4 May 10:00 to 4 May 10:05.",)


async def test_times_are_told_in_the_askers_own_time_zone():
    async with serving(talk("Ana: Decision: we sail on Friday.")) as services:
        for zone, time in ((None, "10:00"), (ZoneInfo("Asia/Tokyo"), "18:00")):
            reply = await Assistant(services).handle(replace(request("summarize"), zone=zone))
            assert time in reply.text


async def test_one_message_is_its_own_summary():
    async with serving(CHAT) as services:
        summary = await summarize.run(request("summarize", window=Window(last=1)), services)
    assert {item.point.message.id for item in summary.items} == {"5"}
    assert "There is only one message." in summary.notes


@pytest.mark.parametrize("text", ["🎉🎉", "https://example.org/1", "```\nx = 1\n```", "1 2 3", " "])
async def test_messages_without_a_sentence_are_said_to_be_so(text: str):
    async with serving([said(0, "Ana", "🙂"), said(1, "Bo", text)]) as services:
        summary = await summarize.run(request("summarize"), services)
    if not summary.items:
        assert summary.reply().text == "There is nothing to sum up here."
        assert "no sentence" in summary.notes[0]
    assert summary.items == () or text.startswith("https")


async def test_a_channel_of_bots_alone_is_empty():
    robot = replace(said(0, "deploybot", "Deployed version two to production."), from_bot=True)
    async with serving([robot]) as services:
        with pytest.raises(NothingFound):
            await summarize.run(request("summarize"), services)


async def test_without_an_embedder_the_missing_feature_is_named():
    async with serving(CHAT, bindings=()) as services:
        with pytest.raises(ModelUnavailable):
            await summarize.run(request("summarize"), services)


async def test_an_endless_sentence_is_cut_to_a_point():
    async with serving([said(0, "Ana", "word and another thing " * 2_000)]) as services:
        summary = await summarize.run(request("summarize"), services)
    (item,) = summary.items
    assert len(item.point.text.split()) <= LONGEST


async def test_reactions_and_replies_lift_a_message():
    messages = [said(number, "Ana", f"plan {word} covers boats oars crews") for number, word in enumerate("abcdef")]
    liked = replace(messages[4], reactions=(Reaction("tada", 5),))
    lifted = [*messages[:4], liked, messages[5], *(said(10 + n, "Bo", "ok", thread="4") for n in range(3))]
    async with serving(lifted) as services:
        summary = await summarize.run(request("summarize"), services)
    assert "4" in {item.point.message.id for item in summary.items}


async def test_a_long_window_is_compared_in_part_and_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(extractive, "READ", 300)
    monkeypatch.setattr(extractive, "COMPARED", 100)
    monkeypatch.setattr(extractive, "ALWAYS", 20)
    steps: list[Progress] = []
    long = [said(n, f"P{n % 7}", f"boat {n % 13} meets harbour {n % 17} at berth {n}") for n in range(400)]
    async with serving(long) as services:
        summary = await summarize.run(request("summarize", progress=steps.append), services)
    compared = summary.covers.messages - summary.covers.left_out
    assert 50 <= compared <= 100
    assert steps[-2].total == compared
    assert steps[-1].stage == "choosing what matters"
    assert "Only the newest 300 messages were read." in summary.notes
    assert any(note.startswith(f"{compared} messages were compared") for note in summary.notes)


def test_the_newest_messages_are_never_cut(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(extractive, "COMPARED", 50)
    monkeypatch.setattr(extractive, "ALWAYS", 10)
    long = [said(n, "Ana", "ok" if n > 190 else f"boat {n % 13} meets harbour {n % 17}") for n in range(200)]
    kept = extractive.comparable(long)
    assert kept[-10:] == tuple(long[-10:])
    assert [message.sent_at for message in kept] == sorted(message.sent_at for message in kept)


def test_an_unanswered_question_is_open_and_an_answered_one_is_told_with_its_answer():
    graph = ReplyGraph.of(
        talk(
            "Ana: Where did the fourteen harbour bookings of Saturday go?",
            "Bo: Ana: the fourteen harbour bookings of Saturday went to the archive.",
            "Cy: Hi all, does anybody know which captain signs the harbour bookings of Sunday?",
        )
    )
    found = {entry.main.message.id: entry for entry in entries(Parts.of(graph), np.zeros((3, 1), dtype=np.float32))}
    assert [point.message.id for point in found["0"].points] == ["0", "1"]
    assert (found["0"].kind, found["2"].kind) == (None, "open question")


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("We decided to keep the old provider.", "decision"),
        ("I was wrong to wait, we're rolling back now.", "decision"),
        ("Ficou decidido que mudamos na sexta.", "decision"),
        ("Decisão: o lançamento foi adiado.", "decision"),
        ("I've written that we don't yet know why.", None),
        ("Readable, tests fine, approved.", None),
        ("Shall we move to Northpier?", None),
        ("I'll send the ledger to the bank by Friday.", "action"),
        ("I just know I will use it before I buy another one.", None),
        ("Right, I agreed all along.", None),
        ("The problem is that non-root users have no permission to write.", None),
        ("Al final quedamos en salir el lunes.", "decision"),
        ("Wir haben beschlossen, Freitag zu starten.", "decision"),
        ("On part sur la nouvelle base.", "decision"),
        ("The root cause was a leaking session.", "cause"),
        ("Das Problem ist behoben.", "fix"),
        ("We still don’t know where they went.", "open question"),  # noqa: RUF001
        ("Ninguém sabe porquê.", "open question"),
        ("The sea is calm today.", None),
    ],
)
def test_cues_tell_what_a_sentence_does(sentence: str, kind: str | None):
    assert kind_of(sentence) == kind


@given(st.text(max_size=300), st.integers(2, 50))
def test_a_shortened_text_fits_and_begins_like_the_text(text: str, limit: int):
    short = shortened(text, limit)
    assert len(short) <= limit
    assert text.strip().startswith(short.removesuffix("…"))


def test_sentences_leave_code_out_and_keep_lines_apart():
    assert sentences("Look:\n```\nx = 1. y\n```\nIt broke. Why?\n- 42") == ["Look:", "It broke.", "Why?"]


def by_kind(summary: Summary) -> dict[str, dict[str, dict]]:
    """The document's items by kind, and by their first source."""
    found: dict[str, dict[str, dict]] = {}
    for item in summary.document()["summary"]:
        found.setdefault(item["kind"], {})[item["sources"][0]] = item
    return found


@pytest.mark.starter
async def test_the_outage_week_names_cause_fix_open_question_and_the_reversed_decisions():
    outage = Window(since=datetime(2026, 3, 23, tzinfo=UTC), until=datetime(2026, 3, 28, tzinfo=UTC))
    early = Window(since=datetime(2026, 3, 2, tzinfo=UTC), until=datetime(2026, 3, 12, tzinfo=UTC))
    async with sample_served() as (services, places):
        dev = await summarize.run(request("summarize", window=outage, place=places["dev"]), services)
        general = await summarize.run(request("summarize", window=outage, place=places["general"]), services)
        before = await summarize.run(request("summarize", window=early, place=places["general"]), services)
    found = by_kind(dev)
    assert "opens a NEW session on every try" in found["cause"]["1774434374.000100"]["text"]
    assert "1774624801.000100" in found["cause"]
    assert {"1774441230.000100", "1774624801.000100"} <= found["fix"].keys()
    assert "1774524607.000100" in found["open question"]
    decisions = by_kind(general)["decision"]
    waited = decisions["1774345263.000100"]
    assert waited["sources"] == ["1774345263.000100", "1774351212.000100"]
    assert waited["reversed"].startswith("2026-03-24T11:20")
    for reversal in ("1774351212.000100", "1774452605.000100", "1774522824.000100"):
        assert decisions[reversal]["reverses"]
        assert decisions[reversal]["reversed"] is None
    assert "1774517782.000100" in by_kind(general)["open question"]
    assert by_kind(before)["decision"]["1772704943.000100"]["reversed"].startswith("2026-03-26")
    assert "*Before that:* " in before.reply().text
    bullets = [line for each in (dev, general) for line in each.reply().text.splitlines() if line.startswith("- ")]
    assert all("](https://" in bullet for bullet in bullets)
