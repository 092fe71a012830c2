"""Encoder-decoders that translate or summarise: T5, BART, mBART, MarianMT, M2M100, NLLB, PEGASUS and their like.

Greedy unless the binding asks for beams. A text longer than the model's window is refused: whoever asks splits it.
`nlp.inference.sources` lists the options of a binding.
"""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Self

import torch
from transformers import AutoModelForSeq2SeqLM, StoppingCriteria, StoppingCriteriaList
from transformers.modeling_outputs import BaseModelOutput

from nlp.hub.checkpoint import options_of
from nlp.inference.decoding.decoder import LINE, Decoder, Grouped
from nlp.inference.decoding.greedy import Row, Rules, Writer, as_tuple, decode, likeliest
from nlp.inference.decoding.kv_cache import growing_pair
from nlp.inference.decoding.lm_head import Output
from nlp.inference.gates import next_token_gate
from nlp.inference.loading import load_model, load_tokenizer
from nlp.inference.probe import Work, faster
from nlp.inference.sources import SourceReader, SourceText, WriterOptions
from nlp.inference.tokens import pad, token_limit
from nlp.jobs import Generated, Job, Prepared
from nlp.runtime.device import OnDevice
from nlp.runtime.quantize import is_quantized
from nlp.runtime.thread_pool import LEAST_ROWS, lanes_of
from nlp.scheduler.batching import Limits, padded
from nlp.scheduler.family import Binding

READ_AT_ONCE = 512  # padded tokens of source that a CPU's encoder takes together
MOST_AT_ONCE = 2_048  # the same for a few rows, since many groups would be many small steps
STEP = 32  # tokens that cost as much as a step's fixed part


class Seq2Seq(OnDevice):
    """A loaded encoder-decoder."""

    tasks: ClassVar[frozenset[str]] = frozenset({"translate", "summarize"})
    limits: ClassVar[Limits] = Limits(seconds=2.0, bulk_seconds=2.0, alone_seconds=8.0, rows=256, ragged=True)

    def __init__(self, model: Any, tokenizers: tuple[Any, Any], options: WriterOptions) -> None:
        self.model = model
        reader, self._speller = tokenizers  # one for each thread: setting a language changes a tokenizer
        self._options = options
        self._config = model.generation_config
        self._reader = SourceReader(reader, self._config, token_limit(model, reader), options)
        self._output = self._decoder = None
        if options.beams == 1 and model.config.model_type in LINE:
            self._output, self._decoder = Output(model), Decoder(model, kept(model))
        self._lanes = lanes_of(model)

    @classmethod
    def load(cls, binding: Binding, device: str) -> Self:
        """Load by AutoModelForSeq2SeqLM. Raises ModelUnavailable or ModelRefused."""
        options = options_of(WriterOptions, binding, "encoder-decoders")
        tokenizers = load_tokenizer(binding), load_tokenizer(binding)
        model = load_model(AutoModelForSeq2SeqLM, binding, device, next_token_gate(tokenizers[0]))
        return cls(model, tokenizers, options)

    def memory(self) -> int:
        """Return bytes of its weights, those included that were put together anew."""
        known = set(map(id, self.model.buffers()))
        anew = [
            each for part in (self._decoder, self._output) if part for each in part.buffers() if id(each) not in known
        ]
        return super().memory() + sum(each.numel() * each.element_size() for each in anew)

    # On the tokenising thread.

    def prepare(self, jobs: Sequence[Job]) -> list[Prepared | Exception]:
        """Tokenise, with the limits of each answer."""
        return self._reader.prepare(jobs)

    # On the worker thread.

    @torch.inference_mode()
    def run(self, batch: Sequence[Prepared], cancelled: Callable[[int], bool]) -> list[Any]:
        """Return one Generated per job."""
        sources: list[SourceText] = [job.inputs for job in batch]
        if self._options.beams > 1:
            return self._search(self._padded(sources), sources[0], cancelled)
        rows = [Row(source.limit, source.least, source.first) for source in sources]
        parts = shares([len(source.ids) for source in sources], self._lanes.count)

        def work(places: Sequence[int]) -> None:
            self._write([sources[i] for i in places], [rows[i] for i in places], lambda row: cancelled(places[row]))

        if len(parts) == 1:
            work(parts[0])
        else:
            self._lanes.each(work, parts)
        return self._spell([row.ids for row in rows], [row.cut for row in rows])

    @torch.inference_mode()
    def _write(self, sources: Sequence[SourceText], rows: Sequence[Row], cancelled: Callable[[int], bool]) -> None:
        """Fill the rows; sources of one length after another lie best."""
        inputs = self._padded(sources)
        start = torch.full((len(rows), 1), self._start(), device=self.model.device)
        decode(
            self._writer(sources, inputs),
            start,
            rows,
            Rules(self.model, self._config, start, inputs["input_ids"]),
            cancelled,
        )

    def _writer(self, sources: Sequence[SourceText], inputs: dict[str, torch.Tensor]) -> Writer:
        """Return the writer of the batch, with the encoder's work done."""
        if self._decoder is None or self._output is None:
            return EncoderDecoder(self.model, **inputs)
        groups = []
        for start, stop in spans([len(source.ids) for source in sources], self.model.device.type):
            read = self._padded(sources[start:stop])
            groups.append(
                self._decoder.remember(self.model.get_encoder()(**read).last_hidden_state, read["attention_mask"])
            )
        return Grouped(self._decoder, self._output, groups)

    def _padded(self, sources: Sequence[SourceText]) -> dict[str, torch.Tensor]:
        return pad([source.ids for source in sources], self._speller.pad_token_id or 0, self.model.device)

    def _start(self) -> int:
        start = self._config.decoder_start_token_id
        return next(iter(as_tuple(self._config.bos_token_id if start is None else start)))

    def _search(
        self, inputs: dict[str, torch.Tensor], shared: SourceText, cancelled: Callable[[int], bool]
    ) -> list[Generated]:
        """Run transformers' beam search, which can't drop rows; it stops early only once every caller has left."""
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
        """Return tokens as text."""
        texts = self._speller.batch_decode(rows, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return [Generated(text.strip(), len(row), short) for text, row, short in zip(texts, rows, cut, strict=True)]


class EncoderDecoder:
    """Any encoder-decoder that writes a batch: the encoder has run, the decoder keeps its caches between steps."""

    def __init__(self, model: Any, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> None:
        self._model = model
        self._mask = attention_mask
        self._states = model.get_encoder()(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        self._cache = growing_pair(model.config)

    @property
    def sizes(self) -> list[int]:
        """Return one group."""
        return [len(self._mask)]

    def step(self, newest: torch.Tensor) -> torch.Tensor:
        """Return scores of the next token, (rows, vocabulary)."""
        scores: torch.Tensor = self._model(
            encoder_outputs=BaseModelOutput(self._states),
            attention_mask=self._mask,
            decoder_input_ids=newest,
            past_key_values=self._cache,
            use_cache=True,
        ).logits[:, -1]
        return scores

    def pick(self, newest: torch.Tensor, never: Sequence[int]) -> torch.Tensor:
        """Return the likeliest next tokens, (rows,)."""
        return likeliest(self.step(newest), never)

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
        """Return one verdict for all rows, (rows,)."""
        del scores
        left = all(self._cancelled(row) for row in range(self._rows))
        return torch.full((len(input_ids),), left, dtype=torch.bool, device=input_ids.device)


def kept(model: Any) -> torch.dtype:
    """Return the dtype in which a decoder keeps keys and values and attends.

    That is its own, or bfloat16 where the CPU attends faster in it and int8 has rounded more coarsely already.
    """
    rounds = is_quantized(model) and "bfloat16" in faster(Work.ATTENTION)
    return torch.bfloat16 if rounds else model.dtype


def shares(lengths: Sequence[int], count: int) -> list[list[int]]:
    """Return the places of rows for each of at most `count` lanes, shortest first, so that all take about as long.

    A lane takes as many steps as its longest row has tokens, and a step costs as much as STEP tokens whatever rows
    there are: long rows keep apart from short ones.
    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    count = min(count, max(1, len(lengths) // LEAST_ROWS))
    most = max(lengths) * STEP + sum(lengths)
    low = most // count // 2
    while most - low > STEP:
        bound = (low + most) // 2
        low, most = (low, bound) if len(dealt(order, lengths, bound)) <= count else (bound, most)
    return dealt(order, lengths, most)


def dealt(order: Sequence[int], lengths: Sequence[int], most: int) -> list[list[int]]:
    """Return rows in order, a new part wherever one would cost more than `most`."""
    parts: list[list[int]] = []
    tokens = 0
    for place in order:
        if not parts or tokens + lengths[place] * (1 + STEP) > most:
            parts.append([])
            tokens = 0
        parts[-1].append(place)
        tokens += lengths[place]
    return parts


def spans(lengths: Sequence[int], device: str) -> list[tuple[int, int]]:
    """Return where groups of rows begin and end: a few hundred padded tokens each on a CPU, all rows on a GPU.

    `lengths` rises. Small groups pad little and fit into a CPU's cache; a GPU wants few calls.
    """
    starts = [0]
    for place, length in enumerate(lengths):
        size = place - starts[-1]
        most = READ_AT_ONCE if size >= LEAST_ROWS else MOST_AT_ONCE
        if device == "cpu" and size and padded(length) * (size + 1) > most:
            starts.append(place)
    return list(zip(starts, [*starts[1:], len(lengths)], strict=True))
