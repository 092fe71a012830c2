"""What fewer bits are worth to a causal model that writes on a CPU: ours against torchao's and bitsandbytes'.

    python benchmarks/causal_bits.py FOLDER/SmolLM2-135M-Instruct.Q4_1.gguf [NAME...]

For each kind of numbers: processor time for a token that one row writes and for one of a prompt that it reads, on one
thread, the least of three; and of 100 tokens of a text that float32 wrote the share at which the same token is the
likeliest. What isn't installed is passed over (`pip install torchao bitsandbytes`).
"""

import argparse
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import torch

from nlp.inference.arithmetic import in_arithmetic
from nlp.jobs import Turn
from nlp.models.causal import Causal, Continuation
from nlp.runtime.quantize import linears
from nlp.scheduler.family import Binding

PROMPT = "Write a long story about a fox that lives near a lake, and about what it does in each month of the year."
WRITTEN, READ, RUNS = 100, 384, 3


def ours(name: str) -> Callable[[Any], Any]:
    """The arithmetics that Parley has."""
    return lambda model: in_arithmetic(model, name)


def torchao(name: str, **settings: Any) -> Callable[[Any], Any]:
    """Layers of torchao by the name of their configuration."""

    def change(model: Any) -> Any:
        from torchao import quantization  # noqa: PLC0415 - where it is installed

        quantization.quantize_(model, getattr(quantization, name)(**settings))
        return model

    return change


def bitsandbytes(kind: str, **settings: Any) -> Callable[[Any], Any]:
    """Layers of bitsandbytes, all but the last one as by transformers' integration."""

    def change(model: Any) -> Any:
        import bitsandbytes as library  # noqa: PLC0415 - where it is installed

        for parent, name, linear in list(linears(model.model)):
            layer = getattr(library.nn, kind)(
                linear.in_features, linear.out_features, linear.bias is not None, **settings
            )
            layer.load_state_dict(linear.state_dict())
            setattr(parent, name, layer.to("cpu"))
        return model

    return change


KINDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "float32": ("torch", lambda model: model),
    "bfloat16": ("torch", ours("bfloat16")),
    "int8": ("torch", ours("int8")),
    "torchao int8 weights": ("torchao", torchao("Int8WeightOnlyConfig")),
    "torchao int8 all": ("torchao", torchao("Int8DynamicActivationInt8WeightConfig")),
    "bitsandbytes int8": ("bitsandbytes", bitsandbytes("Linear8bitLt", has_fp16_weights=False)),
    "bitsandbytes nf4": ("bitsandbytes", bitsandbytes("Linear4bit", quant_type="nf4", compute_dtype=torch.bfloat16)),
}


@torch.inference_mode()
def written(model: Any, ids: list[int], count: int) -> list[int]:
    """The likeliest tokens after some, whether or not one of them ends the text."""
    steps, newest, found = Continuation(model, [ids]), torch.empty(1, 0, dtype=torch.long), list[int]()
    for _ in range(count):
        newest = steps.pick(newest, ())[:, None]
        found.append(int(newest))
    return found


@torch.inference_mode()
def likeliest(model: Any, ids: list[int], prompt: int) -> torch.Tensor:
    """The likeliest token at each place behind the prompt."""
    return model(input_ids=torch.tensor([ids])).logits[0, prompt - 1 : -1].argmax(-1)


def least(work: Callable[[], Any]) -> float:
    """Processor seconds of the quickest of some runs."""
    took = []
    for _ in range(RUNS):
        started = time.process_time()
        work()
        took.append(time.process_time() - started)
    return min(took)


def main() -> None:
    """Measure, print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("names", nargs="*", default=list(KINDS))
    given = parser.parse_args()
    torch.set_num_threads(1)
    binding = Binding("generate", "causal", given.model, dtype="float32")
    exact = Causal.load(binding, "cpu")
    ids = exact._conversation([Turn("user", PROMPT)])  # noqa: SLF001 - the tokens of a prompt, as it reads them
    text = written(exact.model, ids, WRITTEN)
    right = likeliest(exact.model, [*ids, *text], len(ids))
    long = (ids * READ)[:READ]
    for name in given.names:
        library, change = KINDS[name]
        if find_spec(library) is None:
            continue
        model = change(Causal.load(binding, "cpu").model)
        reading = least(lambda model=model: written(model, long, 1))
        writing = least(lambda model=model: written(model, long, 1 + WRITTEN)) - reading
        same = (likeliest(model, [*ids, *text], len(ids)) == right).float().mean()
        print(
            f"{name}: {1e3 * writing / WRITTEN:.1f} ms a token written, {1e3 * reading / READ:.2f} ms a token read, "
            f"the same token in {same:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
