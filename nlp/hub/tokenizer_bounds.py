"""Refuses a tokenizer that makes much of little: one whose rules multiply a text, or whose tokens are whole books."""

import json
import math
from base64 import b64decode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nlp.hub.checkpoint import LONGEST_TEXT, read_plain, refused
from nlp.scheduler.family import Binding

FILE = "tokenizer.json"
RULES = ("normalizer", "pre_tokenizer", "decoder")
MOST_GROWTH = 256  # how many characters the rules together may make of one
LONGEST_TOKEN, MOST_MARKS, LONGEST_MARK = 10_000, 64, 64  # characters; tokens around a text; characters of one of them
LARGEST_MAP = 4 << 20  # characters of a table of single characters
REMEDY = "Pull it again, or bind another model."


def check_tokenizer(folder: Path, binding: Binding) -> None:
    """Refuse a `tokenizer.json` by whose rules a text grows beyond measure. Raises ModelRefused."""
    file = folder / FILE
    if not file.is_file():
        return
    try:
        saved = json.loads(read_plain(file, LONGEST_TEXT))
        excess = excess_of(saved)
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise refused(binding, f"has a damaged {FILE}", "Pull it again.") from error
    if excess:
        raise refused(binding, f"has a tokenizer that {excess}", REMEDY)


def excess_of(saved: Mapping[str, Any]) -> str:
    """Return what a tokenizer does too much of, "" for an honest one."""
    for section in RULES:
        if math.prod(map(growth, rules(saved.get(section)))) > MOST_GROWTH:
            return "multiplies a text"
    if any(marks(rule) > MOST_MARKS for rule in rules(saved.get("post_processor"))):
        return "puts too many tokens around a text"
    if max(map(len, tokens(saved)), default=0) > LONGEST_TOKEN:
        return "has tokens as long as books"
    return ""


def rules(rule: Any) -> Iterator[Mapping[str, Any]]:
    """Yield a rule and those inside it."""
    if isinstance(rule, list):
        for each in rule:
            yield from rules(each)
    elif isinstance(rule, Mapping):
        yield rule
        for inside in rule.values():
            if isinstance(inside, list):
                yield from rules([each for each in inside if isinstance(each, Mapping) and "type" in each])


def growth(rule: Mapping[str, Any]) -> int:
    """Return how many characters a rule makes of one at most."""
    kind = rule.get("type")
    if kind == "Replace":
        pattern, content = rule.get("pattern", {}), len(str(rule.get("content", "")))
        length = len(str(pattern.get("String", ""))) if isinstance(pattern, Mapping) else len(str(pattern))
        return max(1, math.ceil(content / length)) if length else content + 1  # an expression may match nothing at all
    if kind == "Precompiled":
        return by_table(str(rule.get("precompiled_charsmap", "")))
    written = (rule.get(name) for name in ("prepend", "replacement", "prefix", "suffix", "content"))
    return 1 if all(len(str(each)) <= LONGEST_MARK for each in written if each is not None) else MOST_GROWTH + 1


def by_table(table: str) -> int:
    """Return how many characters a table of single characters makes of any one."""
    if len(table) > LARGEST_MAP:
        return MOST_GROWTH + 1
    decoded = b64decode(table)
    texts = decoded[4 + int.from_bytes(decoded[:4], "little") :].split(
        b"\0"
    )  # behind a trie, whose length stands first
    return max(1, *(len(text.decode("utf-8", "replace")) for text in texts))


def marks(rule: Mapping[str, Any]) -> int:
    """Return how many tokens a rule puts around a text."""
    special = rule.get("special_tokens")
    ids = [len(each.get("ids", ())) for each in special.values()] if isinstance(special, Mapping) else []
    return max(len(rule.get("single") or ()), len(rule.get("pair") or ())) * max(ids, default=1)


def tokens(saved: Mapping[str, Any]) -> Iterator[str]:
    """Yield every token's text."""
    vocabulary = saved.get("model", {}).get("vocab") or {}
    yield from (str(each if isinstance(each, str) else each[0]) for each in vocabulary)
    yield from (str(each["content"]) for each in saved.get("added_tokens") or ())
