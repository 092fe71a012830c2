"""Causal models with a chat template: GPT-2 shapes, Llama, Qwen, SmolLM, Gemma and their like.

They continue conversations and, asked by an instruction, summarise. Greedy. What the prompts of a batch begin with in
common is read once. On CUDA the batch goes through transformers' continuous batching where the model's rules allow.
Options of a binding, all optional:

template        a chat template in Jinja, for a model that brings none
instruction     how a summary is asked for, instead of the one in `nlp.text.prompts`
window          tokens of prompt and answer together, where the model allows more than the memory
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, ClassVar, Self

import torch
from jinja2.exceptions import TemplateError
from transformers import AutoModelForCausalLM

from nlp.errors import JobTooLong
from nlp.hub.chat_template import check_templates
from nlp.hub.checkpoint import options_of, refused
from nlp.inference.decoding.continuous import Continuous
from nlp.inference.decoding.greedy import Row, Rules, decode, likeliest
from nlp.inference.decoding.kv_cache import GrowingLayer, growing
from nlp.inference.decoding.streamer import Speech
from nlp.inference.gates import next_token_gate
from nlp.inference.loading import load_model, load_tokenizer
from nlp.inference.tokens import token_limit
from nlp.jobs import Generate, Generated, Job, Prepared, Summarize, Turn, ignore
from nlp.runtime.device import OnDevice
from nlp.scheduler.batching import Limits, padded
from nlp.scheduler.family import Binding
from nlp.text.prompts import summary_prompt

WORTH_SHARING = 16  # tokens in common from which one more pass for them pays


@dataclass(frozen=True, slots=True)
class CausalOptions:
    """The options of a binding; the module says what each means."""

    template: str = ""
    instruction: str = ""
    window: int = 1 << 20


@dataclass(frozen=True, slots=True)
class CausalPrompt:
    """A tokenised conversation; limits are in tokens of the answer."""

    ids: Sequence[int]
    limit: int
    least: int = 0


class Causal(OnDevice):
    """A loaded causal model."""

    tasks: ClassVar[frozenset[str]] = frozenset({"generate", "summarize"})
    limits: ClassVar[Limits] = Limits(seconds=4.0, bulk_seconds=4.0, alone_seconds=16.0, rows=64, padding=2.0)

    def __init__(self, model: Any, tokenizers: tuple[Any, Any], options: CausalOptions) -> None:
        self.model = model
        self._reader, self._speller = tokenizers  # one for each thread
        self._options = options
        self._config = model.generation_config
        self._window = min(options.window, token_limit(model, self._reader))
        self._continuous = Continuous(model) if model.device.type == "cuda" else None

    @classmethod
    def load(cls, binding: Binding, device: str) -> Self:
        """Load by AutoModelForCausalLM. Raises ModelUnavailable or ModelRefused."""
        options = options_of(CausalOptions, binding, "causal models")
        tokenizers = load_tokenizer(binding), load_tokenizer(binding)
        if not (options.template or tokenizers[0].chat_template):
            raise refused(binding, "has no chat template", "Set the option `template`, or bind a chat model.")
        check_templates(tokenizers[0], options.template, binding)
        return cls(
            load_model(AutoModelForCausalLM, binding, device, next_token_gate(tokenizers[0])), tokenizers, options
        )

    # On the tokenising thread.

    def prepare(self, jobs: Sequence[Job]) -> list[Prepared | Exception]:
        """Put each job into the chat template and tokenise it."""
        return [self._prepare(job) for job in jobs if isinstance(job, Generate | Summarize)]

    def _prepare(self, job: Generate | Summarize) -> Prepared | Exception:
        ids = self._conversation(self._turns(job))
        room = self._window - len(ids)
        if room < 1:
            return JobTooLong(
                f"The prompt has {len(ids)} tokens and the model reads {self._window}.", "Ask about less text."
            )
        limit = min(job.max_tokens, room)
        least = min(job.min_tokens, limit - 1) if isinstance(job, Summarize) else 0
        return Prepared(job, len(ids), None, CausalPrompt(ids, limit, least))

    def _turns(self, job: Generate | Summarize) -> tuple[Turn, ...]:
        if isinstance(job, Generate):
            return job.turns
        return (Turn("user", summary_prompt(job.text, job.max_tokens, job.instruction or self._options.instruction)),)

    def _conversation(self, turns: Sequence[Turn]) -> list[int]:
        """Return token ids of a conversation up to where the model speaks.

        A system turn it doesn't know joins the user's.
        """
        try:
            return self._templated(turns)
        except TemplateError:
            if turns[0].role != "system" or len(turns) == 1:
                raise
            first = Turn(turns[1].role, f"{turns[0].content}\n\n{turns[1].content}")
            return self._templated((first, *turns[2:]))

    def _templated(self, turns: Sequence[Turn]) -> list[int]:
        return self._reader.apply_chat_template(
            [{"role": turn.role, "content": turn.content} for turn in turns],
            chat_template=self._options.template or None,
            add_generation_prompt=True,
            return_dict=False,
            enable_thinking=False,  # Qwen's own word; templates that don't know it pass over it
        )

    # On the worker thread.

    @torch.inference_mode()
    def run(self, batch: Sequence[Prepared], cancelled: Callable[[int], bool]) -> list[Any]:
        """Return one Generated per job; those with `on_text` get it while it is written."""
        prompts: list[CausalPrompt] = [job.inputs for job in batch]
        speeches = [self._speech(job.job) for job in batch]
        rows = [Row(prompt.limit, prompt.least, heard=speech) for prompt, speech in zip(prompts, speeches, strict=True)]
        self._write([prompt.ids for prompt in prompts], rows, cancelled)
        return [
            Generated(speech.finish(row.ids), len(row.ids), row.cut) for row, speech in zip(rows, speeches, strict=True)
        ]

    def _speech(self, job: Job) -> Speech:
        stops, tell = (job.stop, job.on_text) if isinstance(job, Generate) else ((), ignore)
        return Speech(self._spell, stops, tell)

    def _spell(self, ids: Sequence[int]) -> str:
        return self._speller.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)

    def _write(self, prompts: Sequence[Sequence[int]], rows: Sequence[Row], cancelled: Callable[[int], bool]) -> None:
        start, mask = left_padded(prompts, self._reader.pad_token_id or 0)
        start, mask = start.to(self.model.device), mask.to(self.model.device)
        rules = Rules(self.model, self._config, start, mask=mask)
        if self._continuous and rules.plain and not any(row.least for row in rows):
            self._continuous.write(prompts, rows, rules.ends, cancelled)
        else:
            decode(Continuation(self.model, prompts), start, rows, rules, cancelled)


class Continuation:
    """A causal model that writes a batch: what the prompts share is read once, the rest padded on the left."""

    def __init__(self, model: Any, prompts: Sequence[Sequence[int]]) -> None:
        self._model = model
        self._cache = growing(model.config)
        alike = shared(prompts) if all(type(layer) is GrowingLayer for layer in self._cache.layers) else 0
        rest, mask = left_padded([prompt[alike:] for prompt in prompts], 0)
        self._prefix = torch.tensor([list(prompts[0][:alike])], device=model.device)
        self._rest = rest.to(model.device)
        self._mask = torch.cat([torch.ones(len(prompts), alike, dtype=torch.long), mask], 1).to(model.device)
        self._places = (self._mask.cumsum(1) - 1).clamp(min=0)

    @property
    def sizes(self) -> list[int]:
        """Return one group."""
        return [len(self._mask)]

    def step(self, newest: torch.Tensor) -> torch.Tensor:
        """Return scores of the next token, (rows, vocabulary). The first step reads the prompts instead of `newest`."""
        if self._cache.get_seq_length():
            self._mask = torch.nn.functional.pad(self._mask, (0, 1), value=1)
            self._places = self._places[:, -1:] + 1
            return self._read(newest, self._places)
        alike = self._prefix.shape[1]
        if alike:
            self._model(input_ids=self._prefix, past_key_values=self._cache, use_cache=True, logits_to_keep=1)
            self._cache.batch_repeat_interleave(len(self._rest))
        return self._read(self._rest, self._places[:, alike:])

    def pick(self, newest: torch.Tensor, never: Sequence[int]) -> torch.Tensor:
        """Return the likeliest next tokens, (rows,)."""
        return likeliest(self.step(newest), never)

    def _read(self, ids: torch.Tensor, places: torch.Tensor) -> torch.Tensor:
        return self._model(
            input_ids=ids,
            attention_mask=self._mask,
            position_ids=places,
            past_key_values=self._cache,
            use_cache=True,
            logits_to_keep=1,
        ).logits[:, -1]

    def keep(self, rows: torch.Tensor) -> None:
        """Go on with these rows."""
        self._mask, self._places = self._mask[rows], self._places[rows]
        self._cache.batch_select_indices(rows)


def shared(prompts: Sequence[Sequence[int]]) -> int:
    """Return how many tokens all prompts share at their start, fewer than the shortest has; 0 if that doesn't pay."""
    if len(prompts) == 1:
        return 0
    alike = sum(1 for _ in takewhile(lambda column: len(set(column)) == 1, zip(*prompts, strict=False)))
    alike = min(alike, min(map(len, prompts)) - 1)
    return alike if alike >= WORTH_SHARING else 0


def left_padded(rows: Sequence[Sequence[int]], filler: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return token ids and their mask, both int64 (rows, padded length), with the padding first."""
    width = padded(max(map(len, rows)))
    ids = torch.tensor([[*[filler] * (width - len(row)), *row] for row in rows])
    mask = torch.arange(width) >= torch.tensor([width - len(row) for row in rows]).unsqueeze(1)
    return ids, mask.long()
