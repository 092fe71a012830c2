"""A written summary of a conversation, block by block, each sentence checked against the messages and kept for later.

The smallest blocks (`bot/summaries/blocks.py`) are written from their messages, one discussion after the other; a
larger one from what is verified of its parts, if those say more than one reader wants. What a block came to is kept
beside the messages it rests on, so that an edit or a deletion costs that block and those above it, and a grown channel
the new part only. Knows no intent.
"""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adapters.chat import Message, Progress, ignore
from bot.conversation.quoting import shortened
from bot.discussions.graph import ReplyGraph
from bot.errors import NOT_NOW
from bot.history import Derived, History, Scope
from bot.history.derived.derivation import fingerprint
from bot.retrieval.grounding import DOUBTFUL, Support, checked, spoken_by
from bot.services import Services
from bot.summaries.blocks import Block
from bot.summaries.writing import Line, Order, Written, write
from nlp.core import Core
from nlp.errors import JobFailed
from nlp.hub.model_card import MeasuredMetric
from nlp.text.extractive import Passages, choose

KIND = "summary block"
VERSION = "2"  # of the prompts, of how blocks are cut and of what is kept; another one starts anew
A_DISCUSSION, A_WHOLE = 2, 10  # sentences of a discussion, and of a larger block
A_REST = 4  # sentences of the messages of a block that belong to no discussion
PASSED = 12  # sentences of the parts that are not summed up again
AT_ONCE = 32  # blocks at work together: enough to fill batches, few enough for the queue
MOST_WORDS = 400  # of all sentences of a larger block together
LONGEST_LINE = 4_000  # characters of one message that a model reads


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence about the messages with these ids; `verified` says that they support it."""

    text: str
    sources: tuple[str, ...]
    verified: bool = True


@dataclass(frozen=True, slots=True)
class BlockSummary:
    """Holds what a block came to; `dropped` sentences had no support, `failed` blocks could not be written."""

    claims: tuple[Claim, ...] = ()
    dropped: int = 0
    failed: int = 0

    def __add__(self, other: "BlockSummary") -> "BlockSummary":
        """Return what both came to; a sentence that both say stands once."""
        claims = tuple(dict.fromkeys((*self.claims, *other.claims)))
        return BlockSummary(claims, self.dropped + other.dropped, self.failed + other.failed)

    def document(self) -> dict[str, Any]:
        """Return it as it is kept."""
        claims = [[claim.text, claim.sources, claim.verified] for claim in self.claims]
        return {"claims": claims, "dropped": self.dropped, "failed": self.failed}


@dataclass(frozen=True)
class SummaryMaterial:
    """Holds what is summed up for whom: the tree, a vector for each message id, and what is asked for.

    Where it is to be `fresh`, nothing that was kept is used.
    """

    whole: Block
    vectors: Mapping[str, NDArray[np.float32]]
    scope: Scope
    focus: str = ""
    fresh: bool = False
    on_progress: Callable[[Progress], None] = ignore
    on_text: Callable[[str], None] | None = None


async def account(material: SummaryMaterial, services: Services) -> BlockSummary:
    """Return what the whole came to. Raises ModelUnavailable, and JobTooLong for a model that reads too little."""
    writer = await asyncio.to_thread(_Writer, material, services)  # reads every text for its fingerprint
    await services.history.run(writer.recall)
    return await writer.of(material.whole)


@dataclass
class _Writer:
    """One account in the making."""

    material: SummaryMaterial
    services: Services
    known: dict[str, BlockSummary] = field(default_factory=dict)
    prints: dict[int, str] = field(default_factory=dict)
    done: int = 0
    total: int = 0

    def __post_init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._print(self.material.whole)

    @cached_property
    def _models(self) -> dict[str, MeasuredMetric]:
        """Return what the result depends on besides the messages, by task."""
        core = self.services.core
        tasks = ("summarize", "embed", *(["entail"] if core.bound("entail") else []))
        return {task: core.measured(task) for task in tasks}

    @property
    def _model(self) -> str:
        """Return the models in the arithmetic in which they compute here."""
        core = self.services.core
        return named(model.key_in(core.computed_in(task)) for task, model in self._models.items())

    @cached_property
    def _alike(self) -> tuple[str, ...]:
        """Return the models in every arithmetic in which their results count, here or on another machine."""
        return tuple(named(keys) for keys in product(*(model.keys for model in self._models.values())))

    def _print(self, block: Block) -> str:
        """Return the fingerprint of what the block says, for it and all its parts."""
        prints = [self._print(part) for part in block.parts] or [
            text for message in block.messages for text in (message.id, message.author.name, message.text)
        ]
        self.prints[id(block)] = fingerprint(prints)
        return self.prints[id(block)]

    def _name(self, block: Block) -> str:
        """Return the name under which it is kept: its start and its height, so that a newer one takes its place."""
        return fingerprint([block.messages[0].id, str(height(block)), self.material.focus])

    def recall(self, history: History) -> None:
        """Find what is kept, from the top; what is below a block that is known needn't be looked for."""
        self.known.clear()
        for block in self._missing(self.material.whole, history):
            self.total += not block.parts

    def _missing(self, block: Block, history: History) -> Iterator[Block]:
        kept = self._kept(block, history)
        lines = read(kept, self.prints[id(block)]) if kept else None
        if lines is not None:
            self.known[self.prints[id(block)]] = lines
            return
        yield block
        for part in block.parts:
            yield from self._missing(part, history)

    def _kept(self, block: Block, history: History) -> str | None:
        if self.material.fresh:
            return None
        return history.derived(self.material.scope, KIND, self._name(block), *self._alike)

    async def of(self, block: Block) -> BlockSummary:
        """Return what the block came to, kept or made now."""
        if (known := self.known.get(self.prints[id(block)])) is not None:
            return known
        lines = await (self._merged(block) if block.parts else self._read(block))
        self.known[self.prints[id(block)]] = lines
        if not lines.failed:
            await self._keep(block, lines)
        return lines

    async def _read(self, block: Block) -> BlockSummary:
        """Return a smallest block, from its messages: a discussion at a time, then what belongs to none."""
        told = BlockSummary()
        async with self._turns:
            for messages, sentences in await asyncio.to_thread(discussed, block.messages):
                lines = [
                    Line(message.author.name, shortened(message.text, LONGEST_LINE), place)
                    for place, message in enumerate(messages)
                    if message.text.strip()
                ]
                told += await self._checked(lines, [(message,) for message in messages], sentences, block)
        self.done += 1
        self.material.on_progress(Progress("summarising block", self.done, self.total))
        return told

    async def _merged(self, block: Block) -> BlockSummary:
        """Return a larger block, from what its parts came to."""
        parts = await asyncio.gather(*map(self.of, block.parts))
        dropped, failed = sum(part.dropped for part in parts), sum(part.failed for part in parts)
        claims = tuple(claim for part in parts for claim in part.claims)
        if len(claims) <= PASSED:
            return BlockSummary(claims, dropped, failed)
        supported = tuple(claim for claim in claims if claim.verified)
        dropped += len(claims) - len(supported)
        if len(supported) <= PASSED:
            return BlockSummary(supported, dropped, failed)
        messages = {message.id: message for message in block.messages}
        proofs = [tuple(messages[id_] for id_ in claim.sources) for claim in supported]
        lines = [Line("", claim.text, place) for place, claim in enumerate(supported)]
        if block is self.material.whole:
            self.material.on_progress(Progress("joining the blocks"))
        async with self._turns:
            accepted = await self._checked(lines, proofs, A_WHOLE, block)
        return BlockSummary(
            accepted.claims or self._best(supported), dropped + accepted.dropped, failed + accepted.failed
        )

    def _best(self, claims: Sequence[Claim]) -> tuple[Claim, ...]:
        """Return the sentences that say most, for a model that could not say them again."""
        rows = np.stack([self.material.vectors[claim.sources[0]] for claim in claims])
        passages = Passages([claim.text for claim in claims], rows, [""] * len(claims), np.ones(len(claims)))
        return tuple(claims[place] for place in sorted(choose(passages, A_WHOLE, MOST_WORDS)))

    async def _checked(
        self, lines: Sequence[Line], proofs: Sequence[tuple[Message, ...]], sentences: int, block: Block
    ) -> BlockSummary:
        """Return what a model writes about the lines, each sentence with those of their proofs that support it."""
        if not lines:
            return BlockSummary()
        heard = self.material.on_text if block is self.material.whole else None
        order = Order(sentences, self.material.focus)
        try:
            written = await write(lines, order, self.services.core, heard)
        except JobFailed:
            return BlockSummary(failed=1)
        supports = await supported(written, proofs, self.material.vectors, self.services.core)
        claims = tuple(Claim(each.claim, ids(each.sources), each.verified) for each in supports if shown(each))
        return BlockSummary(claims, len(written) - len(claims))

    async def _keep(self, block: Block, made: BlockSummary) -> None:
        place, now = block.messages[0].place, self.prints[id(block)]
        value = json.dumps({"of": now, **made.document()}, ensure_ascii=False)
        derived = Derived(KIND, self._name(block), self._model, value, self._alike)
        with suppress(*NOT_NOW):  # it is written again the next time
            await self.services.history.run(lambda history: history.keep_derived(place, derived, block.messages))


async def supported(
    written: Sequence[Written],
    proofs: Sequence[tuple[Message, ...]],
    vectors: Mapping[str, NDArray[np.float32]],
    core: Core,
) -> list[Support]:
    """Return the support of each sentence, by the messages it cites or else by any. `vectors` are by message id."""

    async def against(claims: Sequence[str], messages: Sequence[Message]) -> Sequence[Support]:
        rows = np.stack([vectors[message.id] for message in messages])
        return await checked(claims, messages, rows, core) if claims else ()

    everything = unique(proofs)
    named = [_named(each, proofs, everything) for each in written]
    first = [await against([each.text], cited) for each, cited in zip(written, named, strict=True) if cited]
    sure = {support.claim: support for (support,) in first if support.verified}
    rest = [each.text for each in written if each.text not in sure]
    sure |= {support.claim: support for support in await against(rest, everything)}
    return [sure[each.text] for each in written]


def _named(sentence: Written, proofs: Sequence[tuple[Message, ...]], everything: Sequence[Message]) -> list[Message]:
    """Return the messages that a sentence cites, none where it opens with the name of somebody who wrote others."""
    cited = unique([proofs[place] for place in sentence.cites])
    foreign = spoken_by(sentence.text, everything) and not spoken_by(sentence.text, cited)
    return [] if foreign else cited


def discussed(messages: Sequence[Message]) -> list[tuple[list[Message], int]]:
    """Return the discussions of some messages, in which one answers another, then what is left; with their sentences.

    Where one person alone speaks, or nobody is answered, all is one.
    """
    whole = ReplyGraph.of(messages).discussions()
    found = [[messages[place] for place in places] for places in whole if len(places) > 1]
    left = [messages[places[0]] for places in whole if len(places) == 1]
    rest = [(left, A_REST)] if left else []
    return [*((said, A_DISCUSSION if rest or len(found) > 1 else A_REST) for said in found), *rest]


def named(keys: Iterable[str]) -> str:
    """Return the name of what several models made together."""
    return "|".join([VERSION, *keys])


def read(kept: str, of: str) -> BlockSummary | None:
    """Return what is kept, or None for one of other words."""
    document = json.loads(kept)
    if document["of"] != of:
        return None
    claims = tuple(Claim(text, tuple(sources), verified) for text, sources, verified in document["claims"])
    return BlockSummary(claims, document["dropped"], document["failed"])


def height(block: Block) -> int:
    """Return how many levels lie under a block."""
    return 1 + max(map(height, block.parts)) if block.parts else 0


def shown(support: Support) -> bool:
    """Return whether anything speaks for it, so that it may be shown, as unverified if need be."""
    return support.verified or (support.entailed is not False and support.score >= DOUBTFUL)


def ids(messages: Sequence[Message]) -> tuple[str, ...]:
    """Return the ids of messages."""
    return tuple(message.id for message in messages)


def unique(proofs: Sequence[tuple[Message, ...]]) -> list[Message]:
    """Return all messages of the proofs, each once, in their order."""
    return list({message.id: message for proof in proofs for message in proof}.values())
