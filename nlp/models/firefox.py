"""Firefox Translations' models, one for each pair of languages: 17 to 60 MB, and as good as models ten times larger.

A binding's folder holds the files as Mozilla publishes them (`nlp/firefox/files.py`), or what `save_pretrained` wrote.
On a CPU with VNNI they compute in int8, in the scales that they were trained for. A text longer than the model's
window is refused: whoever asks splits it.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

from nlp.errors import JobTooLong
from nlp.firefox.decoding import WrittenTokens, decode
from nlp.firefox.files import find
from nlp.firefox.format import BadFile
from nlp.firefox.modeling import FirefoxNetwork, Student
from nlp.firefox.tokenization import END, UNKNOWN, Pieces
from nlp.hub.checkpoint import find_folder, refused
from nlp.jobs import Generated, Job, Prepared, Translate
from nlp.runtime.device import OnDevice, choose_device, choose_dtype, settle_threads
from nlp.runtime.thread_pool import lanes_of
from nlp.scheduler.batching import Limits
from nlp.scheduler.family import Binding

WINDOW = 512  # tokens; the students were trained on single sentences


class Firefox(OnDevice):
    """A loaded pair."""

    tasks: ClassVar[frozenset[str]] = frozenset({"translate"})
    limits: ClassVar[Limits] = Limits(seconds=0.5, bulk_seconds=0.5, rows=128)

    def __init__(self, model: FirefoxNetwork, tokenizer: Pieces) -> None:
        self.model = model
        self._tokenizer = tokenizer
        self._lanes = lanes_of(model, spread=False)

    @classmethod
    def load(cls, binding: Binding, device: str) -> Self:
        """Load a published pair or a saved one. Raises ModelUnavailable or ModelRefused."""
        folder = find_folder(binding)
        if (folder / "config.json").is_file():
            model, tokenizer = load_saved(binding, device)
        else:
            model, tokenizer = load_published(folder, binding, device)
        if binding.dtype in ("auto", "int8"):
            model.pack()
        return cls(model, tokenizer)

    @property
    def dtype(self) -> str:
        """Return what its products are computed in."""
        return "int8" if self.model.output.packed is not None else super().dtype

    def prepare(self, jobs: Sequence[Job]) -> list[Prepared | Exception]:
        """Tokenise all at once."""
        rows = self._tokenizer.encode_texts([job.text for job in jobs if isinstance(job, Translate)])
        return [self._prepared(job, row) for job, row in zip(jobs, rows, strict=True)]

    def run(self, batch: Sequence[Prepared], cancelled: Callable[[int], bool]) -> list[Any]:
        """Translate a batch greedily."""

        def work(places: Sequence[int]) -> list[WrittenTokens]:
            sources = [batch[place].inputs for place in places]
            return decode(self.model, sources, lambda row: cancelled(places[row]))

        rows = self._lanes.run(work, range(len(batch)))
        texts = self._tokenizer.decode_rows([row.ids for row in rows])
        return [
            Generated(text, len(row.ids), cut=row.ids[-1] != END, scores=tuple(row.scores))
            for text, row in zip(texts, rows, strict=True)
        ]

    def _prepared(self, job: Job, ids: list[int]) -> Prepared | Exception:
        if len(ids) > WINDOW:
            return JobTooLong(f"The text has {len(ids)} tokens and the model takes {WINDOW}.", "Split it.")
        return Prepared(job, len(ids), None, ids, unknown=ids.count(UNKNOWN))


def load_published(folder: Path, binding: Binding, device: str) -> tuple[Student, Pieces]:
    """Return a pair from the files that Mozilla publishes, on its device. Raises ModelRefused with the reason."""
    place = choose_device(device)
    settle_threads()
    try:
        files = find(folder.iterdir())
        model, tokenizer = files.load()
        if not all(bool(each.isfinite().all()) for each in model.parameters() if each.is_floating_point()):
            raise refused(binding, "has weights that aren't finite numbers", "Download the pair's files again.")
    except BadFile as error:
        raise refused(binding, f"can't be read ({error})", "Download the pair's files again.") from error
    dtype = choose_dtype(binding.dtype, place, kept=False)
    return model.requires_grad_(requires_grad=False).to(place, dtype), tokenizer


def load_saved(binding: Binding, device: str) -> tuple[Any, Any]:
    """Return a pair that transformers saved. Raises ModelUnavailable or ModelRefused."""
    from transformers import AutoModelForSeq2SeqLM  # noqa: PLC0415 - seconds, for those who saved one

    import nlp.firefox.auto  # noqa: F401, PLC0415 - registers the architecture
    from nlp.inference.loading import load_model, load_tokenizer  # noqa: PLC0415 - as above

    return load_model(AutoModelForSeq2SeqLM, binding, device), load_tokenizer(binding)
