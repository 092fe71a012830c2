"""The pages over the sample workspace, as a browser gets them from a real socket."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from web_site import GENERAL, Browser, channel, site, starter

from adapters.chat import Channel, Message, Person, Place, Reaction
from adapters.web.addresses import place_of, token_of
from bot import sample
from bot.history.rows import moment

ODD = Place("slack", "T0/..", "<script>alert(1)</script>")


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    async with site(tmp_path / "history.db") as found:
        yield found


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Browser]:
    async with site(tmp_path / "history.db", models=starter()) as found:
        await found.get("/")
        yield found


def shown(page: str) -> list[str]:
    """The ids of the messages on a page, in their order."""
    return re.findall(r'(?:article|p) class="(?:message|notice)" id="m-([^"]+)"', page)


async def test_the_start_page_lists_every_channel_with_its_counts_and_times(browser: Browser):
    status, page = await browser.get("/")
    assert status == 200
    assert re.findall(r'aria-hidden="true">#</span>(\w+)</a>', page) == ["dev", "galley", "general"]
    assert "499 messages in 3 channels" in page
    assert "208 messages · 2 March" in page


async def test_a_channel_has_a_time_line_its_threads_and_its_languages(browser: Browser):
    _, part = await browser.get(channel() + "/profile")
    assert part.count("<rect") == 48
    assert "53 threads · English 9" in part
    assert "Portuguese" in part


async def test_a_channel_opens_at_its_newest_messages_with_threads_edits_and_reactions(browser: Browser):
    _, page = await browser.get(channel())
    _, whole = await browser.get(channel() + "/messages")
    assert shown(page) == shown(whole)
    assert 'class="replies"' in page
    assert 'aria-label="Reactions"' in page
    assert "See the reply" not in page
    assert "Earlier messages" in page
    assert "Later messages" not in page


async def test_earlier_pages_follow_by_key_until_every_message_was_shown_once(browser: Browser):
    ids, address, pages = [], channel() + "/messages", 0
    while address:
        _, part = await browser.get(address)
        ids += shown(part)
        earlier = re.search(r'hx-get="([^"]+before=[^"]+)"', part)
        address, pages = (earlier[1] if earlier else ""), pages + 1
    assert pages > 1
    assert len(ids) == len(set(ids)) == 208


async def test_a_message_is_shown_among_its_neighbours_and_its_whole_thread(browser: Browser):
    _, part = await browser.get(f"{channel()}/messages?around=1772442360.000100")
    assert "1772442360.000100" in shown(part)
    assert "1772442068.000100" in shown(part)
    assert "Later messages" in part


async def test_search_takes_the_last_word_by_its_beginning_and_all_words_together(browser: Browser):
    _, part = await browser.get(f"{channel()}/search?q=broken%20boa")
    assert part.count("data-message") == 2
    _, nothing = await browser.get(f"{channel()}/search?q=xylophone")
    assert "0 messages with" in nothing
    for odd in ('"', "* OR NEAR(", "%00", "a" * 5000):
        status, _ = await browser.get(f"{channel()}/search", params={"q": odd})
        assert status == 200


async def test_what_isnt_there_is_said_in_the_same_words_as_what_may_not_be_read(browser: Browser):
    pages = [await browser.get(address) for address in ("/c/nonsense", channel(Place("slack", "T0", "C0")), "/nowhere")]
    assert {status for status, _ in pages} == {404}
    assert all("or nothing that you may read" in page for _, page in pages)


async def test_names_and_texts_of_others_stay_text(browser: Browser):
    words = '<img src=x onerror=alert(1)> [bold]x[/bold] "onmouseover="alert(1) {{ 70001 * 7 }}'
    author, at = Person("U<b>", "<b>Eve</b>"), moment(1_700_000_000_000_000)
    hostile = Message("1'\"><script>", ODD, author, words, at, reactions=(Reaction("<i>", 2),))
    await browser.assistant.services.history.run(lambda store: store.add([Channel(ODD, "<script>[bold]"), hostile]))
    for address in ("/", channel(ODD), f"{channel(ODD)}/search?q=bold", f"{channel(ODD)}/profile"):
        status, page = await browser.get(address)
        assert status == 200
        assert not re.search(r"<script(?! src=\"/static/)|<img|<b>Eve|onerror=alert\(1\)>|<i>|490007", page)
    assert "&lt;script&gt;[bold]" in (await browser.get("/"))[1]


def test_any_place_comes_back_from_its_address():
    assert place_of(token_of(ODD)) == ODD
    assert re.fullmatch(r"[\w-]+", token_of(ODD))
    assert place_of("~") is place_of("WzFd") is place_of("W" * 9999) is None


async def test_an_export_is_brought_in_with_what_was_refused(tmp_path: Path):
    async with site(tmp_path / "history.db", empty=True) as browser:
        _, page = await browser.get("/")
        assert "Bring in your first export" in page

        assert "is not an export that I know" in await browser.events((await browser.put("notes.txt", b"hello"))[1])
        _, part = await browser.put("../../export.zip", sample.path().read_bytes())
        assert "3 channels, 499 messages" in await browser.events(part)
        assert "499 messages in 3 channels" in (await browser.get("/"))[1]


@pytest.mark.starter
async def test_a_summary_leads_each_sentence_to_its_messages(served: Browser):
    told = await served.asked(GENERAL, "/summarize last 100")
    assert "event: stage" in told
    assert told.endswith("event: done\ndata: \n\n")
    assert 'data-sources="[&quot;1774522824.000100&quot;' in told
    assert 'href="#m-1774522824.000100" data-message="1774522824.000100"' in told
    assert "https://slack.com" not in told


@pytest.mark.starter
async def test_a_question_of_every_channel_names_the_channel_of_its_proof(served: Browser):
    _, part = await served.post("/ask", words="when do we launch regatta mode?")
    told = await served.events(part)
    assert "14 April" in told
    assert "#general" in told


@pytest.mark.starter
async def test_messages_are_translated_by_their_ids(served: Browser):
    status, made = await served.post(f"{channel()}/translate", ids="1772442560.000100\nnot there", to="en")
    assert status == 200
    assert "Welcome, Yusuf!" in made
    assert "not there" not in made
    status, refused = await served.post(f"{channel()}/translate", ids="1772442560.000100", to="klingon")
    assert status == 422
    assert "I don&#39;t know the language" in refused


@pytest.mark.starter
async def test_an_answer_can_be_stopped(served: Browser):
    _, part = await served.post(channel() + "/ask", words="/summarize")
    key = re.search(r"/streams/([\w-]+)/cancel", part)
    assert key
    assert (await served.post(f"/streams/{key[1]}/cancel"))[0] == 204
    assert "Stopped." in await served.events(part)
