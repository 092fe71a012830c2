"""The glossary that holds in a place: the owner's words, those of its workspace before them, and names."""

from collections.abc import Iterable

from adapters.chat import Message, Place
from bot.glossary import glossary
from bot.history import preferences
from bot.services import Services
from nlp.text.sentences import Glossary


async def words_for(place: Place, services: Services, target: str, names: frozenset[str]) -> Glossary:
    """Return what holds for a translation into `target` there."""
    own = await services.history.read(preferences.terms, place)
    return glossary((*services.terms, *own), place.workspace, target, names)


def names_in(messages: Iterable[Message]) -> frozenset[str]:
    """Return the words of the names of those who wrote, as far as they begin with a capital."""
    return frozenset(part for message in messages for part in message.author.name.split() if part[:1].isupper())
