"""Checks short phrases for a pair of languages both ways and writes the table that translation uses.

    python benchmarks/check_phrases.py [--review]

Reads `benchmarks/phrases.en-pt.txt`, written by people who speak both languages, and asks the packaged models. A row
is `confirmed` where the translators agree with it: what they make of the Portuguese means the English (by the
embedder), or what they make of the English is spelled like the Portuguese (chrF). The rest is `read`: short phrases are
where such models invent, so a person's reading outweighs theirs. `--review` prints those rows beside what the models
say in several framings, the candidates for a better row; it writes nothing. Needs the extras `starter` and `eval`.
"""

import argparse
import asyncio
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import sacrebleu

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from nlp.core import Core
from nlp.profiles import profile

ROOT = Path(__file__).resolve().parent
PHRASES = ROOT / "phrases.en-pt.txt"
TABLE = ROOT.parent / "nlp" / "translation" / "phrases" / "en-pt.tsv"
SAME = 0.6  # cosine from which two English phrases mean the same
ALIKE = 50.0  # chrF from which two Portuguese phrases are spelled alike
CAPITAL = re.compile(r"\b(?:i|i'm|i'll|monday|friday|christmas|god)\b")  # what English writes with one
FRAMES = ("{}", "{}.", "{}!")


@dataclass(frozen=True, slots=True)
class Row:
    """A phrase in both languages; `way` is "=", ">" or "<"."""

    english: str
    way: str
    portuguese: str

    def lines(self, evidence: str) -> list[str]:
        """The row in the table, a line for each direction."""
        lines = []
        if self.way in "=>":
            lines.append(f"en\tpt\t{self.english}\t{self.portuguese}\t{evidence}")
        if self.way in "=<":
            written = CAPITAL.sub(lambda match: match[0].capitalize(), self.english)
            lines.append(f"pt\ten\t{self.portuguese}\t{written}\t{evidence}")
        return lines


def rows() -> list[Row]:
    """Every row of the file."""
    lines = [line for line in PHRASES.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    return [Row(*(part.strip() for part in re.split(r" ([=<>]) ", line))) for line in lines]


async def framed(core: Core, texts: list[str], source: str, target: str) -> list[list[str]]:
    """What the model makes of each text, in every framing."""
    made = await core.translate([frame.format(text) for text in texts for frame in FRAMES], source, target)
    count = len(FRAMES)
    return [[each.text.strip() for each in made[i : i + count]] for i in range(0, len(made), count)]


async def closeness(core: Core, texts: list[str], candidates: list[list[str]]) -> list[float]:
    """How near the nearest candidate of each text comes to it in meaning."""
    bare = [text.strip(" .!?").lower() for text in texts]
    flat = [text.strip(" .!?").lower() for each in candidates for text in each]
    left, right = await core.embed(bare), await core.embed(flat)
    count = len(FRAMES)
    return [float((right[i * count : (i + 1) * count] @ left[i]).max()) for i in range(len(texts))]


async def main(*, review: bool) -> None:
    """Check every row; write the table, or print what needs a person."""
    every = rows()
    async with Core(profile("starter")) as core:
        english = await framed(core, [row.portuguese for row in every], "pt", "en")
        portuguese = await framed(core, [row.english for row in every], "en", "pt")
        meant = await closeness(core, [row.english for row in every], english)
    table: list[str] = []
    confirmed = 0
    for row, said, spelled, near in zip(every, english, portuguese, meant, strict=True):
        alike = max(sacrebleu.sentence_chrf(each.lower(), [row.portuguese]).score for each in spelled)
        evidence = "confirmed" if near >= SAME or alike >= ALIKE else "read"
        confirmed += evidence == "confirmed"
        table += row.lines(evidence)
        if review and evidence == "read":
            print(f"{row.english} {row.way} {row.portuguese}   [{near:.2f} {alike:.0f}]  {said}  {spelled}")
    print(f"{len(every)} rows, {confirmed} confirmed by the models, {len(every) - confirmed} by reading")
    if not review:
        TABLE.parent.mkdir(exist_ok=True)
        TABLE.write_text("\n".join(table) + "\n", encoding="utf-8")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--review", action="store_true")
    asyncio.run(main(review=options.parse_args().review))
