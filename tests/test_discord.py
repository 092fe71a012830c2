"""Discord, line by line as its users meet it: the real client on a simulated Discord."""

from discord_host import town


async def test_a_mention_is_answered_in_the_same_place():
    async with town() as t:
        asked = await t.ana.send(t.channel, f"{t.parley} what did Ana decide?")
        answer = t.channel.last_message
    assert answer.content == "ask: what did Ana decide?"
    assert answer.reference.message_id == asked.id


async def test_a_slash_command_is_answered_to_the_asker_alone():
    async with town() as t:
        result = await t.ana.slash(t.channel, "summarize", window="last 50")
    assert result.ephemeral
    assert result.response.content == "summarize:"
    assert t.host.requests[0].intent.window.last == 50
