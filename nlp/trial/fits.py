"""Tells from a model's configuration alone which tasks and families it fits, and writes the lines that bind it.

Which class of transformers an architecture belongs to is that library's own table. Loads no weights and runs no code of
the model's; what a configuration doesn't tell (the languages of a translator, what unnamed labels mean) it says so.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import tomlkit
from transformers.models.auto import modeling_auto as tables
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

from nlp.errors import ModelRefused
from nlp.hub.gguf import ARCHITECTURE
from nlp.inference.gguf import check_architecture
from nlp.inference.labels import moods
from nlp.inference.roles import KNOWN as ROLES
from nlp.scheduler.family import UNBOUND, Binding

MARIAN = re.compile(r".*opus-mt-(?:tc-big-)?([a-z]{2})-([a-z]{2})")
SUMMARISERS = frozenset({"pegasus", "pegasus_x", "led", "bigbird_pegasus", "prophetnet"})
TRANSLATORS = frozenset({"marian", "m2m_100", "mbart", "nllb-moe", "fsmt"})
BOTH, MADLAD = frozenset({"t5", "mt5", "umt5"}), "madlad"  # families that were trained for both; a translator of theirs
T5_CODES = {"en": "English", "fr": "French", "de": "German", "ro": "Romanian"}
PAIR = ("en", "fr")  # languages that stand in the lines until the owner writes theirs
BYTES = {"float16": 2, "bfloat16": 2, "float64": 8}  # of a number, 4 in any other arithmetic
UNFIT = "Choose a model for one of Parley's tasks: `parley docs models`."


@dataclass(frozen=True, slots=True)
class ModelPage:
    """Holds what is known of a model before its weights are here: `files` are names, `weights` bytes of safetensors."""

    model: str
    config: Mapping[str, Any]
    files: frozenset[str]
    weights: int
    revision: str = ""
    pipeline: str = ""
    licence: str = ""
    parameters: int = 0
    chats: bool = False


@dataclass(frozen=True, slots=True)
class Fit:
    """A task and family that a model fits, and what the owner should know or correct."""

    task: str
    family: str
    options: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    target: str = ""
    note: str = ""

    def binding(self, page: ModelPage) -> Binding:
        """Return what the lines for the configuration say."""
        return Binding(
            self.task,
            self.family,
            page.model,
            revision=page.revision,
            source=self.source,
            target=self.target,
            options=self.options,
        )


def fits(page: ModelPage) -> tuple[Fit, ...]:
    """Return what a model can be bound to, the likeliest first. Raises ModelRefused saying why nothing fits."""
    if ARCHITECTURE in page.config:
        check_architecture(str(page.config[ARCHITECTURE]), Binding(UNBOUND, "causal", page.model))
        return talker(page, "")
    kind = str(page.config.get("model_type", ""))
    if "auto_map" in page.config:
        raise unfit(page, "wants to run code of its own, which Parley never does")
    if kind not in CONFIG_MAPPING_NAMES:
        raise unfit(page, f"is of a type that transformers doesn't have here ({kind[:40] or 'none is named'})")
    if "modules.json" in page.files:
        return (Fit("embed", "embedder"),)
    names = [str(name) for name in page.config.get("architectures") or ()]
    for name in names:
        for table, found in TABLES.items():
            if name in classes(table) and (known := found(page, name)):
                return known
    raise unfit(page, f"is a {names[0][:60] if names else kind}, which none of Parley's families runs")


def classes(table: str) -> frozenset[str]:
    """Return the names of classes in one of the tables of transformers."""
    values = getattr(tables, table).values()
    return frozenset(name for value in values for name in ((value,) if isinstance(value, str) else value))


def classifier(page: ModelPage, _: str) -> tuple[Fit, ...]:
    """Return what a sequence classifier is for, by its labels."""
    named = page.config.get("id2label") or {0: "LABEL_0", 1: "LABEL_1"}
    labels = {int(place): str(label) for place, label in named.items()}
    if len(labels) == 1:
        raise unfit(page, "gives a number for a pair of texts (a reranker, or a regression), which no task asks for")
    if {label.casefold() for label in labels.values()} & (ROLES.keys() - {"neutral"}):
        return (Fit("entail", "entailment"),)
    try:
        moods(labels, Binding("sentiment", "classifier", page.model))
    except ModelRefused as unclear:
        return (Fit("sentiment", "classifier", note=f"{str(unclear).partition(', so ')[0]}. {unclear.remedy}"),)
    return (Fit("sentiment", "classifier"),)


def reader(_: ModelPage, __: str) -> tuple[Fit, ...]:
    """Return what a model with a span head is for."""
    return (Fit("answer", "span-qa"),)


def writer(page: ModelPage, _: str) -> tuple[Fit, ...]:
    """Return what an encoder-decoder is for: translation, summaries, or both."""
    kind, known = str(page.config.get("model_type")), page.config.get("task_specific_params") or {}
    translates = kind in TRANSLATORS or page.pipeline == "translation" or MADLAD in page.model.casefold()
    summarizes = kind in SUMMARISERS or page.pipeline == "summarization" or "summarization" in known
    either = kind in BOTH and not (translates or page.pipeline == "summarization")
    found = [translator(page, kind)] if translates or either else []
    if summarizes or not translates:
        note = "" if summarizes else "Its card says whether it was trained for summaries."
        found.append(Fit("summarize", "seq2seq", note=note))
    return tuple(found)


def translator(page: ModelPage, kind: str) -> Fit:
    """Return how an encoder-decoder is bound for translation, as far as its name and type tell."""
    if named := MARIAN.fullmatch(page.model.casefold()):
        return Fit("translate", "seq2seq", source=named[1], target=named[2])
    fit = Fit("translate", "seq2seq", {"languages": list(PAIR)}, note="Write the languages that you need and it knows.")
    if MADLAD in page.model.casefold():
        return replace(fit, options={"prefix": "<2$target> ", **fit.options})
    if kind == "t5":
        options = {"prefix": "translate $source to $target: ", "codes": T5_CODES, "languages": list(T5_CODES)}
        return replace(fit, options=options, note="Its card says which languages it knows, and how it is asked.")
    return fit


def talker(page: ModelPage, _: str) -> tuple[Fit, ...]:
    """Return what a causal model is for."""
    note = "" if page.chats else "Without a chat template in its tokenizer it needs the option `template`."
    return Fit("generate", "causal", note=note), Fit("summarize", "causal")


def encoder(page: ModelPage, name: str) -> tuple[Fit, ...]:
    """Return what a bare encoder is for: sentence vectors, pooled by the mean, unless it also decodes."""
    if page.config.get("is_encoder_decoder") or not name.endswith("Model") or name.endswith("LMHeadModel"):
        return ()
    return (Fit("embed", "embedder", note="It names no pooling, so that vectors are the mean over its tokens."),)


TABLES = {
    "MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES": classifier,
    "MODEL_FOR_QUESTION_ANSWERING_MAPPING_NAMES": reader,
    "MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING_NAMES": writer,
    "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES": talker,
    "MODEL_FOR_TEXT_ENCODING_MAPPING_NAMES": encoder,
    "MODEL_MAPPING_NAMES": encoder,
}


def unfit(page: ModelPage, why: str) -> ModelRefused:
    """Return an error for a model that no task can be bound to."""
    return ModelRefused(UNBOUND, f"{page.model} {why}.", UNFIT)


def lines(page: ModelPage, fit: Fit) -> str:
    """Return the table of config.toml that binds the model to a task."""
    table = {"family": fit.family, "model": page.model, "revision": page.revision}
    table |= {"source": fit.source, "target": fit.target}
    inner = tomlkit.table()
    inner.update({key: value for key, value in table.items() if value})
    if fit.options:
        inner["options"] = tomlkit.inline_table()
        inner["options"].update(fit.options)
    return tomlkit.dumps({"models": tomlkit.table(is_super_table=True).append(fit.task, inner)}).strip()


def parameters(page: ModelPage) -> int:
    """Return how many numbers the weights are: as the Hub counts them, else by their bytes and arithmetic."""
    arithmetic = str(page.config.get("dtype") or page.config.get("torch_dtype") or "float32")
    return page.parameters or page.weights // BYTES.get(arithmetic, 4)
