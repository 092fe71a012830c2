"""How many secrets redaction finds, how often it errs, and what it costs a message.

    python benchmarks/redaction.py [FILE ...]

Recall is that of 200 and of 6,000 synthetic tokens of all services in tests/synthetic_tokens.py. Precision is counted
over 20,000 lines drawn from the files: text files by their lines, zip archives by the lines of the text files in them.
Chat and source code are the honest material; a false alarm is printed with its line. Without files, this interpreter's
own library serves as code.
"""

import random
import sys
import sysconfig
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from synthetic_tokens import SERVICES, synthetic

from bot.redaction import redact

LINES = 20_000
TEXTS = (".txt", ".tsv", ".py", ".md")


def lines(path: Path) -> Iterator[str]:
    """The lines of a file that hold something."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            texts = [archive.read(name) for name in sorted(archive.namelist()) if name.endswith(TEXTS)]
    else:
        texts = [path.read_bytes()]
    for text in texts:
        yield from (line for line in text.decode("utf-8", "replace").splitlines() if line.strip())


def recall(count: int) -> None:
    """Print how many synthetic tokens are found, and of which services some are not."""
    missed: Counter[str] = Counter()
    for service, token in synthetic(count, seed=count):
        secret = token.rpartition(" ")[2].rpartition("Token=")[2] if "named" in service else token
        missed[service] += secret[len(secret) // 2 :] in redact(f"hey, use {token} until Monday")
    print(f"recall of {count} tokens of {len(SERVICES)} kinds: {1 - missed.total() / count:.4f}", dict(+missed))


def precision(files: list[Path]) -> None:
    """Print every line of ordinary text that loses something, and the time of a line."""
    every = [line for path in files for line in lines(path)]
    drawn = random.Random(5).sample(every, min(LINES, len(every)))
    started = time.process_time()
    changed = [(line, after) for line in drawn if (after := redact(line)) != line]
    cost = (time.process_time() - started) / len(drawn)
    for line, after in changed:
        print("  ", line.strip()[:100], "→", after.strip()[:100])
    print(f"{len(changed)} of {len(drawn)} lines lose something; {cost * 1e6:.0f} µs a line")


if __name__ == "__main__":
    recall(200)
    recall(6_000)
    given = [Path(argument) for argument in sys.argv[1:]]
    precision(given or sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")))
