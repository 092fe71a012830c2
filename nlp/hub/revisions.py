"""Revisions that earlier pulls pinned, and the places where pulled models lie. Fetches nothing."""

import json
import re
from pathlib import Path

from huggingface_hub import constants

from nlp.scheduler.family import Binding

LOCK = "parley-revisions.json"
COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


def places(binding: Binding) -> list[str | None]:
    """Return where the binding's model may lie: the owner's folder, and the Hub's own cache (None)."""
    return [binding.folder, None] if binding.folder else [None]


def lock_file(place: str | None) -> Path:
    """Return where the revisions that were pulled into a place are remembered."""
    return Path(place or constants.HF_HUB_CACHE) / LOCK


def locked(binding: Binding) -> str:
    """Return the commit that the binding names, or that an earlier pull pinned for it; "" for none."""
    if COMMIT.fullmatch(binding.revision):
        return binding.revision
    name = entry(binding)
    return next((known[name] for known in map(pinned, places(binding)) if name in known), "")


def lock(binding: Binding, commit: str) -> None:
    """Pin the binding's model to a commit."""
    file = lock_file(binding.folder or None)
    file.parent.mkdir(parents=True, exist_ok=True)
    known = {**pinned(binding.folder or None), entry(binding): commit}
    file.write_text(json.dumps(known, indent=1, sort_keys=True), encoding="utf-8")


def entry(binding: Binding) -> str:
    """Return the name under which a pin is remembered: a branch or tag of a model is pinned apart from the model."""
    return f"{binding.home}@{binding.revision}" if binding.revision else binding.home


def pinned(place: str | None) -> dict[str, str]:
    """Return the revisions that are remembered in a place, by model."""
    try:
        return {str(model): str(revision) for model, revision in json.loads(lock_file(place).read_bytes()).items()}
    except (OSError, ValueError, AttributeError):
        return {}
