"""Summaries that tell discussions: question and outcome together, named by a noun phrase, and how they are measured."""

import io
import json
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from rich.console import Console
from talk import request, said, serving, talk

from adapters.chat import Reply, Window
from adapters.console import write
from bot.conversation.quoting import source_of
from bot.discussions.graph import ReplyGraph
from bot.errors import UsageError
from bot.evaluation.irc import read_logs
from bot.evaluation.keyfacts import Quoted, cut, read_facts, scored, shares
from bot.evaluation.replies import evaluate, measured
from bot.evaluation.sections import evaluate as judged
from bot.evaluation.sections import read_labels as section_labels
from bot.intents import summarize
from bot.summaries.entries import entries
from bot.summaries.headings import Headings
from bot.summaries.noun_phrases import Nouns, joined_phrases, noun_phrases
from bot.summaries.points import Parts

HARBOUR = talk(
    "Ana: How do I get the tide sensor on the pier to report to the new server?",
    "Bo: morning everybody :)",
    "Cy: Ana: set the address of the new server in /etc/tide.conf and restart the tide sensor",
    "Bo: haha good morning",
    "Ana: Cy: thanks, the tide sensor reports again",
    "Dee: Hi all, does anybody know which crane the inspector of the port wants to see on Monday?",
)
LOG = """\
[10:00] <ana> how do i mount the disk?
=== bo [~bo@example.org] has joined #port
[10:01] <cy> ana: sudo mount /dev/sdb1 /mnt
[10:02]  * bo waves
[10:03] <ana> cy: thanks
"""


async def test_a_discussion_is_told_with_its_question_and_what_came_out():
    async with serving(HARBOUR) as services:
        summary = await summarize.run(request("summarize"), services)
    told = next(item for item in summary.items if "0" in {point.message.id for point in item.quoted})
    assert [point.message.id for point in told.quoted][:2] == ["0", "2"]
    assert told.heading
    assert rf"**{told.heading}:** How do I get" in summary.reply().text


async def test_small_talk_makes_no_entry():
    async with serving(HARBOUR) as services:
        summary = await summarize.run(request("summarize"), services)
    assert not {"1", "3"} & {source.id for item in summary.items for source in item.sources}


async def test_the_answer_names_the_person_by_its_text_no_longer():
    async with serving(HARBOUR) as services:
        text = (await summarize.run(request("summarize"), services)).reply().text
    assert "→ set the address of the new server" in text


async def test_sources_stand_with_their_sentence_and_not_again_below():
    async with serving(HARBOUR) as services:
        reply = (await summarize.run(request("summarize"), services)).reply()
    written = io.StringIO()
    write(reply, Console(file=written), Console(file=io.StringIO()), ZoneInfo("UTC"))
    assert reply.sources
    assert "↳" not in written.getvalue()
    write(Reply("Yes.", (source_of(HARBOUR[0]),)), Console(file=written), Console(), ZoneInfo("UTC"))
    assert "↳ Ana" in written.getvalue()


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("the tide sensor is broken", {"sensor", "tide sensor"}),
        ("I need to install it quickly", set()),
        ("see https://example.org/tide for more", set()),
        ("k3b fails", {"k3b"}),
        ("a nota de imprensa", {"nota", "imprensa"}),
    ],
)
def test_noun_phrases_are_told_by_what_introduces_them(text: str, phrases: set[str]):
    nouns = Nouns.of([text, "the tide was high", "a sensor of the pier", "a nota", "da imprensa"])
    assert set(noun_phrases(text, nouns)) == phrases


def test_a_heading_is_what_the_discussion_comes_back_to_and_never_a_person():
    headings = Headings.of([*HARBOUR, *talk("Eve: the rain", "Eve: the rain again")])
    texts = [message.text for message in HARBOUR]
    assert headings.heading(texts[:3:2], texts[:5]).casefold() == "tide sensor on the pier"
    assert headings.heading(["Ana, Bo and Cy"], ["Ana, Bo and Cy"]) == ""


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("is there any support for the tide sensor?", {"support for the tide sensor"}),
        ("who has a sensor of the pier", {"sensor of the pier"}),
        ("what to do about it", set()),
        ("for the pier cd", set()),
    ],
)
def test_a_preposition_joins_noun_phrases(text: str, phrases: set[str]):
    nouns = Nouns.of([text, "the tide was high", "a sensor of the pier", "the support"])
    assert set(joined_phrases(text, nouns)) == phrases


def test_a_single_word_heads_a_discussion_only_as_the_name_of_what_it_comes_back_to():
    said = talk(
        "Ana: the kelp42 of the pier", "Bo: the rain", "Cy: a kelp42 again", "Dee: the kelp42 stops", "Ana: the rain"
    )
    headings, texts = Headings.of(said), [message.text for message in said]
    assert headings.heading(["does kelp42 start?"], texts) == "kelp42"
    assert headings.heading(["does kelp42 start?"], texts[:2]) == ""
    assert headings.heading(["how is the rain?"], texts) == ""


@pytest.mark.parametrize(
    ("texts", "is_open"),
    [
        (("Ana: which crane does the inspector of the port want to see?",), True),
        (("Ana: can anyone help me with a problem?",), False),
        (("Ana: does it work with them?",), False),
        (("Ana: you call this old pier a harbour?",), False),
        (("Ana: the crane of the port is stuck", "Bo: Ana: which crane of the port is stuck since Monday?"), False),
    ],
)
def test_a_question_is_open_that_tells_what_it_is_about_and_asks_nobody_back(texts: tuple[str, ...], is_open: bool):  # noqa: FBT001
    parts = Parts.of(ReplyGraph.of(talk(*texts)))
    assert ("open question" in {point.kind for point in parts.points[-1]}) is is_open


async def test_thanks_and_questions_without_a_subject_make_no_entry():
    chat = talk(
        "Ana: still around?",
        "Bo: yes, thanks :)",
        "Ana: where does the inspector keep the key of the crane?",
        "Bo: thanks :)",
    )
    parts = Parts.of(ReplyGraph.of(chat))
    told = entries(parts, np.zeros((4, 1), dtype=np.float32))
    assert {"1", "3"} & {point.message.id for entry in told for point in entry.points if len(entry.points) > 1} == set()


def test_the_sections_of_a_summary_are_judged_by_labels(tmp_path: Path):
    said = talk("Ana: We decided to paint the pier in green.", "Bo: It was caused by a torn seal of the pump.")
    labels = tmp_path / "labels.tsv"
    labels.write_text("harbour\t0\tdecision\t1\nharbour\t1\tcause\t0\n", encoding="utf-8")
    report = judged([("harbour", said)], section_labels(labels), data="made up", most=5)
    figures = {figure.name: figure.value for figure in report.figures}
    assert (figures["decision: right of 1"], figures["cause: right of 1"], figures["fix: labelled"]) == (1.0, 0.0, 0.0)
    assert [row[2:4] for row in report.tables[0].rows] == [("decision", 1), ("cause", 0)]
    labels.write_text("one column", encoding="utf-8")
    with pytest.raises(UsageError):
        section_labels(labels)


def test_facts_are_held_by_the_messages_that_are_quoted(tmp_path: Path):
    messages = [{"author": "ana", "text": f"word {number}", "sent_at": float(number)} for number in range(4)]
    facts = [{"fact": "one", "messages": [0, 1]}, {"fact": "two", "messages": [3]}]
    file = tmp_path / "facts.jsonl"
    file.write_text(json.dumps({"title": "a", "messages": messages, "facts": facts}), encoding="utf-8")
    (each,) = read_facts(file)
    points = [Quoted("word 1", frozenset([1])), Quoted("word 2", frozenset([2]))]
    assert shares(scored(each, points, 4)) == (0.5, 0.5, 0.5)
    assert cut(points, 3) == points[:1]
    file.write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError):
        read_facts(file)


def test_annotated_logs_are_read_without_what_the_server_says(tmp_path: Path):
    with ZipFile(tmp_path / "logs.zip", "w") as archive:
        archive.writestr("2010-01-02.ascii.txt", LOG)
        archive.writestr("2010-01-02.annotation.txt", "0 0 -\n0 2 -\n3 3 -\n2 4 -\n1 1 -\n")
    (log,) = read_logs(tmp_path / "logs.zip")
    assert [message.author.name for message in log.messages] == ["ana", "cy", "bo", "ana"]
    assert log.answers == {0: {0}, 1: {0}, 2: {2}, 3: {1}}
    right = ReplyGraph(log.messages, np.array([-1, 0, -1, 1]), np.ones(4, dtype=np.float32), [None] * 4)
    links, replies, overlap = np.split(measured(log, right)[:8], [3, 6])
    assert (links.tolist(), replies.tolist(), overlap.tolist()) == ([4, 4, 4], [2, 2, 2], [4, 4])
    assert evaluate([log], data="logs.zip").examples == 1
    with pytest.raises(UsageError):
        read_logs(tmp_path / "none.zip")


# The discussion of one message


TWO_TALKS = talk(
    "Ana: Bo: which port does the staging proxy listen on?",
    "Cy: Di: when does the ferry to the island leave tomorrow?",
    "Bo: Ana: the staging proxy listens on port 8443 since the upgrade.",
    "Di: Cy: the ferry to the island leaves at nine, from pier two.",
    "Ana: Bo: thanks, and the certificate of the proxy is renewed by certbot?",
    "Bo: Ana: yes, certbot renews the certificate of the proxy every night.",
)


@pytest.mark.parametrize("way", ["a menu on the message", "a reply to the message"])
async def test_a_summary_from_one_message_is_that_of_its_discussion(way: str):
    async with serving(TWO_TALKS) as services:
        asked = request("summarize", window=Window(thread="2")) if way.startswith("a menu") else request("summarize")
        if way.startswith("a reply"):
            asked = replace(asked, message=said(30, "Eve", "@parley summarise this", reply_to="2"))
        found = await summarize.run(asked, services)
    sources = {source.id for source in found.reply().sources}
    assert sources
    assert sources <= {"0", "2", "4", "5"}
    assert found.covers.messages == 4
    assert any(note.startswith("This is the discussion of that message") for note in found.notes)


async def test_a_message_that_nobody_answered_is_summed_up_alone():
    alone = [
        said(600 * number, author, text)
        for number, (author, text) in enumerate([("Ana", "The pier is open."), ("Bo", "Lunch?")])
    ]
    async with serving(alone) as services:
        found = await summarize.run(request("summarize", window=Window(thread="600")), services)
    assert found.covers.messages == 1
