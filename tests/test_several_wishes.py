"""Several wishes in one text: the first is served, the others are named."""

import pytest

from bot.understanding.several import wishes


@pytest.mark.parametrize(
    ("words", "others"),
    [
        ("summarise this and tell me who has the ladder", ("tell me who has the ladder",)),
        ("sum up this thread and tell me who has the ladder", ("tell me who has the ladder",)),
        ("summarise the channel, then translate it to German", ("translate it to German",)),
        ("how is the mood here? and sum up the last 20 messages", ("sum up the last 20 messages",)),
        ("fass den Kanal zusammen und übersetze ihn ins Englische", ("übersetze ihn ins Englische",)),
        ("sum up the channel, who has the ladder?", ("who has the ladder?",)),
        ("tl;dr of this thread + how is the mood?", ("how is the mood?",)),
        ("recap the thread; also who brings the paint?", ("who brings the paint?",)),
        ("translate good evening to Portuguese and Spanish", ("Spanish",)),
        ("translate to Portuguese and Spanish: good evening", ("Spanish",)),
    ],
)
def test_the_wishes_after_the_first_are_told_apart(words: str, others: tuple[str, ...]):
    _, *left = wishes(words)
    assert tuple(left) == others


@pytest.mark.parametrize(
    "words",
    [
        "recap this thread in Spanish",
        "who brings the ladder and who paints the door?",
        "sum up what was said about bread and butter",
        "recap the thread and keep it short",
        "résume mardi et jeudi",
        "resume entre el 5 y el 9 de mayo",
        "translate to German: cats and dogs",
        'translate "come and summarise the boats" to pt',
    ],
)
def test_one_wish_stays_in_one_piece(words: str):
    assert wishes(words) == (words,)


def test_thanks_before_a_wish_do_not_hide_it():
    assert wishes("thanks, and now summarise this please") == ("now summarise this please",)
