"""Summing up a channel: sentences that people wrote, each with its message, and what was left out."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from talk import request, said, sample_served, serving, talk

from adapters.chat import Progress, Reaction, Window
from bot.errors import NothingFound
from bot.intents import summarize
from bot.quoting import sentences, shortened
from nlp.cues import kind_of
from nlp.errors import ModelUnavailable

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
    assert summary.points
    for point in summary.document()["summary"]:
        (source,) = point["sources"]
        assert point["text"] in texts[source]


async def test_points_come_in_the_order_of_time_with_author_and_link():
    linked = [replace(each, permalink=f"https://chat.example/{each.id}") for each in CHAT]
    async with serving(linked) as services:
        summary = await summarize.run(request("summarize"), services)
    times = [point.message.sent_at for point in summary.points]
    assert times == sorted(times)
    bullets = summary.reply().text.splitlines()
    assert len(bullets) == len(summary.points)
    assert bullets[-1].endswith("[4 May 10:05](https://chat.example/5)")
    assert any(line.startswith("- **Decision:** Decision: we move") for line in bullets)


async def test_small_talk_is_left_out():
    async with serving(CHAT) as services:
        summary = await summarize.run(request("summarize"), services)
    assert not {"ok", "haha", "Lunch?"} & {point.text for point in summary.points}


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
    assert document["notes"] == []
    assert document["model"] == "echo (extractive)"
    assert document["seconds"] > 0


async def test_the_reply_says_what_it_covers():
    async with serving(CHAT) as services:
        notes = (await summarize.run(request("summarize"), services)).reply().notes
    assert notes == ("Covers 6 of 6 messages, 3 people, 4 May 10:00 to 4 May 10:05.",)


async def test_one_message_is_its_own_summary():
    async with serving(CHAT) as services:
        summary = await summarize.run(request("summarize", window=Window(last=1)), services)
    assert {point.message.id for point in summary.points} == {"5"}
    assert "There is only one message." in summary.notes


@pytest.mark.parametrize("text", ["🎉🎉", "https://example.org/1", "```\nx = 1\n```", "1 2 3", " "])
async def test_messages_without_a_sentence_are_said_to_be_so(text: str):
    async with serving([said(0, "Ana", "🙂"), said(1, "Bo", text)]) as services:
        summary = await summarize.run(request("summarize"), services)
    if not summary.points:
        assert summary.reply().text == "There is nothing to sum up here."
        assert "no sentence" in summary.notes[0]
    assert summary.points == () or text.startswith("https")


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
    (point,) = summary.points
    assert len(point.text.split()) <= summarize.LONGEST


async def test_reactions_and_replies_lift_a_message():
    messages = [said(number, "Ana", f"plan {word} covers boats oars crews") for number, word in enumerate("abcdef")]
    liked = replace(messages[4], reactions=(Reaction("tada", 5),))
    lifted = [*messages[:4], liked, messages[5], *(said(10 + n, "Bo", "ok", thread="4") for n in range(3))]
    async with serving(lifted) as services:
        summary = await summarize.run(request("summarize"), services)
    assert "4" in {point.message.id for point in summary.points}


async def test_a_long_window_is_compared_in_part_and_says_so(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(summarize, "READ", 300)
    monkeypatch.setattr(summarize, "COMPARED", 100)
    monkeypatch.setattr(summarize, "ALWAYS", 20)
    steps: list[Progress] = []
    long = [said(n, f"P{n % 7}", f"boat {n % 13} meets harbour {n % 17} at berth {n}") for n in range(400)]
    async with serving(long) as services:
        summary = await summarize.run(request("summarize", progress=steps.append), services)
    compared = summary.covers.messages - summary.covers.left_out
    assert 50 <= compared <= 100
    assert steps[-1].total == compared
    assert "Only the newest 300 messages were read." in summary.notes
    assert any(note.startswith(f"{compared} messages were compared") for note in summary.notes)


def test_the_newest_messages_are_never_cut(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(summarize, "COMPARED", 50)
    monkeypatch.setattr(summarize, "ALWAYS", 10)
    long = [said(n, "Ana", "ok" if n > 190 else f"boat {n % 13} meets harbour {n % 17}") for n in range(200)]
    kept = summarize.comparable(long)
    assert kept[-10:] == tuple(long[-10:])
    assert [message.sent_at for message in kept] == sorted(message.sent_at for message in kept)


def test_an_unanswered_question_is_open_and_an_answered_one_is_not():
    messages = talk(
        "Ana: Where did the fourteen harbour bookings of Saturday go?",
        "Bo: The fourteen harbour bookings of Saturday went to the archive.",
        "Ana: Which captain signs the harbour bookings of Sunday?",
    )
    vectors = summarize.np.zeros((3, 1), dtype=summarize.np.float32)
    kinds = {point.message.id: point.kind for point in summarize.extract(messages, vectors)}
    assert kinds.get("0") is None
    assert kinds["2"] == "open question"


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("We decided to keep the old provider.", "decision"),
        ("I was wrong to wait, we're rolling back now.", "decision"),
        ("Ficou decidido que mudamos na sexta.", "decision"),
        ("Decisão: o lançamento foi adiado.", "decision"),
        ("Al final quedamos en salir el lunes.", "decision"),
        ("Wir haben beschlossen, Freitag zu starten.", "decision"),
        ("On part sur la nouvelle base.", "decision"),
        ("The root cause was a leaking session.", "finding"),
        ("Das Problem ist behoben.", "finding"),
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


@pytest.mark.starter
async def test_the_outage_week_names_the_cause_the_change_and_the_open_question():
    week = Window(since=datetime(2026, 3, 23, tzinfo=UTC), until=datetime(2026, 3, 28, tzinfo=UTC))
    async with sample_served() as (services, places):
        summary = await summarize.run(request("summarize", window=week, place=places["dev"]), services)
    said_here = " ".join(point.text for point in summary.points)
    assert "Cause: the retry in the tide import opened a database session" in said_here
    assert "What we change" in said_here
    assert "Thornby Sands' 14 bookings" in said_here
