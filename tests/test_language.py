"""Which language a text is in, and when nobody can know."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langdetect import PROFILES_DIRECTORY, DetectorFactory

from nlp.text.language_id import SEED, UNKNOWN, detect, factory, presumed, resolved, surely


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The deployment failed again, can somebody look at the logs before lunch?", "en"),
        ("O deploy falhou de novo, alguém pode olhar os logs antes do almoço?", "pt"),
        ("El despliegue falló otra vez, ¿alguien puede mirar los registros?", "es"),
        ("Le déploiement a encore échoué, quelqu'un peut regarder les journaux ?", "fr"),
        ("Das Ausrollen ist wieder gescheitert, kann jemand in die Protokolle schauen?", "de"),
        ("Развёртывание снова упало, посмотрите, пожалуйста, журналы до обеда", "ru"),
        ("bom dia", "pt"),
        ("thanks!", "en"),
        ("gracias", "es"),
        ("merci", "fr"),
        ("今日は会議があります", "ja"),
        ("你好", "zh"),
        ("안녕", "ko"),
        ("ευχαριστώ", "el"),
    ],
)
def test_a_language_is_recognised(text: str, language: str):
    assert detect(text) == language


@pytest.mark.parametrize(
    "text", ["", "  ", "123", "🎉🎉", "lgtm", "ok", "@ana", "https://example.org/the/and/is", "`the`", "done"]
)
def test_what_cannot_be_known_is_none(text: str):
    assert detect(text) is None


def test_markup_says_nothing_about_the_language():
    assert detect("@the_and https://is.are/you obrigado `when where`") == "pt"


def test_a_habit_decides_for_a_short_text():
    assert detect("привет") is None
    assert detect("привет", hint=("ru",)) == "ru"


def test_a_habit_does_not_overrule_a_clear_text():
    assert detect("The deployment failed again, can somebody look at it?", hint=("pt", "es")) == "en"


def test_the_same_text_always_gets_the_same_answer():
    assert len({detect("reunião adiada outra vez", ("pt", "es")) for _ in range(10)}) == 1


@given(st.text(), st.lists(st.text(max_size=5)))
def test_no_text_and_no_hint_can_break_it(text: str, hint: list[str]):
    answer = detect(text, hint)
    assert answer is None or answer.isascii()


@pytest.mark.parametrize(
    "text", ["I miss those days.", "That\u2019s a big meal.", "I love truck drivers!!", "such a cute boy!"]
)
def test_short_english_with_words_that_others_spell_alike_is_not_called_foreign(text: str):
    assert detect(text) in {"en", None}


@pytest.mark.parametrize("text", ["lol", "ok", "", "123", "🎉", "Damn, hoped i had missed some"])
def test_what_cannot_be_known_is_presumed_to_be_what_is_usual(text: str):
    assert presumed([text], "en") == ["en"]


@pytest.mark.parametrize(("text", "language"), [("спасибо", "ru"), ("नमस्ते", "hi"), ("شكرا", "ar"), ("ግእዝ", UNKNOWN)])
def test_what_is_written_in_another_script_is_not_presumed_to_be_the_usual(text: str, language: str):
    assert presumed([text], "en") == [language]


def test_what_cannot_be_known_is_presumed_to_be_what_most_others_are_in():
    portuguese = "O deploy falhou de novo, alguém pode olhar os logs antes do almoço?"
    assert presumed([portuguese, portuguese, "kkk", "the build is green"], "en") == ["pt", "pt", "pt", "en"]
    assert presumed(["今日は会議があります", "lol"], "en") == ["ja", "en"]


def test_a_few_everyday_words_of_the_usual_language_will_do():
    assert presumed(["youtube and outrage drama is super lucrative for reddit"], "en") == ["en"]


@pytest.mark.parametrize("text", ["Kas ir tas, ko tu dari?", "mijn fiets is stuk", "brzecz xylofon", "où est la gare"])
def test_the_statistics_are_langdetects_own(text: str):
    theirs = DetectorFactory()
    theirs.load_profile(PROFILES_DIRECTORY)
    theirs.set_seed(SEED)
    found = []
    for each in (theirs, factory()):
        detector = each.create()
        detector.append(text)
        found.append({language.lang: language.prob for language in detector.get_probabilities()})
    assert found[1] == pytest.approx(found[0], abs=1e-9)


@pytest.mark.parametrize(
    ("text", "target", "source"),
    [
        ("Delicious lunch as ever", "pt", "en"),
        ("build ok, as hoped", "pt", "en"),
        ("release postponed", "pt", "en"),
        ("o almoço foi adiado", "pt", "pt"),
        ("obrigado pela carona", "pt", "pt"),
        ("die Sitzung ist nicht heute", "pt", "de"),
        ("are bhai kal kya kar rahe ho tum", "pt", "hi"),
        ("reunião cancelada", "en", "pt"),
    ],
)
def test_what_is_one_of_two_languages_is_taken_for_the_one_that_can_be_translated(text: str, target: str, source: str):
    other = "en" if target == "pt" else "pt"
    assert resolved(text, detect(text, (other, target)), target, [other]) == source


@pytest.mark.parametrize("text", ["as", "no", "e", "as planned", "do", "come on in"])
def test_a_word_of_two_languages_is_no_certainty(text: str):
    assert not surely(text, "pt")


def test_of_several_sources_none_is_taken_by_itself():
    assert resolved("release postponed", None, "pt", ["en", "es"]) is None


def test_hindi_in_latin_letters_is_not_another_language():
    assert detect("yaar aaj kya kar rahe ho", ("en", "pt")) == "hi"
    assert detect("bhai mujhe abhi nahi pata") == "hi"
