"""Reads texts with a sentiment label from the files people have: CSV, TSV, JSON lines, and two public data sets.

GoEmotions (a TSV whose labels are numbers of a `labels.txt` beside it) is grouped into three classes as its authors
do; XLM-T (a text a line, its labels in a file beside it) has literal escapes, which are decoded. Knows no model.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from adapters.files import open_text, read_text
from adapters.text.counts import counted
from bot.errors import UsageError

LABELS = ("negative", "neutral", "positive")
EMOTIONS = {
    "positive": "admiration amusement approval caring desire excitement gratitude joy love optimism pride relief",
    "negative": "anger annoyance disappointment disapproval disgust embarrassment fear grief nervousness "
    "remorse sadness",
    "ambiguous": "confusion curiosity realization surprise",
    "neutral": "neutral",
}
GROUP = {emotion: group for group, emotions in EMOTIONS.items() for emotion in emotions.split()}
TAGS = (*sorted(GROUP.keys() - {"neutral"}), "neutral")
ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A text and its label, None where its annotators saw both sides or neither; `tags` are finer emotions."""

    text: str
    label: str | None
    tags: tuple[str, ...] = ()


def read(path: Path, labels: Path | None = None, part: str = "val") -> list[Labelled]:
    """Return every labelled text of a file, or of the `part` of a data set in a folder.

    Raises UsageError where there is nothing to read, or a row is not a text with a known label.
    """
    file = find(path, part)
    try:
        examples = list(rows(file, labels))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{file} can't be read ({type(error).__name__}).", "It has to be text in UTF-8.") from error
    if not examples:
        raise UsageError(f"{file} holds no labelled text.", "It needs the columns text and label.")
    return examples


def as_csv(labelled: Iterable[Labelled]) -> bytes:
    """Return a CSV of the texts that have a label, as `read` takes it."""
    stream = StringIO(newline="")
    table = csv.writer(stream)
    table.writerow(("text", "label"))
    table.writerows((row.text, row.label) for row in labelled if row.label)
    return stream.getvalue().encode()


def find(path: Path, part: str) -> Path:
    """Return the file itself, or the part of a data set's folder."""
    if path.is_file():
        return path
    for name in (f"{part}_text.txt", f"{part}.tsv", "dev.tsv" if part == "val" else ""):
        if name and (path / name).is_file():
            return path / name
    raise UsageError(f"There is no labelled data at {path}.", "Name a CSV, TSV or JSON lines file with text and label.")


def rows(file: Path, labels: Path | None) -> Iterator[Labelled]:
    """Yield the rows of a file, by its shape."""
    if file.suffix == ".txt":
        yield from line_by_line(file, labels or file.with_name(file.name.replace("_text", "_labels")))
    elif file.suffix == ".jsonl":
        yield from tabular(file, json_lines(file))
    else:
        with open_text(file, "utf-8-sig") as stream:
            yield from tabular(file, csv.DictReader(stream, delimiter="\t" if file.suffix == ".tsv" else ","))


def line_by_line(file: Path, labels: Path) -> Iterator[Labelled]:
    """Yield a text a line, and in another file a number a line."""
    texts = read_text(file).removesuffix("\n").split("\n")
    numbers = read_text(labels).split()
    if len(texts) != len(numbers):
        raise UsageError(
            f"{file.name} has {counted(len(texts), 'line')} and {labels.name} {counted(len(numbers), 'label')}."
        )
    for line, (text, number) in enumerate(zip(texts, numbers, strict=True), 1):
        if number not in {"0", "1", "2"}:
            raise UsageError(f"{labels.name}, line {line}: {number} isn't a label.", "Labels are 0, 1 or 2.")
        yield Labelled(decode(text), LABELS[int(number)])


def decode(text: str) -> str:
    r"""Undo what XLM-T's export did to a tweet: `\u2019` escapes, and quotes doubled as in CSV."""
    text = ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text)
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # joins the halves of an emoji
    text = text.strip()
    if text.startswith('"'):
        text = text[1:].removesuffix('"')
    return text.replace('\\""""', '"').replace('\\"', '"').replace('""', '"')


def json_lines(file: Path) -> Iterator[Mapping[str, object]]:
    """Yield an object a line."""
    with open_text(file, "utf-8-sig") as stream:
        for number, line in enumerate(stream, 1):
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, dict):
                raise UsageError(f"{file.name}, line {number}: not a JSON object.")
            yield row


def tabular(file: Path, table: Iterable[Mapping[str, object]]) -> Iterator[Labelled]:
    """Yield rows with `text` and `label`.

    The label is a word, or numbers of emotions where a `labels.txt` names them.
    """
    names = file.with_name("labels.txt")
    emotions = read_text(names).split() if names.is_file() else []
    for number, row in enumerate(table, 1):
        text, label = row.get("text"), str(row.get("label", "")).strip().lower()
        if not isinstance(text, str):
            raise UsageError(f"{file.name}, row {number}: there is no text.", "The columns are text and label.")
        if label in LABELS:
            yield Labelled(text, label)
            continue
        try:
            tags = tuple(emotions[int(index)] for index in label.split(","))
            yield Labelled(text, grouped(tags), tags)
        except (ValueError, IndexError, KeyError):
            raise UsageError(
                f"{file.name}, row {number}: {label or 'nothing'!r} isn't a label.", f"Use {', '.join(LABELS)}."
            ) from None


def grouped(emotions: tuple[str, ...]) -> str | None:
    """Return the sentiment of a set of emotions, or None for both sides, and for emotions that may be either."""
    groups = {GROUP[emotion] for emotion in emotions}
    if {"positive", "negative"} <= groups:
        return None
    for group in ("positive", "negative"):
        if group in groups:
            return group
    return None if "ambiguous" in groups else "neutral"
