"""Says how Parley is: which models are ready, what it can translate, whether it has much to do. Runs no model."""

from dataclasses import dataclass
from typing import Any

from adapters.chat import Command, Entrances, Reply, Request
from adapters.text.counts import counted
from bot.history.derived.vectors import VectorCounts
from bot.retrieval.embeddings import key
from bot.services import Services
from nlp.core import ModelStatus
from nlp.text.names import name_of

COMMAND = Command(
    "health",
    "Say how I am: models, languages, and how much I have to do.",
    aliases=("status",),
    limited=False,
    entrances=Entrances(section="Health"),
)
MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Health:
    """The bound models, the pairs of languages that some of them translate, and how many jobs are under way.

    `vectors` counts the messages that the bound embedder compares already and those that it has yet to read.
    """

    models: tuple[ModelStatus, ...]
    pairs: frozenset[tuple[str, str]]
    jobs: int
    vectors: VectorCounts | None = None

    def reply(self) -> Reply:
        """Return a line for each figure, which shows why an answer takes long."""
        loaded = [model for model in self.models if model.loaded]
        memory = sum(model.memory for model in loaded) / MB
        where = ", ".join(sorted({f"{model.device} {model.dtype}".strip() for model in loaded}))
        ready = f"Loaded: {len(loaded)} of {counted(len(self.models), 'model')}"
        jobs = counted(self.jobs, "piece of work is", "pieces of work are")
        lines = [
            f"{ready} ({memory:.0f} MB, {where})." if loaded else f"{ready}; each is when it is first needed.",
            f"I translate {self._languages()}." if self.pairs else "No model for translations is bound.",
            f"{jobs} under way." if self.jobs else "Nobody waits.",
        ]
        if self.vectors and self.vectors.outdated:
            total = counted(self.vectors.current + self.vectors.outdated, "message is", "messages are")
            lines.append(f"{self.vectors.current:,} of {total} read anew for the new embedder.")
        if self.vectors and self.vectors.missing:
            missing = counted(self.vectors.missing, "message is", "messages are")
            lines.append(f"{missing} found by their words alone until I have read them.")
        return Reply("\n".join(f"- {line}" for line in lines))

    def _languages(self) -> str:
        return ", ".join(f"{name_of(source)} → {name_of(target)}" for source, target in sorted(self.pairs))

    def _counts(self, vectors: VectorCounts) -> dict[str, int]:
        return {"renewed": vectors.current, "left": vectors.outdated, "missing": vectors.missing}

    def document(self) -> dict[str, Any]:
        """Return the document that a program reads."""
        models = [{"task": each.task, "model": each.model, "loaded": each.loaded} for each in self.models]
        counts = self._counts(self.vectors) if self.vectors else None
        return {"models": models, "pairs": sorted(map(list, self.pairs)), "jobs": self.jobs, "vectors": counts}


async def run(request: Request, services: Services) -> Health:
    """Look at the core, and at how far the history's vectors are those of its embedder."""
    del request
    core, vectors = services.core, None
    if core.bound("embed"):
        model = key(core)
        vectors = await services.history.run(lambda history: history.vector_counts(model))
    return Health(core.status(), core.pairs(), sum(each.jobs for each in core.batchers()), vectors)
