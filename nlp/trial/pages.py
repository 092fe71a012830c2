"""Reads what is known of a model before it is bound: from the Hub by its configuration alone, or from its files."""

import json
from contextlib import suppress
from tempfile import TemporaryDirectory

from nlp.errors import ModelRefused
from nlp.hub.checkpoint import LONGEST_CONFIG, check_sizes, find_folder, read_config, refuse_code
from nlp.hub.download import download
from nlp.hub.gguf import ARCHITECTURE, TEMPLATE, check_file, find_file
from nlp.hub.listings import TEMPLATES, WEIGHTS, Listing
from nlp.jobs import ignore
from nlp.scheduler.family import UNBOUND, Binding
from nlp.trial.fits import ModelPage

CONFIG = "config.json"


def remote_page(binding: Binding, found: Listing) -> ModelPage:
    """Return what the Hub's listing and the model's configuration say; nothing is kept of what is fetched.

    Raises ModelUnavailable where the Hub doesn't answer, ModelRefused for a configuration that can't be read.
    """
    if binding.gguf:
        return ModelPage(
            binding.model,
            {ARCHITECTURE: found.architecture},
            frozenset({binding.gguf}),
            found.size,
            revision=found.revision,
            licence=found.licence,
            parameters=found.parameters,
            chats=found.chats,
        )
    file = next((each for each in found.files if each.name == CONFIG), None)
    if file is None or file.size > LONGEST_CONFIG:
        what = f"{binding.model} has {'no' if file is None else 'a huge'} {CONFIG}, so nothing tells what it is."
        raise ModelRefused(UNBOUND, what, "Choose a model of the transformers library.")
    with TemporaryDirectory(prefix="parley-") as place:
        folder = download(binding, found, file, place, ignore).parent
        refuse_code(folder, binding)
        config = read_config(folder, binding)
    return ModelPage(
        found.model,
        config,
        frozenset(each.name for each in found.files),
        sum(each.size for each in found.files if WEIGHTS.fullmatch(each.name)),
        revision=found.revision,
        pipeline=found.pipeline,
        licence=found.licence,
        parameters=found.parameters,
        chats=found.chats,
    )


def local_page(binding: Binding) -> ModelPage:
    """Return what a model's folder or file says. Raises ModelUnavailable, ModelRefused as loading does."""
    if binding.gguf:
        return file_page(binding)
    folder = find_folder(binding)
    weights = check_sizes(folder, binding)
    names = frozenset(path.name for path in folder.iterdir())
    saved = {}
    with suppress(OSError, ValueError):
        saved = json.loads((folder / "tokenizer_config.json").read_bytes())
    return ModelPage(
        binding.model,
        read_config(folder, binding),
        names,
        sum(file.stat().st_size for file in weights),
        revision=binding.revision,
        chats="chat_template" in saved or any(name in names for name in TEMPLATES),
    )


def file_page(binding: Binding) -> ModelPage:
    """Return what the header of a GGUF file says. Raises ModelUnavailable, ModelRefused as loading does."""
    file = find_file(binding)
    header = check_file(file, binding)
    return ModelPage(
        binding.model,
        {ARCHITECTURE: header.architecture},
        frozenset({file.name}),
        file.stat().st_size,
        revision=binding.revision,
        parameters=header.parameters,
        chats=TEMPLATE in header.settings,
    )
