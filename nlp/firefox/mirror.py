"""Pulls pairs by name from a repository of the Hub that mirrors Mozilla's models, and adds them like files at hand.

Mirrors differ in their folders: a pair is found by the names of its files, wherever they lie, packed or not. Of several
versions the newest is taken. The Hub must name the SHA-256 of every model.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from huggingface_hub import HfApi, try_to_load_from_cache

from nlp.errors import ModelRefused
from nlp.firefox.files import AddedPair, add
from nlp.firefox.format import BadFile
from nlp.hub.download import destination, pull
from nlp.hub.listings import Listing, RemoteFile, asked, file_of, lying
from nlp.scheduler.family import Binding

PIVOT = "en"
FILE = re.compile(r"(?P<kind>model|vocab|srcvocab|trgvocab)\.(?P<pair>[a-z]{4,6})\.(?:[\w.]*bin|spm)(?:\.gz|\.zst)?")
SIZES = ("tiny", "base", "base-memory")  # Mozilla's names of sizes, the best for a CPU last
Pair = tuple[str, str]


def pairs_of(words: str) -> tuple[Pair, ...]:
    """Return the pairs that `en-de`, or `de,fr` with both directions of each with English, names.

    Raises ModelRefused for other words.
    """
    found: list[Pair] = []
    for word in filter(None, re.split(r"[\s,]+", words.lower())):
        source, _, target = word.partition("-")
        if not re.fullmatch(r"[a-z]{2,3}(?:-[a-z]{2,3})?", word) or target == source or word == PIVOT:
            raise ModelRefused(
                "translate", f"{word!r} names no pair.", "Write firefox:en-de, or firefox:de,fr for both directions."
            )
        found += [(source, target)] if target else [(PIVOT, source), (source, PIVOT)]
    if not found:
        raise ModelRefused(
            "translate", "No pair is named.", "Write firefox:en-de, or firefox:de,fr for both directions."
        )
    return tuple(dict.fromkeys(found))


def mirrored(mirror: Binding) -> tuple[Listing, dict[Pair, tuple[RemoteFile, ...]]]:
    """Return what a repository lists, and the files of each pair in it. Raises ModelUnavailable, ModelRefused."""
    found = asked(mirror, HfApi())
    files = tuple(file_of(each) for each in found.siblings or () if FILE.fullmatch(PurePosixPath(each.rfilename).name))
    return Listing(mirror.model, str(found.sha), files), grouped(files)


def grouped(files: Iterable[RemoteFile]) -> dict[Pair, tuple[RemoteFile, ...]]:
    """Return the files of each pair that has a model and its vocabulary: those of the newest version."""
    folders: Mapping[tuple[str, str], list[RemoteFile]] = defaultdict(list)
    for file in files:
        path = PurePosixPath(file.name)
        if (named := FILE.fullmatch(path.name)) and (pair := named["pair"]):
            folders[pair, str(path.parent)].append(file)
    whole = [(languages(pair), where, found) for (pair, where), found in folders.items() if is_whole(found)]
    return {pair: tuple(found) for pair, _, found in sorted(whole, key=lambda each: rank(each[1]))}


def is_whole(files: Iterable[RemoteFile]) -> bool:
    """Return whether one model and its vocabulary, or both sides' vocabularies, are there."""
    kinds = sorted(PurePosixPath(file.name).name.partition(".")[0] for file in files)
    return kinds in (["model", "vocab"], ["model", "srcvocab", "trgvocab"])


def languages(pair: str) -> Pair:
    """Return the two codes that stand together in a file's name; one of them is English."""
    return (PIVOT, pair[2:]) if pair.startswith(PIVOT) else (pair[:-2], pair[-2:])


def rank(folder: str) -> tuple[int, list[int]]:
    """Return what the better of two folders has more of: its place among SIZES, and the numbers of its version."""
    parts = PurePosixPath(folder).parts
    size = max((SIZES.index(part) for part in parts if part in SIZES), default=0)
    return size, [int(number) for number in re.findall(r"\d+", parts[-1] if parts else "")]


def pull_pair(
    mirror: Binding, found: Listing, files: tuple[RemoteFile, ...], pair: Pair, on_bytes: Callable[[int], None]
) -> AddedPair:
    """Fetch one pair, check it by loading it, and copy it into a folder of its own among the models.

    Raises ModelUnavailable where the Hub doesn't answer, ModelRefused for files that aren't the named ones or no pair.
    """
    if not all(file.sha256 for file in files if PurePosixPath(file.name).name.startswith("model.")):
        raise lying(mirror, "names no SHA-256 of a model")
    chosen = replace(found, files=files)
    pull(mirror, chosen, on_bytes)
    place = destination(mirror, chosen, shared=False)
    here = [try_to_load_from_cache(mirror.model, file.name, place, found.revision) for file in files]
    try:
        return add([Path(str(path)) for path in here], Path(mirror.folder), *pair)
    except BadFile as error:
        what = f"The pair {'-'.join(pair)} of {mirror.model} can't be read: {error}."
        raise ModelRefused("translate", what, "Choose another mirror: `[models] firefox`.") from error
