"""Measuring answers and summaries on labelled files, by the path of every request."""

import json
from pathlib import Path

import numpy as np
import pytest
from talk import serving, talk

from bot.errors import UsageError
from bot.evaluation import ask, summarize
from bot.evaluation.dialogues import LabelledAnswer, LabelledQuestion, read_dialogues

DIALOGUES = [
    {
        "title": title,
        "messages": [
            {"author": "Ana", "text": "good morning all"},
            {"author": "Bo", "text": f"the {thing} hangs behind the mill door"},
            {"author": "Cy", "text": "see you at lunch"},
        ],
        "questions": [
            {"question": f"where does the {thing} hang?", "answers": [{"text": "behind the mill door", "message": 1}]}
        ],
    }
    for title, thing in (("one", "oar"), ("two", "lantern"))
]
FRIENDSQA = {
    "data": [
        {
            "title": "s99_e01_c01",
            "paragraphs": [
                {
                    "utterances:": [
                        {"uid": 0, "speakers": ["Ross", "Joey"], "utterance": "Hi ."},
                        {"uid": 1, "speakers": ["Rachel"], "utterance": "It is raining ."},
                    ],
                    "qas": [
                        {
                            "question": "Who says it rains ?",
                            "answers": [{"answer_text": "Rachel", "utterance_id": 1, "is_speaker": True}],
                        }
                    ],
                }
            ],
        }
    ]
}
MEETING = {
    "meeting_transcripts": [
        {"speaker": "Ana", "content": "The remote control gets {vocalsound} a titanium case and two buttons ."},
        {"speaker": "Bo", "content": "Yeah ."},
        {"speaker": "Ana", "content": "The battery of the remote control lasts a year with the small chip ."},
    ],
    "general_query_list": [{"query": "Summarize", "answer": "A titanium remote control with a lasting battery."}],
}


def written(path: Path, *entries: dict) -> Path:
    path.write_text("\n".join(json.dumps(entry) for entry in entries), encoding="utf-8")
    return path


def test_friendsqa_is_read_with_its_speakers(tmp_path: Path):
    (dialogue,) = read_dialogues(written(tmp_path / "dev.json", FRIENDSQA))
    assert [message.author.name for message in dialogue.messages] == ["Ross, Joey", "Rachel"]
    assert dialogue.questions == (LabelledQuestion("Who says it rains ?", (LabelledAnswer("1", "", "Rachel"),)),)


@pytest.mark.parametrize("text", ["", "nothing", "[1, 2]", '{"title": "x"}', '{"data": [1]}'])
def test_a_file_of_another_form_is_refused_by_name(tmp_path: Path, text: str):
    path = tmp_path / "data.json"
    path.write_text(text or "{", encoding="utf-8")
    with pytest.raises(UsageError, match=r"data\.json holds no questions"):
        read_dialogues(path)
    with pytest.raises(UsageError, match=r"data\.json holds no meetings"):
        summarize.read_meetings(path)


async def test_every_question_is_put_to_its_channel_and_to_another(tmp_path: Path):
    dialogues = read_dialogues(written(tmp_path / "own.jsonl", *DIALOGUES))
    done: list[int] = []
    async with serving([]) as services:
        report = await ask.evaluate(dialogues, services, data="own", on_done=done.append)
    found = {figure.name: figure.value for figure in report.figures}
    assert (report.examples, done) == (2, [1, 2])
    assert found["quoted message holds the answer"] == 1
    assert found["one of three does"] == 1
    assert found["BM25: first message does"] == 1
    assert found["ahead of BM25 at one message"] == 0
    assert {table.title for table in report.tables} == {"judged by", "risk and coverage", "thresholds"}
    json.dumps(report.document())


def test_a_message_is_right_when_labelled_or_when_it_holds_the_words():
    messages = talk("Ana: in the cab", "Bo: on the bus, in the cab!", "Cy: incabin")
    question = LabelledQuestion("where?", (LabelledAnswer("0", "In the cab"),))
    assert ask.judged(messages, question).tolist() == [[True, True], [False, True], [False, False]]


def test_the_author_as_the_answer_needs_the_labelled_message():
    question = LabelledQuestion("who?", (LabelledAnswer("1", ""),))
    assert ask.judged(talk("Bo: a", "Bo: b"), question)[:2].tolist() == [[False, False], [True, True]]


def test_the_surest_answers_come_first_in_the_curve():
    hit, miss = np.array([[True, True]] + [[False, False]] * 2), np.zeros((3, 2), dtype=bool)
    cases = [ask.Case(hit, miss, 0.9, 0.1), ask.Case(miss, miss, 0.2, 0.1)]
    rows = ask.risk_coverage(cases).rows
    assert rows[0] == (0.1, 0.0, 0.9)
    assert rows[-1] == (1.0, 0.5, 0.2)


async def test_a_summary_is_compared_with_rivals_of_its_length(tmp_path: Path):
    meetings = summarize.read_meetings(written(tmp_path / "val.jsonl", MEETING))
    assert meetings[0].messages[0].text == "The remote control gets a titanium case and two buttons."
    async with serving([]) as services:
        report = await summarize.evaluate(meetings, services, data="val")
    (table,) = report.tables
    assert [row[0] for row in table.rows] == ["summary", "first", "last", "random"]
    assert all(0 <= figure.value <= 1 for figure in report.figures[:3])
    lengths = [len(text.split()) for texts in summarize.rivals(meetings[0].messages, 7).values() for text in texts]
    assert set(lengths) == {7}
    json.dumps(report.document())
