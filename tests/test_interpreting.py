"""Channels that translate themselves, without a platform: what people say for it, bursts, and what the check finds."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.chat import Channel, Message, Person, Place
from bot.cli.commands.check import translated
from bot.config import Config
from bot.history import History
from bot.history.translated import companions
from bot.history.translated.companions import Setting
from bot.translations.bursts import Burst, is_for_translation, units_of
from bot.understanding.interpreting import concerns, is_mode, read

PLACE = Place("slack", "T1", "C1")
ANA = Person("U1", "Ana")
NOON = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)


def said(number: int, text: str, **more: object) -> Message:
    return replace(Message(str(number), PLACE, ANA, text, NOON + timedelta(seconds=number)), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "targets"),
    [
        ("translate this channel into German from now on", ("de",)),
        ("from now on translate everything here to English and Portuguese", ("en", "pt")),
        ("traduz este canal para alemão a partir de agora", ("de",)),
        ("traduce este canal al alemán a partir de ahora", ("de",)),
        ("übersetze diesen Kanal ab jetzt ins Deutsche", ("de",)),
        ("traduis ce canal en allemand désormais", ("de",)),
    ],
)
def test_free_text_of_five_languages_turns_it_on(words: str, targets: tuple[str, ...]):
    wish = read(words)
    assert concerns(words)
    assert wish is not None
    assert (wish.kind, wish.targets) == ("on", targets)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("stop translating this channel", "off"),
        ("arrête de traduire ce canal", "off"),
        ("don't translate my messages", "spare"),
        ("deja de traducir mis mensajes", "spare"),
        ("hör auf, meine Nachrichten zu übersetzen", "spare"),
        ("translate my messages again", "unspare"),
    ],
)
def test_free_text_turns_it_off_and_leaves_out_ones_own_messages(words: str, kind: str):
    wish = read(words)
    assert concerns(words)
    assert wish is not None
    assert wish.kind == kind


@pytest.mark.parametrize(
    "words", ["translate this channel into German", "on Monday we meet", "off we go", "translate: stop translating me"]
)
def test_a_text_to_translate_once_is_not_taken_for_it(words: str):
    assert not concerns(words)
    assert not is_mode(words)


def test_a_sentence_sent_in_pieces_is_one_text_and_other_messages_are_texts_of_their_own():
    lines = ["Bom dia.", "O barco chega", "amanhã de manhã.", "Ana, vens?"]
    units = units_of([said(number, line) for number, line in enumerate(lines)])
    assert [unit.text for unit in units] == ["Bom dia.", "O barco chega amanhã de manhã.", "Ana, vens?"]


@pytest.mark.parametrize(
    "text", [":tada:", "🎉🎉", "`git pull`", "```\nbom dia\n```", "https://example.org/a", "42", ""]
)
def test_what_holds_no_words_is_not_for_translation(text: str):
    assert not is_for_translation(said(1, text))


def test_the_words_of_others_that_a_message_passes_on_are_not_translated():
    assert [unit.text for unit in units_of([said(1, "vê isto: bom dia", alone="vê isto: [forwarded]")])] == [
        "vê isto: [forwarded]"
    ]


@given(order=st.permutations(range(5)))
def test_a_burst_holds_its_messages_as_they_were_said_in_whatever_order_they_come(order: list[int]):
    first, *others = [said(number, str(number)) for number in order]
    burst = Burst((first,))
    for message in (*others, first):
        burst = burst.with_(message)
    assert [each.id for each in burst.messages] == ["0", "1", "2", "3", "4"]


def test_the_check_names_a_language_that_no_model_writes_any_more(tmp_path: Path):
    path = tmp_path / "history.db"
    assert translated(Config(), path) == []
    with History.open(path) as history:
        history.add([Channel(PLACE, "general")])
        history.write(companions.put, PLACE, Setting(("en", "de"), readers=False, by="U1", since=NOON))
    (found,) = translated(Config(), path)
    assert not found.works
    assert "parley models pull firefox:de" in found.detail
