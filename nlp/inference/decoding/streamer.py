"""A row's tokens as text while they are written: what is certain goes out at once, and a stop string ends the row.

Text is held back while it may still change: bytes of an unfinished character, and an ending that could become a stop
string. Only the newest tokens are decoded at each step.
"""

import logging
from collections.abc import Callable, Sequence

from nlp.jobs import ignore

log = logging.getLogger(__name__)

UNFINISHED = "\N{REPLACEMENT CHARACTER}"


class Speech:
    """Listens to one row. Call it with all tokens so far; True means that the row shall end."""

    def __init__(
        self, spell: Callable[[Sequence[int]], str], stops: Sequence[str], tell: Callable[[str], None]
    ) -> None:
        self._spell = spell
        self._stops = tuple(stop for stop in stops if stop)
        self._tell = tell
        self._from = self._read = 0  # tokens before `_read` are in the text; decoding begins at `_from` for context
        self._told = 0
        self._over = False
        self.text = ""

    def __call__(self, ids: Sequence[int]) -> bool:
        """Take in the newest token."""
        more = self._newest(ids)
        if more and not more.endswith(UNFINISHED):
            self._from, self._read = self._read, len(ids)
            self._add(more)
        return self._over

    def finish(self, ids: Sequence[int]) -> str:
        """Tell the rest of a row that ended and return the whole text."""
        if not self._over:
            self._add(self._newest(ids))
            self._over = True
            self._say(len(self.text))
        return self.text

    def _newest(self, ids: Sequence[int]) -> str:
        """Return the text of the tokens that aren't in `text` yet."""
        return self._spell(ids[self._from :])[len(self._spell(ids[self._from : self._read])) :]

    def _add(self, more: str) -> None:
        """Append text up to a stop string, and tell what can't become part of one."""
        known = max(0, len(self.text) - max(map(len, self._stops), default=0))
        self.text += more
        places = [place for stop in self._stops if (place := self.text.find(stop, known)) >= 0]
        if places:
            self.text = self.text[: min(places)]
            self._over = True
        self._say(len(self.text) - (0 if places else self._pending()))

    def _pending(self) -> int:
        """Return how many characters at the end may be the beginning of a stop string."""
        longest = min(len(self.text), max(map(len, self._stops), default=1) - 1)
        endings = (self.text[-count:] for count in range(longest, 0, -1))
        return next((len(ending) for ending in endings if any(stop.startswith(ending) for stop in self._stops)), 0)

    def _say(self, until: int) -> None:
        """Tell the text up to a place, once. A listener that fails is not told again."""
        if until <= self._told:
            return
        more, self._told = self.text[self._told : until], until
        try:
            self._tell(more)
        except Exception:
            log.warning("a listener failed and gets no further text", exc_info=True)
            self._tell = ignore
