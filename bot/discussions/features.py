"""Measures what speaks for one message answering another: numbers for each message and each pair near enough.

Time and place between them, who is named, who spoke with whom last, words in common, and what each does. The messages
go in pieces of a bounded size, so that memory doesn't grow with the channel. Pure; `replies.json` was fitted to the
order of the columns.
"""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.discussions.channel import ChannelLog, Floats

Flags = NDArray[np.bool_]

REACH = 48  # messages back that one may answer
PIECE = 256  # messages whose pairs are in memory at once
HOUR = 60.0  # minutes; longer silences count the same
LONG_AGO = REACH + 1  # messages
FAR = -10 * REACH  # the place of what never was
CLOSE = 20  # messages before one that show how many people talk here, and how often they name each other
FEWEST = 200  # messages by which words of a short conversation are counted as rare
UNSHARED = 5.0  # the weight of a word that one message alone holds


@dataclass(frozen=True, slots=True)
class Features:
    """The features of the messages from `start` on: of each, of each that one may answer, and of each pair.

    Shapes (rows, own), (near, others) and (rows, REACH + 1, pairs). The second axis is how many messages back, 0 the
    message itself: it begins something. `columns` are the places of the pairs among the `others`, and `exists` says
    whether there is a message so far back.
    """

    start: int
    own: Floats
    others: Floats
    pairs: Floats
    columns: NDArray[np.intp]
    exists: Flags


def features(channel: ChannelLog) -> Iterator[Features]:
    """Yield the features of all messages, piece by piece."""
    for start in range(0, len(channel.authors), PIECE):
        yield _Piece(channel, start).features(start)


class _Piece:
    """The messages from `start` on, with those before that they may answer; people are numbered anew among them."""

    def __init__(self, channel: ChannelLog, start: int) -> None:
        first, end = max(start - REACH, 0), min(start + PIECE, len(channel.authors))
        near = slice(first, end)
        self.minutes, self.acts, self.words = channel.minutes[near], channel.acts[near], channel.words[near]
        known, self.authors = np.unique(channel.authors[near], return_inverse=True)
        codes = {int(code): number for number, code in enumerate(known)}
        addressed = channel.addressed[near]
        self.named = [[codes[code] for code in each.named if code in codes] for each in addressed]
        self.opens = np.array([codes.get(each.first, -1) for each in addressed])
        self.names = np.array([bool(each.named) for each in addressed])
        self.rows = np.arange(start - first, end - first)
        self.back = np.arange(REACH + 1)
        columns = self.rows[:, None] - self.back
        self.exists = columns >= 0
        self.columns = np.maximum(columns, 0)
        self.course = _Course(self)

    def features(self, start: int) -> Features:
        others = np.column_stack([self.acts, self.opens >= 0, self.names]).astype(np.float32)
        pairs = np.stack([np.asarray(each, dtype=np.float32) for each in self._pairs()], axis=-1)
        return Features(start, self._own(), others, pairs, self.columns, self.exists)

    def _own(self) -> Floats:
        course, rows = self.course, self.rows
        starts = np.maximum(rows - CLOSE, 0)
        naming = np.concatenate([[0], np.cumsum(self.names)])
        authors = self.authors.tolist()
        listed = [
            self.opens[rows] >= 0,
            self.names[rows],
            np.log1p(course.since) / 4,
            np.log1p(course.called) / 4,
            course.since > REACH,
            course.called > REACH,
            np.log1p(np.clip(self._pauses(), 0, HOUR)) / 4,
            [len(set(authors[start : row + 1])) / CLOSE for start, row in zip(starts, rows, strict=True)],
            (naming[rows + 1] - naming[starts]) / (rows + 1 - starts),
        ]
        return np.column_stack([self.acts[rows], *listed]).astype(np.float32)

    def _pauses(self) -> Floats:
        return np.asarray(self.minutes[self.rows] - self.minutes[np.maximum(self.rows - 1, 0)])

    def _pairs(self) -> Iterator[NDArray[np.generic]]:
        earlier = np.broadcast_to(self.back > 0, self.columns.shape)
        yield from self._distances()
        yield from (each & earlier for each in self._people())
        course = self.course
        yield np.where(earlier, np.log1p(course.met) / 4, 1.2)
        yield earlier & (course.met <= REACH)
        yield np.log1p(course.between) / 3 * earlier
        yield from (each * earlier for each in self._words())
        asked, asks = self.acts[self.columns, 0], self.acts[self.rows, :1]
        yield asked * (1 - asks) * (self._own_authors() != self._other_authors())

    def _distances(self) -> Iterator[NDArray[np.generic]]:
        back = np.broadcast_to(self.back, self.columns.shape)
        yield from (back == 0, back == 1, back == 2, back <= 4, back <= 8, np.log1p(back) / 4)  # noqa: PLR2004
        apart = np.clip(self.minutes[self.rows, None] - self.minutes[self.columns], 0, HOUR)
        yield from (np.log1p(apart) / 4, apart < 1, apart <= 3, np.log1p(apart / (1 + self._pauses()[:, None])) / 4)  # noqa: PLR2004

    def _own_authors(self) -> NDArray[np.intp]:
        return np.asarray(self.authors[self.rows, None])

    def _other_authors(self) -> NDArray[np.intp]:
        return np.asarray(self.authors[self.columns])

    def _people(self) -> Iterator[Flags]:
        own, other = self._own_authors(), self._other_authors()
        opens, opened = self.opens[self.rows, None], self.opens[self.columns]
        names, named, course = self._names_other(), self._named_by_other(), self.course
        yield own == other
        yield opens == other
        yield names
        yield (opens >= 0) & (opens != other)
        yield self.names[self.rows, None] & ~names
        yield opened == own
        yield named
        yield self.names[self.columns] & ~named
        yield (opened == opens) & (opens >= 0)
        yield course.spoke
        yield course.addressed
        yield course.spoke & names
        yield (own == other) & (self.back == 1)
        yield (own == other) & (course.between == self.back - 1)

    def _names_other(self) -> Flags:
        """Return whether each row's message names the author of the other."""
        found = np.zeros(self.columns.shape, dtype=bool)
        others = self._other_authors()
        for place in self.rows:
            for code in self.named[place]:
                row = place - self.rows[0]
                found[row] |= others[row] == code
        return found & self.exists

    def _named_by_other(self) -> Flags:
        """Return whether each row's author is named by the other message."""
        found, offset = np.zeros(self.columns.shape, dtype=bool), self.rows[0]
        for place, codes in enumerate(self.named):
            start = max(place + 1, offset)
            for code in codes:
                later = start + np.flatnonzero(self.authors[start : place + REACH + 1] == code)
                found[later - offset, later - place] = True
        return found

    def _words(self) -> tuple[Floats, Floats]:
        """Return the cosine of the words of both, weighed by rarity, and the weight of what they share."""
        counts = Counter(word for words in self.words for word in words)
        total = max(len(self.words), FEWEST)
        rarity = {word: math.log(total / count) for word, count in counts.items() if count > 1}
        table = {word: place for place, word in enumerate(rarity)}
        matrix = np.zeros((len(self.words), max(len(table), 1)), dtype=np.float32)
        lengths = np.ones(len(self.words), dtype=np.float32)
        for place, words in enumerate(self.words):
            for word in words & table.keys():
                matrix[place, table[word]] = rarity[word]
            lengths[place] = math.sqrt(sum(rarity.get(word, UNSHARED) ** 2 for word in words)) or 1.0
        shared = np.take_along_axis(matrix[self.rows] @ matrix.T, self.columns, axis=1)
        return shared / (lengths[self.rows, None] * lengths[self.columns]), np.sqrt(shared) / 8


class _Course:
    """Holds what happened between people before each row, in messages.

    `spoke` marks the last message of each author and `addressed` the last that named the row's author; `met` counts
    since either author named the other, `between` how often the other's author spoke meanwhile, `since` from the row's
    author's last message and `called` from where they were named.
    """

    def __init__(self, piece: _Piece) -> None:
        shape, rows = piece.columns.shape, len(piece.rows)
        self.spoke, self.addressed = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=bool)
        self.met = np.full(shape, LONG_AGO, dtype=np.float32)
        self.between = np.zeros(shape, dtype=np.float32)
        self.since, self.called = np.full(rows, LONG_AGO), np.full(rows, LONG_AGO)
        self._walk(piece)
        self.spoke &= piece.exists

    def _walk(self, piece: _Piece) -> None:
        people = int(piece.authors.max(initial=0)) + 1
        last, named, spoken = np.full(people, FAR), np.full(people, FAR), np.zeros(people, dtype=np.intp)
        met = np.full((people, people), FAR)
        rank = np.zeros(len(piece.authors), dtype=np.intp)
        offset = int(piece.rows[0])
        for place, author in enumerate(piece.authors.tolist()):
            if place >= offset:
                row, columns = place - offset, piece.columns[place - offset]
                others = piece.authors[columns]
                self.spoke[row] = last[others] == columns
                self.met[row] = np.minimum(place - met[author, others], LONG_AGO)
                self.between[row] = np.maximum(spoken[others] - rank[columns] - 1, 0)
                self.since[row] = min(place - int(last[author]), LONG_AGO)
                self.called[row] = min(place - int(named[author]), LONG_AGO)
                if self.called[row] <= REACH:
                    self.addressed[row, self.called[row]] = True
            last[author], rank[place] = place, spoken[author]
            spoken[author] += 1
            for code in piece.named[place]:
                named[code] = met[author, code] = met[code, author] = place
