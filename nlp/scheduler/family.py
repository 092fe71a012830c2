"""The contract between a model family and the batcher, and the binding that a profile or the owner writes.

A family is an architecture of the transformers library (encoder classifiers, span QA, encoder-decoders, ...), not one
model. Adding one is a new file in `nlp/models/` and one line in its FAMILIES table. Knows no scheduling.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, ClassVar, Protocol, Self

from nlp.jobs import Job, Prepared
from nlp.scheduler.batching import Limits

EXACT = "float32"
ARITHMETICS = (EXACT, "bfloat16", "float16", "int8")
KEPT = frozenset(
    {"adapted-classifier", "e5", "embedder", "openai", "tei"}
)  # families whose results are kept for long: float32 by default
UNBOUND = "models"  # the task of a binding that only names a model
WHEEL = "wheel:"  # before a folder inside an installed package, as a binding's model
GGUF = ".gguf"  # how a binding's model ends that is one file


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The place where another program serves a model: `url` up to the part that its family adds.

    `leaves_machine` is the owner's word that texts may go to a host outside of private networks. `ca_file` holds the
    authorities of certificates in place of the system's, `timeout` is in seconds for a whole request. The key is never
    shown.
    """

    url: str
    leaves_machine: bool = False
    ca_file: str = ""
    timeout: float = 120.0
    api_key: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Binding:
    """A task bound to a model by configuration.

    `model` is a Hub id, a local folder, or `wheel:package/folder` for files inside an installed package, or one of
    these with the name of a GGUF file behind it. `source`
    and `target` are ISO 639-1 codes for translation models of one pair. `dtype` is "auto", a torch name or "int8".
    `options` are the family's own settings. `sha256` pins every file that is read (`nlp.hub.pins`), "" for none;
    `size_mb` what the weights take in memory in the usual arithmetic, 0 for unknown. `folder` is where the machine's
    owner keeps pulled models, "" for the Hub's own cache. `endpoint` is where another program serves it, None where it
    runs here. `own_code` is the owner's word that the family, a class of theirs ("module:Class"), may run.
    """

    task: str
    family: str
    model: str
    revision: str = ""
    sha256: str = ""
    dtype: str = "auto"
    source: str = ""
    target: str = ""
    licence: str = ""
    size_mb: int = 0
    good_for: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)
    folder: str = ""
    endpoint: Endpoint | None = field(default=None, repr=False)  # `identity` adds one that there is
    own_code: bool = field(default=False, repr=False)  # no part of what a model's results are known by

    @property
    def arithmetics(self) -> tuple[str, ...]:
        """Return the arithmetics in which its results may have been computed: the owner's choice, else a default's."""
        if self.dtype != "auto":
            return (self.dtype,)
        return (EXACT,) if self.family in KEPT else ARITHMETICS

    @property
    def gguf(self) -> str:
        """Return the name of the GGUF file that the model is, "" for a model in several files."""
        return PurePosixPath(self.model.replace("\\", "/")).name if self.model.endswith(GGUF) else ""

    @property
    def home(self) -> str:
        """Return the folder, package or repository that holds the model's files."""
        return str(PurePosixPath(self.model.replace("\\", "/")).parent) if self.gguf else self.model

    @property
    def name(self) -> str:
        """Return what reports and tables call it."""
        return f"{self.model} ({self.source}→{self.target})" if self.source else self.model


class Family(Protocol):
    """A loaded model. Every method runs on the model's own worker thread or its tokenising thread, never on a loop."""

    tasks: ClassVar[frozenset[str]]

    @property
    def limits(self) -> Limits:
        """Return the size that its batches should have."""
        ...

    @property
    def device(self) -> str:
        """Return where it runs: cpu, cuda:0."""
        ...

    @property
    def dtype(self) -> str:
        """Return what it computes in: float32, bfloat16, float16, int8."""
        ...

    @classmethod
    def load(cls, binding: Binding, device: str) -> Self:
        """Load onto `device` ("auto", "cpu", "cuda:0") from local files only.

        Raises ModelUnavailable or ModelRefused with what to do.
        """
        ...

    def prepare(self, jobs: Sequence[Job]) -> list[Prepared | Exception]:
        """Tokenise many jobs at once; a job that can't be prepared yields its exception in its place."""
        ...

    def run(self, batch: Sequence[Prepared], cancelled: Callable[[int], bool]) -> list[Any]:
        """Return results in the batch's order; an exception in a place fails that job alone.

        `cancelled(i)` tells whether the caller of `batch[i]` has left: generation loops ask between steps.
        """
        ...

    def memory(self) -> int:
        """Return bytes its weights hold on the device."""
        ...
