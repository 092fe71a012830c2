"""What people think of an answer: kept with the answer, one verdict a person, and gone with whatever it rests on."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from discord_host import town
from test_secrets import Served

from adapters.chat import Channel, Deleted, Gone, Intent, Message, Person, Place, Reply, Request, Window
from adapters.discord.messages import place_of
from bot.assistant import Assistant
from bot.cli.main import app
from bot.conversation.permissions import OWNER
from bot.errors import HistoryUnavailable
from bot.evaluation.feedback import asked_again, evaluate
from bot.history import Exchange, History, HistoryThread, Judged, Scope
from bot.intents import commands
from bot.recent_answers import Exchanges, afresh, is_fresh
from bot.services import Services
from bot.terminal import NOTHING, guarded
from nlp.core import Core
from nlp.scheduler.family import Binding

LONG_AGO = datetime(1999, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
NOW = NOON + timedelta(hours=3)
GENERAL, OFF, DIRECT = Place("slack", "T1", "C1"), Place("slack", "T1", "C2"), Place("slack", "T1", "D1")
ANA, BO, EVE, CY = Person("U1", "Ana"), Person("U2", "Bo"), Person("U3", "Eve"), Person("U4", "Cy")
QUESTION = Intent("ask", "when does the ferry leave?")
GONE = "I can't keep that: the answer is not at hand any more."


@dataclass
class Rights:
    readable: set[str] = field(default_factory=lambda: {"C1", "C2", "D1"})

    async def can_read(self, place: Place) -> bool:
        return place.channel in self.readable

    async def is_admin(self, place: Place) -> bool:
        return bool(place)


def said(number: int, text: str, author: Person = ANA, place: Place = GENERAL) -> Message:
    return Message(str(number), place, author, text, NOON + timedelta(minutes=number))


FERRY = said(1, "the ferry leaves at noon")


@pytest.fixture
async def assistant() -> AsyncIterator[Assistant]:
    async with HistoryThread(None) as history, Core([Binding("embed", "echo", "echo")]) as core:
        records = [FERRY, said(2, "bring a coat", BO), said(3, "the ferry leaves", place=OFF)]
        await history.run(lambda store: store.add([Channel(GENERAL, "general"), Channel(OFF, "off"), *records]))
        await history.run(lambda store: store.turn_on(GENERAL, "U9", NOON))
        yield Assistant(Services(core, history, lambda: NOW, ZoneInfo("UTC")))


def asking(intent: Intent = QUESTION, person: Person = EVE, place: Place = GENERAL, **more: object) -> Request:
    return Request(intent, place, person, **{"access": Rights(), "public": True, **more})  # type: ignore[arg-type]


def pressed(reply: Reply, label: str) -> Intent:
    (intent,) = [action.intent for action in reply.actions if action.label == label]
    return intent


async def judge(assistant: Assistant, reply: Reply, label: str, person: Person = EVE, **more: object) -> Reply:
    return await assistant.handle(asking(pressed(reply, label), person, **{"public": False, **more}))


def answer(token: str, **more: object) -> Exchange:
    given = {"intent": QUESTION, "model": "m", "found": {}, "sources": (), "at": NOW, **more}
    return Exchange(token, GENERAL, EVE.id, private=False, **given)  # type: ignore[arg-type]


async def kept(assistant: Assistant) -> list[Judged]:
    return await assistant.services.history.run(lambda store: list(store.judged()))


async def test_a_thumb_keeps_what_was_asked_what_was_found_and_what_it_rests_on(assistant: Assistant):
    reply = await assistant.handle(asking())
    thanks = await judge(assistant, reply, "👍")
    (found,) = await kept(assistant)
    assert thanks.text == "Thank you, noted."
    assert (found.intent.name, found.intent.argument) == ("ask", QUESTION.argument)
    assert found.intent.window.until == NOW  # asked again later, it is about the same messages
    assert found.found["answer"] == FERRY.text
    assert found.sources[0] == "1"
    assert (found.good, found.up, found.down, found.model) == (True, 1, 0, "echo")


async def test_what_nobody_judges_is_never_stored(assistant: Assistant):
    await assistant.handle(asking())
    (derived,) = await assistant.services.history.run(
        lambda store: store._db.execute("SELECT count(*) FROM derived WHERE value LIKE '%ferry leave%'").fetchone()
    )
    assert derived == 0


async def test_the_same_verdict_twice_is_one_another_replaces_it_and_one_taken_back_is_gone(assistant: Assistant):
    reply = await assistant.handle(asking())
    for label, count in (("👍", (1, 0)), ("👍", (1, 0)), ("👎", (0, 1))):
        thanks = await judge(assistant, reply, label)
        assert [(each.up, each.down) for each in await kept(assistant)] == [count]
    await assistant.handle(asking(Intent("feedback", "not up", options=pressed(reply, "👍").options)))
    assert len(await kept(assistant)) == 1  # the thumb that was taken back is not the one that stands
    await judge(assistant, thanks, "Take it back")
    assert await kept(assistant) == []


async def test_everybody_in_the_channel_has_one_verdict(assistant: Assistant):
    reply = await assistant.handle(asking())
    for person, label in ((ANA, "👍"), (BO, "👎"), (EVE, "👎")):
        await judge(assistant, reply, label, person)
    (found,) = await kept(assistant)
    assert (found.up, found.down, found.good) == (1, 2, False)


async def test_nobody_s_id_is_readable_in_what_is_kept(assistant: Assistant):
    await judge(assistant, await assistant.handle(asking()), "👍", BO)
    rows = await assistant.services.history.run(
        lambda store: [*store._db.execute("SELECT * FROM verdict"), *store._db.execute("SELECT value FROM derived")]
    )
    document = json.dumps([each.document() for each in await kept(assistant)])
    assert not any(f'"{person.id}"' in repr(rows).replace("'", '"') + document for person in (BO, EVE))


async def test_the_same_person_is_another_hash_under_another_answer(assistant: Assistant):
    for _ in range(2):
        await judge(assistant, await assistant.handle(asking()), "👍", BO)
    people = await assistant.services.history.run(
        lambda store: [person for (person,) in store._db.execute("SELECT person FROM verdict")]
    )
    assert len(set(people)) == 2


async def test_an_answer_is_not_lost_where_the_history_is_held_by_another_process(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
):
    async def held(*_: object) -> None:
        raise HistoryUnavailable("The history is in use by another process.")

    monkeypatch.setattr(Assistant, "standing", held)
    reply = await assistant.handle(asking())
    assert FERRY.text in reply.text
    assert [action.label for action in reply.actions] == ["Ask again"]


# Where it is not kept


async def test_an_answer_in_a_channel_that_is_off_has_no_thumbs_and_can_be_asked_again(assistant: Assistant):
    async def fetch(_: Window) -> AsyncIterator[Message]:
        yield said(3, "the ferry leaves", place=OFF)

    reply = await assistant.handle(asking(place=OFF, fetch=fetch))
    assert [action.label for action in reply.actions] == ["Ask again"]


async def test_who_may_not_read_the_channel_finds_no_answer_to_judge(assistant: Assistant):
    reply = await assistant.handle(asking())
    removed = await judge(assistant, reply, "👍", access=Rights(set()))
    unknown = await assistant.handle(asking(Intent("feedback", "up", options={"reply": "nothing"}), public=False))
    assert removed == unknown
    assert removed.text == GONE
    assert await kept(assistant) == []


async def test_a_private_answer_is_judged_by_its_asker_alone_after_the_first_verdict_too(assistant: Assistant):
    reply = await assistant.handle(asking(public=False))
    assert (await judge(assistant, reply, "👍", BO)).text == GONE
    await judge(assistant, reply, "👍", EVE)
    assert (await judge(assistant, reply, "👎", BO)).text == GONE
    assert [each.up for each in await kept(assistant)] == [1]


async def test_a_verdict_from_elsewhere_goes_to_the_answer_s_own_channel(assistant: Assistant):
    reply = await assistant.handle(asking(public=False))
    assert (await judge(assistant, reply, "👍", place=DIRECT)).text == "Thank you, noted."
    assert (await judge(assistant, reply, "👎", place=DIRECT, access=Rights({"D1"}))).text == GONE


async def test_a_verdict_on_an_answer_that_was_judged_before_needs_no_memory_of_it(assistant: Assistant):
    reply = await assistant.handle(asking())
    await judge(assistant, reply, "👍")
    restarted = replace(assistant, services=replace(assistant.services, exchanges=Exchanges()))
    await judge(restarted, reply, "👎", BO)
    assert [(each.up, each.down) for each in await kept(assistant)] == [(1, 1)]


async def test_an_answer_that_a_restart_forgot_is_said_to_be_gone(assistant: Assistant):
    reply = await assistant.handle(asking())
    restarted = replace(assistant, services=replace(assistant.services, exchanges=Exchanges()))
    assert (await judge(restarted, reply, "👍")).text == GONE


@pytest.mark.parametrize("argument", ["", "sideways", "up down"])
async def test_nonsense_for_a_verdict_is_a_sentence(assistant: Assistant, argument: str):
    reply = await assistant.handle(asking(Intent("feedback", argument, options={"reply": "x"})))
    assert reply.text == "I don't know which answer you mean."


async def test_somebody_else_s_words_are_kept_only_if_they_are_stored_and_go_with_them(assistant: Assistant):
    private = said(7, "my secret diary", BO)
    for message, count in ((private, 0), (FERRY, 1)):
        about = asking(Intent("sentiment", message.text), message=message)
        exchange = answer(f"t{count}", intent=about.intent, borrowed=True)
        assistant.services.exchanges.remember(exchange)
        await assistant.handle(asking(Intent("feedback", "up", options={"reply": exchange.token})))
        assert len(await kept(assistant)) == count
    await assistant.observe(Deleted(GENERAL, ("1",)))
    assert await kept(assistant) == []


async def test_secrets_in_a_question_are_redacted_before_it_is_kept(assistant: Assistant):
    secret = "does the ferry take password: hunter2-pasted!?"
    reply = await assistant.handle(asking(Intent("ask", secret, options={"before": secret})))
    await judge(assistant, reply, "👎")
    (found,) = await kept(assistant)
    assert "[password removed]" in found.intent.argument
    assert "[password removed]" in found.intent.options["before"]
    assert "hunter2" not in json.dumps(found.document())


# Erasure


@pytest.mark.parametrize("how", ["edit", "delete", "author", "asker", "opt out", "off", "gone"])
@pytest.mark.parametrize("when", ["judged", "not yet judged"])
async def test_erasing_what_an_answer_rests_on_or_who_asked_erases_it(assistant: Assistant, how: str, when: str):
    reply = await assistant.handle(asking())
    if when == "judged":
        await judge(assistant, reply, "👍", BO)
    ways = {
        "edit": lambda: assistant.observe(replace(FERRY, text="it left", edited_at=NOW)),
        "delete": lambda: assistant.observe(Deleted(GENERAL, ("1",))),
        "author": lambda: assistant.handle(asking(Intent("privacy", "forget yes"), ANA)),
        "asker": lambda: assistant.handle(asking(Intent("privacy", "forget yes"), EVE)),
        "opt out": lambda: assistant.handle(asking(Intent("privacy", "out"), ANA)),
        "off": lambda: assistant.handle(asking(Intent("consent", "off"), ANA)),
        "gone": lambda: assistant.observe(Gone(GENERAL)),
    }
    await ways[how]()
    assert await kept(assistant) == []
    assert (await judge(assistant, reply, "👍", BO)).text == GONE
    assert await kept(assistant) == []


async def test_forgetting_a_rater_erases_the_verdict_and_leaves_the_others(assistant: Assistant):
    reply = await assistant.handle(asking())
    for person in (ANA, CY):
        await judge(assistant, reply, "👍", person)
    status = await assistant.handle(asking(Intent("privacy"), CY))
    assert "1 answer that you asked for or judged" in status.text
    await assistant.handle(asking(Intent("privacy", "forget yes"), CY))
    assert [each.up for each in await kept(assistant)] == [1]
    assert "judged" not in (await assistant.handle(asking(Intent("privacy"), CY))).text


async def test_who_is_left_out_leaves_no_verdict_and_no_question(assistant: Assistant):
    await assistant.handle(asking(Intent("privacy", "out"), EVE))
    assert (await judge(assistant, await assistant.handle(asking(person=EVE)), "👍", ANA)).text == GONE
    assert (await judge(assistant, await assistant.handle(asking(person=ANA)), "👍", EVE)).text == GONE
    assert await kept(assistant) == []


async def test_an_example_about_a_typed_text_goes_with_the_channel_and_with_its_age(assistant: Assistant):
    assistant.services.exchanges.remember(answer("t", intent=Intent("sentiment", "lovely")))
    vote = asking(Intent("feedback", "up", options={"reply": "t"}))
    await assistant.handle(vote)
    await assistant.services.history.run(lambda store: store.retain(datetime.now(UTC) + timedelta(days=80)))
    assert len(await kept(assistant)) == 1
    await assistant.services.history.run(lambda store: store.retain(datetime.now(UTC) + timedelta(days=91)))
    assert await kept(assistant) == []
    await assistant.handle(vote)
    await assistant.handle(asking(Intent("consent", "off"), ANA))
    assert await kept(assistant) == []


def test_only_the_newest_answers_wait_for_a_verdict():
    exchanges = Exchanges(most=2)
    for token in "abc":
        exchanges.remember(answer(token))
    assert [token for token in "abc" if exchanges.get(token)] == ["b", "c"]


def test_a_message_that_is_heard_again_unchanged_takes_no_answer_with_it():
    exchanges = Exchanges()
    exchanges.remember(answer("a", sources=(("1", FERRY.text),)))
    exchanges.heard(FERRY)
    exchanges.heard(replace(FERRY, text="other", place=OFF))
    assert exchanges.get("a")
    exchanges.heard(replace(FERRY, text="other"))
    assert not exchanges.get("a")


async def test_thumbs_on_discord_are_kept_changed_taken_back_and_gone_with_the_message(assistant: Assistant):
    async with town(Served(assistant), commands()) as t:
        place = place_of(t.client.get_channel(t.channel.id))
        await assistant.services.history.run(lambda store: store.turn_on(place, "U9", LONG_AGO, days=36_500))
        t.host.decided[place.channel] = await assistant.standing(place)
        await t.ana.send(t.channel, FERRY.text)
        await t.ben.send(t.channel, f"{t.parley} {QUESTION.argument}")
        answer = t.channel.last_message
        counts = []
        for step in (
            lambda: t.ana.react(answer, "👍"),
            lambda: t.ben.react(answer, "👎"),
            lambda: t.ana.unreact(answer, "👍"),
            lambda: t.ana.click(answer, label="👍"),
            lambda: t.ana.delete(t.channel.history()[0]),
        ):
            await step()
            counts.append([(each.up, each.down) for each in await kept(assistant)])
    assert counts == [[(1, 0)], [(1, 1)], [(0, 1)], [(1, 1)], []]


# Asking again


async def test_asking_again_is_the_same_question_without_anything_made_before(assistant: Assistant):
    reply = await assistant.handle(asking())
    again = pressed(reply, "Ask again")
    assert (again.name, again.argument) == (QUESTION.name, QUESTION.argument)
    assert is_fresh(again)
    assert not is_fresh(QUESTION)
    answered = await assistant.handle(asking(again))
    assert answered.text == reply.text
    assert pressed(answered, "Ask again") == again == afresh(again)


async def test_a_command_at_the_machine_has_nothing_to_press(assistant: Assistant):
    assert (await assistant.handle(asking(access=OWNER))).actions == ()


def test_feedback_is_pressed_and_not_typed():
    (row,) = [command for command in commands() if command.name == "feedback"]
    assert not row.typed


async def test_the_help_lists_what_can_be_typed_only(assistant: Assistant):
    reply = await assistant.handle(asking(Intent("help")))
    assert "feedback" not in reply.text
    assert "/ask" in reply.text


# Measuring


async def test_liked_answers_that_stay_and_disliked_ones_that_change_are_counted(assistant: Assistant):
    await judge(assistant, await assistant.handle(asking()), "👍")
    liked = await kept(assistant)
    other = replace(liked[0], sources=("9",), up=0, down=2)  # another message was quoted, and nobody liked it
    divided = replace(liked[0], up=1, down=1)
    found = await evaluate([*liked, other, divided], assistant.services, data="here")
    values = {figure.name: figure.value for figure in found.figures}
    assert values == {"liked": 0.5, "liked, and answered so again": 1.0, "disliked, and answered otherwise now": 1.0}
    assert found.tables[0].rows == (("ask", "echo", 1, 1),)
    assert found.notes == ("Left out: 1 answer that can't be asked again, or on which people disagree.",)


async def test_an_answer_that_can_t_be_given_any_more_is_another_one(assistant: Assistant):
    await judge(assistant, await assistant.handle(asking()), "👍")
    (liked,) = await kept(assistant)
    assert await asked_again(liked, assistant.services) == 1.0
    assert await asked_again(replace(liked, place=OFF, sources=("1",)), assistant.services) == 0.0
    assert await asked_again(replace(liked, place=DIRECT), assistant.services) == 0.0


async def test_a_summary_is_the_same_as_far_as_it_names_the_same_messages(assistant: Assistant):
    await judge(assistant, await assistant.handle(asking(Intent("summarize"))), "👍")
    (liked,) = await kept(assistant)
    assert await asked_again(liked, assistant.services) == 1.0
    assert await asked_again(replace(liked, sources=(*liked.sources, "9")), assistant.services) == pytest.approx(2 / 3)


def test_the_owner_reads_the_examples_and_measures_by_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "config.toml").write_text('timezone = "UTC"\n[models.embed]\nfamily = "echo"\nmodel = "echo"\n')
    monkeypatch.setenv("PARLEY_CONFIG", str(tmp_path / "config.toml"))
    file = tmp_path / "history.db"
    with History.open(file) as history:
        history.add([Channel(GENERAL, "general"), FERRY])
        at = ["--db", str(file)]
        assert guarded(app, ["eval", "feedback", *at]) == NOTHING
        history.judge(Scope.of(GENERAL), answer("t", sources=(("1", FERRY.text),)), BO.id, good=True)
    assert guarded(app, ["history", "feedback", "--intent", "ask", *at]) == 0
    assert guarded(app, ["history", "feedback", "--intent", "summarize", *at]) == 0
    assert guarded(app, ["eval", "feedback", "--json", *at]) == 0
    example, report = map(json.loads, capsys.readouterr().out.splitlines())
    assert (example["argument"], example["verdict"], example["found"]["sources"]) == (QUESTION.argument, "up", ["1"])
    assert report["figures"]["liked, and answered so again"]["value"] == 1.0
