"""Values out of decoded JSON of any shape: of the type that is expected there, or that type's empty value."""

from collections.abc import Iterator, Mapping
from typing import Any

from adapters.markup import clean, clean_name


def string(value: Any) -> str:
    """A string, without the characters that a database stumbles over."""
    return clean(value) if isinstance(value, str) else ""


def name(value: Any) -> str:
    """A person's, channel's or file's name, on one line and bounded."""
    return clean_name(value) if isinstance(value, str) else ""


def mapping(value: Any) -> Mapping[str, Any]:
    """An object."""
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> Iterator[Mapping[str, Any]]:
    """The objects in a list."""
    return (item for item in value if isinstance(item, dict)) if isinstance(value, list) else iter(())
