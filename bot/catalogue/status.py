"""Says how Parley stands at this moment: models, queues, and the pace of batches over the last seconds."""

from collections import deque
from dataclasses import dataclass, field
from time import monotonic

from adapters.web.catalogue import Load, ModelRow
from bot.assistant import Assistant
from nlp.core import Core
from nlp.jobs import BatchReport

SPAN = 10.0  # seconds over which a pace is taken


@dataclass(slots=True)
class BatchPace:
    """Batches that models ran: those of the last seconds, and the tokens of all by the model's name."""

    _recent: "deque[tuple[float, int, int]]" = field(default_factory=lambda: deque(maxlen=10_000))
    _tokens: dict[str, int] = field(default_factory=dict)
    total: int = 0

    def ran(self, report: BatchReport) -> None:
        """Take note of a batch, on whatever thread."""
        self._recent.append((monotonic(), report.size, report.tokens))
        self._tokens[report.model] = self._tokens.get(report.model, 0) + report.tokens
        self.total += 1

    def tokens(self, model: str) -> int:
        """Return how many tokens a model has read and written so far."""
        return self._tokens.get(model, 0)

    def recent(self) -> tuple[float, float, float]:
        """Return batches, texts and tokens a second."""
        since = monotonic() - SPAN
        new = [each for each in tuple(self._recent) if each[0] >= since]
        return len(new) / SPAN, sum(size for _, size, _ in new) / SPAN, sum(tokens for _, _, tokens in new) / SPAN


def models(core: Core) -> list[ModelRow]:
    """Return the bound models, with the work that waits for each."""
    jobs = {batcher.name: batcher.jobs for batcher in core.batchers()}
    return [
        ModelRow(
            each.task,
            each.model,
            each.family,
            each.loaded,
            each.device,
            each.dtype,
            each.memory,
            each.reason,
            each.failure,
            jobs.get(each.model, 0),
        )
        for each in core.status()
    ]


def load(assistant: Assistant, pace: BatchPace) -> Load:
    """Return the work of this moment."""
    jobs = sum(batcher.jobs for batcher in assistant.services.core.batchers())
    batches, texts, tokens = pace.recent()
    return Load(assistant.turns.running, assistant.turns.waiting, jobs, batches, texts, tokens, pace.total)
