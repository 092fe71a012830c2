"""One row of the benchmark, in a process of its own: prints what it found as one JSON document."""

import argparse
import asyncio
import json
from pathlib import Path

from nlp.bench import Outcome, Setting, keep, work


def main() -> None:
    """Measure the row at "module:function"."""
    parser = argparse.ArgumentParser()
    parser.add_argument("place")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--dtype", default="auto")
    parser.add_argument("--quick", action="store_true")
    asked = parser.parse_args()
    outcome = Outcome(asked.device)
    setting = Setting(asked.folder, asked.device, asked.dtype, asked.quick)
    keep(outcome, asyncio.run(work(asked.place)(setting)))
    print(json.dumps(outcome.document()))  # noqa: T201


if __name__ == "__main__":
    main()
