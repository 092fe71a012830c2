"""Settings of a model that another program serves: where, with which key, and whether texts may leave for there.

Part of `[models.TASK]`. Asks nobody: whether the host is this machine is found out when the model loads.
"""

from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, field_validator, model_validator

from bot import credentials
from nlp.scheduler.family import Endpoint

SCHEMES = ("https", "http")
KEY = "api_key"


class ServedModel(BaseModel):
    """The settings; without `url` the model runs in Parley itself."""

    url: str = ""
    leaves_machine: bool = False
    ca_file: str = ""
    timeout: float = Field(default=120.0, gt=0, le=3_600)
    api_key_env: str = ""
    api_key_file: str = ""

    @model_validator(mode="before")
    @classmethod
    def kept_apart(cls, given: Any) -> Any:
        """Return the settings, if no key stands among them."""
        if isinstance(given, dict) and KEY in given:
            raise ValueError(
                "a key isn't written there; name its variable with api_key_env or its file with api_key_file"
            )
        return given

    @field_validator("url")
    @classmethod
    def plain(cls, url: str) -> str:
        """Return an address that holds no secret and nothing that a family would add."""
        try:
            parts = urlsplit(url)
            known = parts.scheme in SCHEMES and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            raise ValueError("it isn't an address such as https://models.example/v1") from None
        if url and not known:
            raise ValueError("it isn't an address such as https://models.example/v1")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError("an address ends before any name, password, ? or #")
        return url.rstrip("/")

    def endpoint(self, task: str) -> Endpoint | None:
        """Return the same, as the core reads it, with its key; None without a url. Raises UsageError."""
        if not self.url:
            return None
        sources = {f"{KEY}_env": self.api_key_env, f"{KEY}_file": self.api_key_file}
        named = {key: value for key, value in sources.items() if value}
        found = credentials.given(f"models_{task}", named, {KEY})
        key = credentials.resolved(f"models.{task}", found, {KEY}).get(KEY, "")
        return Endpoint(self.url, self.leaves_machine, self.ca_file, self.timeout, key)
