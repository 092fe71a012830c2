"""Chat is translated without damage: layout, protected spans, refusals, detours, terms."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.core import Core
from nlp.errors import ModelUnavailable, UnsupportedPair
from nlp.jobs import Generated, Prepared, Translate
from nlp.models import FAMILIES
from nlp.models.echo import Echo
from nlp.profiles import profile
from nlp.scheduler.family import Binding
from nlp.text.segments import LONGEST, cut
from nlp.text.sentences import Glossary
from nlp.translation.chat import ChatTranslation, translate, translate_stream

LINES = [
    "- first",
    "> quoted",
    "1. one",
    "Hi there. How are you? Fine!",
    "```\ncode. More code.\n```",
    "@ana: see #dev",
    "   ",
    "Dr. Smith came.",
    "x" * 900,
    "a, " * 300,
    "🎉 done :tada:",
    "É isso. Tudo bem?",
    "今日は。明日は。",
    "** bold **",
]


class Scripted(Echo):
    """A translator that shouts back, and damages what `damage` names."""

    damage: Callable[[str], str] = staticmethod(lambda text: text)
    seen: list[str] = []  # noqa: RUF012 - what the test reads

    def run(self, batch: Sequence[Prepared], cancelled: Callable[[int], bool]) -> list[Any]:
        del cancelled
        jobs = [each.job for each in batch if isinstance(each.job, Translate)]
        type(self).seen += [job.text for job in jobs]
        return [Generated(type(self).damage(f"{job.target}~{job.text}"), 1) for job in jobs]


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> type[Scripted]:
    monkeypatch.setitem(FAMILIES, "scripted", f"{__name__}:Scripted")
    monkeypatch.setattr(Scripted, "seen", [])
    monkeypatch.setattr(Scripted, "damage", staticmethod(lambda text: text))
    return Scripted


def pair(source: str, target: str) -> Binding:
    return Binding("translate", "scripted", f"m-{source}-{target}", source=source, target=target)


@pytest.fixture
async def core(scripted: type[Scripted]) -> AsyncIterator[Core]:
    del scripted
    async with Core([pair("en", "pt"), pair("pt", "en"), pair("en", "fr")]) as core:
        yield core


async def english(core: Core, text: str, **options: Any) -> ChatTranslation:
    (made,) = await translate(core, [text], "pt", languages=["en"], **options)
    assert isinstance(made, ChatTranslation)
    return made


# Cutting.


@given(st.lists(st.sampled_from(LINES)).map("\n".join) | st.text())
def test_the_pieces_of_a_text_are_the_text(text: str):
    assert "".join(piece.text for piece in cut(text)) == text


@given(st.lists(st.sampled_from(LINES)).map(" ".join) | st.text())
def test_no_sentence_is_longer_than_a_model_takes(text: str):
    assert all(len(piece.text) <= LONGEST for piece in cut(text) if piece.words)


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Hi there. How are you? Fine!", ["Hi there.", "How are you?", "Fine!"]),
        ("Dr. Smith paid 3.50 dollars.", ["Dr. Smith paid 3.50 dollars."]),
        ("It is in v1.2. Look at https://x.io/a.B now", ["It is in v1.2.", "Look at https://x.io/a.B now"]),
        ("- first\n- second", ["first", "second"]),
        ("> he said so\n\n# Title", ["he said so", "Title"]),
        ("@ana, can you look? 🎉", ["can you look?"]),
        ("```\nHi there.\n```", []),
        ("🎉 12 https://x.io", []),
    ],
)
def test_sentences_are_found(text: str, sentences: list[str]):
    assert [piece.text for piece in cut(text) if piece.words] == sentences


# Translating.


async def test_layout_and_protected_spans_stay_in_place(core: Core):
    text = "- Hi @ana, see https://x.io.\n> Done at 10:30 :tada:\n\n```\nx = 1\n```"
    made = await english(core, text)
    assert made.text == "- pt~Hi @ana, see https://x.io.\n> pt~Done at 10:30 :tada:\n\n```\nx = 1\n```"
    assert made.warnings == ()


async def test_the_model_sees_placeholders_and_no_spans(core: Core, scripted: type[Scripted]):
    await english(core, "Ask @ana about `x` today.")
    assert scripted.seen == ["Ask XX1 about XX2 today."]


async def test_equal_sentences_of_many_texts_are_translated_once(core: Core, scripted: type[Scripted]):
    await translate(core, ["It is late.", "It is late. It is late."], "pt", languages=["en", "en"])
    assert scripted.seen == ["It is late."]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("XX1", ""),
        lambda text: text.replace("XX1", "XX1 XX1"),
        lambda text: text.replace("XX1", "XX9"),
        lambda text: text.replace("12", "21"),
        lambda text: text + " 2024" if "XX1" in text else text,
        lambda text: text * 20 if "XX1" in text else text,
        lambda text: "" if "XX1" in text else text,
    ],
)
async def test_a_damaged_sentence_is_translated_between_its_spans(core: Core, scripted: type[Scripted], damage: Any):
    scripted.damage = staticmethod(damage)
    made = await english(core, "ask @ana for 12 things", checked=False)
    assert made.text == "pt~ask @ana pt~for 12 pt~things"
    assert made.warnings == ()


async def test_a_sentence_that_fails_twice_stays_and_is_named(core: Core, scripted: type[Scripted]):
    scripted.damage = staticmethod(lambda text: "" if "ask" in text else text)
    made = await english(core, "All is well. Now ask @ana for help.")
    assert made.text == "pt~All is well. Now ask @ana for help."
    assert made.warnings == (
        "Left in the original, because it could not be translated safely: “Now ask @ana for help.”",
    )


async def test_a_number_may_be_punctuated_another_way(core: Core, scripted: type[Scripted]):
    scripted.damage = staticmethod(lambda text: text.replace("1200", "1.200"))
    assert (await english(core, "We sold 1200 of them")).text == "pt~We sold 1.200 of them"


async def test_a_shouted_sentence_is_read_quietly_and_shouted_back(core: Core, scripted: type[Scripted]):
    assert (await english(core, "I TOLD @ana THAT!")).text == "PT~I TOLD @ana THAT!"
    assert scripted.seen == ["I told XX1 that!"]


async def test_a_term_is_kept_or_forced(core: Core):
    glossary = Glossary({"rollout": "implantação"}, frozenset({"Parley"}))
    made = await english(core, "The Rollout of parley is done.", glossary=glossary)
    assert made.text == "pt~The implantação of parley is done."


async def test_a_longer_term_goes_before_a_shorter_one(core: Core):
    glossary = Glossary({"pull request": "PR", "pull": "puxar"})
    assert (await english(core, "Open a pull request.", glossary=glossary)).text == "pt~Open a PR."


async def test_a_pair_without_a_model_goes_through_english_and_says_so(core: Core):
    (made,) = await translate(core, ["O @rui fez isso."], "fr", languages=["pt"])
    assert isinstance(made, ChatTranslation)
    assert made.text == "fr~en~O @rui fez isso."
    assert made.model == "m-pt-en (pt→en) + m-en-fr (en→fr)"
    assert made.warnings == ("Translated through English: no model translates Portuguese into French.",)


async def test_a_pair_that_nothing_covers_says_what_there_is_and_how_to_get_more(core: Core):
    texts = ["Guten Tag.", "Good day."]
    missing, made = await translate(core, texts, "pt", languages=["de", "en"])
    assert isinstance(missing, UnsupportedPair)
    assert "from German into Portuguese" in str(missing)
    assert "en→fr, en→pt, pt→en" in str(missing)
    assert "Choose one of these" in missing.remedy
    assert "add-firefox" not in missing.remedy
    assert isinstance(made, ChatTranslation)
    assert made.text == "pt~Good day."


async def test_a_text_that_is_in_the_language_already_says_so(core: Core):
    (made,) = await translate(core, ["Está tudo pronto para amanhã, pessoal."], "pt")
    assert made == ChatTranslation(
        "Está tudo pronto para amanhã, pessoal.", "pt", "pt", "", ("The text is already in Portuguese.",)
    )


async def test_an_unknown_language_is_an_outcome(core: Core):
    (made,) = await translate(core, ["спасибо"], "pt")
    assert isinstance(made, ChatTranslation)
    assert (made.text, made.source_language) == ("спасибо", None)
    assert "not recognised" in made.warnings[0]


async def test_texts_of_several_languages_come_back_in_order(core: Core):
    texts = ["The first one is here.", "O segundo está aqui também.", "", "And this is the last."]
    made = await translate(core, texts, "fr")
    assert [each.text for each in made if isinstance(each, ChatTranslation)] == [
        "fr~The first one is here.", "fr~en~O segundo está aqui também.", "", "fr~And this is the last."
    ]  # fmt: skip


async def test_a_missing_model_is_an_error_and_no_warning():
    gone = Binding("translate", "firefox", "/nowhere", source="en", target="pt")
    async with Core([gone]) as core:
        with pytest.raises(ModelUnavailable):
            await translate(core, ["Good day."], "pt", languages=["en"])


async def test_a_stream_answers_every_line_in_order(core: Core):
    async def lines() -> AsyncIterator[str]:
        for i in range(700):
            yield f"This is line {i} of them."

    made = [each async for each in translate_stream(core, lines(), "pt", source="en")]
    assert [each.text for each in made if isinstance(each, ChatTranslation)] == [
        f"pt~This is line {i} of them." for i in range(700)
    ]


async def test_a_stream_that_breaks_is_an_error_after_what_came(core: Core):
    async def lines() -> AsyncIterator[str]:
        yield "This is the first."
        raise OSError("gone")

    stream = translate_stream(core, lines(), "pt", source="en")
    assert isinstance(await anext(stream), ChatTranslation)
    with pytest.raises(OSError, match="gone"):
        await anext(stream)


# The starter models.


@pytest.mark.starter
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Hey @ana, can you check https://x.io/a?b=1? It failed at 10:30.", ["@ana", "https://x.io/a?b=1", "10:30"]),
        (
            "Please ask <@U123> to move `config.toml` to #general before 15:00.",
            ["<@U123>", "`config.toml`", "#general"],
        ),
        ("It takes 350 ms and costs $12.50 per month 🎉", ["350 ms", "$12.50", "🎉"]),
        ("We *really* need the new build of v2.1, see PAR-12 :eyes:", ["v2.1", "PAR-12", ":eyes:"]),
    ],
)
async def test_the_starter_model_keeps_what_is_protected(text: str, kept: list[str]):
    async with Core(profile("starter")) as core:
        (made,) = await translate(core, [text], "pt")
    assert isinstance(made, ChatTranslation)
    assert made.source_language == "en"
    assert [each for each in kept if made.text.count(each) != 1] == []
    assert made.text != text
    assert made.warnings == ()
