"""Encoder-decoders run by CTranslate2, which is faster than PyTorch at them on a CPU: int8 there, float16 on a GPU.

The same options as `seq2seq`, listed in `nlp.inference.sources`; needs the extra `fast`. A model is converted on first
use and kept in the cache folder. Of a checkpoint's generation config it follows lengths, forced first tokens, n-grams
and the repetition penalty; one that asks for more is refused, since its words would differ.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Self

from transformers import AutoConfig, GenerationConfig

from nlp.errors import ModelUnavailable
from nlp.hub.checkpoint import check_folder, find_folder, options_of, refused
from nlp.inference.loading import load_tokenizer
from nlp.inference.sources import SourceReader, SourceText, WriterOptions
from nlp.inference.tokens import LONGEST_GUESS
from nlp.jobs import Generated, Job, Prepared
from nlp.runtime.device import choose_device, granted_threads
from nlp.scheduler.batching import Limits
from nlp.scheduler.family import Binding

AUTO = {"cpu": "int8", "cuda": "float16"}  # CTranslate2 turns float16 on old GPUs into what they have
AT_ONCE = 2_048  # padded tokens that it takes at a time, sorted by length; all rows at once were half as fast
FEWEST = 8  # rows that it takes together however long: a step for eight costs hardly more than for one
BEYOND = ("encoder_repetition_penalty", "encoder_no_repeat_ngram_size", "begin_suppress_tokens", "sequence_bias")


class CTranslate:
    """A converted encoder-decoder."""

    tasks: ClassVar[frozenset[str]] = frozenset({"translate", "summarize"})
    limits: ClassVar[Limits] = Limits(seconds=2.0, bulk_seconds=2.0, alone_seconds=8.0, rows=512, ragged=True)

    def __init__(
        self, translator: Any, size: int, tokenizers: tuple[Any, Any], rules: Any, options: WriterOptions
    ) -> None:
        self.translator = translator
        self._size = size
        self._reader, self._speller = tokenizers
        self._rules = rules
        self._options = options
        self._never = [self._tokens(word) for word in forbidden(rules)]

    @classmethod
    def load(cls, binding: Binding, device: str) -> Self:
        """Convert if need be, and load. Raises ModelUnavailable or ModelRefused."""
        if find_spec("ctranslate2") is None:
            remedy = 'Install Parley with its extra "fast", or set family = "seq2seq".'
            raise ModelUnavailable(binding.task, "CTranslate2 is not installed.", remedy)
        options = options_of(WriterOptions, binding, "encoder-decoders")
        folder = find_folder(binding)
        check_folder(folder, binding)
        reader, speller = load_tokenizer(binding), load_tokenizer(binding)  # setting a language changes a tokenizer
        shape = AutoConfig.from_pretrained(folder, local_files_only=True)
        rules = rules_of(folder, shape, binding)
        window = min(getattr(shape, "max_position_embeddings", None) or LONGEST_GUESS, reader.model_max_length)
        translator, size = opened(binding, folder, device, options.cache)
        return cls(translator, size, (SourceReader(reader, rules, window, options), speller), rules, options)

    @property
    def device(self) -> str:
        """Return where it runs."""
        return str(self.translator.device)

    @property
    def dtype(self) -> str:
        """Return what its products are computed in."""
        return str(self.translator.compute_type)

    def memory(self) -> int:
        """Return bytes of its weights as converted, which is how CTranslate2 holds them."""
        return self._size

    def prepare(self, jobs: Sequence[Job]) -> list[Prepared | Exception]:
        """Tokenise, with the limits of each answer; a batch has one least length, so it joins the options."""
        return [
            replace(made, options=(made.options, made.inputs.least)) if isinstance(made, Prepared) else made
            for made in self._reader.prepare(jobs)
        ]

    def run(self, batch: Sequence[Prepared], cancelled: Callable[[int], bool]) -> list[Any]:
        """Return one Generated per job."""
        sources: list[SourceText] = [job.inputs for job in batch]
        penalty, rules = self._options.length_penalty, self._rules
        results = self.translator.translate_batch(
            [self._tokens(source.ids) for source in sources],
            max_batch_size=max(AT_ONCE, FEWEST * max(len(source.ids) for source in sources)),
            batch_type="tokens",
            target_prefix=[self._tokens([] if source.first is None else [source.first]) for source in sources],
            beam_size=self._options.beams,
            length_penalty=(rules.length_penalty or 1.0) if penalty is None else penalty,
            max_decoding_length=max(source.limit for source in sources),
            min_decoding_length=max(1, sources[0].least),
            no_repeat_ngram_size=rules.no_repeat_ngram_size or 0,
            repetition_penalty=rules.repetition_penalty or 1.0,
            suppress_sequences=self._never or None,
            callback=ending(sources, cancelled) if self._options.beams == 1 else None,
        )
        last = 1 if rules.forced_eos_token_id is not None else 0  # PyTorch's last token is then an end, and not kept
        rows = [found.hypotheses[0][: source.limit - last] for found, source in zip(results, sources, strict=True)]
        ids = [self._speller.convert_tokens_to_ids(row) for row in rows]
        texts = self._speller.batch_decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
        return [
            Generated(text.strip(), len(row), cut=len(row) >= source.limit - last)
            for text, row, source in zip(texts, rows, sources, strict=True)
        ]

    def _tokens(self, ids: Iterable[int]) -> list[str]:
        return self._speller.convert_ids_to_tokens(list(ids))


def opened(binding: Binding, folder: Path, device: str, cache: str) -> tuple[Any, int]:
    """Return a translator on the device and the bytes of its weights. Raises ModelRefused for another dtype."""
    from nlp.inference.conversion import converted, offered, translator_of  # noqa: PLC0415 - needs the optional extra

    place = choose_device(device)
    kind = AUTO[place.type] if binding.dtype == "auto" else binding.dtype
    if kind != AUTO[place.type] and kind not in offered(place.type):
        remedy = 'Set its dtype to auto or family = "seq2seq".'
        raise refused(binding, f"can't run in {kind} by CTranslate2 on this {place.type}", remedy)
    home = converted(binding, folder, kind, cache)
    return translator_of(home, place.type, kind, granted_threads()), (home / "model.bin").stat().st_size


def rules_of(folder: Path, shape: Any, binding: Binding) -> Any:
    """Return the checkpoint's generation config. Raises ModelRefused for one that CTranslate2 can't follow."""
    if (folder / "generation_config.json").is_file():
        rules = GenerationConfig.from_pretrained(folder, local_files_only=True)
    else:
        rules = GenerationConfig.from_model_config(shape)
    if beyond := next((name for name in BEYOND if getattr(rules, name) not in (None, 1.0, 0, [])), None):
        raise refused(binding, f"asks for {beyond}, which CTranslate2 doesn't know", 'Set family = "seq2seq".')
    return rules


def forbidden(rules: Any) -> list[list[int]]:
    """Return the sequences of tokens that an answer may not hold.

    Marian's converted vocabulary lacks the padding as it is.
    """
    words = [list(word) for word in rules.bad_words_ids or ()] + [[token] for token in rules.suppress_tokens or ()]
    return [word for word in words if word not in ([rules.pad_token_id], [rules.eos_token_id])]


def ending(sources: Sequence[SourceText], cancelled: Callable[[int], bool]) -> Callable[[Any], bool]:
    """Return a callback that tells CTranslate2 when a row ends: at its own limit, or because its caller left."""

    def ends(step: Any) -> bool:
        return step.step >= sources[step.batch_id].limit - 1 or cancelled(step.batch_id)

    return ends
