"""The owner's own models: a batch of work through the core against a plain loop, one text at a time in float32."""

from collections.abc import Sequence
from dataclasses import replace

from nlp.bench import Found, Setting
from nlp.bench.measure import Stopwatch, row, take_turns
from nlp.bench.texts import SENTENCES
from nlp.core import Core
from nlp.jobs import Classify, Embed, Entail, Generate, Job, Locate, Prepared, Priority, Summarize, Translate, Turn
from nlp.models import family
from nlp.scheduler.bindings import sample_pair
from nlp.scheduler.family import Binding

TEXTS = 240
LOOP = 24  # texts of a run of the loop
RUNS = 3
WRITTEN = 32  # tokens to generate
QUESTION = "When is the release?"


async def bound(setting: Setting, binding: Binding) -> Sequence[Found]:
    """Return texts a second of one bound model."""
    work = [job_of(binding, text) for text in chosen(setting.size(TEXTS))]
    loop = family(binding.family, binding.task).load(replace(binding, dtype="float32"), setting.device)
    runs = setting.runs(RUNS)
    async with Core([binding], device=setting.device) as core:

        async def ours(run: int) -> float:
            jobs = work[:LOOP] if run < 0 else work
            clock = Stopwatch()
            done = [one async for one in core.stream(jobs, binding.task, priority=Priority.INTERACTIVE)]
            return len(done) / clock.seconds()

        async def theirs(run: int) -> float:
            jobs = work[:2] if run < 0 else work[:LOOP]
            clock = Stopwatch()
            for job in jobs:
                (made,) = loop.prepare([job])
                if isinstance(made, Prepared):
                    loop.run([made], lambda _: False)
            return len(jobs) / clock.seconds()

        seconds = await take_turns({"ours": ours, "theirs": theirs}, runs)
    work_name = f"{binding.task}: {binding.name}"
    return [row(work_name, "one at a time, float32", "texts/s", (seconds["ours"], seconds["theirs"]), runs)]


def chosen(count: int) -> list[str]:
    """Return sentences of chat, going round."""
    return [SENTENCES[i % len(SENTENCES)] for i in range(count)]


def job_of(binding: Binding, text: str) -> Job:
    """Return a job of the binding's task about a text."""
    jobs: dict[str, Job] = {
        "sentiment": Classify(text),
        "embed": Embed(text),
        "translate": Translate(text, *sample_pair(binding)),
        "summarize": Summarize(" ".join([text, *SENTENCES]), WRITTEN),
        "answer": Locate(QUESTION, " ".join([text, *SENTENCES])),
        "generate": Generate((Turn("user", text),), WRITTEN),
        "entail": Entail(" ".join([text, *SENTENCES]), text),
    }
    return jobs[binding.task]
