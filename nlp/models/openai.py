"""Models behind a server that speaks OpenAI's API: vLLM, TGI, Ollama, llama.cpp, LM Studio and their like.

Chat completions write summaries, answers and translations; embeddings make vectors. Answers come as streams, so that
people see them grow, and a stream that nobody reads any more is closed. Options of a binding, all optional:

instruction     how a summary is asked for, instead of the one in `nlp.text.prompts`
window          tokens of prompt and answer together, where the server would cut a longer prompt without a word
together        requests that wait for answers at the same time
languages       the ISO 639-1 codes between which it translates
query_prompt    what stands before a text that looks for others, as the embedder was trained
document_prompt what stands before a text that is found
rows            texts in one list of an embedder
extra           further fields of each request, which go before Parley's own
unlisted        true takes a model that the server doesn't list
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from nlp.errors import JobTooLong
from nlp.hub.checkpoint import options_of, refused
from nlp.jobs import Embed, Generate, Generated, Job, Prepared, Summarize, Translate, Turn, ignore
from nlp.remote import answers
from nlp.remote.events import events
from nlp.remote.lists import LIMITS, ask_in_lists
from nlp.remote.refusals import Passing, Wrong
from nlp.remote.server import Server
from nlp.remote.tokens import tokens_of
from nlp.scheduler.batching import Limits
from nlp.scheduler.family import Binding
from nlp.text.prompts import summary_prompt, translation_turns

SHOWN = 8  # names of models that an error lists
LONGEST_NAME = 80  # characters of each
LETTERS_A_TOKEN = 32  # of an answer at most; a server that writes on beyond its limit isn't read on
BYTES_AN_EVENT = 1 << 11  # of a stream, for each token
TOKENS_MORE = 2  # times as many tokens as its source may a translation have
SPARE_TOKENS = 32


@dataclass(frozen=True, slots=True)
class OpenAiOptions:
    """The options of a binding; the module says what each means."""

    instruction: str = ""
    window: int = 0
    together: int = 16
    languages: Sequence[str] = ()
    query_prompt: str = ""
    document_prompt: str = ""
    rows: int = 256
    extra: Mapping[str, Any] = field(default_factory=dict)
    unlisted: bool = False
    multilingual: bool = False


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns that a server is asked to go on from, and the tokens that it may write."""

    turns: tuple[Turn, ...]
    limit: int


class OpenAi:
    """A served model."""

    tasks: ClassVar[frozenset[str]] = frozenset({"generate", "summarize", "translate", "embed"})
    device = "a server"
    dtype = ""

    def __init__(self, server: Server, model: str, options: OpenAiOptions, *, embeds: bool) -> None:
        self._server = server
        self._model = model
        self._options = options
        self._dimensions = 0
        self.limits = (
            replace(LIMITS, rows=options.rows)
            if embeds
            else Limits(seconds=4.0, bulk_seconds=4.0, rows=1, workers=options.together)
        )

    @classmethod
    def load(cls, binding: Binding, device: str) -> Self:
        """Ask the server which models it has. Raises ModelUnavailable or ModelRefused."""
        del device
        options = options_of(OpenAiOptions, binding, "served models")
        server = Server(binding)
        listed = server.one(partial(listing, server))
        known = {name: window for name, window in listed.items() if name.removesuffix(":latest") == binding.model}
        known |= {binding.model: listed[binding.model]} if binding.model in listed else {}
        if not known and not options.unlisted:
            names = ", ".join(name[:LONGEST_NAME] for name in list(listed)[:SHOWN]) or "none"
            raise refused(binding, f"isn't among the models that {server.name} lists", f"It lists {names}.")
        window = options.window or max(known.values(), default=0)
        return cls(server, binding.model, replace(options, window=window), embeds=binding.task == "embed")

    # On the tokenising thread.

    def prepare(self, jobs: Sequence[Job]) -> list[Prepared | Exception]:
        """Write the prompts. Costs are guesses, since the server alone knows its tokens."""
        return [self._embedding(job) if isinstance(job, Embed) else self._conversation(job) for job in jobs]

    def _embedding(self, job: Embed) -> Prepared:
        text = job.behind(self._options.query_prompt, self._options.document_prompt)
        return Prepared(job, tokens_of(text), "embed", text)

    def _conversation(self, job: Any) -> Prepared | Exception:
        conversation = self._asked(job)
        length = sum(tokens_of(turn.content) for turn in conversation.turns)
        room = self._options.window - length if self._options.window else conversation.limit
        if room < 1:
            return JobTooLong(
                f"The prompt has about {length} tokens and the model reads {self._options.window}.",
                "Ask about less text.",
            )
        return Prepared(job, length, "write", replace(conversation, limit=min(conversation.limit, room)))

    def _asked(self, job: Generate | Summarize | Translate) -> Conversation:
        match job:
            case Generate():
                return Conversation(job.turns, job.max_tokens)
            case Summarize():
                prompt = summary_prompt(job.text, job.max_tokens, job.instruction or self._options.instruction)
                return Conversation((Turn("user", prompt),), job.max_tokens)
            case Translate():
                limit = TOKENS_MORE * tokens_of(job.text) + SPARE_TOKENS
                return Conversation(translation_turns(job.text, job.source, job.target), limit)

    # On the worker threads.

    def run(self, batch: Sequence[Prepared], cancelled: Callable[[int], bool]) -> list[Any]:
        """Return vectors from one request a list, or texts from one request each."""
        if batch[0].options == "embed":
            texts = [job.inputs for job in batch]
            return ask_in_lists(self._server, texts, self._vectors, self._options.rows, cancelled)
        return list(self._server.gather([partial(self._written, job) for job in batch], cancelled))

    def memory(self) -> int:
        """Return 0: the server holds the weights."""
        return 0

    # On the server's loop.

    async def _vectors(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        body = {"model": self._model, "input": list(texts), "encoding_format": "base64", **self._options.extra}
        most = (len(texts) + 1) * (answers.BYTES_A_VECTOR + answers.ROW)
        rows = answers.in_order(answers.field(await self._server.ask("embeddings", body, most), "data"), len(texts))
        vectors = answers.unit_rows([answers.field(row, "embedding") for row in rows], len(texts))
        self._dimensions = answers.same_width(vectors, self._dimensions)
        return list(vectors)

    async def _written(self, job: Prepared) -> Generated:
        conversation: Conversation = job.inputs
        generate = job.job if isinstance(job.job, Generate) else None
        draft = Draft(conversation.limit, generate.on_text if generate else ignore)
        body = {
            "model": self._model,
            "messages": [{"role": turn.role, "content": turn.content} for turn in conversation.turns],
            "max_tokens": conversation.limit,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
            **({"stop": list(generate.stop)} if generate and generate.stop else {}),
            **self._options.extra,
        }
        try:
            await self._read(body, draft)
        except Passing:
            if draft.shown:  # a second try would show its beginning twice
                raise self._server.refusals.broken_off() from None
            raise
        return Generated(draft.text.strip() if generate is None else draft.text, draft.tokens, draft.cut)

    async def _read(self, body: Mapping[str, Any], draft: "Draft") -> None:
        most = (draft.limit + 1) * BYTES_AN_EVENT + answers.ROW
        async with self._server.asked("chat/completions", body) as response:
            async for event in events(response, most):
                draft.take(event)
                if draft.full:
                    return
        if not draft.ended:
            raise Passing(self._server.refusals.broken_off())


class Draft:
    """A text as it is written. `limit` is the tokens that were asked for."""

    def __init__(self, limit: int, tell: Callable[[str], None]) -> None:
        self.limit = limit
        self.ended = ""
        self._tell = tell
        self._pieces: list[str] = []
        self._counted = 0

    @property
    def text(self) -> str:
        """Return what is written so far."""
        return "".join(self._pieces)[: self.limit * LETTERS_A_TOKEN]

    @property
    def tokens(self) -> int:
        """Return how many tokens it has: as the server counts, else one for each piece."""
        return self._counted or len(self._pieces)

    @property
    def full(self) -> bool:
        """Return whether it is longer than any answer of so many tokens."""
        return sum(map(len, self._pieces)) > self.limit * LETTERS_A_TOKEN

    @property
    def cut(self) -> bool:
        """Return whether it ended at its limit."""
        return self.full or self.ended == "length"

    @property
    def shown(self) -> bool:
        """Return whether somebody saw its beginning."""
        return self._tell is not ignore and bool(self._pieces)

    def take(self, event: Any) -> None:
        """Take in one document of a stream, or a whole answer. Raises Wrong."""
        if not isinstance(event, Mapping) or "error" in event:
            raise Wrong("an error in place of an answer")
        usage = event.get("usage")
        counted = usage.get("completion_tokens") if isinstance(usage, Mapping) else None
        if type(counted) is int and 0 < counted <= TOKENS_MORE * self.limit:
            self._counted = counted
        choices = event.get("choices")
        for choice in choices[:1] if isinstance(choices, list) else ():
            self._choose(choice)

    def _choose(self, choice: Any) -> None:
        said = choice.get("delta", choice.get("message")) if isinstance(choice, Mapping) else None
        if not isinstance(said, Mapping):
            raise Wrong("a stream in another form than that of its interface")
        piece = said.get("content")
        if isinstance(piece, str) and piece:
            self._pieces.append(piece)
            self._tell(piece)
        self.ended = str(choice.get("finish_reason") or self.ended)


async def listing(server: Server) -> dict[str, int]:
    """Return the models that a server lists, each with the tokens that it reads, 0 where that isn't told."""
    listed = answers.field(await server.ask("models"), "data")
    if not isinstance(listed, list):
        raise Wrong("no list of models")
    rows = [row for row in listed if isinstance(row, Mapping) and isinstance(row.get("id"), str)]
    windows = [row.get("max_model_len") for row in rows]
    return {row["id"]: size if type(size) is int else 0 for row, size in zip(rows, windows, strict=True)}
