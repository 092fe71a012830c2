"""Names of people that are words, too, are found where they do what people do or have a capital among small words."""

import pytest

from nlp.text.people import articled, bare, named

NOBODY: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Autumn left the group", ["Autumn"]),
        ("June asked for the agenda", ["June"]),
        ("we should ask Penny or Cliff first", ["Penny", "Cliff"]),
        ("Ivy, can you open the gate?", ["Ivy"]),
        ("Salvador saiu do grupo", ["Salvador"]),
        ("ainda não falei com Aurora", ["Aurora"]),
        ("Autumn is over", []),
        ("the party is in June, not in August", []),
        ("June was rainy", []),
        ("Skip the second step", []),
        ("the Grant Programme", []),
        ("This Page said nothing", []),
        ("moro em Salvador", []),
        ("Everybody joined", []),
    ],
)
def test_a_word_is_a_name_where_it_acts_or_has_a_capital_among_small_words(text: str, names: list[str]):
    assert named(text, NOBODY) == names


def test_a_members_name_counts_whatever_it_is():
    assert named("then Kestrel called", frozenset({"Kestrel"})) == ["Kestrel"]
    assert named("then Kestrel called", NOBODY) == []


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("a Pilar abriu o portão", "Pilar abriu o portão"),
        ("avisa o Salvador e a Estrela", "avisa Salvador e Estrela"),
        ("o barco da Glória e do Leão", "o barco de Glória e de Leão"),
        ("manda pro Franco", "manda para Franco"),
        ("a Holanda e o Brasil", "a Holanda e o Brasil"),
    ],
)
def test_a_name_loses_its_article_and_a_country_keeps_it(text: str, plain: str):
    assert bare(text, articled(text, "pt")) == plain
