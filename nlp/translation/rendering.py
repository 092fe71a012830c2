"""Translates sentences: by the table of phrases, by the model, and by asking again where something speaks against it.

Everything goes in batches: all sentences once, those whose protected spans came back damaged in parts, those that are
doubted once more in other words, and short ones back, to compare their meaning. Knows no layout.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from nlp.core import Core
from nlp.errors import CoreError, JobFailed, JobTooLong
from nlp.jobs import Generated, Priority, Translate
from nlp.text.masking import altered, strange
from nlp.text.people import DROPS_ARTICLES, articled
from nlp.text.segments import Piece
from nlp.text.sentences import Glossary, Sentence, between, joined, like, prepared
from nlp.translation.clauses import continued, in_clauses
from nlp.translation.doubts import SHORT, Doubt, doubts, words
from nlp.translation.idioms import in_plain_words
from nlp.translation.phrasebook import phrase
from nlp.translation.shorthand import spelled_out
from nlp.translation.trust import risk, unsure

MEANT, SURELY_MEANT = 0.3, 0.6  # cosine of a short sentence and its way back: unless doubted, and where it is
SURE = 0.4  # risk below which a short translation isn't taken back
ALIKE = 0.6  # share of words from which a text and its way back mean the same
ELSEWHERE = ("granite cliffs", "two onions", "an old violin")
UNTOLD = frozenset({Doubt.HEADLINE})  # a reason to try again, not worth a warning
CONTRACTED = re.compile(
    r"\b(can|do|does|did|is|are|was|were|have|has|had|should|would|could|must)n['\u2019]t\b|\bcan['\u2019]t\b|\bwon['\u2019]t\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Route:
    """The pairs of languages that a text goes through, one after the other, and the models' names."""

    legs: tuple[tuple[str, str], ...]
    model: str

    def ends(self) -> tuple[str, str]:
        """Return the first and the last language."""
        return self.legs[0][0], self.legs[-1][1]


@dataclass(frozen=True, slots=True)
class Rendering:
    """A sentence's translation, None where there is none that could be trusted, and what speaks against it.

    `scores` are the log probabilities of its tokens, none where the model didn't make it whole.
    """

    text: str | None
    doubts: tuple[Doubt, ...] = ()
    scores: tuple[float, ...] = ()

    @property
    def weight(self) -> tuple[int, int]:
        """Return how little it is trusted, for choosing the best of several."""
        return (self.text is None, len(self.doubts))


@dataclass(frozen=True, slots=True)
class Task:
    """Holds what a batch of sentences has in common. Without `checked` nothing is asked twice."""

    core: Core
    route: Route
    glossary: Glossary
    priority: Priority
    checked: bool = True

    def glossary_of(self, source: str) -> Glossary:
        """Return the glossary with the names that a sentence shows to be such."""
        source_language, target = self.route.ends()
        names = articled(source, source_language)
        if not names:
            return self.glossary
        bare = names if source_language == "pt" and target in DROPS_ARTICLES else frozenset[str]()
        return replace(self.glossary, names=self.glossary.names | names, bare=bare)

    async def through(self, texts: Sequence[str], route: Route | None = None) -> list[Generated | CoreError]:
        """Return raw translations along every leg; one that fails alone has its error in its place, others raise."""
        outcomes: list[Generated | CoreError] = [Generated(text, 0) for text in texts]
        for source, target in (route or self.route).legs:
            whole = {i: each.text for i, each in enumerate(outcomes) if isinstance(each, Generated) and not each.cut}
            jobs = [Translate(text, source, target) for text in whole.values()]
            results = [each async for each in self.core.stream(jobs, "translate", priority=self.priority)]
            for i, result in zip(whole, results, strict=True):
                if isinstance(result, CoreError) and not isinstance(result, JobFailed | JobTooLong):
                    raise result
                outcomes[i] = result if isinstance(result, CoreError) else following(outcomes[i], result)
        return outcomes

    async def lacking(self, texts: Sequence[str]) -> frozenset[str]:
        """Return the characters of the texts that the first model can't read as they are."""
        asked = frozenset().union(*map(strange, texts))
        if not asked:
            return asked
        cased = frozenset(each for char in asked for each in (char.lower(), char.upper()) if len(each) == 1)
        return await self.core.lacking(asked | cased, *self.route.legs[0]) | frozenset(filter(altered, asked))


def following(before: Generated | CoreError, made: Generated) -> Generated:
    """Return a translation of a translation with the scores of both."""
    earlier = before.scores if isinstance(before, Generated) else ()
    return replace(made, scores=(*earlier, *made.scores)) if earlier else made


async def render(task: Task, sources: Sequence[str]) -> list[Rendering]:
    """Return each sentence's translation, with what speaks against it."""
    clauses, open_ones, plain = await asyncio.to_thread(clauses_of, sources, task.route.ends())
    renderings = dict(zip(open_ones, await render_open(task, plain), strict=True))
    return [assembled(parts, renderings) for parts in clauses]


def clauses_of(
    sources: Sequence[str], ends: tuple[str, str]
) -> tuple[list[list[tuple[str, str | None]]], list[str], list[str]]:
    """Return the clauses of each sentence, those that no table knows, and what a model is asked for these."""
    clauses = [in_clauses(spelled_out(source, ends[0]), ends) for source in sources]
    open_ones = list(dict.fromkeys(part for parts in clauses for part, known in parts if known is None and words(part)))
    return clauses, open_ones, [in_plain_words(part, ends[0]) for part in open_ones]


def assembled(parts: Sequence[tuple[str, str | None]], found: Mapping[str, Rendering]) -> Rendering:
    """Return a sentence out of its clauses; a separator, or what has no words, stays."""
    renderings = [
        Rendering(known or part) if known is not None else found.get(part, Rendering(part)) for part, known in parts
    ]
    doubted = tuple(dict.fromkeys(doubt for each in renderings for doubt in each.doubts))
    texts = [each.text for each in renderings]
    for i in range(2, len(parts)):
        text = texts[i]
        texts[i] = text and continued(text, parts[i - 1][0], parts[i][0])
    return Rendering(None if None in texts else "".join(text for text in texts if text is not None), doubted)


async def render_open(task: Task, sources: Sequence[str]) -> list[Rendering]:
    """Return each sentence by the model.

    Doubted ones are tried in other words, short ones compared with their way back.
    """
    if not sources:
        return []
    lacking = await task.lacking(sources)
    first = await asyncio.to_thread(lambda: [prepared(source, task.glossary_of(source), lacking) for source in sources])
    renderings = await tried(task, first, lacking)
    if not task.checked:
        return [replace(each, doubts=()) for each in renderings]
    await reconsider(task, sources, renderings, lacking)
    await compare(task, sources, renderings)
    both = list(zip(sources, renderings, strict=True))
    return await asyncio.to_thread(lambda: [settled(weighed(task, source, each)) for source, each in both])


async def tried(task: Task, sentences: Sequence[Sentence], lacking: frozenset[str]) -> list[Rendering]:
    """Return each sentence's translation, in parts where it came back damaged, and the cheap doubts of it."""
    outcomes = await task.through([sentence.shown for sentence in sentences])
    both = list(zip(sentences, outcomes, strict=True))
    texts = await asyncio.to_thread(lambda: [sentence.accepted(each) for sentence, each in both])
    failed = [i for i, text in enumerate(texts) if text is None]
    if failed:
        again = await render_between(task, [sentences[i].source for i in failed], lacking)
        for i, text in zip(failed, again, strict=True):
            texts[i] = text
    ends = task.route.ends()
    whole = [() if i in failed or not isinstance(each, Generated) else each.scores for i, each in enumerate(outcomes)]
    return await asyncio.to_thread(
        lambda: [
            Rendering(text, doubted(sentence.source, text, ends, task.glossary_of(sentence.source)), scores)
            for sentence, text, scores in zip(sentences, texts, whole, strict=True)
        ]
    )


def doubted(source: str, text: str | None, ends: tuple[str, str], glossary: Glossary) -> tuple[Doubt, ...]:
    """Return the cheap doubts of a translation, names included."""
    if text is None:
        return ()
    lost = any(name not in text for name in glossary.named(source))
    return (*doubts(source, text, ends), *((Doubt.NAME,) if lost else ()))


async def render_between(task: Task, sources: Sequence[str], lacking: frozenset[str]) -> list[str | None]:
    """Return each sentence with only the words between its protected spans translated, None where that fails."""
    layouts = [between(source, task.glossary, lacking) for source in sources]
    return [joined(pieces, renderings) for renderings in [await pieces_of(task, layouts)] for pieces in layouts]


async def pieces_of(task: Task, layouts: Sequence[Sequence[Piece]]) -> dict[str, str | None]:
    """Return the translation of every piece that has words."""
    texts = list(dict.fromkeys(piece.text for pieces in layouts for piece in pieces if piece.words))
    known = {text: phrase(text, *task.route.ends()) for text in texts}
    rest = [text for text in texts if known[text] is None]
    for source, made in zip(rest, await task.through(rest), strict=True):
        text = Sentence(source, source, ()).accepted(made)
        known[source] = text and like(source, text)
    return known


async def reconsider(task: Task, sources: Sequence[str], renderings: list[Rendering], lacking: frozenset[str]) -> None:
    """Try doubted sentences in other words, and keep what is doubted least."""
    places = [i for i, each in enumerate(renderings) if each.doubts or each.text is None]
    others = await asyncio.to_thread(
        lambda: [(i, each) for i in places for each in variants(sources[i], task.glossary_of(sources[i]), lacking)]
    )
    if not others:
        return
    for (i, _), rendering in zip(others, await tried(task, [each for _, each in others], lacking), strict=True):
        text = rendering.text and like(sources[i], rendering.text)
        named = task.glossary_of(sources[i])
        again = Rendering(text, doubted(sources[i], text, task.route.ends(), named), rendering.scores)
        if again.weight < renderings[i].weight:
            renderings[i] = again


def variants(source: str, glossary: Glossary, lacking: frozenset[str]) -> list[Sentence]:
    """Return a sentence in other words, as far as a model is shown others: names shielded, contractions in full."""
    named = glossary.with_names(source)
    full = CONTRACTED.sub(uncontracted, source)
    texts = [text for text in (full, source.lower(), full.rstrip(".!?")) if text]
    tried_already = prepared(source, glossary, lacking).shown
    others = [prepared(source, named, lacking), *(prepared(text, glossary, lacking) for text in texts)]
    by_shown = {each.shown: each for each in reversed(others) if each.shown != tried_already}
    return [
        replace(each, source=source) if each.source.lower() == source.lower() else each
        for each in reversed(by_shown.values())
    ]


def uncontracted(match: re.Match[str]) -> str:
    """Return a contraction in full: "cannot" for "can't", "do not" for "don't"."""
    whole = {"c": "cannot", "w": "will not"}.get(match[0][0].lower(), "") if match[1] is None else f"{match[1]} not"
    return whole[:1].upper() + whole[1:] if match[0][0].isupper() else whole


async def compare(task: Task, sources: Sequence[str], renderings: list[Rendering]) -> None:
    """Take short sentences back and doubt those that come back with another meaning."""
    ends = task.route.ends()
    back = Route(((ends[1], ends[0]),), "")
    if back.legs[0] not in task.core.pairs() or not task.core.bound("embed"):
        return
    places = [
        i for i, text in enumerate(sources) if len(words(text)) <= SHORT and open_to_doubt(task, text, renderings[i])
    ]
    if not places:
        return
    shown = [prepared(renderings[i].text or "", task.glossary).shown for i in places]
    returned = await task.through(shown, back)
    texts = [each.text if isinstance(each, Generated) else "" for each in returned]
    asked = [(i, text) for i, text in zip(places, texts, strict=True) if not alike(sources[i], text)]
    near = await nearness(task, [sources[i] for i, _ in asked], [text for _, text in asked]) if asked else []
    for (i, _), meaning in zip(asked, near, strict=True):
        least = SURELY_MEANT if renderings[i].doubts else MEANT
        if meaning < least and Doubt.ECHO not in renderings[i].doubts:
            renderings[i] = replace(renderings[i], doubts=(*renderings[i].doubts, Doubt.MEANING))


def open_to_doubt(task: Task, source: str, rendering: Rendering) -> bool:
    """Return whether a short translation may mean something else: where a doubt stands or the model is not sure."""
    if rendering.text is None:
        return False
    sure = rendering.scores and risk(source, rendering.text, rendering.scores, task.route.ends()) < SURE
    return bool(rendering.doubts) or not sure


def alike(text: str, other: str) -> bool:
    """Return whether most words of two texts are the same, so that nobody need compare what they mean."""
    here, there = set(words(text)), set(words(other))
    return len(here & there) >= ALIKE * max(len(here | there), 1)


async def nearness(task: Task, texts: Sequence[str], others: Sequence[str]) -> list[float]:
    """Return how near each text is to the other in meaning: 1 for the same, about 0 for what has nothing to do with it.

    Embedders differ in how near unrelated texts lie, so that is measured on texts about something else.
    """
    bare = [" ".join(words(text)) for text in (*texts, *others)]
    vectors = await task.core.embed([*bare, *ELSEWHERE], priority=task.priority)
    here, there, elsewhere = vectors[: len(texts)], vectors[len(texts) : len(bare)], vectors[len(bare) :]
    floors = (here @ elsewhere.T).mean(axis=1).clip(0, 0.95)
    return [float((a @ b - floor) / (1 - floor)) for a, b, floor in zip(here, there, floors, strict=True)]


def weighed(task: Task, source: str, rendering: Rendering) -> Rendering:
    """Return a rendering with a doubt where nothing else is doubted and it is likely to mislead all the same."""
    if rendering.text is None or rendering.doubts:
        return rendering
    ends = task.route.ends()
    likely = unsure(source, rendering.text, rendering.scores, ends)
    return replace(rendering, doubts=(Doubt.UNSURE,)) if likely else rendering


def settled(rendering: Rendering) -> Rendering:
    """Return what is shown: no text where it is another one or says more, else the text and the doubts that stay."""
    if Doubt.MEANING in rendering.doubts or Doubt.INVENTED in rendering.doubts:
        kind = Doubt.INVENTED if Doubt.INVENTED in rendering.doubts else Doubt.MEANING
        return Rendering(None, (kind,))
    return replace(rendering, doubts=tuple(doubt for doubt in rendering.doubts if doubt not in UNTOLD))
