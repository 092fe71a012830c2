"""Whether a text that speaks of a value also gives it."""

import pytest
from talk import request, serving, talk

from bot.intents import ask
from bot.retrieval.confidence import SURE
from nlp.text.values import lacks_value

GIVEN = [
    ("What is the alarm code?", "The alarm code is 4711."),
    ("What is the wifi password?", "wifi password: tidepool"),
    ("What's the guest password?", "the guest password is Sandpiper, please don't share it"),
    ("What is the address of the mill?", "The address of the mill is Quay Street"),
    ("Qual é a senha do portão?", "A senha do portão é Gaivota."),
    ("Wie lautet das Passwort?", "Das Passwort lautet Muschel"),
    ("Quel est le mot de passe ?", "Le mot de passe est Mouette"),
    ("Why is the code wrong?", "The code of the gate changes on Mondays."),
    ("What is the alarm code?", "The paint is dry"),
]
LACKING = [
    ("What is the alarm code?", "The alarm code changes every month, ask me on Monday."),
    ("What is the guest password?", "The guest password is written on the board"),
    ("What is the wifi password?", "I forgot the wifi password again"),
    ("Qual é a senha do portão?", "A senha do portão mudou ontem."),
    ("¿Cuál es la contraseña?", "La contraseña cambia cada mes"),
    ("Was ist das Passwort?", "Das Passwort wechselt jeden Monat"),
    ("Quel est le mot de passe ?", "Le mot de passe change chaque mois"),
]


@pytest.mark.parametrize(("question", "text"), GIVEN)
def test_a_value_that_is_given_or_not_asked_for_is_not_lacking(question: str, text: str):
    assert not lacks_value(question, text)


@pytest.mark.parametrize(("question", "text"), LACKING)
def test_a_text_about_a_value_that_does_not_give_it_lacks_it(question: str, text: str):
    assert lacks_value(question, text)


async def test_what_does_not_hold_the_value_is_never_quoted_as_sure():
    chat = talk("Ana: The alarm code of the shed changes every month.", "Bo: lunch?", "Cy: the buoys are red")
    async with serving(chat) as services:
        answer = await ask.run(request("ask", "What is the alarm code of the shed?"), services)
    assert answer.confidence < SURE
