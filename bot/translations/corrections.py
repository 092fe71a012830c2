"""Takes better words for a translation: the post reads so at once, and the next same text does too.

They are kept where the channel is kept, under the same rules of erasure; else for that post alone nothing is kept.
"""

from adapters.chat import Fetch, Message
from bot.errors import NothingFound, UsageError
from bot.history import History, consent
from bot.history.translated import companions, corrections
from bot.history.translated.companions import Kept
from bot.redaction import is_secret, redact
from bot.services import Services
from bot.translations.bursts import units_of
from bot.understanding.interpreting import read as wish_of
from nlp.text.language_id import detect

LONGEST = 2_000  # characters
NOT_KEPT = (
    "I can't remember better words here, because nothing of this channel is kept.",
    "An administrator can turn that on with `/consent on`.",
)


def better_in(text: str) -> str:
    """Return the better words that a message holds, "" for any other message."""
    wish = wish_of(text[:LONGEST])
    return wish.text if wish is not None and wish.kind == "better" else ""


async def keep_better(services: Services, read: Fetch, kept: Kept | None, text: str, by: str) -> str:
    """Return the language in which the post reads so from now on.

    Raises NothingFound where its messages can't be read, and UsageError where the words can't be kept.
    """
    if len(text) > LONGEST or is_secret(text) or redact(text) != text:
        raise UsageError("I keep no words that are so long or look like a secret.")
    if kept is None or not kept.targets:
        raise NothingFound("I see no translation of mine there.", "Reply to the translation that you mean.")
    target = kept.targets[0] if len(kept.targets) == 1 else detect(text, kept.targets)
    if target not in kept.targets:
        raise UsageError("I can't tell for which language that is.", "Write a little more of it.")
    wanted = {source.id for source in kept.standing}
    messages = sorted([each async for each in read(kept.window) if each.id in wanted], key=lambda each: each.sent_at)
    if not messages:
        raise NothingFound("I can't see the message that was translated any more.")
    await services.history.run(lambda store: _keep(store, messages, target, text, by), writes=True)
    await services.history.write(companions.make_stale, kept.place, kept.anchor)
    services.unfinished.set()
    return target


def _keep(store: History, messages: list[Message], target: str, text: str, by: str) -> None:
    """Keep the words for the only text of the post. Raises UsageError."""
    place = messages[0].place
    if not store.read(consent.standing, place).kept:
        raise UsageError(*NOT_KEPT)
    units = units_of(messages)
    if len(units) != 1:
        raise UsageError("That translation is of several messages.", "I learn from one that translates a single text.")
    if not store.keep_derived(place, corrections.made([units[0].text], target, text, by), messages):
        raise NothingFound("I don't have that message any more.", "It may have been edited or deleted.")
