"""Finds the model that serves a task and a pair of languages, from what the owner or a profile wrote."""

from collections.abc import Sequence
from dataclasses import replace

from nlp.errors import ModelUnavailable, UnsupportedPair
from nlp.jobs import Job, Translate
from nlp.scheduler.family import Binding


class Bindings:
    """Bindings in the configuration's order: the first that fits serves."""

    def __init__(self, bindings: Sequence[Binding]) -> None:
        self.all = tuple(bindings)

    def bound(self, task: str) -> bool:
        """Return whether any model serves the task."""
        return any(binding.task == task for binding in self.all)

    def pairs(self) -> frozenset[tuple[str, str]]:
        """Return the (source, target) languages between which some model translates."""
        return frozenset(pair for binding in self.all if binding.task == "translate" for pair in covered(binding))

    def of(self, task: str, job: Job) -> Binding:
        """Return the binding that serves a job. Raises ModelUnavailable or UnsupportedPair."""
        if isinstance(job, Translate):
            return self.choose(task, job.source, job.target)
        return self.choose(task)

    def choose(self, task: str, source: str = "", target: str = "") -> Binding:
        """Return the binding of a task, for a pair of languages where it has them.

        Raises ModelUnavailable or UnsupportedPair.
        """
        fitting = [binding for binding in self.all if binding.task == task]
        if not fitting:
            raise ModelUnavailable(
                task, f"No model is set up for {task}.", "Run `parley models list` to see what can be added."
            )
        if not source and not target:
            return fitting[0]
        for binding in fitting:
            if (source, target) in covered(binding):
                return binding
        raise UnsupportedPair(
            task,
            f"No model translates from {source} into {target}.",
            "Run `parley models list` for models of other languages.",
        )


def covered(binding: Binding) -> frozenset[tuple[str, str]]:
    """Return the pairs of languages of a binding: its own, or all among `options["languages"]`."""
    if binding.source and binding.target:
        return frozenset({(binding.source, binding.target)})
    languages = binding.options.get("languages", ())
    return frozenset((a, b) for a in languages for b in languages if a != b)


def sample_pair(binding: Binding) -> tuple[str, str]:
    """Return a pair of languages to try a binding with, from English where it can."""
    return min(covered(binding), key=lambda pair: (pair[0] != "en", pair), default=("en", "fr"))


def identity(binding: Binding) -> str:
    """Return a key, equal for bindings that one model can serve: all but task, description and folder counts."""
    bare = replace(binding, task="", licence="", size_mb=0, good_for="", options={}, folder="")
    served = () if binding.endpoint is None else (binding.endpoint,)  # keys of models that run here stay what they were
    return repr((bare, sorted(binding.options.items()), *served))
