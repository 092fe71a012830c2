"""Catching up: what is new since somebody was here, those who spoke to them first."""

from dataclasses import replace

import pytest
from talk import PLACE, request, said, serving

from adapters.chat import Message, Person, Window
from bot.errors import NothingFound
from bot.intents import catchup
from bot.services import Services

EVE = Person("eve", "Eve")


def morning() -> list[Message]:
    """Eve writes at minute 1; then she is named, her thread goes on, and others decide something."""
    return [
        said(0, "Ana", "The harbour crane is being painted green this week."),
        said(1, "Eve", "I take the crane keys home with me tonight."),
        said(2, "Bo", "Fine.", thread="1"),
        said(3, "Cy", "@Eve can you bring the crane keys back by noon?"),
        said(4, "Ana", "Decision: we move the harbour regatta to the second Sunday of June."),
    ]


async def caught_up(services: Services, **more: object) -> catchup.CatchUp:
    return await catchup.run(replace(request("catchup"), **more), services)  # type: ignore[arg-type]


async def test_mentions_come_first_then_threads_then_the_rest():
    async with serving(morning()) as services:
        found = await caught_up(services)
    assert [message.id for message in found.mentions] == ["3"]
    assert [(thread.id, [one.id for one in thread.replies]) for thread in found.threads] == [("1", ["2"])]
    assert [item.point.message.id for item in found.rest.items] == ["4"]
    text = found.reply().text
    assert text.index("**To you**") < text.index("**Your threads**") < text.index("**The rest**")


async def test_what_was_said_before_one_was_here_is_not_told():
    async with serving(morning()) as services:
        found = await caught_up(services)
    assert found.covers.messages == 3
    assert "0" not in {source.id for source in found.reply().sources}


async def test_catching_up_twice_finds_nothing_the_second_time():
    async with serving(morning()) as services:
        await caught_up(services)
        with pytest.raises(NothingFound):
            await caught_up(services)
        await services.history.run(
            lambda store: store.add([said(9, "Bo", "The crane is green and dry at last, come and see.")])
        )
        again = await caught_up(services)
    assert again.covers.messages == 1


async def test_what_somebody_asks_with_is_not_when_they_were_last_here():
    asking = said(8, "Eve", "@parley what did I miss?")
    async with serving([*morning(), asking]) as services:
        found = await caught_up(services, message=asking)
    assert [message.id for message in found.mentions] == ["3"]


async def test_an_answer_to_ones_message_speaks_to_one():
    answer = said(5, "Bo", "I drive past your house, I can fetch them.", thread="1", reply_to="1")
    async with serving([*morning(), answer]) as services:
        found = await caught_up(services)
    assert [message.id for message in found.mentions] == ["3", "5"]


async def test_somebody_new_is_told_how_far_back_it_goes():
    async with serving(morning()) as services:
        found = await caught_up(services, asker=Person("zoe", "Zoe"))
    assert found.covers.messages == 5
    assert any("last 7 days" in note for note in found.notes)


async def test_a_named_window_counts_instead():
    async with serving(morning()) as services:
        asked = request("catchup", window=Window(last=1))
        found = await catchup.run(asked, services)
    assert found.covers.messages == 1


async def test_a_channel_that_is_not_kept_remembers_nobody():
    messages = morning()

    async def fetch(_: Window):  # noqa: ANN202
        for message in messages:
            yield message

    async with serving([]) as services:
        await caught_up(services, access=None, fetch=fetch)
        assert await services.history.run(lambda store: store.seen("eve", PLACE)) is None


async def test_the_reply_is_for_the_asker_alone():
    async with serving(morning()) as services:
        assert (await caught_up(services)).reply().personal
