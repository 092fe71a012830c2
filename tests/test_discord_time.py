"""What takes long on Discord, in a simulation's own time: progress, text as it is written, and tokens that end."""

from typing import Any

from discord_host import Virtual, slow_town

from adapters.chat import Progress, Reply, Request
from adapters.discord.surfaces.answers import TOO_LATE
from adapters.platform.replies import NOT_YOURS
from adapters.platform.replies import SHARE as SHARE_LABEL

QUARTER = 15 * 60.0


def calls(t: Any, method: str, end: str) -> int:
    return sum(entry.method == method and end in entry.path for entry in t.env.http_requests)


def shown(t: Any) -> int:
    """Calls for an interaction, of which none may come when its time is over."""
    return calls(t, "PATCH", "/webhooks/") + calls(t, "POST", "/webhooks/")


async def after_a_quarter(request: Request, time: Virtual) -> Reply:
    for number in range(8):
        request.progress(Progress("reading", number, 8))
        await time.sleep(QUARTER / 7.5)
    return Reply("The boats are out.")


async def test_progress_is_edited_once_a_second_and_parley_types_all_the_while():
    async def work(request: Request, time: Virtual) -> Reply:
        for number in range(1, 121):
            request.progress(Progress("reading", number, 120))
            await time.sleep(0.25)
        return Reply("done")

    async with slow_town(work) as t:
        await t.ana.send(t.channel, f"{t.parley} summarise")
        seen = []
        for _ in range(31):
            await t.env.advance_time(1)
            seen.append(t.channel.last_message.content)
        edits, typing, messages = (
            calls(t, "PATCH", "/messages/"),
            calls(t, "POST", "/typing"),
            calls(t, "POST", "/messages"),
        )
    assert seen[1] == "*reading 6 of 120 …*"
    assert seen[28] == "*reading 114 of 120 …*"
    assert seen[-1] == "done"
    assert (edits, messages) == (29, 1)
    assert typing == 4


async def test_an_answer_is_rewritten_once_a_second_while_it_is_written_and_ends_as_the_reply():
    async def write(request: Request, time: Virtual) -> Reply:
        for number in range(100):
            request.text(f"Sentence {number} of **many**. ")
            await time.sleep(0.1)
        return Reply("The whole answer.")

    async with slow_town(write) as t:
        await t.ana.send(t.channel, f"{t.parley} who is here?")
        await t.env.advance_time(5)
        written = t.channel.last_message.content
        await t.env.advance_time(6)
        answers = [message.content for message in t.channel.history()[1:]]
        edits = calls(t, "PATCH", "/messages/")
    assert written.startswith("Sentence 0 of **many**.")
    assert 30 < written.count("Sentence") < 50
    assert answers == ["The whole answer."]
    assert edits <= 10


async def test_a_private_answer_after_a_quarter_of_an_hour_comes_directly_and_no_call_is_wasted():
    async with slow_town(after_a_quarter, show_every=30.0) as t:
        await t.ana.slash(t.channel, "ask", question="where are the boats?")
        await t.env.advance_time(QUARTER)
        before = shown(t)
        await t.env.advance_time(90)
        direct, after = t.ana.user.dm_channel.last_message, shown(t)
    assert before == after > 5
    assert direct.content == "The boats are out."
    assert t.channel.last_message is None


async def test_an_answer_for_everyone_after_a_quarter_of_an_hour_comes_to_the_channel():
    async def work(request: Request, time: Virtual) -> Reply:
        return await after_a_quarter(request, time) if request.public else Reply("The boats are in.")

    async with slow_town(work, show_every=30.0) as t:
        result = await t.ana.slash(t.channel, "ask", question="where are the boats?")
        await t.ana.click(result.response, label=SHARE_LABEL)
        await t.env.advance_time(QUARTER + 90)
        shared = t.channel.last_message
    assert shared.content == "The boats are out.\n-# Shared by ana."


async def test_a_reply_that_turns_out_to_be_for_everyone_comes_to_the_channel_even_late():
    async def work(request: Request, time: Virtual) -> Reply:
        await after_a_quarter(request, time)
        return Reply("This channel is on.", private=False)

    async with slow_town(work, show_every=30.0) as t:
        await t.ana.slash(t.channel, "ask", question="on?")
        await t.env.advance_time(QUARTER + 90)
        told = t.channel.last_message
    assert told.content == "This channel is on."


async def test_whom_parley_may_not_write_to_reads_in_the_channel_that_it_was_too_late_and_no_word_of_the_answer():
    async with slow_town(after_a_quarter, show_every=30.0) as t:
        t.env.inject_error("POST", "/users/@me/channels", status=403, code=50007)
        await t.ana.slash(t.channel, "ask", question="where are the boats?")
        await t.env.advance_time(QUARTER + 90)
        told = t.channel.last_message
    assert told.content == f"{t.ana.mention} {TOO_LATE}"
    assert "boats" not in told.content


async def test_long_work_can_be_stopped_by_who_asked():
    async with slow_town(after_a_quarter) as t:
        await t.ana.send(t.channel, f"{t.parley} summarise")
        await t.env.advance_time(3)
        refused = await t.ben.click(t.channel.last_message, label="Cancel")
        await t.ana.click(t.channel.last_message, label="Cancel")
        await t.env.settle()
        answer = t.channel.last_message
    assert refused.response.content == NOT_YOURS
    assert answer.content == "Stopped."
    assert answer.components == []
