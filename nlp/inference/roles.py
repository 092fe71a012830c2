"""Reads which of a model's labels mean entailment, neutral and contradiction: by their names, or as the owner says."""

from nlp.hub.checkpoint import refused
from nlp.scheduler.family import Binding

ROLES = ("entailment", "neutral", "contradiction")
KNOWN = {
    **{role: role for role in ROLES},
    "entail": "entailment",
    "contradict": "contradiction",
    "not_entailment": "neutral",
    "not-entailment": "neutral",
}


def roles_of(labels: dict[int, str], binding: Binding) -> list[str]:
    """Return what each of the model's labels says, in its order. Raises ModelRefused where that is unclear."""
    renamed = binding.options.get("labels", {})
    names = [renamed.get(labels[i], KNOWN.get(labels[i].lower(), "")) for i in sorted(labels)]
    if "entailment" not in names or not set(names) <= set(ROLES):
        remedy = 'Name them: options = { labels = { LABEL_0 = "contradiction", LABEL_1 = "entailment" } }.'
        raise refused(binding, f"has labels that say nothing of entailment ({', '.join(labels.values())})", remedy)
    return names
