"""Whether machines give the same answers: labels and vectors of the packaged models by the kernels of several CPUs.

`python benchmarks/same_answers.py TEXTS.tsv [--count N]`. The first column of the file holds texts. Each kind of CPU is
a process in which PyTorch, oneDNN and MKL may use its instructions alone, and which passes for one that is fastest at
its arithmetic, as `auto` would find. Prints how many labels agree with the first kind's, and how far vectors lie apart.
"""

import argparse
import asyncio
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

KINDS = {  # what is fastest there, and the instructions that the libraries may use
    "all of this CPU's": ("", {}),
    "AVX-512 alone": ("int8", {"ATEN_CPU_CAPABILITY": "avx512", "ONEDNN_MAX_CPU_ISA": "AVX512_CORE"}),
    "AVX2, as AMD's before Zen 4": (
        "",
        {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"},
    ),
    "bfloat16 fastest, as Zen 4 and Sapphire Rapids": ("bfloat16", {}),
}


def main() -> None:
    """Compare the kinds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--count", type=int, default=0, help="take so many texts only")
    parser.add_argument("--fast", default="", help="(for the processes that this one starts)")
    parser.add_argument("--out", type=Path, help="(as above)")
    asked = parser.parse_args()
    texts = [line.split("\t")[0] for line in asked.texts.read_text(encoding="utf-8").splitlines() if line.strip()]
    texts = texts[: asked.count or None]
    if asked.out:
        labels, vectors = asyncio.run(computed(texts, asked.fast))
        np.savez(asked.out, labels=labels, vectors=vectors)
    else:
        compare(asked.texts, len(texts))


def compare(path: Path, count: int) -> None:
    """Let each kind answer and print how it agrees with the first."""
    found = []
    with TemporaryDirectory() as folder:
        for number, (name, (fast, environment)) in enumerate(KINDS.items()):
            out = Path(folder) / f"{number}.npz"
            command = [sys.executable, __file__, str(path), "--count", str(count), "--out", str(out), "--fast", fast]
            subprocess.run(command, check=True, env={**os.environ, **environment})  # noqa: S603 - this very file
            with np.load(out) as file:
                found.append((file["labels"], file["vectors"]))
            same = np.mean(found[-1][0] == found[0][0])
            apart = np.abs(found[-1][1] - found[0][1]).max()
            print(f"{name}: {same:.3%} of {count} labels agree, vectors within {apart:.1e}", flush=True)


async def computed(texts: list[str], fast: str) -> tuple[list[str], np.ndarray]:
    """Labels and vectors of the packaged models where `fast` is the fastest arithmetic."""
    from nlp.core import Core  # noqa: PLC0415 - torch, which reads the environment first
    from nlp.inference import gates  # noqa: PLC0415 - as above
    from nlp.profiles import profile  # noqa: PLC0415 - as above

    gates.faster = lambda _: (fast,) if fast else ()
    bindings = [each for each in profile("starter") if each.task in {"embed", "sentiment"}]
    async with Core(bindings, device="cpu") as core:
        moods = await core.sentiment(texts)
        return [each.label for each in moods], await core.embed(texts)


if __name__ == "__main__":
    main()
