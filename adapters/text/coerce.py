"""Values out of decoded JSON of any shape: of the type that is expected there, or that type's empty value."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from adapters.text.markup import clean, clean_name

IDENTIFIER = re.compile(r"[\w.-]{1,100}", re.ASCII)


def string(value: Any) -> str:
    """Return a string, without the characters that a database stumbles over."""
    return clean(value) if isinstance(value, str) else ""


def identifier(value: Any) -> str:
    """Return an id that a platform gave: letters, digits and little else, so that it may stand in a link."""
    return value if isinstance(value, str) and IDENTIFIER.fullmatch(value) else ""


def name(value: Any) -> str:
    """Return a person's, channel's or file's name, on one line and bounded."""
    return clean_name(value) if isinstance(value, str) else ""


def mapping(value: Any) -> Mapping[str, Any]:
    """Return an object."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the objects in a list."""
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())
