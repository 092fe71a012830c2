"""Sends a trained folder to the Hub: the files that a model is read from, and never one that may hold people's words.

A file of any other name, a link, and long strings where numbers and names belong, keep the whole folder back.
"""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from huggingface_hub import CommitOperationAdd, HfApi, constants, get_token
from huggingface_hub.errors import HfHubHTTPError, RepositoryNotFoundError

from nlp.errors import ModelRefused, ModelUnavailable
from nlp.hub.connection import LOGIN
from nlp.hub.lora import CONFIG
from nlp.hub.weights import LONGEST_HEADER
from nlp.scheduler.family import UNBOUND

SENT = re.compile(
    r"README\.md|MODEL_CARD\.md|(?:adapter_model|head|work|model(?:-\d+-of-\d+)?)\.safetensors"
    r"|(?:adapter_config|classifier|config|generation_config|modules|sentence_bert_config|config_sentence_transformers"
    r"|model\.safetensors\.index|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab)\.json"
    r"|vocab\.txt|merges\.txt|chat_template\.jinja|[a-z]+(?:\.bpe)?\.model|(?:source|target)\.spm"
    r"|\d+_\w+/(?:config\.json|model\.safetensors)"
)
KEPT_BACK = frozenset({"adapter.checkpoint"})  # of a training that may go on; of no use to anybody else
SHORT = ("adapter_config.json", "classifier.json", "config.json", "generation_config.json", "modules.json")
DENIED = (401, 403)  # the Hub's answers to an account that may not write
LONGEST = 400  # characters of a string in those, and in the header of weights
PROMISE = "Take out whatever holds texts of people; only a model's own files are sent."


def outgoing(folder: Path) -> tuple[Path, ...]:
    """Return the files of a folder that are to be sent. Raises ModelRefused for one in which anything else lies."""
    if not folder.is_dir():
        raise ModelUnavailable(UNBOUND, f"There is no folder {folder}.", "Name one that `parley train` wrote.")
    files = sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    for file in files:
        name = file.relative_to(folder).as_posix()
        if file.is_symlink() or not file.is_file():
            raise held_back(folder, f"holds {name}, which isn't a plain file")
        if name not in KEPT_BACK and not SENT.fullmatch(name):
            raise held_back(folder, f"holds {name}, which doesn't belong to a model and may hold texts of people")
        if any(len(text) > LONGEST for text in strings(file)):
            raise held_back(folder, f"holds {name} with a long text in it, which may be somebody's")
    sent = tuple(file for file in files if file.name not in KEPT_BACK)
    if not any(file.suffix == ".safetensors" for file in sent):
        raise ModelRefused(UNBOUND, f"{folder} holds no weights.", "Name a folder that `parley train` wrote.")
    return sent


def strings(file: Path) -> Iterator[str]:
    """Yield the strings of a file in which only names belong: a configuration, or the header of weights."""
    try:
        if file.suffix == ".safetensors":
            with file.open("rb") as stream:
                length = int.from_bytes(stream.read(8), "little")
                header = json.loads(stream.read(min(length, LONGEST_HEADER)))
                yield from texts_of(header.get("__metadata__", {}))
                yield from header
        elif file.name in SHORT:
            yield from texts_of(json.loads(file.read_bytes()))
    except (OSError, ValueError, AttributeError) as error:
        raise ModelRefused(UNBOUND, f"{file} can't be read.", "Train or copy it again.") from error


def texts_of(value: Any) -> Iterator[str]:
    """Yield every string in a document of JSON, names of settings included."""
    if isinstance(value, str):
        yield value
    for name, inside in value.items() if isinstance(value, dict) else ():
        yield name
        yield from texts_of(inside)
    for inside in value if isinstance(value, list) else ():
        yield from texts_of(inside)


def held_back(folder: Path, why: str) -> ModelRefused:
    """Return an error for a folder of which nothing is sent."""
    return ModelRefused(UNBOUND, f"{folder} {why}, so nothing was sent.", PROMISE)


def content(folder: Path, file: Path, bases: dict[str, str]) -> CommitOperationAdd:
    """Return a file as it is sent: an adapter names its base as the Hub does. Raises ModelRefused for a local base."""
    name = file.relative_to(folder).as_posix()
    if name != CONFIG:
        return CommitOperationAdd(name, file)
    settings = json.loads(file.read_bytes())
    base = str(settings.get("base_model_name_or_path", ""))
    settings["base_model_name_or_path"] = bases.get(base, base)
    if Path(base).is_absolute() or (base.startswith("wheel:") and base not in bases):
        remedy = f"Write the base's name on the Hub into {CONFIG}."
        raise ModelRefused(UNBOUND, f"{file} names a base on this machine, {base}, so nothing was sent.", remedy)
    return CommitOperationAdd(name, io.BytesIO(json.dumps(settings, indent=1).encode()))


def publish(folder: Path, name: str, *, private: bool, bases: dict[str, str]) -> str:
    """Send a folder as a model of the Hub, in one commit; return its address.

    `bases` are names of encoders on the Hub by what they are called here. Raises ModelRefused for a folder that isn't
    sent, and where a private one would go into a public model; ModelUnavailable where the Hub doesn't take it.
    """
    operations = [content(folder, file, bases) for file in outgoing(folder)]
    if not get_token():
        raise ModelUnavailable(UNBOUND, "Nothing was sent: the Hub takes files from accounts only.", f"First {LOGIN}.")
    api = HfApi()
    try:
        refuse_public(api, name, private=private)
        api.create_repo(name, private=private, exist_ok=True)
        done = api.create_commit(name, operations, commit_message="Add a model that Parley trained")
    except ModelRefused:
        raise
    except Exception as error:  # the Hub's client raises what its HTTP library does
        denied = isinstance(error, HfHubHTTPError) and error.response.status_code in DENIED
        if denied:
            what = f"The Hub takes nothing for {name} from the account of your token."
            remedy = f"Use a token that may write there: {constants.ENDPOINT}/settings/tokens"
        else:
            what = f"{name} could not be sent ({type(error).__name__}); either all of it is there or none."
            remedy = "Check the name (account/model), the network and HF_HUB_OFFLINE, then push again."
        raise ModelUnavailable(UNBOUND, what, remedy) from error
    return str(done.commit_url)


def refuse_public(api: HfApi, name: str, *, private: bool) -> None:
    """Refuse to put a private model where everybody reads it."""
    try:
        known = api.model_info(name)
    except RepositoryNotFoundError:
        return
    if private and not known.private:
        what = f"{name} is there already, and public, so nothing was sent."
        raise ModelRefused(UNBOUND, what, "Name another one, or say --public.")
