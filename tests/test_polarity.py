"""What a text denies, in five languages, and whether it says the opposite of what a question takes for granted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.text.polarity import Stand, contradicts, denies, stand

AGAINST = [
    ("Who has returned the projector?", "I have not returned the projector yet."),
    ("Who has returned the projector?", "I forgot to return the projector."),
    ("Who has returned the projector?", "I still have to return the projector."),
    ("Who has a spare charger?", "I don't think Rui has a spare charger."),
    ("Who can unlock the archive?", "Rui never had a code for the archive, so he cannot unlock it."),
    ("Does anybody have a ladder?", "I do not have a ladder"),
    ("Who hasn’t signed the form?", "I have signed the form."),  # noqa: RUF001 - what phones type
    ("Quem devolveu o projetor?", "Eu ainda não devolvi o projetor."),
    ("Quem tem a escada?", "Eu não tenho a escada."),
    ("¿Quién ha devuelto el proyector?", "Yo no he devuelto el proyector."),
    ("¿Quién tiene la escalera?", "Me temo que yo no tengo la escalera"),
    ("Wer hat den Beamer zurückgebracht?", "Ich habe den Beamer noch nicht zurückgebracht."),
    ("Wer hat eine Leiter?", "Ich habe keine Leiter."),
    ("Wer hat den Beitrag bezahlt?", "Ich habe vergessen, den Beitrag zu bezahlen"),
    ("Qui a rendu le projecteur ?", "Je n'ai pas rendu le projecteur."),
    ("Qui a une échelle ?", "J'ai pas d'échelle"),
]
WITH = [
    ("Who has returned the projector?", "I have returned the projector."),
    ("Who hasn't returned the projector?", "I haven't returned the projector."),
    ("Who still has to sign the form?", "I still have to sign the form."),
    ("Who has a spare charger?", "No doubt Rui has a spare charger."),
    ("Who feeds the fish?", "Don't forget that Rui feeds the fish."),
    ("Who feeds the fish?", "Not Rui but Mia feeds the fish."),
    ("When does the choir meet?", "The choir doesn't meet until 19:30."),
    ("When is the concert?", "I'm not coming to the concert on Friday at eight"),
    ("Why is the lift broken?", "The lift isn't broken because of me"),
    ("Is the kiosk open?", "The kiosk isn't open."),
    ("Who read the notice?", "I read the notice that says you are not allowed in."),
    ("When is the flight?", "Hey, doesn't the flight leave at seven? At gate 4?"),
    ("Quem tem a escada?", "A escada está no armazém, tem-na o Rui"),
    ("Qui a une échelle ?", "Il ne reste que l'échelle de Rui"),
    ("Wer füttert die Fische?", "Nicht Rui, sondern Mia füttert die Fische."),
]
NOBODY = [
    ("Who has returned the projector?", "Nobody has returned the projector."),
    ("Quem devolveu o projetor?", "Ninguém devolveu o projetor."),
    ("¿Quién ha devuelto el proyector?", "Nadie ha devuelto el proyector."),
    ("Wer hat den Beamer zurückgebracht?", "Niemand hat den Beamer zurückgebracht."),
    ("Qui a rendu le projecteur ?", "Personne n'a rendu le projecteur."),
]


@pytest.mark.parametrize(("question", "text"), AGAINST)
def test_a_denial_stands_against_what_the_question_takes_for_granted(question: str, text: str):
    assert stand(question, text) is Stand.AGAINST


@pytest.mark.parametrize(("question", "text"), WITH)
def test_a_claim_that_answers_or_a_denial_of_something_else_does_not(question: str, text: str):
    assert stand(question, text) is Stand.WITH


@pytest.mark.parametrize(("question", "text"), NOBODY)
def test_nobody_is_an_answer_of_its_own(question: str, text: str):
    assert stand(question, text) is Stand.NOBODY


def test_what_is_about_the_same_in_other_words_counts_where_somebody_speaks_of_themselves():
    assert stand("Who has settled the bill?", "I haven't paid the invoice", alike=True) is Stand.AGAINST
    assert stand("Who has settled the bill?", "I haven't paid the invoice") is Stand.WITH


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("Nothing was agreed", True),
        ("never again", True),
        ("I did not fail to call", False),
        ("not only the lift", False),
        ("A chave está no cofre", False),  # Portuguese "no" is "in the"
        ("No tengo la llave", True),
        ("kein Problem, ich mache das", False),
    ],
)
def test_a_clause_denies_or_does_not(text: str, denied: bool):  # noqa: FBT001
    assert denies(text) is denied


def test_sentences_that_say_nearly_the_same_contradict_each_other_by_a_denial():
    assert contradicts("The crane was moved to the north pier.", "The crane was not moved to the north pier")
    assert not contradicts("The crane was moved to the north pier.", "We moved the crane to the north pier")
    assert not contradicts("The crane was moved.", "Nobody has eaten the cake")


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts_stand_somehow_to_each_other(question: str, text: str):
    assert stand(question, text) in Stand
    assert contradicts(question, text) in {True, False}
