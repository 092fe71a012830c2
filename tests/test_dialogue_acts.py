"""What a sentence does: a cue that is denied, or only supposed, does nothing, in five languages."""

import pytest

from nlp.text.dialogue_acts import kind_of, mark, reverses

DENIED = [
    "Nothing was agreed with the roofer so far.",
    "The tent could go to the south lawn, but nothing is decided yet.",
    "The new roof hasn't been approved.",
    "I don't think we've agreed on a roofer.",
    "Nobody was decided on, as far as I know it's not agreed either",
    "Maybe we should wait until the roof is approved.",
    "If the fair is postponed, we need another tent.",
    "Nada foi decidido sobre o telhado.",
    "Ainda não ficou decidido quem fica com a tenda.",
    "Todavía no está aprobada la tienda nueva.",
    "No se aplaza la feria.",
    "Es wurde noch nichts beschlossen.",
    "Beschlossen wurde nichts.",
    "Ich glaube nicht, dass das schon entschieden ist.",
    "Rien n'a été décidé pour le toit.",
    "Le toit n'est pas encore validé par la mairie.",
    "I doubt that the board agreed on the tent.",
    "Let's hope the roof was approved.",
    "Duvido que a feira foi adiada.",
    "Ich bezweifle, dass das beschlossen ist.",
]
DECIDED = [
    "We decided not to move the fair.",
    "It was agreed that nobody works on Sunday.",
    "It was not easy, and we decided for the red roof.",
    "The fair is postponed, I don't like it either.",
    "Não foi fácil, mas decidimos mudar a feira.",
    "Wir haben beschlossen, nicht umzuziehen.",
    "On a décidé de ne pas déménager.",
    "No hay dudas: aplazado hasta mayo.",
    "It's settled: the red roof.",
    "I hope you like it, we decided for the red roof.",
]


@pytest.mark.parametrize("sentence", DENIED)
def test_what_was_not_decided_is_no_decision(sentence: str):
    assert kind_of(sentence) != "decision"


@pytest.mark.parametrize("sentence", DECIDED)
def test_a_decision_against_something_is_a_decision(sentence: str):
    assert kind_of(sentence) == "decision"


@pytest.mark.parametrize(
    "sentence",
    [
        "I will not send the list by Friday.",
        "I'll probably not finish the fence before Monday.",
        "Nobody will do it by Friday.",
        "Eu não envio a lista até sexta.",
        "Ich schicke dir das nicht bis Freitag.",
        "Ich mache das heute nicht.",
        "Je fais pas ça avant demain.",
    ],
)
def test_what_nobody_does_is_no_task(sentence: str):
    assert kind_of(sentence) != "action"


@pytest.mark.parametrize(
    "sentence",
    [
        "There is no open question about that.",
        "It is no longer unclear who pays.",
        "Não há nada por esclarecer.",
        "Das ist keine offene Frage mehr.",
        "Ce n'est pas une question ouverte.",
    ],
)
def test_what_is_no_question_is_not_open(sentence: str):
    assert kind_of(sentence) != "open question"


@pytest.mark.parametrize(
    "sentence",
    [
        "The cause was not the roofer.",
        "No fix is in sight.",
        "The fix is not in yet.",
        "Die Ursache ist nicht der Dachdecker",
    ],
)
def test_a_denied_cause_or_fix_is_none(sentence: str):
    assert kind_of(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("I will send the list by Friday.", "action"),
        ("I'll make sure that nobody is forgotten by Friday.", "action"),
        ("Nobody knows where the tent is.", "open question"),
        ("Ninguém sabe onde está a tenda.", "open question"),
        ("The cause was the old nail.", "cause"),
        ("The roof is fixed, no water comes in.", "fix"),
    ],
)
def test_a_denial_of_something_else_takes_nothing_away(sentence: str, kind: str):
    assert kind_of(sentence) == kind


@pytest.mark.parametrize(
    "sentence",
    [
        "Decision: none yet",
        "Open questions: none.",
        "To-do: nothing",
        "Decisão: nenhuma",
        "Entscheidung: noch keine",
        "Décision : pas encore",
        "Decision: nothing was agreed",
        "Tareas: ninguna por ahora",
    ],
)
def test_a_label_over_nothing_is_no_label(sentence: str):
    assert mark(sentence).kind is None
    assert mark(sentence).text == sentence


def test_a_label_over_something_keeps_its_kind():
    assert mark("Decision: no fair before June").kind == "decision"
    assert mark("Decisão: nada de barulho depois das dez").kind == "decision"


def test_a_reversal_that_is_denied_reverses_nothing():
    assert reverses("The decision of May was reversed.")
    assert reverses("We no longer need the tent")
    assert not reverses("The decision of May was not reversed.")
    assert not reverses("We never changed our minds.")


@pytest.mark.parametrize(
    "sentence",
    [
        "I decided to buy a new tent and now it leaks.",
        "They decided to leave the roof out.",
        "The image moves to the right.",
        "The screen of the till is off, as you see.",
        "Sorry, I was wrong.",
        "It settled down after the storm.",
        "I'll wait until the paint is dry.",
        "I'll look at the bill line by line.",
        "If it rains, I'll bring the tent on Friday.",
        "That will be over tomorrow.",
        "We went home because of the rain.",
        "I think the cause was the old nail.",
        "The problem is that I can't open the shed.",
        "Come back when the roof is fixed.",
        "It breaks now so that it is fixed for the fair.",
        "If nobody knows the answer, nobody will tell you.",
        "I was unclear, sorry.",
        "I have no idea why that would happen.",
    ],
)
def test_talk_about_oneself_or_of_what_might_be_does_nothing(sentence: str):
    assert kind_of(sentence) is None


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("The launch on 31 March is off.", "decision"),
        ("Regatta mode moves to 14 April.", "decision"),
        ("Hanne will print the lists on Friday.", "action"),
        ("The problem was the torn seal of the pump.", "cause"),
        ("It was caused by a torn seal.", "cause"),
        ("We found the cause: a torn seal.", "cause"),
        ("The pump is working again since noon.", "fix"),
        ("I have no idea why the pump stops at night.", "open question"),
    ],
)
def test_what_is_said_of_the_matter_itself_does_something(sentence: str, kind: str):
    assert kind_of(sentence) == kind
