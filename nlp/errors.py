"""Names what can go wrong in the core, in words that may be shown to a person.

CoreError               every error below; str(error) is one sentence, `remedy` says what to do
├── ModelUnavailable    a feature has no working model: not bound, not downloaded, refused
│   └── ModelRefused    the files are there and were not trusted or don't fit (pickle, hash, architecture)
├── UnsupportedPair     no bound model translates this pair of languages
├── QueueFull           the model's queue is full; nothing was started
├── JobTooLong          a single job can't fit the model and can't be split
├── JobFailed           the model raised on this job; its neighbours were served
└── CoreClosed          the core is shutting down
"""


class CoreError(Exception):
    """Base of the core's errors. `remedy` is a second sentence, possibly empty."""

    def __init__(self, sentence: str, remedy: str = "") -> None:
        super().__init__(sentence)
        self.remedy = remedy


class ModelUnavailable(CoreError):
    """A feature has no working model. `feature` is the task's name."""

    def __init__(self, feature: str, sentence: str, remedy: str = "") -> None:
        super().__init__(sentence, remedy)
        self.feature = feature


class ModelRefused(ModelUnavailable):
    """Model files that are present but must not or can't be loaded."""


class UnsupportedPair(ModelUnavailable):
    """No bound model translates from `source` into `target`."""


class QueueFull(CoreError):
    """The queue's limit is reached; the caller may try again later."""


class JobTooLong(CoreError):
    """One job exceeds what the model can take."""


class JobFailed(CoreError):
    """The model failed on this job alone."""


class CoreClosed(CoreError):
    """Submitted after, or still waiting at, the core's closing."""
