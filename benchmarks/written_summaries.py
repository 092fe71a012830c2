"""What the check of written summaries lets through, and what true sentences it drops, when a weak model writes.

    python benchmarks/written_summaries.py irc/dev.zip --model FOLDER/SmolLM2-135M-Instruct.Q4_1.gguf > sentences.tsv
    python benchmarks/written_summaries.py irc/dev.zip --labels benchmarks/written_summaries.tsv [--family e5]

The first writes a summary of each of 100 discussions of Ubuntu IRC, as the summary of a channel does, and prints a line
for each sentence: log, ids of the messages, places that it cites, "?", text. Somebody who read the messages puts "true"
or "wrong" in place of the "?". The second checks labelled sentences as they are checked before they are shown, and
needs no model that writes: so a change of the check is measured on the same sentences.
"""

import argparse
import asyncio
import csv
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fit_retrieval import EMBEDDERS
from scipy.stats import binomtest

from adapters.chat import Message
from bot.conversation.quoting import shortened
from bot.evaluation.irc import read_logs
from bot.summaries.abstractive import A_DISCUSSION, LONGEST_LINE, discussed, shown, supported
from bot.summaries.writing import Line, Order, Written, write
from nlp.core import Core
from nlp.scheduler.family import Binding

SUMMARIES, FEWEST, MOST = 100, 4, 12  # discussions, and messages of one
STRETCH = 120  # messages that are looked at together for discussions
OUTCOMES = ("shown as supported", "shown as unverified", "dropped")


@dataclass(frozen=True)
class Sentence:
    """A sentence that a model wrote about some messages of a log, and how it was labelled."""

    log: str
    ids: tuple[str, ...]
    cites: tuple[int, ...]
    label: str
    text: str

    def row(self) -> list[str]:
        """The sentence as a line of the file."""
        return [self.log, " ".join(self.ids), " ".join(map(str, self.cites)), self.label, self.text]


def read_labels(path: Path) -> list[Sentence]:
    """Labelled sentences."""
    with path.open(encoding="utf-8", newline="") as stream:
        rows = csv.reader(stream, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [
            Sentence(log, tuple(ids.split()), tuple(map(int, cites.split())), label, text)
            for log, ids, cites, label, text in rows
        ]


def drawn(logs: Mapping[str, Sequence[Message]]) -> list[tuple[str, list[Message]]]:
    """Discussions of all logs in a fixed random order, found as a summary finds them."""
    found = [
        (log, messages)
        for log, said in logs.items()
        for start in range(0, len(said), STRETCH)
        for messages, _ in discussed(said[start : start + STRETCH])
        if FEWEST <= len(messages) <= MOST and len({message.author.id for message in messages}) > 1
    ]
    random.Random(0).shuffle(found)
    return found[:SUMMARIES]


async def sentences(logs: Mapping[str, Sequence[Message]], model: str) -> list[Sentence]:
    """What the model writes of each discussion."""
    async with Core([Binding("summarize", "causal", model)]) as core:
        found = drawn(logs)
        written = await asyncio.gather(*(write(lines_of(messages), Order(A_DISCUSSION), core) for _, messages in found))
    return [
        Sentence(log, tuple(message.id for message in messages), each.cites, "?", each.text)
        for (log, messages), summary in zip(found, written, strict=True)
        for each in summary
    ]


def lines_of(messages: Sequence[Message]) -> list[Line]:
    """The messages as a model reads them."""
    return [
        Line(each.author.name, shortened(each.text, LONGEST_LINE), place)
        for place, each in enumerate(messages)
        if each.text.strip()
    ]


async def outcomes(logs: Mapping[str, Sequence[Message]], labelled: Sequence[Sentence], family: str) -> list[str]:
    """What the check makes of each sentence."""
    made = []
    async with Core([EMBEDDERS[family]]) as core:
        for each in labelled:
            said = {message.id: message for message in logs[each.log]}
            messages = [said[id_] for id_ in each.ids]
            vectors = dict(zip(each.ids, await core.embed([message.text or " " for message in messages]), strict=True))
            proofs = [(message,) for message in messages]
            (support,) = await supported([Written(each.text, each.cites)], proofs, vectors, core)
            made.append(OUTCOMES[0] if support.verified else OUTCOMES[1] if shown(support) else OUTCOMES[2])
    return made


def table(labelled: Sequence[Sentence], made: Sequence[str]) -> Iterator[str]:
    """The lines of the result."""
    counts = Counter((each.label, outcome) for each, outcome in zip(labelled, made, strict=True))
    summaries = len({(each.log, each.ids) for each in labelled})
    yield f"{len(labelled)} sentences of {summaries} summaries"
    for label in ("wrong", "true"):
        total = sum(counts[label, outcome] for outcome in OUTCOMES)
        for outcome in OUTCOMES if total else ():
            found = binomtest(counts[label, outcome], total)
            ends = found.proportion_ci(method="wilson")
            yield f"{label}: {found.k} of {total} {outcome}, {found.statistic:.3f} ({ends.low:.3f} to {ends.high:.3f})"


def main() -> None:
    """Write, or check and count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="")
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--family", choices=sorted(EMBEDDERS), default="e5")
    given = parser.parse_args()
    logs = {log.title: log.messages for log in read_logs(given.data)}
    if given.model:
        rows = csv.writer(sys.stdout, delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None, lineterminator="\n")
        rows.writerows(each.row() for each in asyncio.run(sentences(logs, given.model)))
    if given.labels:
        labelled = read_labels(given.labels)
        made = asyncio.run(outcomes(logs, labelled, given.family))
        print("\n".join(table(labelled, made)))


if __name__ == "__main__":
    main()
