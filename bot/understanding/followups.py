"""Questions that go on from the one before: "and who brings the keys?", "what about Tuesday?".

A question is remembered in memory only, for half an hour, by the person, the place and whether all could see
it: it never reaches another person, channel or thread, and nothing asked in private returns in the open. Only the
words of the question are kept, no answer: what a follow-up may read is decided anew. Knows no model.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cachetools import LRUCache

from adapters.chat import EVERYTHING, Deleted, Event, Gone, Intent, Message, Place, Removed, Request, Window
from nlp.text.lexical import content_stems, fold, words

MOST = 1_000  # questions that are remembered
WITHIN = timedelta(minutes=30)
LONGEST = 300  # characters of a question that are remembered
FEW = 3  # words that carry meaning: with more of its own, a question stands for itself
BEFORE = "before"  # the option of an intent that holds the question it goes on from

OPENING = re.compile(
    r"\W*(?:and|also|but|or|so|e|y|und|et|ou|o|mas|pero|aber|mais|entao|entonces)\b"
    r"|\W*(?:(?:what|how) about|what if|(?:who|what|where|when) else|why|since when|que tal|e quanto a"
    r"|quem mais|quien mas|wer noch|was ist mit|wie sieht es mit|qui d'autre|et pour|porque|por que|warum|pourquoi)\b"
)
REFERRING = frozenset(
    words(
        "it its that they them their he she him his her those there then isso isto disso nisso ele ela eles elas eso"
        " esto ella ellos ellas davon damit dazu dort cela ca elle ils elles"
    )
)
LIKE = (  # words of one kind: the newer one takes the place of the older
    re.compile(
        r"(?:mon|tues|wednes|thurs|fri|satur|sun)days?|segunda|terca|quarta|quinta|sexta|sabado|domingo|lunes|martes"
        r"|miercoles|jueves|viernes|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|lundi|mardi|mercredi|jeudi"
        r"|vendredi|samedi|dimanche|today|tomorrow|yesterday|hoje|amanha|ontem|hoy|ayer|heute|gestern|demain|hier"
    ),
    re.compile(
        r"january|february|march|april|june|july|august|september|october|november|december|janeiro|fevereiro|marco"
        r"|abril|maio|junho|julho|agosto|setembro|outubro|novembro|dezembro|enero|febrero|marzo|mayo|junio|julio"
        r"|septiembre|octubre|noviembre|diciembre|januar|februar|marz|juni|juli|oktober|dezember|janvier|fevrier|mars"
        r"|avril|juin|juillet|aout|octobre|novembre|decembre"
    ),
    re.compile(r"\d+"),
)
NAME = re.compile(r"(?<=\S )[^\W\d_a-z][\w-]+")  # a word with a capital that doesn't begin the question

Key = tuple[Place, str, bool]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, where it looked, the message that asked it, and when it was asked."""

    question: str
    window: Window
    message: str
    at: datetime


@dataclass(slots=True)
class FollowUps:
    """Remembers the newest question of each person in each place. Belongs to one event loop."""

    most: int = MOST
    _asked: "LRUCache[Key, Asked]" = field(init=False)

    def __post_init__(self) -> None:
        self._asked = LRUCache(self.most)

    def continued(self, request: Request, now: datetime) -> Request:
        """Return the request with the question that it goes on from, if it does.

        It then looks where that question looked.
        """
        intent = request.intent
        if intent.name != "ask" or BEFORE in intent.options or not goes_on(intent.argument):
            return request
        earlier = self._asked.get(_key(request))
        if earlier is None or now - earlier.at > WITHIN:
            return request
        window = earlier.window if intent.window in {EVERYTHING, Window(thread=request.place.thread)} else intent.window
        options = {**intent.options, BEFORE: earlier.question}
        return replace(request, intent=replace(intent, window=window, options=options))

    def remember(self, request: Request, now: datetime) -> None:
        """Remember a question; also for the thread under its message."""
        intent, message = request.intent, request.message
        if intent.name != "ask" or not intent.argument.strip():
            return
        asked = Asked(joined(intent)[-LONGEST:], intent.window, message.id if message else "", now)
        self._asked[_key(request)] = asked
        if message is not None and request.place.thread is None:
            self._asked[_key(replace(request, place=replace(request.place, thread=message.id)))] = asked

    def forget(self, person: str, workspace: str = "") -> None:
        """Forget the questions of a person, in one workspace or in all."""
        self._drop(lambda key, _: key[1] == person and workspace in {"", key[0].workspace})

    def heard(self, event: Event) -> None:
        """Forget a question that was edited or deleted, and those of a channel that is gone."""
        place = replace(event.place, thread=None)
        if isinstance(event, Gone):
            self._drop(lambda key, _: replace(key[0], thread=None) == place)
        elif isinstance(event, Removed):
            self._drop(lambda key, _: replace(key[0], channel="", thread=None) == place)
        elif isinstance(event, Deleted) or (isinstance(event, Message) and event.edited_at is not None):
            ids = event.ids if isinstance(event, Deleted) else (event.id,)
            self._drop(lambda key, asked: replace(key[0], thread=None) == place and asked.message in ids)

    def _drop(self, gone: Callable[[Key, Asked], bool]) -> None:
        for key in [key for key, asked in self._asked.items() if gone(key, asked)]:
            del self._asked[key]


def _key(request: Request) -> Key:
    return request.place, request.asker.id, request.public


def goes_on(question: str) -> bool:
    """Return whether the question needs the one before it: it opens by going on, refers back, or is hardly one."""
    spoken = words(question)
    if not spoken or len(content_stems(question)) > FEW:
        return False
    return bool(OPENING.match(fold(question))) or not REFERRING.isdisjoint(spoken) or len(spoken) <= 2  # noqa: PLR2004


def joined(intent: Intent) -> str:
    """Return the question in full: the words it goes on from, unless it replaces them, and its own words."""
    earlier, question = intent.options.get(BEFORE, ""), intent.argument.strip()
    if not earlier:
        return question
    kinds = [kind for kind in LIKE if any(kind.fullmatch(word) for word in words(question))]
    names = NAME.findall(question)  # a question's first word has its capital anyway
    first, *rest = earlier.split()
    kept = ["…" if _replaced(each, kinds, named=bool(names) and not kinds) else each for each in rest]
    return " ".join([first, *kept, question])


def _replaced(word: str, kinds: list[re.Pattern[str]], *, named: bool) -> bool:
    """Return whether the newer question says something else in place of this word of the older one."""
    (plain, *_) = (*words(word), "")
    return any(kind.fullmatch(plain) for kind in kinds) or (named and word[:1].isupper() and word[1:2].islower())
