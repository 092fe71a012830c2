"""Which message answers a question, and how sure that is."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from talk import said, talk

from adapters.chat import Message
from bot.discussions.graph import ReplyGraph
from bot.retrieval.confidence import EVIDENCE, FOUND
from bot.retrieval.confidence import shipped as shipped_confidence
from bot.retrieval.features import FEATURES, Material, measure
from bot.retrieval.ranking import rank, shipped
from nlp.models.echo import embed
from nlp.text.lexical import stems, words
from nlp.text.questions import is_question

TEXTS = st.lists(st.text(max_size=30), max_size=10)


def material(messages: list[Message]) -> Material:
    return Material(messages, np.stack([embed(message.text) for message in messages]))


def best(question: str, messages: list[Message]) -> str:
    found = rank(question, embed(question), material(messages), shipped())
    return found.candidates[0].message.text


def column(name: str, question: str, messages: list[Message]) -> list[float]:
    return measure(question, embed(question), material(messages)).features[:, FEATURES.index(name)].tolist()


def test_the_shipped_parameters_weigh_every_feature_and_name_their_origin():
    parameters = shipped()
    assert set(parameters.ranking) == set(FEATURES)
    assert set(parameters.confidence.plain.evidence) | set(parameters.confidence.repeated.evidence) <= set(EVIDENCE)
    assert {"command", "data", "fitted_on"} <= parameters.provenance.keys()


def test_the_message_with_the_questions_rare_words_comes_first():
    messages = talk(
        "Ana: the deploy went fine",
        "Bo: the deploy of the gateway needs the blue certificate",
        "Ana: the deploy is over",
    )
    assert best("which certificate does the gateway need?", messages) == messages[1].text


def test_a_neighbours_words_count_only_as_far_as_the_message_lacks_them():
    messages = talk("Ana: the blue certificate of the gateway", "Bo: the gateway", "Ana: lunch is ready")
    around = column("words_added", "which certificate does the gateway need?", messages)
    assert around[0] == 0
    assert around[1] > 0


def test_a_question_is_a_worse_answer_than_a_statement():
    assert column("asks", "when?", talk("Ana: the backup runs at noon?", "Bo: it does")) == [1, 0]
    assert shipped().ranking["asks"] < 0


def test_the_author_whom_the_question_names_goes_first():
    messages = talk("Ana: we take the red boat", "Bruno: we take the red boat")
    assert best("what did Bruno say about the boat", messages) == messages[1].text
    assert column("named", "what did Bruno say", messages) == [0, 1]


def test_what_follows_a_similar_question_is_found():
    messages = talk("Cy: lunch", "Ana: where do we keep the spare keys?", "Bo: behind the mill", "Cy: ok then")
    ranking = rank("where are the spare keys?", embed("where are the spare keys?"), material(messages), shipped())
    answer = next(each for each in ranking.candidates if each.message.text == "behind the mill")
    assert answer.context == messages[1]
    assert column("answers", "where are the spare keys?", messages)[2] > 0


@given(TEXTS, st.text(max_size=40))
def test_any_question_over_any_messages_is_ranked(texts: list[str], question: str):
    messages = [said(number, "Ana", text) for number, text in enumerate(texts)]
    if not messages:
        assert rank(question, embed(question), Material((), np.zeros((0, 16))), shipped()).candidates == ()
        return
    ranking = rank(question, embed(question), material(messages), shipped())
    scores = [candidate.score for candidate in ranking.candidates]
    assert len(scores) == min(3, len(messages))
    assert scores == sorted(scores, reverse=True)
    assert 0 <= ranking.confidence <= 1
    assert all(map(math.isfinite, scores))


@given(TEXTS)
def test_neighbours_point_at_each_other_in_time(texts: list[str]):
    before, after = ReplyGraph.of([said(number, "Ana", text) for number, text in enumerate(texts)]).neighbours()
    assert all(earlier < place for place, earlier in enumerate(before))
    assert all(before[later] == place for place, later in enumerate(after) if later >= 0)


def test_a_reply_follows_its_thread_and_not_the_channel():
    messages = [
        said(0, "Ana", "root"),
        said(1, "Bo", "another subject"),
        said(2, "Cy", "reply", thread="0"),
        said(3, "Bo", "second reply", thread="0"),
        said(4, "Bo", "still another subject"),
    ]
    before, after = ReplyGraph.of(messages).neighbours()
    assert before.tolist() == [-1, -1, 0, 2, 1]
    assert after.tolist() == [2, 4, 3, -1, -1]


def test_a_message_follows_what_it_replies_to():
    messages = [said(0, "Ana", "a"), said(1, "Bo", "b"), replace(said(2, "Cy", "c"), reply_to="0")]
    assert ReplyGraph.of(messages).before.tolist() == [-1, 0, 0]


def test_a_reply_to_what_lies_outside_or_after_follows_its_place():
    messages = [said(0, "Ana", "a"), replace(said(1, "Bo", "b"), reply_to="77"), said(2, "Cy", "c", thread="99")]
    assert ReplyGraph.of(messages).before.tolist() == [-1, 0, -1]


@pytest.mark.parametrize("text", ["why?", 'really?"', "¿por qué?  ", "なぜ？", "لماذا؟", "**when?**"])  # noqa: RUF001
def test_questions_are_known_by_their_mark(text: str):
    assert is_question(text)


@pytest.mark.parametrize("text", ["", "no.", "what? never mind", "https://example.org/?q=1 is down"])
def test_what_merely_holds_a_question_mark_is_none(text: str):
    assert not is_question(text)


def test_messages_without_vectors_are_ranked_by_their_words():
    messages = talk("Ana: blue paint", "Bo: red paint", "Cy: green")
    ranking = rank("red", np.ones(1), Material(messages, np.zeros((3, 1))), shipped())
    assert ranking.candidates[0].message.text == "red paint"


def test_more_of_the_question_in_the_channel_is_more_confidence():
    known = rank("who painted the harbour wall", embed("harbour"), material(talk(
        "Ana: hello all", "Bo: Bea painted the harbour wall", "Cy: nice")), shipped())  # fmt: skip
    unknown = rank("who painted the harbour wall", embed("harbour"), material(talk(
        "Ana: hello all", "Bo: lunch is late", "Cy: nice")), shipped())  # fmt: skip
    assert known.confidence > FOUND > unknown.confidence


@pytest.mark.parametrize(
    ("question", "lines", "right"),
    [
        ("谁负责备份服务器", ("Ana: 午饭几点", "Bo: 备份由小李负责", "Cy: 我们明天去北京"), 1),
        (
            "バックアップは誰の担当ですか",
            ("Ana: お昼は何時", "Bo: バックアップは田中さんの担当です", "Cy: 明日は休みです"),
            1,
        ),
        ("ใครดูแลเซิร์ฟเวอร์", ("Ana: กินข้าวกัน", "Bo: เซิร์ฟเวอร์สมชายดูแล", "Cy: พรุ่งนี้หยุด"), 1),
    ],
)
def test_words_of_scripts_without_spaces_count(question: str, lines: tuple[str, ...], right: int):
    shares = column("words", question, talk(*lines))
    assert shares.index(max(shares)) == right
    assert shares[right] > 0


def test_a_vowel_sign_is_part_of_its_word():
    assert words("बैठक सुबह है") == ["बैठक", "सुबह", "है"]
    assert stems("किताबों") == stems("किताबें")


def test_no_evidence_makes_an_answer_that_was_found_by_itself_surer_than_the_surest_ones_are_right():
    sure = np.full(len(EVIDENCE), 50.0)
    sure[EVIDENCE.index("open")] = 0
    for family in ("embedder", "e5"):
        plain, repeated = shipped_confidence(family).plain, shipped_confidence(family).repeated
        assert plain.probability(sure) == plain.most < 0.8
        assert repeated.probability(sure) > 0.9
