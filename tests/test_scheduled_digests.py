"""Digests that come round: what they tell, once, of what their reader may read at that moment, and who sets them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from talk import ECHO
from test_schedules import DAY, HOUR, LISBON, MINUTE, NINE, PLACE, SET, Board, Wall

from adapters.chat import Channel, Intent, Message, Person, Place, Request
from adapters.errors import Unreachable
from bot.config import Config
from bot.conversation.permissions import OWNER
from bot.errors import NotAllowed, UsageError
from bot.history import HistoryThread, schedules
from bot.history.schedules import EVERYTHING, Schedule
from bot.intents.digest import digest, run
from bot.runtime.scheduler import Clerk
from bot.sections import AccessRules, Digests, Rule
from bot.services import Services
from nlp.core import Core

OPS, SECRET, QUIET = (replace(PLACE, channel=name) for name in ("C2", "C3", "C4"))
DIRECT = replace(PLACE, channel="D1")
NAMES = {PLACE: "general", OPS: "ops", SECRET: "secret", QUIET: "quiet"}


@dataclass(frozen=True)
class Rights:
    """What the platform says of somebody: which channels they may read, whether they administer, where they stand."""

    readable: frozenset[str] = frozenset({"C1", "C2", "C4"})
    admin: bool = False
    direct: bool = False
    asked: list[str] = field(default_factory=list)

    async def can_read(self, place: Place) -> bool:
        self.asked.append(place.channel)
        return place.channel in self.readable

    async def is_admin(self, _: Place) -> bool:
        return self.admin

    async def kind(self, _: Place) -> str:
        return "direct" if self.direct else "public"


@dataclass
class Post(Board):
    """A service that also knows what each person may read."""

    rights: dict[str, Rights] = field(default_factory=dict)

    def access_for(self, person: str, _: Place) -> Rights:  # type: ignore[override]
        if person not in self.rights:
            raise Unreachable("not connected")
        return self.rights[person]


def lines(place: Place, at: object, *texts: str) -> list[Message]:
    """Messages of two people in turn, ten minutes apart, each with a link."""
    people = (Person("U1", "Ana"), Person("U2", "Bo"))
    return [
        Message(
            f"{place.channel}.{n}", place, people[n % 2], text, at + timedelta(minutes=10 * n),  # type: ignore[operator]
            permalink=f"https://chat.example/{place.channel}/{n}",
        )
        for n, text in enumerate(texts)
    ]  # fmt: skip


TALK = (
    *lines(
        PLACE, NINE - 2 * DAY,
        "Which harbour do we rent for the regatta this year?",
        "We decided to rent the old harbour for the regatta.",
        "I will print the regatta posters by Friday.",
        "Hi all, does anybody know which crane the inspector of the port wants to see on Monday?",
    ),
    *lines(OPS, NINE - DAY, "The staging server lost its certificate last night.", "We agreed that certbot renews it."),
    *lines(SECRET, NINE - DAY, "Decision: we buy the lighthouse company in June.", "The price of it is secret."),
)  # fmt: skip


@asynccontextmanager
async def serving(path: Path | None, wall: Wall, post: Post) -> AsyncIterator[Clerk]:
    async with HistoryThread(path) as history, Core(ECHO) as core:
        for place, name in NAMES.items():
            await history.run(lambda store, place=place: store.turn_on(place, "U9", SET))  # type: ignore[misc]
            await history.run(lambda store, place=place, name=name: store.add([Channel(place, name)]))  # type: ignore[misc]
        await history.run(lambda store: store.add(TALK))
        yield Clerk(Services(core, history, wall, LISBON), {"slack": post})


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def post() -> Post:
    return Post(rights={"U7": Rights()})


@pytest.fixture
async def clerk(wall: Wall, post: Post) -> AsyncIterator[Clerk]:
    async with serving(None, wall, post) as made:
        yield made


async def scheduled(clerk: Clerk, person: str = "", about: Sequence[str] = (), place: Place = PLACE) -> None:
    schedule = Schedule(
        place, "0 9 * * mon", "Europe/Lisbon", None, SET, what="digest", person=person, about=tuple(about)
    )
    await clerk.services.history.write(schedules.put, schedule)


async def at(clerk: Clerk, wall: Wall, *times: object) -> None:
    for time in times:
        wall.at = time  # type: ignore[assignment]
        await clerk.look()


# What it tells


async def test_a_channels_digest_is_posted_once_with_a_link_in_every_line(clerk: Clerk, wall: Wall, post: Post):
    await scheduled(clerk)
    await at(clerk, wall, NINE, NINE, NINE + HOUR)
    (posting,) = post.posted
    text = posting.reply.text
    assert (posting.place, posting.person, posting.reply.private) == (PLACE, "", False)
    assert text.startswith("**What is new in #general**")
    assert text.index("**Decided**") < text.index("**Who does what by when**") < text.index("**Still open**")
    assert "We decided to rent the old harbour" in text
    assert "**by Friday 8 May**" in text
    assert all("https://chat.example/C1/" in line for line in text.splitlines() if line.startswith("- "))
    assert posting.reply.cited
    assert posting.reply.notes[0] == "Scheduled digest of Monday 4 May 2026, 09:00."


async def test_a_week_without_news_says_so_in_a_line(clerk: Clerk, wall: Wall, post: Post):
    await scheduled(clerk, place=QUIET)
    await at(clerk, wall, NINE)
    assert post.posted[0].reply.text == "Nothing is new in #quiet since 27 Apr 09:00."


async def test_a_report_and_a_digest_of_one_channel_and_time_are_both_posted(clerk: Clerk, wall: Wall, post: Post):
    await scheduled(clerk)
    await scheduled(clerk, "U7")
    await clerk.services.history.write(schedules.put, Schedule(PLACE, "0 9 * * mon", "Europe/Lisbon", None, SET))
    await at(clerk, wall, NINE, NINE + MINUTE)
    assert len({posting.key for posting in post.posted}) == len(post.tries)
    assert {posting.key for posting in post.posted} >= {"C1/digest/20260504T0800", "C1/digest/U7/20260504T0800"}


async def test_what_a_missed_digest_would_have_told_stands_in_the_next(clerk: Clerk, wall: Wall, post: Post):
    await scheduled(clerk)
    await at(clerk, wall, NINE - MINUTE, NINE + 7 * DAY)  # nothing ran on the Monday in between
    (posting,) = post.posted
    assert "We decided to rent the old harbour" in posting.reply.text
    assert any(note.endswith("; this one tells of that time too.") for note in posting.reply.notes)


# To one person alone


async def test_it_tells_of_the_channels_that_its_reader_may_read_then(clerk: Clerk, wall: Wall, post: Post):
    await scheduled(clerk, "U7", EVERYTHING, DIRECT)
    await at(clerk, wall, NINE)
    (posting,) = post.posted
    assert (posting.place, posting.person) == (DIRECT, "U7")
    assert posting.reply.text.index("general") < posting.reply.text.index("ops")
    assert "certbot" in posting.reply.text
    said = str(posting)
    assert "lighthouse" not in said
    assert "secret" not in said


async def test_permission_is_asked_when_it_is_posted_and_not_when_it_was_set(clerk: Clerk, wall: Wall, post: Post):
    post.rights["U7"] = Rights(frozenset({"C1", "C2", "C3"}))
    await run(asked("#ops #secret weekly mon 9:00", post.rights["U7"]), clerk.services)
    post.rights["U7"] = Rights(frozenset({"C2"}))
    await at(clerk, wall, NINE)
    assert post.posted[0].reply.text.startswith("**What is new in #ops**")
    assert "lighthouse" not in str(post.posted[0])


async def test_who_may_read_nothing_any_longer_learns_nothing(clerk: Clerk, wall: Wall, post: Post):
    post.rights["U7"] = Rights(frozenset())
    await scheduled(clerk, "U7", EVERYTHING, DIRECT)
    await at(clerk, wall, NINE)
    assert post.posted[0].reply.text == "Nothing is new in the channels that I may read for you since 27 Apr 09:00."
    assert post.posted[0].reply.sources == ()


async def test_a_channel_that_was_turned_off_is_left_out(clerk: Clerk, wall: Wall, post: Post):
    await scheduled(clerk, "U7", EVERYTHING, DIRECT)
    await clerk.services.history.run(lambda store: store.turn_off(OPS, "U9", SET))
    await at(clerk, wall, NINE)
    assert "certbot" not in str(post.posted[0])


async def test_the_owners_rules_hold_for_it(clerk: Clerk, wall: Wall, post: Post):
    await scheduled(clerk, "U7", EVERYTHING, DIRECT)
    rule = Rule(effect="deny", intents=("summarize",), people=("U7",), channels=("C2",))
    clerk.go_by(Config(timezone="Europe/Lisbon", access=AccessRules(rules=(rule,))))
    await at(clerk, wall, NINE)
    assert "certbot" not in str(post.posted[0])


async def test_a_service_that_cannot_be_asked_is_asked_again_at_the_next_look(clerk: Clerk, wall: Wall, post: Post):
    rights = post.rights.pop("U7")
    await scheduled(clerk, "U7", EVERYTHING, DIRECT)
    await at(clerk, wall, NINE)
    assert post.tries == []
    post.rights["U7"] = rights
    await at(clerk, wall, NINE + MINUTE, NINE + HOUR)
    assert len(post.posted) == 1


async def test_many_channels_are_told_of_in_part_and_the_rest_named(clerk: Clerk, wall: Wall, post: Post):
    def add(store: object) -> None:
        for number in range(14):
            place = replace(PLACE, channel=f"X{number}")
            store.turn_on(place, "U9", SET)  # type: ignore[attr-defined]
            store.add(
                [Channel(place, f"pier-{number}"), *lines(place, NINE - DAY, "The pier needs paint.", "It does.")]
            )  # type: ignore[attr-defined]

    await clerk.services.history.run(add)
    post.rights["U7"] = Rights(frozenset({"C1", *(f"X{number}" for number in range(14))}))
    await scheduled(clerk, "U7", EVERYTHING, DIRECT)
    await at(clerk, wall, NINE)
    reply = post.posted[0].reply
    assert reply.text.count("### ") == 12
    (note,) = [note for note in reply.notes if note.startswith("There are new messages also in ")]
    assert note.count("#pier-") == 3


async def test_forgetting_somebody_ends_their_digest(clerk: Clerk, wall: Wall, post: Post):
    await scheduled(clerk, "U7", EVERYTHING, DIRECT)
    await clerk.services.history.run(lambda store: store.forget("U7"))
    await at(clerk, wall, NINE)
    assert post.tries == []


# The configuration


async def test_the_owners_digests_are_followed(clerk: Clerk, wall: Wall, post: Post):
    clerk.go_by(Config(timezone="Europe/Lisbon", digests=(Digests(channel="general", cron="0 9 * * 1"),)))
    await at(clerk, wall, SET, NINE, NINE + MINUTE)
    (posting,) = post.posted
    assert posting.reply.text.startswith("**What is new in #general**")


# What people say


def asked(words: str, access: object = None, place: Place = PLACE, person: str = "U7") -> Request:
    return Request(Intent("digest", words), place, Person(person, "Eve"), access=access)  # type: ignore[arg-type]


async def kept(clerk: Clerk) -> list[Schedule]:
    return await clerk.services.history.read(schedules.read)


async def test_an_administrator_sets_the_channels_and_everyone_is_told(clerk: Clerk):
    found = await run(asked("weekdays 8:30", Rights(admin=True)), clerk.services)
    reply = found.reply()
    assert not reply.private
    assert "**From now on I post a digest of this channel**, because Eve asked me to" in reply.text
    assert "on weekdays at 08:30 (Europe/Lisbon)" in reply.text
    (schedule,) = await kept(clerk)
    assert (schedule.place, schedule.what, schedule.person) == (PLACE, "digest", "")
    with pytest.raises(NotAllowed):
        await run(asked("off", Rights()), clerk.services)
    assert "no longer" in (await run(asked("off", Rights(admin=True)), clerk.services)).reply().text
    assert await kept(clerk) == []


@pytest.mark.parametrize(
    ("words", "place", "direct", "about"),
    [
        ("weekly mon 9:00", DIRECT, True, EVERYTHING),
        ("all weekly mon 9:00", PLACE, False, EVERYTHING),
        ("send me a digest every Monday at 9", PLACE, False, ()),
        ("weekly mon 9:00 #ops", DIRECT, True, ("C2",)),
        ("weekly mon 9:00 #general and #ops", PLACE, False, ("C1", "C2")),
    ],
)
async def test_anybody_may_have_one_of_their_own(
    clerk: Clerk,
    words: str,
    place: Place,
    direct: bool,  # noqa: FBT001 - the case
    about: tuple[str, ...],
):
    found = await run(asked(words, Rights(direct=direct), place), clerk.services)
    assert found.reply().personal
    (schedule,) = await kept(clerk)
    assert (schedule.person, schedule.about, schedule.cron) == ("U7", about, "0 9 * * mon")


async def test_a_person_has_one_and_others_do_not_see_it(clerk: Clerk):
    for words in ("all weekly mon 9:00", "#ops daily 8:00"):
        await run(asked(words, Rights()), clerk.services)
    (schedule,) = await kept(clerk)
    assert schedule.cron == "0 8 * * *"
    own = (await run(asked("list", Rights()), clerk.services)).reply()
    assert "to you alone, in #ops" in own.text
    assert own.personal
    assert "No digest" in (await run(asked("list", Rights(), person="U8"), clerk.services)).reply().text
    await run(asked("me off", Rights()), clerk.services)
    assert await kept(clerk) == []


async def test_a_channel_that_one_may_not_read_is_not_said_to_be_there(clerk: Clerk):
    errors = []
    for name in ("secret", "nowhere"):
        with pytest.raises(UsageError) as error:
            await run(asked(f"weekly mon 9:00 #{name}", Rights()), clerk.services)
        errors.append(str(error.value).replace(name, "…"))
    assert errors[0] == errors[1]
    assert await kept(clerk) == []


async def test_the_terminal_has_nobody_to_send_one_to(clerk: Clerk):
    with pytest.raises(UsageError, match="terminal"):
        await run(asked("all weekly mon 9:00", OWNER), clerk.services)


async def test_the_document_tells_channel_by_channel(clerk: Clerk, wall: Wall):
    wall.at = NINE
    request = Request(Intent("digest"), PLACE, Person("owner", "the owner"), access=OWNER)
    document = (await digest(request, clerk.services, [PLACE, OPS, QUIET], "these channels")).document()
    assert [each["channel"] for each in document["channels"]] == ["#general", "#ops"]
    kinds = {item["kind"] for item in document["channels"][0]["summary"]}
    assert {"decision", "action", "open question"} <= kinds
