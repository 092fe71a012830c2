"""Finds the lines that were pasted from a machine: logs, stack traces, code, shells, diffs, data. Fenced or not.

Told line by line, by shapes that such lines have and people's sentences don't. A sure shape tells alone, a likely one
beside another line of a paste; an indented line, or one that only closes, goes with its neighbours. Pure.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
LONGEST = 300  # characters of a line that are looked at
STAMP = (
    r"(?:\d{4}[-/]\d\d[-/]\d\d[T ,] ?\d\d:\d\d|\d\d?[./]\w{2,3}[./]\d{4}[: ]\d\d:\d\d:\d\d|\d\d:\d\d:\d\d[.,]\d"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec) +\d\d? \d\d:\d\d:\d\d)"
)
LEVEL = r"(?:trace|debug|info|notice|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|panic|severe|alert|emerg)"
SOURCE = r"[\w./\\<>-]{1,120}\.(?:py|jsx?|tsx?|rb|go|rs|java|cc?|cpp|hp?p?|cs|php|kts?|swift|scala|ex|lua|sh|sql)"
SURE = (
    rf"[\[(<]?{STAMP}",
    rf"[\[(<]{LEVEL}[\])>]",
    rf"{LEVEL}[ :|-]{{1,3}}\[?(?:{STAMP}|[\w.-]+\])|{LEVEL}:[\w.-]{{1,60}}:\S",
    r"\w+=(?:\w|\"[^\"]{0,100}\")\S* \w+=(?:\w|\")\S* \w+=",
    r"[iwef]\d{4} \d\d:\d\d:\d\d",
    r"\d{1,3}(?:\.\d{1,3}){3} \S{1,40} \S{1,40} \[",
    r"<\d{1,3}>\d? ?(?:\w{3} +\d|\d{4}-)",
    r"\[ *\d+\.\d{3,6}\] ",
    r"[\w-]{1,40}\[\d{1,7}\]: ",
    r"(?:npm|yarn) (?:err!|warn|error|notice)",
    r"traceback \(most recent call last\)",
    r"file \"[^\"]{1,200}\", line \d+",
    r"at (?:async |new )?[\w$.<>/]{1,150} ?\([^()]{0,150}(?::\d+|native method|unknown source)\)",
    rf"at (?!\d)(?:{SOURCE}|[\w:/.-]{{1,120}}[/.:][\w:/.-]{{1,60}}):\d+",
    r"caused by: (?:[\w$]{1,60}\.){1,9}\w|caused by: \w{0,60}(?:error|exception)\b",
    r"exception in thread ",
    r"(?:[a-z_]\w{0,40}\.){0,8}[a-z_]\w{0,60}(?:error|exception|panic)(?:\[\w+\])?: \S",
    r"\.\.\. \d+ (?:more|common frames omitted)$",
    r"goroutine \d+ \[|thread '[^']{1,60}' panicked|note: run with `rust_|panic: |segmentation fault",
    r"--> \S{1,120}:\d+:\d+",
    r"#\d+ +(?:0x[0-9a-f]+|[\w:.$<>~]{1,80} ?\((?:\)|\w{1,40}=)|/)",
    rf"{SOURCE}:\d+(?::\d+)?(?::|\s*$| in )",
    r"[\w.-]{1,40}@[\w.-]{1,60}[: ][~/][^$#]{0,80}[$#] ",
    r"(?:\$(?! \d)|PS [A-Z]:\\[^>]{0,80}>|In \[\d+\]:) \S|>>> (?:import |from |print|[\w.]{1,60}(?:\(| ?=))",
    r"[d-][rwxst-]{9}[+@.]? +\d",
    r"diff --git |index [0-9a-f]{6,40}\.\.|@@ -\d+,?\d* \+\d|(?:---|\+\+\+) (?:[ab]/|/)\S",
    r"\"[\w .@/-]{1,80}\"\s*:\s*(?:[\"\[{\d-]|true|false|null)",
    r"[\[{]\s*\"[^\"]{1,80}\"\s*[:,]",
    r"</?[a-z][\w:-]{0,40}(?:\s[^<>]{0,200})?>(?:[^<>]{0,200}</[a-z][\w:-]{0,40}>)?\s*$",
    r"<\?xml |<!doctype ",
    r"#include\s?[<\"]|using [\w.]{1,80};|package [\w.]{1,80};|import [\w.*{} ,]{1,120};",
    r"import \w{1,40}(?:(?:\.\w{1,40}){1,6}| as \w{1,40})$|(?-i:import [a-z_]\w{1,40})$",
    r"from [\w.]{1,80} import ",
    r"(?:async )?(?:def|function|func|fn) \w{1,60}\(",
    r"(?:public|private|protected|static|final) [^?!]{1,160}[;{(]\s*$",
    r"for \w{1,40}(?:, ?\w{1,40})? in (?:[\w.]{1,60}\(.{0,100}\)|\w{1,60}[._]\w{1,60}):$",
    r"(?:const|let|var) (?:\w{1,60}|[{\[][\w, :]{1,60}[}\]])(?:: ?[\w<>\[\]]{1,40})? ?=",
    r"(?:if|for|while|switch|catch)\s?\(.{1,150}\)\s?\{?$",
    r"(?-i:SELECT) (?:distinct )?[\w.\"*()]{1,80}(?:,|$| as | from )|update \w{1,60} set \w",
    r"(?-i:INSERT INTO|DELETE FROM) \w|select \* from \w|insert into \w+ \(",
    r"(?-i:CREATE|ALTER|DROP) (?-i:TABLE) \w|(?:create|alter|drop) table \w{1,60}(?:\.\w|\s?[;(])",
    r"(?:0x)?[0-9a-f]{7,16}:? +(?:[0-9a-f]{2,4} ){3}",
    r"(?:nack|ack|get|post|put|patch|delete|head|options) /\S{0,200} http/\d",
    r"http/\d(?:\.\d)? \d{3}",
    r"eyj[\w-]{20}|-----begin ",
    # What compilers, tests, databases and shells say of an error.
    r"(?:error|warning)\[[A-Z]\d{3,5}\]|\S{1,120}\(\d{1,6},\d{1,6}\): (?:error|warning) ",
    r"(?-i:FAILED|PASSED|ERROR) \S{1,160}::\S|(?-i:BUILD|Build) (?:failed|successful|failure|success) in \d",
    r"make(?:\[\d{1,3}\])?: \*\*\*|==> \S|PING \S{1,80} \(\d|filesystem +(?:size|1k-blocks)",
    r"fatal: (?:not a|unable|could ?n[o']t|cannot|remote|refusing|repository|ambiguous|bad|no) ",
    r"error: (?:cannot find module|enoent|eacces|eaddrinuse|connect|listen|getaddrinfo)\b",
    r"(?:ora|pls|tns)-\d{4,5}:|error \d{4} \([0-9a-z]{5}\):|sqlstate\[",
    (
        r"(?:psql|mysql|curl|bash|sh|zsh|gcc|ld|clang|nginx|ssh)(?:: line \d{1,6})?: "
        r"(?:\(\d{1,3}\)|error|fatal|\S{1,80}: )"
    ),
)
LIKELY = (
    rf"{LEVEL}[:!|] ?\S",
    r"(?:sudo|curl|wget|kubectl|docker|git|npm|pip3?|apt(?:-get)?|systemctl|ssh|scp|helm|cargo|make|python3?) \S",
    r"[+-] ?\S",
    r"[\[{(]+\s*$|[\[{(].{0,200}[\])}],?\s*$|.{1,200}[;{]\s*$",
    r"(?:from|where|group by|order by|having|limit|values|set|and|or|(?:inner|left|right|outer|cross) join|join|on) \S",
    r"[\w.$\[\]]{1,60} ?(?:[-+*/|&]?=|:=) ?\S",
    r"[\w.$]{1,60}\([^()]{0,200}\)",
    r"(?:return|raise|throw|print|echo|export|else|try|finally|break|continue|pass|elif|except|with|class|case)\b.{0,120}[:;({]?$",
    r"[\w.-]{1,60}:(?: ?[\w\"'\[{/.-]|$)",
    r"\[[\w.-]{1,60}\]$",
    r"(?://|/\*|\*/|--|#|;)",
    r"\S{1,80}\s{2,}\S",
    r"\d[\d.,%:]*(?:[kmg]i?b?)?\s+\S",
)
SURE_SHAPE = re.compile(rf"[ \t|>]*(?:{'|'.join(SURE)})", re.IGNORECASE)
LIKELY_SHAPE = re.compile(rf"[ \t|]*(?:{'|'.join(LIKELY)})", re.IGNORECASE)
CLOSING = re.compile(r"[ \t|]*(?:(?:end|done|fi|esac)\b|[\])}>;,]+)[\])}>;, ]*$")
INDENTED = re.compile(r"[ \t]+\S")
SENTENCE = re.compile(r"[^\W\d_]+(?: [\w',-]+){3,}[.!?…]\s*$")


def without_pastes(text: str) -> str:
    """Return the text with an empty line for each paste."""
    prose = FENCED.sub("\n\n", text)
    lines = prose.splitlines()
    return "\n".join(line for pasted, part in _parts(lines) for line in ([""] if pasted else part))


def is_pasted(text: str) -> bool:
    """Return whether the text is nothing but a paste."""
    return bool(text.strip()) and not without_pastes(text).strip()


def _parts(lines: Sequence[str]) -> Iterator[tuple[bool, Sequence[str]]]:
    """Yield the runs of lines that are pasted, and those that aren't."""
    pasted = _pasted(lines)
    for is_paste, run in groupby(range(len(lines)), key=lambda place: pasted[place]):
        yield is_paste, [lines[place] for place in run]


def _pasted(lines: Sequence[str]) -> list[bool]:
    """Return whether each line belongs to a paste."""
    heads = [line[:LONGEST] for line in lines]
    sure = [SURE_SHAPE.match(head) is not None for head in heads]
    near = [_goes_along(head) for head in heads]
    for order in (range(len(lines)), range(len(lines) - 1, -1, -1)):
        touched = False
        for place in order:  # a paste spreads over the lines that go with it, first downwards, then upwards
            touched = sure[place] = sure[place] or (touched and near[place])
    between = [place for place in range(1, len(lines) - 1) if sure[place - 1] and sure[place + 1]]
    for place in between:
        sure[place] = sure[place] or SENTENCE.match(heads[place]) is None
    return sure


def _goes_along(line: str) -> bool:
    """Return whether the line belongs to a paste that it stands beside."""
    if not line.strip():
        return False
    if CLOSING.match(line) or INDENTED.match(line):
        return True
    return LIKELY_SHAPE.match(line) is not None and SENTENCE.match(line) is None
