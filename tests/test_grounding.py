"""What speaks for a claim: the messages that mean it and hold its words, and an entailment model where one is bound."""

import numpy as np
import pytest
from talk import ECHO, PLACE, said, serving, talk

from bot.history import Scope
from bot.retrieval.grounding import Support, matched, names, supports
from bot.summaries.abstractive import supported
from bot.summaries.writing import Written
from nlp.scheduler.family import Binding

CHAT = talk(
    "Ana: The payment gateway refuses every card since seven this morning.",
    "Bo: ok",
    "Cy: The gateway log shows an expired certificate for the card provider.",
    "Ana: We move to the new card provider on Friday 13 March.",
    "Bo: The office is not open on Sundays.",
)
JUDGED = (*ECHO, Binding("entail", "echo", "echo"))


async def support_of(claim: str, bindings: tuple[Binding, ...] = ECHO) -> Support:
    async with serving(CHAT, bindings) as services:
        (found,) = await supports([claim], CHAT, services, scope=Scope.of(PLACE))
    return found


def ids(support: Support) -> list[str]:
    return [source.id for source in support.sources]


@pytest.mark.parametrize(
    ("claim", "source"),
    [
        ("The gateway refuses every card since this morning.", "0"),
        ("An expired certificate shows in the gateway log.", "2"),
        ("Ana said that we move to the new card provider on Friday 13 March.", "3"),
        ("The office is not open on Sundays", "4"),
        ("Bo: The office is not open on Sundays.", "4"),
        ("ana_: We move to the new card provider on Friday 13 March.", "3"),
        ("Decision: We move to the new card provider on Friday 13 March.", "3"),
    ],
)
async def test_a_claim_is_supported_by_the_message_that_says_it(claim: str, source: str):
    support = await support_of(claim)
    assert ids(support)[0] == source
    assert support.verified
    assert support.entailed is None


@pytest.mark.parametrize(
    "claim",
    [
        "We move to the new card provider on Friday 14 March.",  # another number
        "On Friday Mallory moves to the new card provider.",  # a name that nobody said
        "We do not move to the new card provider on Friday 13 March.",  # denied
        "The office is open on Sundays.",  # no longer denied
        "The whale swims north in spring.",  # about something else
        "Bo: We move to the new card provider on Friday 13 March.",  # somebody else said so
        "**Cy**: The payment gateway refuses every card since seven this morning.",  # as above
        "Ana: t",  # a letter of a word
        "The card, the card, the card, the card, the card, the card, the card.",  # a model that finds no end
    ],
)
async def test_a_claim_that_says_something_else_is_not_verified(claim: str):
    assert not (await support_of(claim)).verified


@pytest.mark.parametrize("cites", [(), (3,), (1,), (1, 3)])
async def test_words_are_not_put_into_anothers_mouth_whatever_is_cited(cites: tuple[int, ...]):
    moved = "We move to the new card provider on Friday 13 March."
    async with serving(CHAT, ECHO) as services:
        rows = await services.core.embed([message.text for message in CHAT])
        vectors = {message.id: row for message, row in zip(CHAT, rows, strict=True)}
        written = [Written(f"{name}: {moved}", cites) for name in ("Ana", "Bo")]
        ana, bo = await supported(written, [(message,) for message in CHAT], vectors, services.core)
    assert ana.verified
    assert ids(ana) == ["3"]
    assert not bo.verified


async def test_a_claim_of_two_messages_names_both():
    support = await support_of("The gateway refuses every card and its log shows an expired certificate.")
    assert set(ids(support)) == {"0", "2"}


async def test_what_stands_in_a_message_word_by_word_has_the_score_1():
    support = await support_of(CHAT[3].text)
    assert (ids(support), support.score) == (["3"], 1.0)


async def test_an_entailment_model_has_a_say():
    follows = await support_of("We move to the new card provider on Friday 13 March.", JUDGED)
    open_ = await support_of("An expired certificate broke the gateway log of the card provider.", JUDGED)
    assert (follows.entailed, follows.verified) == (True, True)
    assert (open_.entailed, open_.verified) == (False, False)


async def test_no_claims_and_no_messages_need_no_model():
    async with serving(CHAT, ()) as services:
        assert await supports([], CHAT, services, scope=Scope.of(PLACE)) == ()
        (found,) = await supports(["The sea is calm."], (), services, scope=Scope.of(PLACE))
    assert not found.verified


def test_names_are_capitals_inside_a_sentence_and_german_has_too_many_to_tell():
    assert names("Yesterday Ana Lima and the board met. Then they left for Porto.") == {"ana", "lima", "porto"}
    assert names("Gestern hat die Kasse der Halle im Hafen die Karten verweigert") == set()


def test_a_message_of_40_000_characters_supports_what_it_says():
    long = said(0, "Ana", "The harbour keeps boats of many crews. " * 1_000 + "The crane was painted green.")
    (found,) = matched(["The crane was painted green"], [long], np.zeros((1, 1)))
    assert found.verified
