"""Counts and times what Parley does, for Prometheus: by intent, stage, model and platform, by no person or channel."""

from collections import Counter as Counts
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from adapters.platform.signals import Connection, OnSignal, Signal
from bot.assistant import Served
from bot.config import platform_of
from bot.history.values import Cleared, Size
from bot.intents import INTENTS
from nlp.jobs import BatchReport

SECONDS = (0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
TOO_MANY = 429
OTHER = "other"  # what people type isn't a label


@dataclass(frozen=True, slots=True)
class Load:
    """The work of one moment: requests that run and wait, jobs and memory by model, events that wait."""

    running: int
    waiting: int
    jobs: dict[str, int]
    memory: dict[str, int]
    backlog: int


@dataclass(frozen=True, slots=True)
class Metrics:
    """The figures of one process. Its methods are the hooks of those who do the work, each with a frozen record."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    up: Counts[str] = field(default_factory=Counts)  # connections of each adapter
    instruments: "Instruments" = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "instruments", Instruments.of(self.registry))

    def served(self, served: Served) -> None:
        """Count a request that has its reply."""
        intent = served.intent if served.intent in INTENTS else OTHER
        self.instruments.requests.labels(intent, served.outcome).inc()
        self.instruments.stage.labels("answer").observe(served.seconds)

    def waited(self, seconds: float) -> None:
        """Time a request's wait for its turn."""
        self.instruments.stage.labels("queue").observe(seconds)

    def ran(self, report: BatchReport) -> None:
        """Take note of a batch that a model ran."""
        made = self.instruments
        made.stage.labels("model").observe(report.ran)
        made.batch.labels(report.model).observe(report.size)
        made.tokens.labels(report.model).inc(report.tokens)
        made.padding.labels(report.model).inc(max(report.padded - report.tokens, 0))

    def of(self, adapter: str) -> OnSignal:
        """Return what takes note of the signals of one of several adapters of a platform."""
        return lambda signal: self.noticed(signal, adapter)

    def noticed(self, signal: Signal, adapter: str = "") -> None:
        """Take note of a platform's connection or answer."""
        made = self.instruments
        if isinstance(signal, Connection):
            self.up[adapter or signal.platform] += 1 if signal.up else -1
            made.connections.labels(signal.platform).inc(1 if signal.up else -1)
            made.lost.labels(signal.platform).inc(0 if signal.up else 1)
            return
        made.stage.labels("platform").observe(signal.seconds)
        made.calls.labels(signal.platform, f"{signal.status // 100}xx").inc()
        made.limited.labels(signal.platform).inc(1 if signal.status == TOO_MANY else 0)

    def ended(self, adapter: str) -> None:
        """Take note that an adapter ended: none of its connections is up."""
        self.instruments.connections.labels(platform_of(adapter)).dec(self.up.pop(adapter, 0))

    def end_of(self, adapter: str) -> Callable[[str], None]:
        """Return what takes note that this adapter ended."""
        return lambda _: self.ended(adapter)

    def retained(self, cleared: Cleared) -> None:
        """Take note of a run of the retention."""
        self.instruments.retention.inc()
        self.instruments.erased.inc(cleared.messages)
        self.instruments.retained_at.set(cleared.at.timestamp())

    def connected(self, adapter: str) -> bool:
        """Return whether a connection of the adapter is up."""
        return self.up[adapter] > 0

    def page(self, load: Load, size: Size | None, now: datetime) -> bytes:
        """Return the figures as Prometheus reads them; None for a history that can't be measured now."""
        made = self.instruments
        made.requests_now.labels("running").set(load.running)
        made.requests_now.labels("waiting").set(load.waiting)
        for model, jobs in load.jobs.items():
            made.jobs.labels(model).set(jobs)
        for model, memory in load.memory.items():
            made.memory.labels(model).set(memory)
        made.backlog.set(load.backlog)
        made.scraped.set(now.timestamp())
        if size is not None:
            made.size.set(size.bytes)
            made.messages.set(size.messages)
            made.vectors.set(size.without_vector)
        return generate_latest(self.registry)


@dataclass(frozen=True, slots=True)
class Instruments:
    """Every figure by its name; docs/operate.md says what each means."""

    requests: Counter
    requests_now: Gauge
    stage: Histogram
    batch: Histogram
    tokens: Counter
    padding: Counter
    jobs: Gauge
    memory: Gauge
    connections: Gauge
    lost: Counter
    calls: Counter
    limited: Counter
    size: Gauge
    messages: Gauge
    vectors: Gauge
    backlog: Gauge
    retention: Counter
    erased: Counter
    retained_at: Gauge
    scraped: Gauge

    @classmethod
    def of(cls, to: CollectorRegistry) -> "Instruments":
        """Return the instruments of a registry."""
        model, platform = ["model"], ["platform"]
        return cls(
            Counter("parley_requests", "Requests that got their reply.", ["intent", "outcome"], registry=to),
            Gauge("parley_requests_now", "Requests at this moment.", ["state"], registry=to),
            Histogram("parley_stage_seconds", "Seconds a stage took.", ["stage"], buckets=SECONDS, registry=to),
            Histogram("parley_batch_size", "Jobs that ran together.", model, buckets=SIZES, registry=to),
            Counter("parley_tokens", "Tokens that models read, without padding.", model, registry=to),
            Counter("parley_padding_tokens", "Tokens that only fill a batch up.", model, registry=to),
            Gauge("parley_model_jobs", "Jobs that wait or run.", model, registry=to),
            Gauge("parley_model_bytes", "Memory of a loaded model.", model, registry=to),
            Gauge("parley_connections", "Connections that are up.", platform, registry=to),
            Counter("parley_connections_lost", "Connections that were up and ended.", platform, registry=to),
            Counter("parley_platform_calls", "Calls that were answered.", ["platform", "status"], registry=to),
            Counter("parley_rate_limits", "Calls refused as too many.", platform, registry=to),
            Gauge("parley_history_bytes", "Size of the history's files.", registry=to),
            Gauge("parley_history_messages", "Messages in the history.", registry=to),
            Gauge("parley_history_without_vector", "Messages that have no vector yet.", registry=to),
            Gauge("parley_history_backlog", "Events that the history couldn't take yet.", registry=to),
            Counter("parley_retention_runs", "Runs that erased what is due.", registry=to),
            Counter("parley_retention_messages", "Messages erased because they were due.", registry=to),
            Gauge("parley_retention_timestamp_seconds", "When the retention last ran.", registry=to),
            Gauge("parley_scrape_timestamp_seconds", "When these figures were taken.", registry=to),
        )

    def names(self) -> Iterator[str]:
        """Yield the names of the figures, as Prometheus knows them."""
        for slot in self.__dataclass_fields__:
            instrument: Counter | Gauge | Histogram = getattr(self, slot)
            yield from (metric.name for metric in instrument.describe())
