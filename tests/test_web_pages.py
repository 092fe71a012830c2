"""The pages beside the messages: mood, topics, upkeep, privacy, status and playground, over the sample workspace."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from web_site import GENERAL, Browser, channel, site, starter

from adapters.chat import Message, Person
from adapters.web.catalogue import Visitor
from bot.catalogue.maps import drawn
from bot.catalogue.playground import serves
from bot.catalogue.status import BatchPace
from bot.conversation.permissions import OWNER
from bot.history import schedules
from nlp.core import Core
from nlp.jobs import BatchReport, Priority
from nlp.scheduler.family import Binding


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    async with site(tmp_path / "history.db") as found:
        await found.get("/")
        yield found


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Browser]:
    async with site(tmp_path / "history.db", models=starter()) as found:
        await found.get("/")
        yield found


async def test_every_page_of_the_navigation_is_there(browser: Browser):
    _, page = await browser.get("/")
    _, inside = await browser.get(channel())
    links = re.findall(r'<a href="(/[^"]*)"', page) + re.findall(r'<a href="(/c/[^"]+/\w+)"', inside)
    assert {"/playground", "/schedules", "/privacy", "/status", f"{channel()}/mood"} <= set(links)
    for link in set(links):
        assert (await browser.get(link))[0] == 200, link


@pytest.mark.starter
async def test_a_report_has_a_chart_that_a_keyboard_reads_and_names_nobody(served: Browser):
    _, part = await served.post(f"{channel()}/mood", since="", until="")
    told = await served.events(part)
    assert "The mood of #general" in told
    assert re.search(r'tabindex="0" role="img" id="cell-0" aria-label="2 March: \d+ % negative, between', told)
    assert "withheld, with too few people or messages" in told
    assert not re.search(r"\b(maud|hanne|callum|gil|bea)\b", told.casefold())


@pytest.mark.starter
async def test_a_report_about_days_without_messages_says_so(served: Browser):
    _, part = await served.post(f"{channel()}/mood", since="2020-01-01", until="2020-01-02")
    assert "I keep nothing that people wrote in #general in that time." in await served.events(part)


@pytest.mark.starter
async def test_a_map_shows_messages_by_meaning_and_leads_to_each(served: Browser):
    _, part = await served.post(f"{channel()}/topics")
    told = await served.events(part)
    assert told.count("<circle") > 100
    assert f'href="{channel()}?around=' in told


def test_a_map_keeps_what_is_alike_together():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    messages = [Message(str(n), GENERAL, Person(str(n % 7), "x"), "three words here", at) for n in range(40)]
    corners = np.eye(8, dtype=np.float32)[[n % 2 for n in range(40)]]
    dots = drawn(messages, corners).dots
    assert len({(round(dot.x, 3)) for dot in dots}) == 2
    assert all(0 <= dot.x <= 1 and 0 <= dot.y <= 1 for dot in dots)


async def test_a_channel_is_kept_scheduled_and_given_words_from_its_page(browser: Browser):
    address = f"{channel()}/upkeep"
    assert "This channel is <strong>off</strong>" in (await browser.get(address))[1]
    assert (
        "From now on I keep this channel"
        in (await browser.post(address, intent="consent", words="on for", more="30 days"))[1]
    )
    assert "for 30 days" in (await browser.get(address))[1]
    await browser.post(address, intent="digest", words="weekly mon 9:00")
    (kept,) = await browser.assistant.services.history.read(schedules.read)
    assert (kept.what, kept.place.channel) == ("digest", GENERAL.channel)
    _, page = await browser.get("/schedules")
    assert "every Monday at 09:00" in page
    await browser.post(address, intent="glossary", words="add", more="Kelpbase")
    assert "Kelpbase" in (await browser.get(address))[1]
    assert (await browser.post(address, intent="ask", words="hello"))[0] == 404


async def test_a_person_is_found_shown_and_erased_with_a_receipt(browser: Browser):
    _, page = await browser.get("/privacy?q=callum")
    person, place = (re.search(rf'name="{name}" value="([^"]+)"', page) for name in ("person", "place"))
    assert person
    assert place
    about = {"person": person[1], "place": place[1]}
    _, stored = await browser.post("/privacy", **about)
    assert "messages</strong> of yours" in stored or "messages of yours" in stored
    _, sure = await browser.post("/privacy", intent='{"v":1,"n":"privacy","a":"forget"}', **about)
    assert "This erases" in sure
    _, receipt = await browser.post("/privacy", intent='{"v":1,"n":"privacy","a":"forget yes"}', **about)
    assert re.search(r"I erased \d+ messages of yours", receipt)
    assert "Nobody of that name" in (await browser.get("/privacy?q=callum"))[1]
    assert (await browser.post("/privacy", intent='{"v":1,"n":"consent","a":"off"}', **about))[0] == 404


async def test_the_owner_alone_sees_people_verdicts_and_status(browser: Browser, tmp_path: Path):
    catalogue = browser.assistant
    assert catalogue
    _, page = await browser.get("/status")
    assert "Batches / s" in page
    assert "No model is bound." in page
    async with site(tmp_path / "other.db") as other:
        stranger = Visitor(Person("U1", "Ana"), OWNER)
        from bot.catalogue import upkeep  # noqa: PLC0415 - what the page asks

        assert await upkeep.people(other.assistant.services, stranger, "maud") == []
        assert await upkeep.verdicts(other.assistant.services, stranger) == []


async def test_figures_come_each_second(browser: Browser):
    async with browser.session.get(f"{browser.base}/status/live") as answer:
        assert answer.content_type == "text/event-stream"
        first = (await answer.content.readuntil(b"\n\n")).decode()
    assert first.startswith("event: load")
    assert "Tokens / s" in first


async def test_a_look_at_everything_is_shown_with_what_to_do(browser: Browser):
    _, part = await browser.post("/status/check")
    told = await browser.events(part)
    assert "models: tiny" in told
    assert "It is slow. Use another one." in told


def test_a_pace_counts_batches_and_tokens_by_model():
    pace = BatchPace()
    for _ in range(20):
        pace.ran(BatchReport("m", Priority.BULK, 4, 100, 120, 0.0, 0.1))
    assert pace.total == 20
    assert pace.tokens("m") == 2000
    assert pace.recent() == (2.0, 8.0, 200.0)


@pytest.mark.starter
async def test_a_text_goes_through_every_task_side_by_side(served: Browser):
    text = "Não consigo reservar o barco das sete horas. A base de dados está lenta desde ontem."
    _, part = await served.post("/playground/tasks", text=text, question="Quando ficou lenta?", to="en")
    told = await served.events(part)
    assert re.findall(r"<h3>(\w+)</h3>", told) == ["Translation", "Sentiment", "Summary", "Answer"]
    assert "boat" in told
    assert re.search(r"\d\.\d\d s · \d+ tokens", told)
    assert "There is no text." in (await served.post("/playground/tasks", text=" "))[1]


async def test_without_models_each_task_says_so(browser: Browser):
    _, part = await browser.post("/playground/tasks", text="Good morning.", to="en")
    assert (await browser.events(part)).count("No model is bound to this task.") == 4


async def test_several_models_of_a_task_are_asked_each_by_itself():
    bound = [Binding("translate", "marian", name, source="en", target="fr") for name in ("one", "two")]
    async with Core(bound) as core:
        first, second = (each.model for each in core.status())
        assert core.model_name("translate", "en", "fr") == first
        assert core.led_by("translate", second).model_name("translate", "en", "fr") == second
        assert serves(core.led_by("translate", second), "translate", second, ("en", "fr"))
        assert not serves(core.led_by("translate", second), "translate", second, ("fr", "en"))


async def test_what_a_text_is_taken_for_is_said_with_how_surely(browser: Browser):
    _, found = await browser.post("/playground/intent", text="what did I miss since monday?")
    assert "<b>catchup</b>" in found
    assert re.search(r"\d+ % sure", found)
    assert "since" in found


@pytest.mark.starter
async def test_a_pasted_table_comes_back_as_a_table(served: Browser):
    _, part = await served.post("/playground/table", text="Bom dia\t42\nObrigado\t<b>", to="en")
    told = await served.events(part)
    assert told.count("<tr>") == 2
    assert "Good morning" in told
    assert "42" in told
    assert "&lt;b&gt;" in told
