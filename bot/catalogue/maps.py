"""A map of a channel: its newest messages on a plane by their meaning, coloured by topic."""

import asyncio
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message, Place, Window
from adapters.web.catalogue import Dot, TopicMap, Visitor
from bot.catalogue.reading import scope
from bot.errors import NothingFound
from bot.mood import topics as clustering
from bot.retrieval.embeddings import message_vectors
from bot.services import Services

MOST, FEWEST, WORDS = 400, 12, 3


async def topic_map(services: Services, who: Visitor, place: Place) -> TopicMap:
    """Return the map of a channel. Raises NothingFound where too little was said, ModelUnavailable without embedder."""
    within, now = await scope(who, place), services.now()
    window = await services.history.run(lambda store: store.window(within, Window(last=MOST), now))
    said = [each for each in window if not each.notice and not each.from_bot and len(each.text.split()) >= WORDS]
    if len(said) < FEWEST:
        raise NothingFound("There is too little to draw a map of.", "Bring in more messages.")
    vectors = await message_vectors(said, within, services)
    return await asyncio.to_thread(drawn, said, vectors)


def drawn(messages: Sequence[Message], vectors: NDArray[np.float32]) -> TopicMap:
    """Return n messages with their vectors, shape (n, dimensions), on a plane: the two directions of most variance."""
    voices = np.unique([each.author.id for each in messages], return_inverse=True)[1].astype(np.int32)
    found = clustering.topics(messages, vectors, voices)
    numbers = np.full(len(messages), -1)
    for number, topic in enumerate(found):
        numbers[topic.members] = number
    centred = vectors - vectors.mean(axis=0)
    left, strengths, _ = np.linalg.svd(centred, full_matrices=False)
    plane = left[:, :2] * strengths[:2]
    low, high = plane.min(axis=0), plane.max(axis=0)
    spots = (plane - low) / np.maximum(high - low, 1e-9)
    kept = float((strengths[:2] ** 2).sum() / max((strengths**2).sum(), 1e-9))
    dots = [
        Dot(message, float(x), float(y), int(number))
        for message, (x, y), number in zip(messages, spots, numbers, strict=True)
    ]
    return TopicMap(tuple(dots), tuple(each.name for each in found), kept)
