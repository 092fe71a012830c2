"""Reads what people say about a channel that translates itself: on, off, for whom, into what, and better words."""

import re
from dataclasses import dataclass
from typing import Literal

from nlp.text.names import NAMES, code_of

READ = 600  # characters that are looked at
HERE = (
    r"(?:(?:this|the)\s+channel|(?:everything|all(?:\s+messages)?|what\s+(?:is|people)\s+\w+|every\s+message)"
    r"(?:\s+(?:that\s+is\s+)?(?:said|written|posted))?\s*(?:in\s+)?(?:here|this\s+channel)|here"
    r"|(?:este|o)\s+canal|tudo\s+(?:o\s+que\s+\w+\s+)?aqui|aqui|este\s+canal|todo\s+(?:lo\s+que\s+\w+\s+)?aqu[ií]|aqu[ií]"
    r"|diesen\s+kanal|alles\s+(?:hier|in\s+diesem\s+kanal)|hier|ce\s+canal|cette\s+cha[iî]ne|tout\s+(?:ce\s+qui\s+\w+\s+)?ici|ici)"
)
MINE = (
    r"(?:my|as\s+minhas|minhas|mis|meine|mes)\s+(?:own\s+)?(?:messages|mensagens|mensajes|nachrichten|messages)"
    r"|what\s+i\s+(?:write|say)|mine"
)
ALWAYS = (
    r"(?:from\s+now\s+on|always|automatically|a\s+partir\s+de\s+agora|sempre|automaticamente|a\s+partir\s+de\s+ahora|siempre"
    r"|autom[aá]ticamente|ab\s+(?:jetzt|sofort)|von\s+nun\s+an|k[uü]nftig|immer|automatisch|[aà]\s+partir\s+de\s+maintenant"
    r"|d[eé]sormais|toujours|automatiquement)"
)
VERB = r"(?:translat\w+|tradu\w+|[uü]bersetz\w*)"
INTO = r"(?:in\s*to|to|into|para(?:\s+o)?|al?|ao|em|en|ins?|auf|nach)"
STOP = (
    r"(?:stop|don['\u2019]?t|do\s+not|never|no\s+longer|p[aá]r[ae]|deix[ae]|n[aã]o|nunca|dej[ae]|no|h[oö]re?\s+auf,?|nicht|arr[eê]te[rz]?"
    r"|cesse[rz]?|ne)"
)
ON = re.compile(
    rf"on\b[\s,:]*(?:for\s+(?P<readers>readers)|(?P<button>button)|(?:{INTO}\s+)?(?P<languages>.*))", re.IGNORECASE
)
OFF = re.compile(r"(?:off|stop)[\s.!]*", re.IGNORECASE)
STATUS = re.compile(r"(?:status)?[\s?.!]*", re.IGNORECASE)
OWN = re.compile(r"(?:mine|my\s+messages)\s+(?P<way>on|off)[\s.!]*|(?P<not>not\s+(?:mine|me))[\s.!]*", re.IGNORECASE)
BETTER = re.compile(r"(?:better|melhor|mejor|besser|mieux|plut[oô]t)\s*:\s*(?P<text>\S.*)", re.IGNORECASE | re.DOTALL)
TURNED_ON = (
    re.compile(rf"(?:{ALWAYS},?\s+)?{VERB}\s+{HERE}\s+(?:{ALWAYS}\s+)?{INTO}\s+(?P<languages>.+)", re.IGNORECASE),
    re.compile(rf"{VERB}\s+{HERE}\s+{ALWAYS}\s+{INTO}\s+(?P<languages>.+)", re.IGNORECASE),
)
FROM_NOW = re.compile(rf"[\s,]*\b{ALWAYS}[\s.!]*", re.IGNORECASE)
TURNED_OFF = re.compile(
    rf"{STOP}\s+(?:de\s+|d['\u2019])?{VERB}\s+{HERE}[\s.!]*|h[oö]re?\s+auf,?\s+{HERE}\s+zu\s+{VERB}[\s.!]*",
    re.IGNORECASE,
)
NOT_MINE = re.compile(
    rf"{STOP}\s+(?:de\s+|d['\u2019])?{VERB}\s+(?:{MINE})(?:\s+(?:any\s*more|mais|m[aá]s|plus))?[\s.!]*"
    rf"|{VERB}\s+(?:{MINE})\s+nicht(?:\s+mehr)?[\s.!]*|h[oö]re?\s+auf,?\s+(?:{MINE})\s+zu\s+{VERB}[\s.!]*",
    re.IGNORECASE,
)
MINE_AGAIN = re.compile(
    rf"{VERB}\s+(?:{MINE})\s+(?:again|de\s+novo|otra\s+vez|wieder|de\s+nouveau)[\s.!]*", re.IGNORECASE
)
BETWEEN = re.compile(r"\s*(?:,|&|/|\b(?:and|und|et|e|y)\b)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TranslationWish:
    """A wish about a channel. `targets` are codes; `unknown` is the first word that names no language.

    With `readers` each reader asks for their own language; `text` are better words for a translation.
    """

    kind: Literal["status", "on", "off", "spare", "unspare", "better"]
    targets: tuple[str, ...] = ()
    unknown: str = ""
    readers: bool = False
    text: str = ""


def concerns(words: str) -> bool:
    """Return whether free text is about a channel that translates itself."""
    return _said(words[:READ].strip()) is not None


def is_mode(words: str) -> bool:
    """Return whether what stands behind `translate` turns that on or off, rather than being a text."""
    words = words[:READ].strip()
    ahead = ON.fullmatch(words)
    if ahead is not None:
        return bool(ahead["readers"] or ahead["button"]) or not _languages(ahead["languages"])[1]
    return bool(words) and any(pattern.fullmatch(words) for pattern in (OFF, OWN))


def read(words: str) -> TranslationWish | None:
    """Return what the words want, None where they can't be read."""
    words = words.strip()
    if better := BETTER.fullmatch(words):
        return TranslationWish("better", text=better["text"].strip())
    words = words[:READ]
    if STATUS.fullmatch(words):
        return TranslationWish("status")
    if own := OWN.fullmatch(words):
        return TranslationWish("unspare" if (own["way"] or "").casefold() == "on" else "spare")
    if OFF.fullmatch(words):
        return TranslationWish("off")
    if ahead := ON.fullmatch(words):
        return _on(ahead["languages"], readers=bool(ahead["readers"] or ahead["button"]))
    return _said(words)


def _said(words: str) -> TranslationWish | None:
    """Return what free text wants."""
    if better := BETTER.fullmatch(words):
        return TranslationWish("better", text=better["text"].strip())
    for pattern, kind in ((NOT_MINE, "spare"), (MINE_AGAIN, "unspare"), (TURNED_OFF, "off")):
        if pattern.fullmatch(words):
            return TranslationWish(kind)  # type: ignore[arg-type]
    if FROM_NOW.search(words) is None:
        return None
    plain = " ".join(FROM_NOW.sub(" ", words).split())
    for pattern in TURNED_ON:
        if (found := pattern.fullmatch(plain)) and (wish := _on(found["languages"], readers=False)).targets:
            return wish
    return None


def _on(languages: str | None, *, readers: bool) -> TranslationWish:
    targets, unknown = _languages(languages or "")
    return TranslationWish("on", () if readers else targets, "" if readers else unknown, readers)


def _languages(words: str) -> tuple[tuple[str, ...], str]:
    """Return the codes that the words name, and the first part that names none."""
    parts = [part for part in BETWEEN.split(words.strip(" .!?")) if part]
    codes = [(part, code_of(part)) for part in parts]
    unknown = next((part for part, code in codes if code not in NAMES), "")
    return tuple(dict.fromkeys(code for _, code in codes if code in NAMES)), unknown
