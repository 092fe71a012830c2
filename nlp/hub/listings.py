"""Asks the Hub what a model consists of before anything is fetched: commit, files with sizes and hashes, tags.

The Hub is not trusted: what it lists must stay inside the model's folder, and belong to the commit that was asked for.
Only weights in safetensors and the files around them are listed, or the one GGUF file that a binding names; where only
a pull request has safetensors, it is found.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

from huggingface_hub import HfApi, constants

from nlp.errors import ModelRefused, ModelUnavailable
from nlp.hub.connection import watched
from nlp.hub.revisions import COMMIT, locked
from nlp.scheduler.family import GGUF, Binding

WANTED = (".safetensors", ".json", ".txt", ".model", ".spm", ".jinja")
MOST_FILES = 10_000
MOST_NAMED = 20  # files that an error lists
MOST_REQUESTS = 20  # pull requests that are looked at for safetensors, the newest first
SAFE = re.compile(r"(?:\d+_\w+/)?[\w.+@ -]+")  # a file at the top, or of a step of a sentence embedder
WEIGHTS = re.compile(r"model(?:-\d+-of-\d+)?\.safetensors")
OTHER_WEIGHTS = re.compile(r"(?!adapter_model)[^/]+\.safetensors")  # another library's, or another arithmetic's
TEMPLATES = ("chat_template.jinja", "chat_template.json")
REQUEST = re.compile(r"refs/pr/\d{1,6}")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file to fetch: its name in the repository, its size in bytes, and its hash where the Hub tells it."""

    name: str
    size: int
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """Holds what a pull of one model would fetch, and what its page says.

    `called` is what the Hub calls it now, `pipeline` what it is for in the Hub's words; `parameters` is 0 where the Hub
    doesn't count them, and `chats` tells that the Hub knows of a chat template. `architecture` is what the Hub reads
    from a GGUF file.
    """

    model: str
    revision: str
    files: tuple[RemoteFile, ...]
    called: str = ""
    pipeline: str = ""
    licence: str = ""
    parameters: int = 0
    chats: bool = False
    architecture: str = ""

    @property
    def size(self) -> int:
        """Return bytes altogether."""
        return sum(file.size for file in self.files)


def listing(binding: Binding, api: Any = None) -> Listing:
    """Ask the Hub what the binding's model consists of.

    Raises ModelUnavailable where the Hub doesn't answer, ModelRefused where there are no safetensors.
    """
    api = api or HfApi()
    found = asked(binding, api)
    files = packed(binding, found) if binding.gguf else needed(found)
    if not any(file.name.endswith((".safetensors", GGUF)) for file in files):
        raise without_safetensors(binding, found, api)
    tags = [str(tag) for tag in found.tags or ()]
    licence = next((tag.removeprefix("license:") for tag in tags if tag.startswith("license:")), "")
    settings, facts = found.config or {}, (found.gguf or {}) if binding.gguf else {}
    count = facts.get("total") if facts else getattr(found.safetensors, "total", 0)
    templates = "chat_template" in (settings.get("tokenizer_config") or {}), "chat_template" in facts
    return Listing(
        binding.home,
        str(found.sha),
        files,
        called=str(found.id),
        pipeline=str(found.pipeline_tag or ""),
        licence=licence if licence.isprintable() else "",
        parameters=count if isinstance(count, int) else 0,
        chats=any(templates) or any(f.name in TEMPLATES for f in files),
        architecture=str(facts.get("architecture", "")),
    )


def asked(binding: Binding, api: Any) -> Any:
    """Return what the Hub says of a repository and all its files, at the pinned revision if there is one.

    Raises ModelUnavailable where the Hub doesn't answer, ModelRefused where it can't be trusted.
    """
    pinned = locked(binding) or binding.revision
    found = watched(binding, lambda _: api.model_info(binding.home, revision=pinned or None, files_metadata=True))
    refuse_lies(binding, pinned, str(found.sha), [str(each.rfilename) for each in found.siblings or ()])
    return found


def needed(found: Any) -> tuple[RemoteFile, ...]:
    """Return the files of a repository that a model is read from."""
    files = tuple(file_of(each) for each in found.siblings or () if wanted(str(each.rfilename)))
    if any(WEIGHTS.fullmatch(file.name) for file in files):
        return tuple(each for each in files if WEIGHTS.fullmatch(each.name) or not OTHER_WEIGHTS.fullmatch(each.name))
    return files


def packed(binding: Binding, found: Any) -> tuple[RemoteFile, ...]:
    """Return the GGUF file that a binding names, as the Hub lists it. Raises ModelRefused for one that isn't there."""
    there = [each for each in found.siblings or () if str(each.rfilename).endswith(GGUF)]
    if named := [file_of(each) for each in there if each.rfilename == binding.gguf]:
        return tuple(named)
    raise ModelRefused(binding.task, f"{binding.home} has no file {binding.gguf}.", choice(binding, there))


def choice(binding: Binding, there: Sequence[Any]) -> str:
    """Return a remedy that names the GGUF files of a repository."""
    names = ", ".join(str(each.rfilename) for each in there[:MOST_NAMED])
    return f"Name one of its files, as {binding.home}/FILE: {names}." if names else "It has no file of that kind."


def refuse_lies(binding: Binding, pinned: str, commit: str, names: list[str]) -> None:
    """Refuse a listing of another commit, one without end, and one that leads out of the model's folder."""
    if not COMMIT.fullmatch(commit) or (COMMIT.fullmatch(pinned) and commit != pinned):
        raise lying(binding, "names another commit than the one that was asked for")
    if len(names) > MOST_FILES:
        raise lying(binding, f"lists {len(names)} files")
    for name in names:
        parts = re.split(r"[/\\]", name)
        if ".." in parts or "" in parts or ":" in name or not name.isprintable():
            raise lying(binding, f"lists a file that leads out of its folder ({name[:80]!r})")


def lying(binding: Binding, what: str) -> ModelRefused:
    """Return an error for a Hub that can't be trusted."""
    return ModelRefused(binding.task, f"The Hub's answer about {binding.model} {what}.", "Check whose Hub it is.")


def file_of(sibling: Any) -> RemoteFile:
    """Return a file as the Hub lists it."""
    large = getattr(sibling, "lfs", None)
    return RemoteFile(sibling.rfilename, sibling.size or 0, large.sha256 if large else "")


def wanted(name: str) -> bool:
    """Return whether a file of a repository is needed: files at its top, and the steps of sentence embedders."""
    return name.endswith(WANTED) and bool(SAFE.fullmatch(name))


def without_safetensors(binding: Binding, found: Any, api: Any) -> ModelRefused:
    """Return an error for a repository without safetensors, which names GGUF files or a pull request instead."""
    what = f"{binding.model} has no weights in safetensors"
    if there := [each for each in found.siblings or () if str(each.rfilename).endswith(GGUF)]:
        return ModelRefused(binding.task, f"{what}.", choice(binding, there))
    remedy = "Choose another revision or model: pickled weights can run code."
    with suppress(ModelUnavailable):
        if request := converted(binding, api):
            ref, commit = request
            page = f"{constants.ENDPOINT}/{binding.model}/discussions/{ref.rpartition('/')[2]}"
            what = f"{what} but in its pull request {ref}, which anybody may have opened"
            remedy = f"Look at it ({page}), then pin it: parley models pull {binding.model}@{commit}"
    return ModelRefused(binding.task, f"{what}.", remedy)


def converted(binding: Binding, api: Any) -> tuple[str, str] | None:
    """Return the newest pull request that has the model in safetensors, and its commit."""
    refs = watched(binding, lambda _: api.list_repo_refs(binding.model, include_pull_requests=True))
    names = [each.ref for each in refs.pull_requests or () if REQUEST.fullmatch(str(each.ref))]
    newest = sorted(names, key=lambda ref: int(ref.rpartition("/")[2]), reverse=True)
    for ref in newest[:MOST_REQUESTS]:
        found = watched(binding, partial(told_of, api, binding.model, ref))
        whole = any(WEIGHTS.fullmatch(str(each.rfilename)) for each in found.siblings or ())
        if whole and COMMIT.fullmatch(str(found.sha)):
            return ref, str(found.sha)
    return None


def told_of(api: Any, model: str, revision: str, _: object) -> Any:
    """Return what the Hub says of a revision, without sizes."""
    return api.model_info(model, revision=revision)
