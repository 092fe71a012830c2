"""Keeps what a translator must not touch: spans of a text are replaced by placeholders and put back afterwards.

A placeholder is `XX1`, `XX2`, …: the Firefox models copied it in 75 of 78 sentences, where they copied `<1>`, `{1}`,
`@1` and `⟦1⟧` in none (`benchmarks/placeholders.py`); the restorer gets the rest. Pure functions of text; they
know no chat service and no model.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

PLACEHOLDER = re.compile(r"(?<![^\W_])(?i:XX) ?(\d{1,4})(?![^\W_])")
EMOJI = (
    r"[\U0001F000-\U0001FAFF\u2600-\u27BF\u2B00-\u2BFF\u2300-\u23FF\u2190-\u21FF\u3030\u303D\u3297\u3299]"
    r"|[#*0-9]\uFE0F?\u20E3"
)
JOINED = r"[\u200D\uFE0E\uFE0F\u20E3\U0001F3FB-\U0001F3FF\U000E0020-\U000E007F]"
UNITS = (
    r"(?:%|‰|°[CF]?|[kKMGTP]i?[Bb](?:/s|ps)?|bytes?|[kMG]?bps|[nµm]s|s|secs?|mins?|h|hrs?|[kmcµn]?m|km/h|[kmµ]?g|[mc]?l|"
    r"[kMG]?Hz|[kM]?W|[km]?V|m?A|px|pt|fps|rpm|dB|[kKM]|am|pm|AM|PM)"
)
CURRENCY = "".join(char for char in map(chr, range(0x3000)) if unicodedata.category(char) == "Sc")
MONEY = rf"(?:R\$|US\$|[{re.escape(CURRENCY)}])"
NUMERAL = r"\d{1,18}(?:[.,]\d{1,9}){0,6}"  # bounded, so that a long row of digits is read once
OPERATORS = r"*/+\-=^<>~" + "\u00d7\u00f7\u00b1\u00b7\u2219\u2212\u2264\u2265\u2248\u2260"
CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?"
EXTENSIONS = (
    "py|js|ts|tsx|go|rs|c|h|cpp|java|rb|sh|md|txt|csv|json|ya?ml|toml|ini|cfg|conf|log|sql|html|css|zip|gz|tar|pdf|"
    "docx?|xlsx?|pptx?|png|jpe?g|gif|svg|mp4|lock|env"
)
TEMPLATE = (
    r"\{\{[^{}\n]*\}\}|\{%[^{}\n]*%\}|[$%#]?\{[^{}\n]*\}"
    r"|%\(\w+\)[a-z]\b|%(?:\d+\$)?[-+#0]?\d*(?:\.\d+)?[sdifgxXcou](?!\w)|\$[A-Za-z_]\w*"
    r"|\[\[[^\[\]\n]+\]\]|\[(?:[A-Z]\w*|[ xX])\](?!\()"
)  # {name}, {{count}}, {% if %}, ${HOME}, %(name)s, %1$s, $HOME, [[page]], [Enter]
KINDS: tuple[tuple[str, str], ...] = (
    ("fence", r"```.*?(?:```|\Z)"),
    ("code", r"``[^\n]+?``|`[^`\n]+`"),
    ("markup", r"<(?:[@#!]|a?:\w|t:-?\d|/[\w -]+:\d|id:|sound:|\+\d|https?:|mailto:|tel:)[^<>\n]*>"),
    ("tag", r"</?[A-Za-z][\w:-]*(?:\s[^<>\n]*)?/?>"),
    ("entity", r"&(?:[A-Za-z]{2,8}|#\d{1,7}|#x[0-9A-Fa-f]{1,6});"),
    ("template", TEMPLATE),
    ("link", r"(?:\b(?:https?|ftp|ssh|git|slack|discord)://|\bwww\.)[^\s<>]*[^\s<>.,;:!?)\]}'\"*_~]"),
    ("email", r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+\b"),
    ("mention", r"(?<![\w@])@[^\W_](?:[\w.-]*\w)?"),
    ("channel", r"(?<![\w#&])#[^\W_][\w-]*"),
    ("emoji_code", r"(?<![\w:]):(?=[\w+-]*[A-Za-z+-])[\w+-]+:(?::skin-tone-\d:)?(?!\w)"),
    ("emoticon", r"(?<!\S)(?:[:;=8][-']?[()DdPpOo/|\\3*]|<3|</3|[xX]D|\^\^)(?!\w)"),
    ("emoji", rf"(?:(?:{EMOJI}){JOINED}*)+"),
    ("path", r"(?<![\w/])(?:~|\.{1,2})?(?:/[\w.@+-]+){2,}/?|\b[A-Za-z]:\\[^\s<>]+"),
    ("file", rf"(?<![\w-])[\w-]{{1,100}}\.(?:{EXTENSIONS})\b"),
    ("name", r"\b\w+_\w+\b(?:\(\))?|\b[A-Za-z]\w*\(\)|(?<![\w-])--[a-z][\w-]+"),
    ("ticket", r"\b[A-Z][A-Z0-9]+-\d+\b|\b(?:CI/CD|CI|QA|PRs?|MRs?)\b"),
    ("hash", r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,64}\b"),
    ("version", r"\bv\d+(?:\.\d+)*\b|\b\d+\.\d+(?:\.\d+)+[\w-]*"),
    ("moment", rf"\b\d{{4}}-\d{{2}}-\d{{2}}(?:[T ]{CLOCK}Z?)?\b|\b\d{{1,2}}/\d{{1,2}}(?:/\d{{2,4}})?\b|\b{CLOCK}\b"),
    (
        "amount",
        rf"{MONEY}\s?{NUMERAL}[kKmM]?\b|(?<![\w.,]){NUMERAL}\s?(?:{MONEY}|{UNITS}(?!\w)|(?:kr|zł|Kč|USD|EUR|GBP|BRL|JPY|CHF)\b)",
    ),
    ("formula", rf"(?<![\w.,]){NUMERAL}(?:\s*[{OPERATORS}]\s*{NUMERAL})+\b"),
    ("decimal", r"(?<![\w.,])\d+(?:[.,]\d+)+(?![\w])"),
    (
        "laughter",
        r"(?i:\b(?:k{3,}|(?:rs){2,}|h?(?:[aeiou]h){2,}[aeiou]?|(?:ha|he|hi|hue|ja|je){2,}h?|lo+l|lmao+|rofl)\b)",
    ),
    ("placeholder", r"(?i:XX) ?\d{1,4}"),
)
FILLER = "x"  # stands for each character of a protected span, so that no sentence ends inside one
GLUE = re.compile(r"[^\W_]")
NUMBER = r"(?<![^\W_])\d+(?:[.,]\d+)*"
SPANS = "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in KINDS)
SPAN = re.compile(SPANS, re.DOTALL)
SUSPECT = re.compile(
    rf"[\d`<:;=@#_/\\^{{&$%\[]|[xX]D|CI|QA|[PM]R|--|\(\)|\.\w|www\.|{EMOJI}|(?i:kkk|rsrs|[aeiou]h|[aeu]h?[hj]|lo+l|lmao|rofl|hihi)"
)  # of which every span has something
MARKS = r"(?<![\w\s])[*_~]+(?=\w)|(?<!\S)[*_~]+(?=\S)|(?<=\S)[*_~]+(?!\w)|[*~]{2,}|\|{2,}|\\(?=[^\w\s])"  # strays
SIGNS = r"[\[\]{}<>|\\=+$%@#*_^~]"  # what a model may drop though it knows it
TYPED = {
    **dict.fromkeys("\u2018\u2019\u201a\u201b", "'"),
    **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"'),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015", "-"),
    **dict.fromkeys("\u00a0\u202f\u2009", " "),
    "\u2026": "...",
}  # a typographer's signs, and how they are typed


@dataclass(frozen=True, slots=True)
class ProtectedSpan:
    """A protected piece of a text: `text[start:end]`, and what it is."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True, slots=True)
class Placeholder:
    """Holds what a placeholder stands for, and on which sides a space was put that the text doesn't have."""

    text: str
    left: bool = False
    right: bool = False


@dataclass(frozen=True, slots=True)
class Shielded:
    """A text with placeholders; `kept[i]` is what `XX{i + 1}` stands for."""

    text: str
    kept: tuple[Placeholder, ...]


class Damaged(ValueError):
    """A placeholder is missing, appears twice, or was never given out."""


def find(text: str, *, numbers: bool = False, terms: str = "", signs: str = "") -> Iterator[ProtectedSpan]:
    """Yield the protected spans of a text, in order and apart.

    `numbers` adds bare numbers, `terms` and `signs` add what a regex matches.
    """
    further = {"term": terms, "number": NUMBER if numbers else "", "sign": signs}
    patterns = [f"(?P<{kind}>{regex})" for kind, regex in further.items() if regex]
    if SUSPECT.search(text):
        patterns.insert(0, SPANS)
    pattern = "|".join(patterns)
    if not pattern:
        return
    for match in re.compile(pattern, re.DOTALL).finditer(text):
        if match.start() < match.end():
            yield ProtectedSpan(match.start(), match.end(), match.lastgroup or "")


def strange(text: str) -> frozenset[str]:
    """Return the characters of a text that a vocabulary may lack, or that its normalisation changes."""
    return frozenset(char for char in text if not (char.isalnum() and char.isascii()) and char not in " \n\t.,!?'-")


def altered(char: str) -> bool:
    """Return whether the usual normalisation of vocabularies (NFKC) makes something else of a character."""
    return char not in TYPED and unicodedata.normalize("NFKC", char) != char


def foreign(lacking: Iterable[str]) -> str:
    """Return a regex of the words and signs that have characters which a vocabulary lacks, or "" for none."""
    chars = "".join(map(re.escape, sorted(lacking)))
    if not chars:
        return ""
    word = rf"(?<![\w{chars}])(?=\w*[{chars}])[\w{chars}]+"
    return rf"{word}(?:[ ,.;:!?'\"-]{{1,3}}{word})*"


def shield(text: str, *, numbers: bool = False, terms: str = "", signs: str = "") -> Shielded:
    """Replace protected spans by placeholders."""
    ends = [(span.start, span.end) for span in find(text, numbers=numbers, terms=terms, signs=signs)]
    kept: list[Placeholder] = []
    pieces: list[str] = []
    done = 0
    for start, end in joined(ends):
        held = Placeholder(
            text[start:end], bool(GLUE.match(text[start - 1 : start])), bool(GLUE.match(text[end : end + 1]))
        )
        kept.append(held)
        pieces += (text[done:start], " " * held.left, f"XX{len(kept)}", " " * held.right)
        done = end
    return Shielded("".join((*pieces, text[done:])), tuple(kept))


def joined(ends: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans that touch each other as one."""
    whole: list[tuple[int, int]] = []
    for start, end in ends:
        first = whole.pop()[0] if whole and whole[-1][1] == start else start
        whole.append((first, end))
    return whole


def restore(text: str, kept: Sequence[Placeholder]) -> str:
    """Put the spans back. Raises Damaged unless every placeholder is there exactly once."""
    numbers = sorted(int(match[1]) for match in PLACEHOLDER.finditer(text))
    if numbers != list(range(1, len(kept) + 1)):
        raise Damaged(f"{len(kept)} placeholders went in and {numbers} came out")
    pieces: list[str] = []
    done = 0
    for match in PLACEHOLDER.finditer(text):
        held = kept[int(match[1]) - 1]
        before, done = text[done : match.start()], match.end()
        pieces += (before.removesuffix(" ") if held.left else before, held.text)
        done += held.right and text[done : done + 1] == " "
    return "".join((*pieces, text[done:]))


def strip(text: str) -> str:
    """Return the words of a text alone: every protected span is gone."""
    return SPAN.sub(" ", text) if SUSPECT.search(text) else text
