import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.inference.decoding.streamer import Speech


def spell(ids: list[int]) -> str:
    """Tokens are bytes; half a character is spelt as the replacement character, as tokenizers do."""
    return bytes(ids).decode("utf-8", errors="replace")


def speak(text: str, stops: tuple[str, ...]) -> tuple[str, list[str], int]:
    """What is said, the pieces it was told in, and how many tokens were read."""
    heard: list[str] = []
    speech, ids = Speech(spell, stops, heard.append), list(text.encode())
    read = next((count for count in range(1, len(ids) + 1) if speech(ids[:count])), len(ids))
    return speech.finish(ids[:read]), heard, read


@given(text=st.text(max_size=40), stops=st.lists(st.text(min_size=1, max_size=4), max_size=3))
def test_what_is_told_is_the_text_up_to_the_first_stop(text: str, stops: list[str]):
    said, heard, _ = speak(text, tuple(stops))
    assert "".join(heard) == said
    assert text.startswith(said)
    assert not any(stop in said for stop in stops)
    assert said == text or any(text[len(said) :].startswith(stop) for stop in stops)


def test_what_may_become_a_stop_is_held_back():
    _, heard, read = speak("yes<end>no", ("<end>",))
    assert heard == ["y", "e", "s"]
    assert read == 8


def test_what_did_not_become_a_stop_is_told_later():
    said, heard, _ = speak("a<en!", ("<end>",))
    assert said == "".join(heard) == "a<en!"
    assert "<en!" in heard


def test_half_a_character_waits_for_the_other_half():
    _, heard, _ = speak("né", ())
    assert heard == ["n", "é"]


def test_a_listener_that_fails_ends_nobodys_answer(caplog: pytest.LogCaptureFixture):
    def fail(_: str) -> None:
        raise RuntimeError("gone")

    speech = Speech(spell, (), fail)
    assert not speech([65])
    assert speech.finish([65, 66]) == "AB"
    assert caplog.text.count("gets no further text") == 1
