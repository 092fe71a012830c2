"""Places as parts of an address, and back: ids come from exports and may hold anything, so none stands there itself."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode

from adapters.chat import Place

PARTS = 3


def token_of(place: Place) -> str:
    """Return the channel of a place as a word of letters, digits, - and _."""
    identity = json.dumps([place.platform, place.workspace, place.channel], ensure_ascii=False)
    return urlsafe_b64encode(identity.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def place_of(token: str) -> Place | None:
    """Return the channel behind such a word, None for any other."""
    try:
        padded = token + "=" * (-len(token) % 4)
        parts = json.loads(urlsafe_b64decode(padded.encode("ascii")).decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(parts, list) or len(parts) != PARTS or not all(isinstance(part, str) for part in parts):
        return None
    return Place(*parts)
