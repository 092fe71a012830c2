"""What speaks against a translation without asking a model."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.translation.doubts import Doubt, doubts

INTO_PT, INTO_EN = ("en", "pt"), ("pt", "en")


@pytest.mark.parametrize(
    ("source", "text", "pair", "doubt"),
    [
        ("gotta bounce", "gotta bounce", INTO_PT, Doubt.ECHO),
        ("CLOSE the hatch!!", "CLOSE the hatch!!", INTO_PT, Doubt.ECHO),
        ("Deployed.", "Implantado (em inglês).", INTO_PT, Doubt.INVENTED),
        ("talvez", "None", INTO_EN, Doubt.INVENTED),
        ("Cheers.", "Obrigado por enviar uma carta.", INTO_PT, Doubt.INVENTED),
        ("my father Father", "pai pai pai", INTO_PT, Doubt.REPEATED),
        ("they did not sign", "eles assinaram", INTO_PT, Doubt.NEGATION),
        ("ninguém assinou", "somebody signed", INTO_EN, Doubt.NEGATION),
        ("we signed it", "não assinamos", INTO_PT, Doubt.NEGATION),
        ("we can't not sign", "não podemos assinar", INTO_PT, Doubt.NEGATION),
        ("pintei minha casa", "she painted his house", INTO_EN, Doubt.PERSON),
        ("I painted the wall myself", "ela pintou a parede", INTO_PT, Doubt.PERSON),
    ],
)
def test_what_is_wrong_is_doubted(source: str, text: str, pair: tuple[str, str], doubt: Doubt):
    assert doubt in doubts(source, text, pair)


@pytest.mark.parametrize(
    ("source", "text", "pair"),
    [
        ("Marta Lopes", "Marta Lopes", INTO_PT),
        ("12 km", "12 km", INTO_PT),
        ("they did not sign", "eles não assinaram", INTO_PT),
        ("it is impossible", "não é possível", INTO_PT),
        ("we can't help but sign", "não podemos deixar de assinar", INTO_PT),
        ("we can't not sign", "não podemos deixar de assinar", INTO_PT),
        ("it rains, right?", "está chovendo, não é?", INTO_PT),
        ("I saw nobody", "não vi ninguém", INTO_PT),
        ("pintei minha casa", "I painted my house", INTO_EN),
        ("ela pintou a casa", "she painted the house", INTO_EN),
        ("I met her", "eu encontrei ela", INTO_PT),
        ("he said that he is late", "ele disse que está atrasado", INTO_PT),
    ],
)
def test_what_is_right_is_not_doubted(source: str, text: str, pair: tuple[str, str]):
    assert doubts(source, text, pair) == ()


@given(st.text(), st.text(), st.sampled_from([INTO_PT, INTO_EN, ("de", "fr"), ("xx", "yy")]))
def test_no_text_can_break_it(source: str, text: str, pair: tuple[str, str]):
    assert set(doubts(source, text, pair)) <= set(Doubt)
