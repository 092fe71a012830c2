"""Asking in another language than the channel's: the answer in the channel's words, and what they mean beside it."""

import pytest
from talk import ECHO, request, serving, talk

from bot.answers import languages
from bot.intents import ask
from nlp.core import Core
from nlp.profiles import profile
from nlp.scheduler.family import Binding

ENGLISH = talk(
    "Ana: good morning everybody, the deploy of the gateway went fine last night",
    "Bo: thanks, I will tell the people in the office",
    "Cy: the backup of the server runs every night at three, and nobody has to start it",
    "Ana: lunch is at one today because of the meeting with the customers",
    "Bo: who has got the keys of the meeting room?",
    "Cy: they are hanging behind the door of the kitchen",
)
PORTUGUESE = talk(
    "Ana: bom dia a todos, a reunião de hoje começa às dez horas",
    "Bo: obrigado, eu vou avisar as pessoas do escritório",
    "Cy: a cópia de segurança do servidor é feita todas as noites às três",
    "Ana: hoje almoçamos à uma por causa da reunião com os clientes",
)
PAIRS = tuple(Binding("translate", "echo", "echo", source=a, target=b) for a, b in (("en", "pt"), ("pt", "en")))


@pytest.mark.starter
async def test_a_question_in_another_language_is_answered_in_the_channels_words_with_what_they_mean():
    starter = tuple(each for each in profile("starter") if each.task in {"embed", "translate"})
    async with serving(ENGLISH, starter) as services:
        asked = request("ask", "Quando é feita a cópia de segurança do servidor?")
        answer = await ask.run(asked, services)
        unknown = await ask.run(request("ask", "Quem ganhou o campeonato de futebol?"), services)
        back = await languages.wordings("When does the backup of the server run?", PORTUGUESE, services.core)
    assert answer.found
    assert "at three" in answer.ranking.candidates[0].message.text
    assert answer.rendering
    assert "três" in answer.rendering.text
    assert answer.document()["rendering"]["language"] == "pt"
    assert f"In Portuguese, as I translate it: “{answer.rendering.text}”" in answer.reply().text
    assert (unknown.found, unknown.rendering) == (False, None)
    assert "servidor" in back[1]


async def test_a_question_in_the_channels_own_language_is_asked_once_and_its_answer_stands_alone():
    async with serving(ENGLISH, (*ECHO, *PAIRS)) as services:
        question = "when does the backup of the server run every night?"
        assert await languages.wordings(question, ENGLISH, services.core) == [question]
        answer = await ask.run(request("ask", question), services)
    assert answer.found
    assert answer.rendering is None
    assert "translate" not in answer.reply().text


async def test_without_a_pair_a_question_in_another_language_is_asked_as_it_is():
    question = "Quando é feita a cópia de segurança do servidor?"
    async with Core(ECHO) as core:
        assert await languages.wordings(question, ENGLISH, core) == [question]
        assert await languages.rendered("at three every night", question, core) is None
    async with Core(PAIRS[:1]) as core:  # from English alone
        assert await languages.wordings(question, ENGLISH, core) == [question]


def test_a_channels_languages_are_those_of_a_fifth_of_its_newest_messages():
    assert languages.spoken(ENGLISH) == ["en"]
    assert languages.spoken([*ENGLISH, *PORTUGUESE]) == ["en", "pt"]
    assert languages.spoken([*ENGLISH * 4, PORTUGUESE[0]]) == ["en"]
    assert languages.spoken(talk("Ana: 42", "Bo: ", "Cy: :+1:")) == []
