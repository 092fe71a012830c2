"""Models behind text-embeddings-inference: `/embed` for vectors, `/predict` for moods and entailment.

A server has one model and says which: another one than the binding names is refused, and so is one of another kind.
Texts go as lists of the length that it takes. It cuts a text that is longer than its model; premises are therefore sent
in pieces, of which the one that says most for the sentence counts. Options of a binding, all optional:

labels          what the model's labels mean, as for the families classifier and entailment
query_prompt    what stands before a text that looks for others, as the embedder was trained
document_prompt what stands before a text that is found
unlisted        true takes a server that gives its model another name, such as its folder
multilingual    true hands texts of every language to a classifier as they are
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from nlp.hub.checkpoint import options_of, refused
from nlp.inference.labels import moods, named
from nlp.inference.roles import ROLES, roles_of
from nlp.jobs import Classify, Embed, Entail, Entailment, Job, Prepared, Sentiment
from nlp.remote import answers
from nlp.remote.lists import LIMITS, ask_in_lists
from nlp.remote.refusals import Wrong
from nlp.remote.server import Server
from nlp.remote.tokens import BYTES, tokens_of
from nlp.scheduler.batching import Limits
from nlp.scheduler.family import Binding

NEEDS = {"embed": "embedding", "sentiment": "classifier", "entail": "classifier"}
LISTED, LONGEST = 32, 512  # texts of a list and tokens of a text, where a server doesn't say
LEAST_PIECE, OVERLAP = 200, 100  # letters of a premise that are read at once, and that neighbouring pieces share


@dataclass(frozen=True, slots=True)
class TeiOptions:
    """The options of a binding; the module says what each means."""

    labels: Mapping[str, str] = field(default_factory=dict)
    query_prompt: str = ""
    document_prompt: str = ""
    unlisted: bool = False
    multilingual: bool = False


@dataclass(frozen=True, slots=True)
class TeiModel:
    """A server's word on its model: name, commit, kind, labels in their order, and how much it takes."""

    name: str
    commit: str
    kind: str
    labels: tuple[str, ...]
    rows: int
    tokens: int


class Tei:
    """A served model."""

    tasks: ClassVar[frozenset[str]] = frozenset(NEEDS)
    limits: ClassVar[Limits] = LIMITS
    device = "a server"
    dtype = ""

    def __init__(self, server: Server, model: TeiModel, meanings: Sequence[str], options: TeiOptions) -> None:
        self._server = server
        self._model = model
        self._meanings = tuple(meanings)
        self._options = options
        self._dimensions = 0

    @classmethod
    def load(cls, binding: Binding, device: str) -> Self:
        """Ask the server what its model is. Raises ModelUnavailable or ModelRefused."""
        del device
        options = options_of(TeiOptions, binding, "served models")
        server = Server(binding)
        model = server.one(partial(told, server))
        if not options.unlisted:
            check_name(model, binding, server.name)
        if model.kind != NEEDS[binding.task]:
            what = f"is of the kind {model.kind or 'unknown'} at {server.name}, and {NEEDS[binding.task]} is needed"
            raise refused(binding, what, "Bind another server, or another task.")
        labels = dict(enumerate(model.labels))
        meant = moods if binding.task == "sentiment" else roles_of
        return cls(server, model, () if binding.task == "embed" else meant(labels, binding), options)

    # On the tokenising thread.

    def prepare(self, jobs: Sequence[Job]) -> list[Prepared | Exception]:
        """Write what is sent. Costs are guesses, since the server alone knows its tokens."""
        return [self._prepare(job) for job in jobs]

    def _prepare(self, job: Job) -> Prepared:
        match job:
            case Embed():
                text = job.behind(self._options.query_prompt, self._options.document_prompt)
                return Prepared(job, tokens_of(text), "embed", [text])
            case Entail():
                room = self._model.tokens * BYTES - len(job.hypothesis)
                pairs = [[piece, job.hypothesis] for piece in pieces(job.premise, max(room, LEAST_PIECE))]
                return Prepared(job, sum(tokens_of("".join(pair)) for pair in pairs), "entail", pairs)
            case Classify():
                return Prepared(job, tokens_of(job.text), "classify", [[job.text]])
        raise TypeError(type(job).__name__)

    # On the worker threads.

    def run(self, batch: Sequence[Prepared], cancelled: Callable[[int], bool]) -> list[Any]:
        """Return vectors, moods or entailments; what is sent of several jobs shares lists."""
        owners = [place for place, job in enumerate(batch) for _ in job.inputs]
        rows = [row for job in batch for row in job.inputs]
        ask = self._vectors if batch[0].options == "embed" else self._chances
        made = ask_in_lists(self._server, rows, ask, self._model.rows, lambda i: cancelled(owners[i]))
        parts: list[list[Any]] = [[] for _ in batch]
        for owner, row in zip(owners, made, strict=True):
            parts[owner].append(row)
        return [self._result(job, part) for job, part in zip(batch, parts, strict=True)]

    def _result(self, job: Prepared, parts: Sequence[Any]) -> Any:
        failures = [part for part in parts if isinstance(part, Exception)]
        if failures or job.options == "embed":
            return (failures or parts)[0]
        if job.options == "classify":
            return mood(parts[0], self._meanings)
        return max((entailment(part, self._meanings) for part in parts), key=lambda each: each.entailment)

    def memory(self) -> int:
        """Return 0: the server holds the weights."""
        return 0

    # On the server's loop.

    async def _vectors(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        most = (len(texts) + 1) * answers.BYTES_A_VECTOR
        rows = await self._server.ask("embed", {"inputs": list(texts), "truncate": True, "normalize": True}, most)
        vectors = answers.unit_rows(rows, len(texts))
        self._dimensions = answers.same_width(vectors, self._dimensions)
        return list(vectors)

    async def _chances(self, inputs: Sequence[Sequence[str]]) -> list[list[float]]:
        most = (len(inputs) + 1) * answers.ROW
        body = {"inputs": list(inputs), "truncate": True, "raw_scores": False}
        rows = await self._server.ask("predict", body, most)
        answers.check_rows(rows, len(inputs))
        return [answers.chances(row, self._model.labels) for row in rows]


def check_name(model: TeiModel, binding: Binding, host: str) -> None:
    """Refuse a server whose model has another name, or another commit than the pinned one. Raises ModelRefused."""
    if model.name != binding.model:
        remedy = "Correct model or url; options = { unlisted = true } takes it as it is."
        raise refused(binding, f"isn't the model of {host}, which is {model.name[:80]!r}", remedy)
    if binding.revision and model.commit and model.commit != binding.revision:
        raise refused(binding, f"has another commit at {host} than the pinned one", "Correct revision, or the server.")


async def told(server: Server) -> TeiModel:
    """Return what a server says of its model. Raises Wrong for what isn't said as its interface says it."""
    page = await server.ask("info")
    name, kinds = str(answers.field(page, "model_id")), answers.field(page, "model_type")
    if not isinstance(kinds, Mapping) or len(kinds) != 1:
        raise Wrong("no kind of its model")
    kind, facts = next(iter(kinds.items()))
    named_labels = facts.get("id2label") if isinstance(facts, Mapping) else None
    labels = named_labels if isinstance(named_labels, Mapping) else {}
    order = sorted((place for place in labels if str(place).isdecimal()), key=int)
    return TeiModel(
        name,
        str(page.get("model_sha") or ""),
        str(kind).lower(),
        tuple(str(labels[place]) for place in order),
        positive(page.get("max_client_batch_size"), LISTED),
        positive(page.get("max_input_length"), LONGEST),
    )


def positive(number: Any, otherwise: int) -> int:
    """Return a whole number above zero that a server told, or the other where it told none."""
    return number if type(number) is int and number > 0 else otherwise


def mood(chances: Sequence[float], meanings: Sequence[str]) -> Sentiment:
    """Return the probabilities as a Sentiment; those of a model with several labels a text are shared out."""
    total = sum(chances) or 1.0
    return named([chance / total for chance in chances], meanings)


def entailment(chances: Sequence[float], meanings: Sequence[str]) -> Entailment:
    """Return the probabilities of the three roles."""
    total = sum(chances) or 1.0
    return Entailment(
        *(
            sum(chance for chance, meant in zip(chances, meanings, strict=True) if meant == role) / total
            for role in ROLES
        )
    )


def pieces(text: str, longest: int) -> list[str]:
    """Return a text in pieces of at most so many letters that overlap, cut at spaces where there are any."""
    parts: list[str] = []
    start = 0
    while len(text) - start > longest:
        end = text.rfind(" ", start + longest // 2, start + longest)
        end = end if end > 0 else start + longest
        parts.append(text[start:end])
        start = max(end - OVERLAP, start + 1)
    return [*parts, text[start:]]
