"""Transformers' continuous batching for causal models: rows come and go at every step and share pages of cache.

Only for GPUs: on a CPU it was measured slower than one text at a time. It ignores beams and gives wrong tokens for
encoder-decoders without saying so, hence both are refused here. Knows no texts.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from transformers import ContinuousBatchingConfig

from nlp.errors import JobFailed
from nlp.inference.decoding.greedy import Row

PATIENCE = 0.05  # seconds between two looks at who has left


class Continuous:
    """The door to one model's continuous batching. Belongs to one thread."""

    def __init__(self, model: Any, settings: ContinuousBatchingConfig | None = None) -> None:
        if model.config.is_encoder_decoder:
            raise ValueError("Continuous batching gives wrong tokens for encoder-decoders.")
        self._model = model
        self._settings = settings or ContinuousBatchingConfig()

    def write(
        self,
        prompts: Sequence[Sequence[int]],
        rows: Sequence[Row],
        ends: frozenset[int],
        cancelled: Callable[[int], bool],
    ) -> None:
        """Write every row until it ends or its caller leaves."""
        config = self._plain_config(max(row.limit for row in rows))
        door = self._model.continuous_batching_context_manager(
            generation_config=config, continuous_batching_config=self._settings, warmup=False
        )
        with door as manager:
            for i, (prompt, row) in enumerate(zip(prompts, rows, strict=True)):
                manager.add_request(
                    list(prompt), str(i), max_new_tokens=row.limit, streaming=True, eos_token_id=sorted(ends) or [-1]
                )
            self._listen(manager, rows, ends, cancelled)

    def _plain_config(self, limit: int) -> Any:
        config = type(self._model.generation_config).from_model_config(self._model.config)
        config.do_sample, config.num_beams, config.max_new_tokens = False, 1, limit
        return config

    def _listen(
        self, manager: Any, rows: Sequence[Row], ends: frozenset[int], cancelled: Callable[[int], bool]
    ) -> None:
        """Hand tokens to their rows as they come, and drop rows that ended or were left."""
        open_rows, looked = set(range(len(rows))), time.monotonic()
        while open_rows:
            output = manager.get_result(timeout=PATIENCE)
            if output is None and not manager.is_running():
                raise JobFailed("Continuous batching stopped.", "The log holds the details.")
            if output is not None and int(output.request_id) in open_rows:
                self._take(manager, output, rows, open_rows, ends)
            if output is None or time.monotonic() - looked > PATIENCE:
                looked = time.monotonic()
                for i in [i for i in open_rows if cancelled(i)]:
                    manager.cancel_request(str(i))
                    open_rows.discard(i)

    def _take(self, manager: Any, output: Any, rows: Sequence[Row], open_rows: set[int], ends: frozenset[int]) -> None:
        i = int(output.request_id)
        row = rows[i]
        if output.error:
            raise JobFailed("Continuous batching failed on a text.", "The log holds the details.")
        for token in output.generated_tokens[len(row.ids) :]:
            if not row.ended:
                row.take(token, ends)
        if output.is_finished() or row.ended:
            open_rows.discard(i)
            if not output.is_finished():
                manager.cancel_request(str(i))
