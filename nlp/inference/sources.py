"""Texts for encoder-decoders: tokenised with the words, tokens and limits that translation and summaries need.

Options of a binding, all optional:

prefix          what stands before every text, with $source and $target: "translate $source to $target: "
codes           the model's own names of languages where its vocabulary doesn't tell: {en = "English"}
languages       the ISO 639-1 codes between which it translates (read by the core, not here)
beams           rows of a beam search, 1 for greedy; `length_penalty` belongs to it
max_tokens      bounds a translation; min_tokens overrules the checkpoint's own least length
cache           where a converted model is kept (CTranslate2 only)

Knows no model; a text longer than the model's window is refused, and whoever asks splits it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import Template
from typing import Any

from nlp.errors import JobTooLong, UnsupportedPair
from nlp.inference.codes import resolve, set_source
from nlp.jobs import Job, Prepared, Summarize, Translate

GROWTH, SPARE = 3, 16  # a translation has at most so many times its source's tokens, and so many more


@dataclass(frozen=True, slots=True)
class WriterOptions:
    """The options of a binding; the module says what each means."""

    prefix: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    languages: Sequence[str] = ()
    beams: int = 1
    length_penalty: float | None = None
    max_tokens: int | None = None
    min_tokens: int | None = None
    cache: str = ""


@dataclass(frozen=True, slots=True)
class SourceText:
    """A tokenised text: `first` is the target language's token where the model wants one, limits are in tokens."""

    ids: Sequence[int]
    limit: int
    least: int = 0
    first: int | None = None


class SourceReader:
    """Turns jobs into prepared sources. `config` is a generation config, `window` what the model reads, in tokens."""

    def __init__(self, tokenizer: Any, config: Any, window: int, options: WriterOptions) -> None:
        self._tokenizer = tokenizer
        self._config = config
        self._window = window
        self._options = options

    def prepare(self, jobs: Sequence[Job]) -> list[Prepared | Exception]:
        """Tokenise, jobs of one pair of languages at a time, since a tokenizer may be set to its source language."""
        groups: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
        for i, job in enumerate(jobs):
            assert isinstance(job, Translate | Summarize)
            groups[pair_of(job)][i] = job.text
        results: dict[int, Prepared | Exception] = {}
        for (source, target), members in groups.items():
            try:
                sources = self._tokenise(list(members.values()), source, target)
            except UnsupportedPair as error:
                results.update(dict.fromkeys(members, error))
                continue
            results.update((i, self._bounded(jobs[i], *read)) for i, read in zip(members, sources, strict=True))
        return [results[i] for i in range(len(jobs))]

    def _tokenise(self, texts: Sequence[str], source: str, target: str) -> list[tuple[Sequence[int], int | None]]:
        """Return token ids of each text and the token that must come first in its answer."""
        names = {"source": self._name(source), "target": self._name(target)}
        prefix = Template(self._options.prefix).substitute(names)
        first = None
        if source and self._marks_languages():
            own, other = self._token(source), self._token(target)
            set_source(self._tokenizer, own)
            first = self._tokenizer.convert_tokens_to_ids(other)
        elif target and getattr(self._tokenizer, "supported_language_codes", None):
            prefix = f"{self._token(target)} {prefix}"
        rows = self._tokenizer([prefix + text for text in texts], truncation=False, verbose=False)["input_ids"]
        return [(row, first) for row in rows]

    def _marks_languages(self) -> bool:
        """Return whether the tokenizer puts a language's token before the text, as mBART, M2M100 and NLLB do."""
        return hasattr(self._tokenizer, "src_lang")

    def _name(self, code: str) -> str:
        return self._options.codes.get(code, code)

    def _token(self, code: str) -> str:
        token = resolve(code, self._tokenizer, self._options.codes)
        if token is None:
            raise UnsupportedPair("translate", f"The model has no language {code!r}.", "Ask for another language.")
        return token

    def _bounded(self, job: Job, ids: Sequence[int], first: int | None) -> Prepared | Exception:
        """Return the job with its limits, ready for a batch; an error if it is longer than the model's window."""
        if len(ids) > self._window:
            text = f"The text has {len(ids)} tokens and the model reads {self._window}."
            return JobTooLong(text, "Split it into shorter parts.")
        limit, least = self._bounds(job, len(ids))
        first = self._config.forced_bos_token_id if first is None else first
        source = SourceText(ids, limit, min(least, limit - 1), first)
        shared = (limit, source.least, first) if self._options.beams > 1 else ()
        lacks: Any = getattr(self._tokenizer, "unk_token_id", None)
        unknown = list(ids).count(lacks)
        return Prepared(job, len(ids), (type(job).__name__, *shared), source, unknown)

    def _bounds(self, job: Job, length: int) -> tuple[int, int]:
        """Return how many tokens an answer may and must have, its own start token not counted."""
        ceiling = (self._config.max_length or self._window) - 1
        least = self._options.min_tokens
        if least is None:
            least = max(self._config.min_new_tokens or 0, (self._config.min_length or 0) - 1, 0)
        if isinstance(job, Summarize):
            return min(job.max_tokens, self._window - 1), max(least, job.min_tokens)
        return self._options.max_tokens or min(ceiling, GROWTH * length + SPARE), least


def pair_of(job: Translate | Summarize) -> tuple[str, str]:
    """Return the languages of a job; a summary has none."""
    return (job.source, job.target) if isinstance(job, Translate) else ("", "")
