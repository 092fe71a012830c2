"""Encoder-decoders that translate or summarise: T5, BART, mBART, MarianMT, M2M100, NLLB, PEGASUS and their like.

Greedy unless the binding asks for beams. A text longer than the model's window is refused: whoever asks splits it.
`nlp.sources` lists the options of a binding.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import torch
from transformers import AutoModelForSeq2SeqLM, StoppingCriteria, StoppingCriteriaList
from transformers.modeling_outputs import BaseModelOutput

from nlp.batching import Limits
from nlp.caches import growing_pair
from nlp.decoding import Row, Rules, as_tuple, decode, likeliest
from nlp.family import Binding
from nlp.gates import next_token_gate
from nlp.jobs import Generated, Job, Prepared
from nlp.loading import OnDevice, load_model, load_tokenizer
from nlp.output import PLAIN, Output
from nlp.sources import Options, Source, SourceReader, options_of
from nlp.tokens import pad, token_limit


class Seq2Seq(OnDevice):
    """A loaded encoder-decoder."""

    tasks: ClassVar[frozenset[str]] = frozenset({"translate", "summarize"})
    limits: ClassVar[Limits] = Limits(seconds=2.0, bulk_seconds=2.0, rows=256, padding=1.5)

    def __init__(self, model: Any, tokenizers: tuple[Any, Any], options: Options) -> None:
        self.model = model
        reader, self._speller = tokenizers  # one for each thread: setting a language changes a tokenizer
        self._options = options
        self._config = model.generation_config
        self._output = Output(model) if model.config.model_type in PLAIN else None
        self._reader = SourceReader(reader, self._config, token_limit(model, reader), options)

    @classmethod
    def load(cls, binding: Binding, device: str) -> Self:
        """Load by AutoModelForSeq2SeqLM. Raises ModelUnavailable or ModelRefused."""
        options = options_of(binding)
        tokenizers = load_tokenizer(binding), load_tokenizer(binding)
        model = load_model(AutoModelForSeq2SeqLM, binding, device, next_token_gate(tokenizers[0]))
        return cls(model, tokenizers, options)

    # On the tokenising thread.

    def prepare(self, jobs: Sequence[Job]) -> list[Prepared | Exception]:
        """Tokenise, with the limits of each answer."""
        return self._reader.prepare(jobs)

    # On the worker thread.

    @torch.inference_mode()
    def run(self, batch: Sequence[Prepared], cancelled: Callable[[int], bool]) -> list[Any]:
        """One Generated per job."""
        sources: list[Source] = [job.inputs for job in batch]
        inputs = pad([source.ids for source in sources], self._speller.pad_token_id or 0, self.model.device)
        if self._options.beams > 1:
            return self._search(inputs, sources[0], cancelled)
        writer = EncoderDecoder(self.model, **inputs, output=self._output)
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

    def __init__(
        self, model: Any, input_ids: torch.Tensor, attention_mask: torch.Tensor, output: Output | None = None
    ) -> None:
        self._model = model
        self._output = output
        self._mask = attention_mask
        self._states = model.get_encoder()(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        self._cache = growing_pair(model.config)

    def step(self, newest: torch.Tensor) -> torch.Tensor:
        """Scores of the next token, (rows, vocabulary)."""
        return self._read(self._model, newest).logits[:, -1]

    def pick(self, newest: torch.Tensor, never: Sequence[int]) -> torch.Tensor:
        """The likeliest next tokens, (rows,)."""
        if self._output is None:
            return likeliest(self.step(newest), never)
        return self._output.pick(self._read(self._model.model, newest).last_hidden_state[:, -1], never)

    def _read(self, module: Any, newest: torch.Tensor) -> Any:
        return module(
            encoder_outputs=BaseModelOutput(self._states),
            attention_mask=self._mask,
            decoder_input_ids=newest,
            past_key_values=self._cache,
            use_cache=True,
        )

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
