"""Holds what a look at a platform's set-up found, for `parley check`: a sentence, and what to do if it is wrong."""

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `remedy` says what to click or set; "" where nothing is to do."""

    subject: str
    state: State
    sentence: str
    remedy: str = ""
