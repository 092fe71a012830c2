"""What stands before the pages: hosts, forged forms, sessions, passwords, limits; OWASP's list, a test each."""

import asyncio
import io
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from web_site import GENERAL, Browser, channel, site

from adapters.chat import Place
from adapters.errors import EdgeError
from adapters.web import people
from adapters.web.app import listener
from adapters.web.settings import WebSettings
from bot import sample

DEV = Place("slack", "T0WHERRY1", "C0DEV0002")
SECRET = "correct horse battery"
TOKEN = "a-token-of-many-letters"
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    async with site(tmp_path / "history.db") as found:
        await found.get("/")
        yield found


@pytest.fixture
async def locked(tmp_path: Path) -> AsyncIterator[Browser]:
    """Pages that somebody must log in to: Ana reads #dev, Olga owns the machine, and there is a token."""
    file = tmp_path / "people.toml"
    people.put(file, "ana", SECRET, {"channels": ["C0DEV0002"], "admin": False, "owner": False, "id": "U0CALLUM2"})
    people.put(file, "olga", SECRET, {"channels": [], "admin": False, "owner": True})
    settings = WebSettings(port=0, token=TOKEN, accounts=people.read(file))
    async with site(tmp_path / "history.db", settings) as found:
        now = datetime.now(UTC)
        for place in (GENERAL, DEV):
            await found.assistant.services.history.run(lambda store, at=place: store.turn_on(at, "U", now), writes=True)
        await found.get("/login")
        yield found


async def log_in(browser: Browser, name: str, password: str) -> int:
    await browser.get("/login")
    status, _ = await browser.post("/login", name=name, password=password)
    await browser.get("/")
    return status


async def test_every_response_forbids_scripts_frames_and_foreign_sources(browser: Browser):
    for path in ("/", channel(), "/static/parley.css", "/nowhere", "/streams/x"):
        headers = await browser.headers(path)
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Server" not in headers


async def test_no_page_has_a_script_or_a_style_of_its_own_and_none_names_another_host(browser: Browser):
    for path in ("/", channel(), "/nowhere"):
        _, page = await browser.get(path)
        assert not re.search(r"<script(?! src=\"/static/)|<style|\sstyle=|\son\w+=|javascript:", page)
        assert not re.search(r"(?:src|href|action)=\"(?:https?:)?//", page)


async def test_another_name_that_was_bent_to_this_machine_leads_nowhere(browser: Browser):
    for host in ("evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "[::1"):
        status, page = await browser.get("/", headers={"Host": host})
        assert status in (400, 421), host
        assert "499" not in page
    port = browser.base.rpartition(":")[2]
    assert (await browser.get("/", headers={"Host": f"localhost:{port}"}))[0] == 200


async def test_a_form_without_the_sessions_token_or_from_another_site_changes_nothing(browser: Browser):
    right = browser.token
    browser.token = "wrong"
    assert (await browser.post(channel() + "/ask", words="hello"))[0] == 403
    browser.token = right
    assert (await browser.post(channel() + "/ask", {"Origin": "http://evil.example"}, words="hello"))[0] == 403
    assert (await browser.post(channel() + "/ask", {"Origin": browser.base}, words="hello"))[0] == 200
    browser.session.cookie_jar.clear()
    assert (await browser.post(channel() + "/ask", words="hello"))[0] == 403


async def test_the_sessions_cookie_is_kept_from_scripts_and_from_other_sites(browser: Browser):
    browser.session.cookie_jar.clear()
    cookie = (await browser.headers("/"))["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert len(cookie.partition("=")[2].partition(";")[0]) >= 43


async def aiter_of(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def test_forms_and_uploads_have_an_end(tmp_path: Path):
    settings = WebSettings(port=0, upload_bytes=1000)
    async with site(tmp_path / "history.db", settings) as browser:
        await browser.get("/")
        headers = {"X-CSRF-Token": browser.token, "Content-Type": "application/x-www-form-urlencoded"}
        for body in (io.BytesIO(b"words=" + b"x" * 2_000_000), aiter_of(b"words=x")):  # the second says no length
            async with browser.session.post(f"{browser.base}/ask", data=body, headers=headers) as answer:
                assert answer.status == 413
        many = {f"f{number}": "x" for number in range(500)}
        assert (await browser.post(channel() + "/ask", **many))[0] == 413
        headers = {"X-CSRF-Token": browser.token}
        async with browser.session.put(
            f"{browser.base}/import?name=a.zip", data=b"x" * 2000, headers=headers
        ) as answer:
            assert answer.status == 422
            assert "larger than 1,000 bytes" in await answer.text()


async def test_nobody_gets_in_without_logging_in(locked: Browser):
    for path in ("/", channel(), f"{channel()}/messages", f"{channel()}/search?q=boat", "/streams/x"):
        status, page = await locked.get(path)
        assert status == 303, path
        assert page == ""
    await locked.get("/login")
    assert (await locked.post("/ask", words="hello"))[0] == 401
    assert await locked.get("/livez") == (200, "live")


async def test_the_owners_token_and_a_password_open_the_door_and_the_session_is_a_new_one(locked: Browser):
    before = {cookie.value for cookie in locked.session.cookie_jar}
    assert await log_in(locked, "", TOKEN) == 303
    assert before.isdisjoint(cookie.value for cookie in locked.session.cookie_jar)
    assert "499 messages" in (await locked.get("/"))[1]
    assert (await locked.post("/logout"))[0] == 303
    assert (await locked.get("/"))[0] == 303
    assert await log_in(locked, "olga", SECRET) == 303
    assert "499 messages" in (await locked.get("/"))[1]


async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer_and_soon_have_to_wait(locked: Browser):
    tries = ("ana", "nobody", "ana", "nobody", "ana")
    answers = [await locked.post("/login", name=name, password="wrong wrong wrong") for name in tries]
    assert {status for status, _ in answers} == {401}
    assert len({page for _, page in answers}) == 1
    assert "Wait a minute" in (await locked.post("/login", name="ana", password=SECRET))[1]


async def test_somebody_sees_the_channels_that_they_may_read_and_no_sign_of_any_other(locked: Browser):
    assert await log_in(locked, "ana", SECRET) == 303
    _, page = await locked.get("/")
    assert "197 messages in 1 channel," in page
    assert "general" not in page
    for path in ("", "/messages", "/profile", "/search?q=boat", "/thread?id=1772442068.000100"):
        pages = []
        for place in (GENERAL, replace(GENERAL, channel="C9")):
            status, page = await locked.get(channel(place) + path)
            assert status == 404
            pages.append(page.replace(channel(place), ""))
        assert pages[0] == pages[1]
    assert (await locked.get(channel(DEV)))[0] == 200


async def test_only_the_owner_brings_in_exports(locked: Browser):
    await log_in(locked, "ana", SECRET)
    async with locked.session.put(
        f"{locked.base}/import?name=a.zip", data=b"x", headers={"X-CSRF-Token": locked.token}
    ) as answer:
        assert answer.status == 404


async def test_an_import_is_shown_to_others_once_the_owner_keeps_its_channel_as_the_page_says(locked: Browser):
    services = locked.assistant.services
    await services.history.run(lambda store: store.turn_off(DEV, "U", datetime.now(UTC)), writes=True)
    await log_in(locked, "olga", SECRET)
    _, part = await locked.put("export.zip", sample.path().read_bytes())
    said = await locked.events(part)
    assert "Others who log in see a channel once you keep it" in said
    assert "An import brought 197 messages, which only my owner sees" in (await locked.get(channel(DEV) + "/upkeep"))[1]
    await log_in(locked, "ana", SECRET)
    assert "There is no channel that you may read here" in (await locked.get("/"))[1]
    await log_in(locked, "olga", SECRET)
    await locked.post(channel(DEV) + "/upkeep", intent="consent", words="on for", more="9999 days")
    await log_in(locked, "ana", SECRET)
    assert "197 messages in 1 channel," in (await locked.get("/"))[1]


async def test_an_answer_is_followed_by_its_asker_alone(locked: Browser):
    await log_in(locked, "ana", SECRET)
    _, part = await locked.post(channel(DEV) + "/ask", words="/help")
    address = re.search(r'sse-connect="([^"]+)"', part)
    assert address
    await log_in(locked, "olga", SECRET)
    assert (await locked.get(address[1]))[0] == 404


def test_passwords_are_kept_as_argon2_in_a_file_that_nobody_else_reads(tmp_path: Path):
    file = tmp_path / "people.toml"
    people.put(file, "ana", SECRET, {"channels": ["*"]})
    assert "$argon2id$" in file.read_text(encoding="utf-8")
    assert SECRET not in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o077 == 0
    account = people.read(file)["ana"]
    assert people.fits(account, SECRET)
    assert not people.fits(account, SECRET + "!")
    assert not people.fits(None, "nobody has this password")
    assert "$argon2" not in repr(account)
    with pytest.raises(EdgeError, match="12 characters"):
        people.put(file, "bo", "short", {})


def test_others_reach_it_only_where_somebody_has_to_log_in():
    for host in ("0.0.0.0", "192.168.1.5", "::", "parley.example"):
        with pytest.raises(EdgeError, match="without a password"):
            WebSettings(host=host)
        assert WebSettings(host=host, token=TOKEN).guarded
    with pytest.raises(EdgeError, match="16 characters"):
        WebSettings(token="short")
    assert TOKEN not in repr(WebSettings(token=TOKEN))


def test_a_port_that_is_taken_is_said():
    with listener(WebSettings(port=0)) as taken:
        taken.listen()
        with pytest.raises(EdgeError, match=r"can't listen on 127\.0\.0\.1"):
            listener(WebSettings(port=taken.getsockname()[1]))


async def test_what_nobody_foresaw_is_logged_without_words_and_said_with_a_reference(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    words = "the words of " + "somebody"

    async def fail(*_: object) -> None:
        await asyncio.sleep(0)
        raise RuntimeError(words)

    monkeypatch.setattr("bot.catalogue.reading.channels", fail)
    status, page = await browser.get("/")
    assert status == 500
    assert re.search(r"reference [0-9a-f]{4}\.", page)
    assert words not in page + caplog.text
    assert "RuntimeError" in caplog.text


def test_what_is_shipped_to_browsers_has_its_licence_beside_it():
    static = ROOT / "adapters" / "web" / "static"
    licences = (static / "LICENSES.txt").read_text(encoding="utf-8")
    assert all(file.name in licences for file in static.glob("*.min.js"))
