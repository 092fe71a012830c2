"""Discord, line by line as its users meet it: the real client on a simulated Discord."""

import re

import discord
from discord_host import NOW, saying, settings, town
from fake_discord_data import TOKEN
from slack_host import COMMANDS, LedgerHost

from adapters.chat import Action, Attachment, Command, Intent, Option, Reply, Request, Standing, Window
from adapters.discord.commands import ASK, SUMMARISE, TRANSLATE
from adapters.discord.service import THREAD_LABEL
from adapters.discord.surfaces import actions
from adapters.platform.replies import SHARE as SHARE_LABEL

TRANSLATES = Command(
    "translate",
    "Translate a text, or what was said here.",
    "text",
    (Option("to", "the language to translate into, such as pt or Portuguese", "language", required=True),),
)
FEEDBACK = Command("feedback", "Take feedback.", "verdict", typed=False)
WITHOUT_CONTENT = {"approved_intents": discord.Intents(guilds=True, messages=True, reactions=True)}


# Mentions, replies, direct messages, threads


async def test_a_mention_is_answered_in_the_same_place():
    async with town() as t:
        asked = await t.ana.send(t.channel, f"{t.parley} what did Ana decide?")
        answer = t.channel.last_message
    assert answer.content == "ask: what did Ana decide?"
    assert answer.reference.message_id == asked.id


async def test_what_is_not_for_parley_gets_no_answer():
    async with town() as t:
        await t.ana.send(t.channel, f"{t.ben.mention} lunch?")
        history = t.channel.history()
    assert len(history) == 1
    assert t.host.requests == []


async def test_translate_to_german_as_a_reply_translates_the_message_replied_to():
    async with town() as t:
        first = await t.ben.send(t.channel, "The boats are **out**.")
        await t.ana.send(t.channel, f"{t.parley} translate to German", reply_to=first)
    intent = t.host.requests[0].intent
    assert (intent.name, intent.argument, dict(intent.options)) == ("translate", "The boats are out.", {"to": "German"})
    assert t.host.requests[0].message.reply_to == str(first.id)


async def test_a_reply_to_parley_needs_no_mention():
    async with town() as t:
        await t.ana.send(t.channel, f"{t.parley} who brings the projector?")
        await t.ben.send(t.channel, "and the screen?", reply_to=t.channel.last_message)
        answer = t.channel.last_message
    assert answer.content == "ask: and the screen?"


async def test_a_direct_message_needs_no_mention():
    async with town() as t:
        await t.ana.send_dm("who brings the projector?")
        answer = t.ana.user.dm_channel.last_message
    assert answer.content == "ask: who brings the projector?"
    assert t.host.requests[0].place.workspace == "0"
    assert not t.host.requests[0].public


async def test_last_100_is_a_window_and_not_a_question():
    async with town() as t:
        await t.ana.send(t.channel, f"{t.parley} summarise the last 100")
    assert t.host.requests[0].intent == Intent("summarize", "", Window(last=100))


async def test_the_mood_this_week_is_asked_in_plain_words():
    async with town() as t:
        await t.ana.send(t.channel, f"{t.parley} how's the mood this week?")
    assert t.host.requests[0].intent.name == "sentiment"
    assert t.host.requests[0].intent.window.since is not None


async def test_talk_goes_on_without_a_mention_in_a_thread_that_parley_opened():
    async with town() as t:
        await t.ana.send(t.channel, f"{t.parley} summarise today")
        await t.ana.click(t.channel.last_message, label=THREAD_LABEL)
        (thread,) = t.channel.threads
        await t.ben.send(thread, "and who brings the screen?")
        answer = thread.last_message
    assert answer.content == "ask: and who brings the screen?"
    assert t.host.requests[1].place.thread == str(thread.id)
    assert t.host.requests[1].place.channel == str(t.channel.id)


async def test_other_threads_need_a_mention_unless_the_channel_says_follow():
    host = LedgerHost()
    async with town(host) as t:
        thread = await t.thread("plans")
        await t.ana.send(thread, f"{t.parley} who is here?")
        await t.ben.send(thread, "no answer to this")
        host.decided[str(t.channel.id)] = Standing(follow=True)
        await t.ben.send(thread, "a word between us")
        await t.ben.send(thread, "but who answers this?")
    assert [request.intent.argument for request in host.requests] == ["who is here?", "but who answers this?"]


async def test_summarise_in_a_thread_means_that_thread():
    async with town() as t:
        thread = await t.thread("plans")
        await t.ana.send(thread, f"{t.parley} summarise this")
    assert t.host.requests[0].intent.window == Window(thread=str(thread.id))


async def test_a_voice_channels_chat_is_a_channel():
    async with town() as t:
        voice = t.guild.create_voice_channel("Standup")
        await t.ana.send(voice, f"{t.parley} who is here?")
        answer = voice.last_message
    assert answer.content == "ask: who is here?"
    assert t.host.requests[0].place.channel == str(voice.id)


# Bots


async def test_bots_and_webhooks_are_never_answered():
    async with town() as t:
        robot = t.guild.add_member(t.env.create_user("robot", bot=True))
        await robot.send(t.channel, f"{t.parley} who is here?")
        hook = t.guild.create_webhook(t.channel)
        await hook.send(f"{t.parley} who is here?")
    assert t.host.requests == []


# Slash commands


async def test_a_slash_command_is_answered_to_the_asker_alone():
    async with town() as t:
        result = await t.ana.slash(t.channel, "summarize", window="last 50")
        kinds = [entry.json["type"] for entry in t.env.http_requests if entry.path.endswith("/callback")]
    assert kinds == [5]  # Parley thinks, within Discord's three seconds
    assert result.ephemeral
    assert result.response.content == "summarize:"
    assert t.host.requests[0].intent.window.last == 50


async def test_every_command_of_the_table_is_a_slash_command():
    async with town() as t:
        known = t.ana.available_commands(t.channel)
    assert set(known) >= {command.name for command in COMMANDS}


async def test_an_argument_that_is_no_name_for_an_option_gets_one():
    odd = Command("settings", "Show how I behave.", "follow on, days 30 …")
    async with town(commands=(odd,)) as t:
        await t.ana.slash(t.channel, "settings", words="follow on")
    assert t.host.requests[0].intent == Intent("settings", "follow on")


async def test_a_window_that_is_none_is_answered_with_what_would_be_one():
    async with town() as t:
        result = await t.ana.slash(t.channel, "summarize", window="gibberish")
    assert "gibberish" in result.response.content
    assert "last 50" in result.response.content
    assert t.host.requests == []


async def test_languages_complete_by_their_code_and_by_their_name_in_any_tongue():
    async with town() as t:
        by_code = await t.ana.autocomplete(t.channel, "translate", "to", "pt")
        by_name = await t.ana.autocomplete(t.channel, "translate", "to", "deutsch")
        everything = await t.ana.autocomplete(t.channel, "translate", "to", "")
    assert by_code[0]["value"] == "pt"
    assert [choice["value"] for choice in by_name] == ["de"]
    assert len(everything) == 25


async def test_windows_complete():
    async with town() as t:
        found = await t.ana.autocomplete(t.channel, "summarize", "window", "last")
    assert "last 50" in [choice["value"] for choice in found]


async def test_a_channel_option_takes_a_channel():
    commands = (Command("look", "Look.", options=(Option("channel", "which", "channel"),)),)
    async with town(commands=commands) as t:
        await t.ana.slash(t.channel, "look", channel=t.channel)
    assert t.host.requests[0].intent.options == {"channel": str(t.channel.id)}


async def test_a_window_can_be_one_of_another_channel_and_such_an_answer_is_not_for_sharing():
    async with town() as t:
        boats = t.guild.create_text_channel("boats")
        result = await t.ana.slash(t.channel, "summarize", channel=boats, window="last 5")
        here = await t.ana.slash(t.channel, "summarize", channel=t.channel)
    there, same = (request.place for request in t.host.requests)
    assert (there.channel, same.channel) == (str(boats.id), str(t.channel.id))
    assert result.response.components == []
    assert [button["label"] for button in here.response.components[0]["components"]] == [SHARE_LABEL]


async def test_what_is_read_elsewhere_is_never_shown_to_everyone_here():
    async with town(saying(Reply("The mood is fine.", private=False))) as t:
        boats = t.guild.create_text_channel("boats")
        result = await t.ana.slash(t.channel, "sentiment", channel=boats)
    assert result.ephemeral
    assert t.channel.last_message is None


async def test_a_thread_as_the_channel_means_what_was_said_in_it():
    async with town() as t:
        thread = await t.thread("plans")
        await t.ana.slash(t.channel, "summarize", channel=thread)
    request = t.host.requests[0]
    assert request.intent.window == Window(thread=str(thread.id))
    assert (request.place.channel, request.place.thread) == (str(t.channel.id), str(thread.id))


async def test_commands_work_anywhere_and_speak_five_languages():
    async with town(commands=(TRANSLATES,)) as t:
        payload = t.synced["translate"]
    assert payload["integration_types"] == [0, 1]
    assert payload["contexts"] == [0, 1, 2]
    assert payload["name_localizations"]["pt-BR"] == "traduzir"
    assert payload["description_localizations"]["de"].startswith("Übersetzt")
    assert payload["options"][0]["name_localizations"]["fr"] == "vers"


async def test_a_reply_that_is_for_everyone_is_seen_by_everyone():
    async with town(saying(Reply("The mood is fine.", private=False))) as t:
        result = await t.ana.slash(t.channel, "sentiment")
    assert [one.content for one in result.followups if not one.ephemeral] == ["The mood is fine."]


# Context menus


async def test_translate_in_the_menu_answers_privately_in_the_clients_language():
    async with town() as t:
        said = await t.ben.send(t.channel, "The boats are out.")
        result = await t.ana.context_menu(t.channel, TRANSLATE, said)
    request = t.host.requests[0]
    assert result.ephemeral
    assert request.intent == Intent("translate", "The boats are out.")
    assert request.locale == "en-US"


async def test_summarise_from_here_begins_with_that_message_and_speaks_the_clients_language():
    async with town() as t:
        said = await t.ben.send(t.channel, "Let's begin.")
        await t.ana.context_menu(t.channel, SUMMARISE, said)
    assert t.host.requests[0].intent == Intent("summarize", "in English", Window(since=said.created_at))


async def test_a_message_without_words_is_not_translated():
    async with town() as t:
        said = await t.ben.send(t.channel, "", attachments=[("boat.png", b"PNG")])
        result = await t.ana.context_menu(t.channel, TRANSLATE, said)
        await t.ana.send(t.channel, f"{t.parley} translate to German", reply_to=said)
        answer = t.channel.last_message
        await t.ana.react(said, "🇵🇹")
    assert result.response.content == answer.content == "There are no words in that message."
    assert t.host.requests == []


async def test_ask_about_this_asks_in_a_form_and_knows_the_message():
    async with town() as t:
        said = await t.ben.send(t.channel, "We meet at nine.")
        shown = await t.ana.context_menu(t.channel, ASK, said)
        result = await t.ana.submit_modal(shown, {"question": "when?"})
    request = t.host.requests[0]
    assert (request.intent.name, request.intent.argument) == ("ask", "when?")
    assert abs((request.intent.window.since - said.created_at).total_seconds()) < 0.01
    assert request.message.text == "We meet at nine."
    assert result.ephemeral


async def test_menus_whose_command_is_missing_are_not_offered():
    async with town(commands=(COMMANDS[-1],)) as t:
        assert set(t.synced) == {"help"}


# Buttons


async def test_a_shared_answer_is_asked_again_for_everyone():
    async with town() as t:
        result = await t.ana.slash(t.channel, "ask", question="who brings the projector?")
        shared = await t.ana.click(result.response, label=SHARE_LABEL)
    assert not shared.ephemeral
    assert "Shared by ana" in shared.response.content
    assert [request.public for request in t.host.requests] == [False, True]
    assert t.host.requests[1].intent.argument == "who brings the projector?"


async def test_share_means_the_messages_of_then():
    async with town() as t:
        result = await t.ana.slash(t.channel, "summarize", window="last 2h")
        await t.ana.click(result.response, label=SHARE_LABEL)
    window = t.host.requests[1].intent.window
    assert window.until is not None
    assert window.until - window.since == t.host.requests[0].intent.window.within


async def test_buttons_survive_a_restart():
    reply = Reply("Which language?", actions=(Action("German", Intent("translate", "hello", options={"to": "de"})),))
    async with town(saying(reply)) as t:
        result = await t.ana.slash(t.channel, "ask", question="translate hello")
        await t.restart()
        await t.ana.click(result.response, label="German")
    assert t.host.requests[-1].intent == Intent("translate", "hello", options={"to": "de"})


async def test_share_survives_a_restart_and_cancel_says_that_it_is_over():
    async with town() as t:
        result = await t.ana.slash(t.channel, "ask", question="who brings the projector?")
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="Cancel", custom_id=actions.plain(actions.CANCEL, "message:1:2")))
        begun = await t.client.get_channel(t.channel.id).send("*reading …*", view=view)
        await t.restart()
        shared = await t.ana.click(result.response, label=SHARE_LABEL)
        over = await t.ana.click(begun, label="Cancel")
    assert "Shared by ana" in shared.response.content
    assert over.ephemeral
    assert over.response.content == "That was already over."


async def test_a_button_of_an_earlier_version_is_answered_politely():
    async with town() as t:
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="Old", custom_id="parley0.x"))
        message = await t.client.get_channel(t.channel.id).send("old", view=view)
        result = await t.ana.click(message, label="Old")
    assert result.ephemeral
    assert "earlier version" in result.response.content


# Reactions


async def test_a_flag_translates_once_however_many_people_want_it():
    async with town() as t:
        said = await t.ben.send(t.channel, "Good morning.")
        await t.ana.react(said, "🇵🇹")
        await t.ben.react(said, "🇵🇹")
        answer = t.channel.last_message
    assert [request.intent for request in t.host.requests] == [
        Intent("translate", "Good morning.", options={"to": "pt"})
    ]
    assert answer.reference.message_id == said.id


async def test_a_flag_translates_again_what_was_edited_and_each_language_by_itself():
    async with town() as t:
        said = await t.ben.send(t.channel, "Good morning.")
        await t.ana.react(said, "🇵🇹")
        await t.ana.react(said, "🇫🇷")
        await t.env.advance_time(2)
        await t.ben.edit(said, "Good evening.")
        await t.ben.react(said, "🇵🇹")
    asked = [(request.intent.argument, request.intent.options["to"]) for request in t.host.requests]
    assert asked == [("Good morning.", "pt"), ("Good morning.", "fr"), ("Good evening.", "pt")]


async def test_other_emoji_ask_for_nothing():
    async with town() as t:
        said = await t.ben.send(t.channel, "Good morning.")
        await t.ana.react(said, "🎉")
    assert t.host.requests == []


THUMBS = tuple(
    Action(label, Intent("feedback", word, options={"reply": "0123456789ab"}))
    for label, word in (("👍", "up"), ("👎", "down"))
)


async def test_a_thumb_under_an_answer_is_a_verdict_on_it_until_it_is_taken_back():
    async with town(saying(Reply("At noon.", actions=THUMBS)), (*COMMANDS, FEEDBACK)) as t:
        await t.ana.send(t.channel, f"{t.parley} when does it leave?")
        answer = t.channel.last_message
        await t.ben.react(answer, "👍")
        await t.ben.unreact(answer, "👍")
        await t.ana.react(answer, "👎")
        said = await t.ben.send(t.channel, "hm")
        await t.ana.react(said, "👎")
        messages = len(t.channel.history())
    verdicts = t.host.requests[1:]
    assert [(each.intent.argument, each.asker.id) for each in verdicts] == [
        ("up", str(t.ben.id)), ("not up", str(t.ben.id)), ("down", str(t.ana.id)),
    ]  # fmt: skip
    assert {each.intent.options["reply"] for each in verdicts} == {"0123456789ab"}
    assert messages == 3


async def test_a_thumb_under_what_nobody_can_judge_asks_for_nothing():
    async with town(commands=(*COMMANDS, FEEDBACK)) as t:
        await t.ana.send(t.channel, f"{t.parley} who brings the projector?")
        await t.ben.react(t.channel.last_message, "👍")
    assert len(t.host.requests) == 1


async def test_an_answer_has_buttons_for_a_verdict_and_no_command_for_it():
    async with town(saying(Reply("At noon.", actions=THUMBS)), (*COMMANDS, FEEDBACK)) as t:
        await t.ana.send(t.channel, f"{t.parley} when does it leave?")
        assert "feedback" not in t.synced
        message = await t.client.get_channel(t.channel.id).fetch_message(t.channel.last_message.id)
    assert [child.label for row in message.components for child in row.children][:2] == ["👍", "👎"]


# Output


async def test_long_answers_come_in_pages_that_a_fence_is_whole_on():
    code = "```python\n" + "\n".join(f"print({number})" for number in range(400)) + "\n```"
    async with town(saying(Reply(f"Look:\n\n{code}"))) as t:
        await t.ana.send(t.channel, f"{t.parley} show me")
        pages = [message.content for message in t.channel.history()[1:]]
    assert len(pages) > 1
    for page in pages:
        assert len(page.encode("utf-16-le")) // 2 <= 2000
        assert page.count("```") % 2 == 0


async def test_an_answer_longer_than_four_pages_is_a_file():
    async with town(saying(Reply("word " * 4000))) as t:
        await t.ana.send(t.channel, f"{t.parley} everything")
        answer = t.channel.last_message
    assert [file.filename for file in answer.attachments] == ["answer.md"]
    assert "file below" in answer.content


async def test_characters_that_count_twice_are_counted_twice():
    async with town(saying(Reply("😀" * 1500))) as t:
        await t.ana.send(t.channel, f"{t.parley} smile")
        pages = [message.content for message in t.channel.history()[1:]]
    assert [len(page.encode("utf-16-le")) // 2 for page in pages] == [2000, 1000]


async def test_nobody_is_mentioned_whatever_is_written():
    async with town(saying(Reply("@everyone <@1> <@&2> @here"))) as t:
        await t.ana.send(t.channel, f"{t.parley} shout")
        answer = t.channel.last_message
        sent = [entry.json for entry in t.env.http_requests if entry.path.endswith("/messages")]
    assert not re.search(r"@everyone|@here|<@\d|<@&", answer.content)
    assert all(body["allowed_mentions"]["parse"] == [] for body in sent)
    assert all(body["flags"] & 4 for body in sent)


async def test_charts_are_attached_with_their_description():
    chart = Attachment("mood.png", b"\x89PNG", "image/png", "The mood fell on 3 May.")
    async with town(saying(Reply("The mood.", files=(chart,)))) as t:
        await t.ana.send(t.channel, f"{t.parley} how is the mood?")
        answer = t.channel.last_message
    assert answer.attachments[0].filename == "mood.png"
    assert answer.attachments[0].description == "The mood fell on 3 May."


async def test_a_file_that_is_not_taken_costs_only_the_file():
    chart = Attachment("mood.png", b"\x89PNG", "image/png", "The mood fell.")
    async with town(saying(Reply("The mood.", files=(chart,)))) as t:
        t.env.inject_error("POST", "/channels/*/messages", status=403, code=50013, message="Missing Permissions")
        await t.ana.send(t.channel, f"{t.parley} how is the mood?")
        answer = t.channel.last_message
    assert answer.content.startswith("The mood.")
    assert "may not attach" in answer.content


async def test_where_parley_may_not_write_the_answer_comes_directly():
    async with town() as t:
        t.env.inject_error("POST", f"/channels/{t.channel.id}/messages", status=403, code=50013, times=None)
        await t.ana.send(t.channel, f"{t.parley} who is here?")
        answer = t.ana.user.dm_channel.last_message
    assert answer.content == "ask: who is here?"


async def test_what_is_personal_is_told_directly_even_when_asked_aloud():
    async with town(saying(Reply("I store 12 messages of yours.", personal=True))) as t:
        await t.ana.send(t.channel, f"{t.parley} privacy")
        answer = t.ana.user.dm_channel.last_message
        seen = t.channel.last_message
    assert answer.content == "I store 12 messages of yours."
    assert "12 messages" not in seen.content


async def test_an_error_in_the_assistant_is_told_politely_and_shows_nothing_of_it():
    async def fail(_: Request) -> Reply:
        raise RuntimeError("planted secret")

    async with town(LedgerHost(answer=fail)) as t:
        await t.ana.send(t.channel, f"{t.parley} who is here?")
        answer = t.channel.last_message
    assert "went wrong" in answer.content
    assert "planted" not in answer.content


# Without the message content intent


async def test_without_content_mentions_and_menus_still_work():
    async with town(message_content=False, simulation=WITHOUT_CONTENT) as t:
        said = await t.ben.send(t.channel, "The boats are out.")
        await t.ana.send(t.channel, f"{t.parley} who is here?")
        result = await t.ana.context_menu(t.channel, TRANSLATE, said)
    assert t.host.requests[0].intent.argument == "who is here?"
    assert t.host.requests[1].intent.argument == "The boats are out."
    assert result.response.content == "translate: The boats are out."


async def test_without_content_what_needs_it_says_so_once_with_the_switch():
    async with town(message_content=False, simulation=WITHOUT_CONTENT) as t:
        await t.ana.send(t.channel, f"{t.parley} summarise")
        first = t.channel.last_message.content
        await t.ana.send(t.channel, f"{t.parley} summarise")
        second = t.channel.last_message.content
    assert "PARLEY_DISCORD__MESSAGE_CONTENT=true" in first
    assert second == "summarize:"


async def test_without_content_nothing_is_recorded():
    async with town(message_content=False, simulation=WITHOUT_CONTENT) as t:
        await t.ana.send(t.channel, "just talk")
    assert t.host.events == []


def test_the_settings_never_show_the_token():
    assert TOKEN not in repr(settings())
    assert NOW.tzinfo is not None
