"""Encoder-decoders that translate or summarise: T5, BART, mBART, MarianMT, M2M100, NLLB, PEGASUS and their like.

Greedy unless the binding asks for beams. A text longer than the model's window is refused: whoever asks splits it.
Options of a binding, all optional:

prefix          what stands before every text, with $source and $target: "translate $source to $target: "
codes           the model's own names of languages where its vocabulary doesn't tell: {en = "English"}
languages       the ISO 639-1 codes between which it translates (read by the core, not here)
beams           rows of a beam search, 1 for greedy; `length_penalty` belongs to it
max_tokens      bounds a translation; min_tokens overrules the checkpoint's own least length
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from string import Template
from typing import Any, ClassVar, Self

import torch
from transformers import AutoModelForSeq2SeqLM, StoppingCriteria, StoppingCriteriaList
from transformers.modeling_outputs import BaseModelOutput

from nlp.batching import Limits
from nlp.caches import growing_pair
from nlp.codes import resolve, set_source
from nlp.decoding import Row, Rules, as_tuple, decode
from nlp.errors import JobTooLong, UnsupportedPair
from nlp.family import Binding
from nlp.gates import next_token_gate
from nlp.jobs import Generated, Job, Prepared, Summarize, Translate
from nlp.loading import OnDevice, load_model, load_tokenizer, refused
from nlp.tokens import pad, token_limit

GROWTH, SPARE = 3, 16  # a translation has at most so many times its source's tokens, and so many more


@dataclass(frozen=True, slots=True)
class Options:
    """What a binding may set; the module says what each means."""

    prefix: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    languages: Sequence[str] = ()
    beams: int = 1
    length_penalty: float | None = None
    max_tokens: int | None = None
    min_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A tokenised text: `first` is the target language's token where the model wants one, limits are in tokens."""

    ids: Sequence[int]
    limit: int
    least: int = 0
    first: int | None = None


class Seq2Seq(OnDevice):
    """A loaded encoder-decoder."""

    tasks: ClassVar[frozenset[str]] = frozenset({"translate", "summarize"})
    limits: ClassVar[Limits] = Limits(seconds=2.0, bulk_seconds=2.0, rows=256)

    def __init__(self, model: Any, tokenizers: tuple[Any, Any], options: Options) -> None:
        self.model = model
        self._reader, self._speller = tokenizers  # one for each thread: setting a language changes a tokenizer
        self._options = options
        self._config = model.generation_config
        self._window = token_limit(model, self._reader)

    @classmethod
    def load(cls, binding: Binding, device: str) -> Self:
        """Load by AutoModelForSeq2SeqLM. Raises ModelUnavailable or ModelRefused."""
        try:
            options = Options(**binding.options)
        except TypeError as error:
            raise refused(binding, "has an option that encoder-decoders don't know", "See docs/models.md.") from error
        tokenizers = load_tokenizer(binding), load_tokenizer(binding)
        model = load_model(AutoModelForSeq2SeqLM, binding, device, next_token_gate(tokenizers[0]))
        return cls(model, tokenizers, options)

    # On the tokenising thread.

    def prepare(self, jobs: Sequence[Job]) -> list[Prepared | Exception]:
        """Tokenise, jobs of one pair of languages at a time, since a tokenizer may be set to its source language."""
        groups: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
        for i, job in enumerate(jobs):
            assert isinstance(job, Translate | Summarize)
            groups[pair_of(job)][i] = job.text
        made: dict[int, Prepared | Exception] = {}
        for (source, target), members in groups.items():
            try:
                sources = self._tokenise(list(members.values()), source, target)
            except UnsupportedPair as error:
                made.update(dict.fromkeys(members, error))
                continue
            made.update((i, self._bounded(jobs[i], *read)) for i, read in zip(members, sources, strict=True))
        return [made[i] for i in range(len(jobs))]

    def _tokenise(self, texts: Sequence[str], source: str, target: str) -> list[tuple[Sequence[int], int | None]]:
        """Token ids of each text and the token that must come first in its answer."""
        names = {"source": self._name(source), "target": self._name(target)}
        prefix = Template(self._options.prefix).substitute(names)
        first = None
        if source and self._marks_languages():
            own, other = self._token(source), self._token(target)
            set_source(self._reader, own)
            first = self._reader.convert_tokens_to_ids(other)
        elif target and getattr(self._reader, "supported_language_codes", None):
            prefix = f"{self._token(target)} {prefix}"
        rows = self._reader([prefix + text for text in texts], truncation=False, verbose=False)["input_ids"]
        return [(row, first) for row in rows]

    def _marks_languages(self) -> bool:
        """Whether the tokenizer puts a language's token before the text, as mBART, M2M100 and NLLB do."""
        return hasattr(self._reader, "src_lang")

    def _name(self, code: str) -> str:
        return self._options.codes.get(code, code)

    def _token(self, code: str) -> str:
        token = resolve(code, self._reader, self._options.codes)
        if token is None:
            raise UnsupportedPair("translate", f"The model has no language {code!r}.", "Ask for another language.")
        return token

    def _bounded(self, job: Job, ids: Sequence[int], first: int | None) -> Prepared | Exception:
        """The job with its limits, ready for a batch; an error if it is longer than the model's window."""
        if len(ids) > self._window:
            text = f"The text has {len(ids)} tokens and the model reads {self._window}."
            return JobTooLong(text, "Split it into shorter parts.")
        limit, least = self._bounds(job, len(ids))
        first = self._config.forced_bos_token_id if first is None else first
        source = Source(ids, limit, min(least, limit - 1), first)
        shared = (limit, source.least, first) if self._options.beams > 1 else ()
        return Prepared(job, len(ids), (type(job).__name__, *shared), source)

    def _bounds(self, job: Job, length: int) -> tuple[int, int]:
        """How many tokens an answer may and must have, its own start token not counted."""
        ceiling = (self._config.max_length or self._window) - 1
        least = self._options.min_tokens
        if least is None:
            least = max(self._config.min_new_tokens or 0, (self._config.min_length or 0) - 1, 0)
        if isinstance(job, Summarize):
            return min(job.max_tokens, self._window - 1), max(least, job.min_tokens)
        return self._options.max_tokens or min(ceiling, GROWTH * length + SPARE), least

    # On the worker thread.

    @torch.inference_mode()
    def run(self, batch: Sequence[Prepared], cancelled: Callable[[int], bool]) -> list[Any]:
        """One Generated per job."""
        sources: list[Source] = [job.inputs for job in batch]
        inputs = pad([source.ids for source in sources], self._reader.pad_token_id or 0, self.model.device)
        if self._options.beams > 1:
            return self._search(inputs, sources[0], cancelled)
        writer = EncoderDecoder(self.model, **inputs)
        start = torch.full((len(batch), 1), self._start(), device=self.model.device)
        rows = [Row(source.limit, source.least, source.first) for source in sources]
        rules = Rules(self.model, self._config, start, inputs["input_ids"])
        decode(writer, start, rows, rules, cancelled)
        return self._spell([row.ids for row in rows], [row.cut for row in rows])

    def _start(self) -> int:
        start = self._config.decoder_start_token_id
        return next(iter(as_tuple(self._config.bos_token_id if start is None else start)))

    def _search(
        self, inputs: dict[str, torch.Tensor], shared: Source, cancelled: Callable[[int], bool]
    ) -> list[Generated]:
        """Beam search by transformers, which can't drop rows; it stops early only once every caller has left."""
        penalty = self._options.length_penalty
        written = self.model.generate(
            **inputs,
            num_beams=self._options.beams,
            do_sample=False,
            max_length=shared.limit + 1,
            min_length=shared.least + 1 if shared.least else None,
            forced_bos_token_id=shared.first,
            stopping_criteria=StoppingCriteriaList([AllLeft(len(inputs["input_ids"]), cancelled)]),
            **({} if penalty is None else {"length_penalty": penalty}),
        )
        ends = {*as_tuple(self._config.eos_token_id), *as_tuple(self._config.pad_token_id)}
        rows = [row[1:] for row in written.tolist()]
        cut = [len(row) >= shared.limit and row[-1] not in ends for row in rows]
        return self._spell([[token for token in row if token not in ends] for row in rows], cut)

    def _spell(self, rows: Sequence[Sequence[int]], cut: Sequence[bool]) -> list[Generated]:
        """Tokens back to text."""
        texts = self._speller.batch_decode(rows, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return [Generated(text.strip(), len(row), short) for text, row, short in zip(texts, rows, cut, strict=True)]


class EncoderDecoder:
    """An encoder-decoder that writes a batch: the encoder has run, the decoder keeps its caches between steps."""

    def __init__(self, model: Any, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> None:
        self._model = model
        self._mask = attention_mask
        self._states = model.get_encoder()(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        self._cache = growing_pair(model.config)

    def step(self, newest: torch.Tensor) -> torch.Tensor:
        """Scores of the next token, (rows, vocabulary)."""
        return self._model(
            encoder_outputs=BaseModelOutput(self._states),
            attention_mask=self._mask,
            decoder_input_ids=newest,
            past_key_values=self._cache,
            use_cache=True,
        ).logits[:, -1]

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with these rows. The encoder's states live on in the cache; only their shape is still read."""
        self._mask = self._mask[rows]
        self._states = self._states[: len(rows)]
        self._cache.self_attention_cache.batch_select_indices(rows)
        self._cache.cross_attention_cache.batch_select_indices(rows)


class AllLeft(StoppingCriteria):
    """Stops a beam search that nobody waits for any more."""

    def __init__(self, rows: int, cancelled: Callable[[int], bool]) -> None:
        self._rows = rows
        self._cancelled = cancelled

    def __call__(self, input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        """One verdict for all rows, (rows,)."""
        del scores
        left = all(self._cancelled(row) for row in range(self._rows))
        return torch.full((len(input_ids),), left, dtype=torch.bool, device=input_ids.device)


def pair_of(job: Translate | Summarize) -> tuple[str, str]:
    """The languages of a job; a summary has none."""
    return (job.source, job.target) if isinstance(job, Translate) else ("", "")
