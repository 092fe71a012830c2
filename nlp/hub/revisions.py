"""Revisions that earlier pulls pinned, and the places where pulled models lie. Fetches nothing."""

import json
from pathlib import Path

from huggingface_hub import constants

from nlp.scheduler.family import Binding

LOCK = "parley-revisions.json"


def places(binding: Binding) -> list[str | None]:
    """Return where the binding's model may lie: the owner's folder, and the Hub's own cache (None)."""
    return [binding.folder, None] if binding.folder else [None]


def lock_file(place: str | None) -> Path:
    """Return where the revisions that were pulled into a place are remembered."""
    return Path(place or constants.HF_HUB_CACHE) / LOCK


def locked(binding: Binding) -> str:
    """Return the revision that an earlier pull pinned, "" for none."""
    return next((known[binding.model] for known in map(pinned, places(binding)) if binding.model in known), "")


def lock(binding: Binding, revision: str) -> None:
    """Pin the binding's model to a revision."""
    place = binding.folder or None
    file = lock_file(place)
    file.parent.mkdir(parents=True, exist_ok=True)
    known = {**pinned(place), binding.model: revision}
    file.write_text(json.dumps(known, indent=1, sort_keys=True), encoding="utf-8")


def pinned(place: str | None) -> dict[str, str]:
    """Return the revisions that are remembered in a place, by model."""
    try:
        return {str(model): str(revision) for model, revision in json.loads(lock_file(place).read_bytes()).items()}
    except (OSError, ValueError, AttributeError):
        return {}
