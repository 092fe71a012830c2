"""The families of models, one file each. The table loads a family's module only when a binding names it."""

from collections.abc import Iterable
from contextlib import suppress
from importlib import import_module
from typing import cast

from nlp.errors import ModelRefused
from nlp.models.own import offered, own_family
from nlp.scheduler.family import WHEEL, Binding, Family

FAMILIES: dict[str, str] = {
    "classifier": "nlp.models.classifier:Classifier",
    "ctranslate": "nlp.models.ctranslate:CTranslate",
    "echo": "nlp.models.echo:Echo",
    "adapted-classifier": "nlp.models.adapted_classifier:AdaptedClassifier",
    "embedder": "nlp.models.embedder:Embedder",
    "e5": "nlp.models.e5:E5",
    "entailment": "nlp.models.entailment:Entailer",
    "span-qa": "nlp.models.span_qa:SpanQa",
    "causal": "nlp.models.causal:Causal",
    "firefox": "nlp.models.firefox:Firefox",
    "seq2seq": "nlp.models.seq2seq:Seq2Seq",
    "openai": "nlp.models.openai:OpenAi",
    "tei": "nlp.models.tei:Tei",
}
ENCODERS = frozenset({"adapted-classifier", "e5", "embedder"})  # families whose files alone tell the architecture
WEIGHTLESS = frozenset({"echo"})  # families that read no files
SERVED = {
    "openai": "models",
    "tei": "health",
}  # families that ask a server, and the path of its health
CONVERSING = frozenset({"causal", "openai"})  # families that continue a conversation, so that they take instructions


def family(name: str, task: str = "", *, own_code: bool = False) -> type[Family]:
    """Return the class listed under `name`, or the owner's own of that name (`nlp.models.own`).

    Raises ModelRefused for a name that isn't there, and for code of the owner's without `own_code`.
    """
    if name not in FAMILIES:
        if found := own_family(name, task, own_code=own_code):
            return found
        known = ", ".join((*FAMILIES, *offered()))
        raise ModelRefused(task, f"There is no model family {name!r}.", f"Use one of {known}.")
    module, _, attribute = FAMILIES[name].partition(":")
    return cast("type[Family]", getattr(import_module(module), attribute))


def import_families(bindings: Iterable[Binding]) -> None:
    """Import what the bindings will need, one family after another; an unknown one is refused when it is asked for.

    Importing torch takes seconds, holds up every other thread, and fails where two threads do it at the same time. So
    does transformers, which an encoder needs if it is of another architecture than the packaged ones.
    """
    bound = tuple(bindings)
    for name, own_code in {(binding.family, binding.own_code): None for binding in bound}:
        with suppress(ModelRefused):
            family(name, own_code=own_code)
    if any(binding.family in ENCODERS and not binding.model.startswith(WHEEL) for binding in bound):
        import_module("nlp.inference.loading")
