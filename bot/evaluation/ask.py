"""Measures answers: how often the quoted message holds the answer, whether confidence knows it, and what is in bold.

Each conversation becomes a channel of its own, and each question is put to its channel and to another one, where
there is nothing to find. BM25 (bm25s, its own tokeniser and stop words) ranks the same messages beside it.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import bm25s
import numpy as np
from numpy.typing import NDArray

from adapters.chat import Channel, Intent, Message, Person, Place, Request
from adapters.text.counts import counted
from bot.answers.answer import Answer
from bot.conversation.permissions import OWNER
from bot.evaluation.dialogues import Dialogue, LabelledQuestion
from bot.evaluation.report import EvaluationReport, Figure, Table, interval
from bot.evaluation.sentiment import calibration_error
from bot.intents import ask
from bot.retrieval.confidence import FOUND, SURE
from bot.retrieval.ranking import shipped
from bot.services import Services
from nlp.errors import UnsupportedPair
from nlp.text.lexical import words
from nlp.translation.chat import ChatTranslation, translate

ASKER = Person("evaluation", "evaluation")
BEST = 3
WRITTEN = "en"  # the language of published questions
SURELY = 0.8  # the confidence above which hardly any answer may be wrong
SHARES = tuple(tenth / 10 for tenth in range(1, 11))
STRICT, LOOSE = "is the labelled one", "holds the answer's words"
NO_SPAN = (False, False, 0.0)


@dataclass(frozen=True, slots=True)
class Case:
    """One question asked twice. `hits` and `baseline` say which of the best three messages of each are right.

    Shapes (3, 2): by rank, and by STRICT and LOOSE. `span` says of the words in bold whether there are any, whether
    they hold a labelled answer or lie in it, and their overlap with it (F1). `kind` is the data's word for it.
    """

    hits: NDArray[np.bool_]
    baseline: NDArray[np.bool_]
    confidence: float
    elsewhere: float
    kind: str = ""
    answerable: bool = True
    span: tuple[bool, bool, float] = NO_SPAN


async def evaluate(
    dialogues: Sequence[Dialogue],
    services: Services,
    *,
    data: str,
    language: str = "",
    on_done: Callable[[int], None] = lambda _: None,
) -> EvaluationReport:
    """Ask every question of the dialogues that the ranking was not fitted on, in another `language` if there is one."""
    fitted = set(shipped(services.core.family("embed")).provenance["fitted_on"])
    await services.history.run(lambda history: history.add(records(dialogues)))
    wordings = await put_into(language, dialogues, services) if language else {}
    cases: list[Case] = []
    for place, dialogue in enumerate(dialogues):
        if dialogue.title in fitted:
            continue
        other = dialogues[(place + len(dialogues) // 2) % len(dialogues)]
        for question in dialogue.questions:
            asked = replace(question, text=wordings.get(question.text, question.text))
            cases.append(await put(asked, dialogue, other, services))
            on_done(len(cases))
    left = sum(len(dialogue.questions) for dialogue in dialogues if dialogue.title in fitted)
    questions = counted(left, "question")
    notes = (f"Left out: {questions} about conversations that the ranking was fitted on.",) if left else ()
    model = services.core.model_name("embed")
    return EvaluationReport("ask", model, data, len(cases), figures(cases), tables(cases), notes)


async def put_into(language: str, dialogues: Sequence[Dialogue], services: Services) -> dict[str, str]:
    """Return every question in another language, as the bound model translates it. Raises UnsupportedPair."""
    texts = sorted({question.text for dialogue in dialogues for question in dialogue.questions})
    translations = await translate(services.core, texts, language, languages=[WRITTEN] * len(texts), checked=False)
    for each in translations:
        if isinstance(each, UnsupportedPair):
            raise each
    return {
        text: each.text for text, each in zip(texts, translations, strict=True) if isinstance(each, ChatTranslation)
    }


def records(dialogues: Sequence[Dialogue]) -> list[Channel | Message]:
    """Return the dialogues as the history takes them."""
    lines: list[Channel | Message] = []
    for dialogue in dialogues:
        lines += [Channel(dialogue.place, dialogue.title), *dialogue.messages]
    return lines


async def put(question: LabelledQuestion, dialogue: Dialogue, other: Dialogue, services: Services) -> Case:
    """Ask in the question's own channel and in another one."""
    here = await answer(question, dialogue.place, services)
    elsewhere = await answer(question, other.place, services)
    ranked = [candidate.message for candidate in here.ranking.candidates]
    messages = list(dict.fromkeys([here.best, *ranked])) if ranked else []
    return Case(
        judged(messages, question),
        judged(bm25(question.text, dialogue.messages), question),
        here.confidence,
        elsewhere.confidence,
        question.kind,
        bool(question.answers),
        spanned(here, question),
    )


async def answer(question: LabelledQuestion, place: Place, services: Services) -> Answer:
    """Return what the intent says, by the path of every request."""
    return await ask.run(Request(Intent("ask", question.text), place, ASKER, access=OWNER), services)


def bm25(question: str, messages: Sequence[Message]) -> list[Message]:
    """Return the best messages by bm25s as it comes."""
    corpus = bm25s.tokenize([message.text for message in messages], show_progress=False)
    if not corpus.vocab:  # nothing but stop words
        return list(messages[:BEST])
    asked = bm25s.tokenize([question], return_ids=False, show_progress=False)[0]
    index = bm25s.BM25()
    index.index(corpus, show_progress=False)
    scores = index.get_scores(asked) if asked else np.zeros(len(messages))
    return [messages[place] for place in np.argsort(-scores, kind="stable")[:BEST]]


def judged(messages: Sequence[Message], question: LabelledQuestion) -> NDArray[np.bool_]:
    """Return which of the messages answer, shape (3, 2)."""
    right = np.zeros((BEST, 2), dtype=bool)
    for rank, message in enumerate(messages[:BEST]):
        labelled = any(message.id == each.message for each in question.answers)
        right[rank] = labelled, labelled or any(holds(message.text, each.text) for each in question.answers)
    return right


def holds(text: str, part: str) -> bool:
    """Return whether the text contains the words of a part one after another."""
    return bool(part) and f" {' '.join(words(part))} " in f" {' '.join(words(text))} "


def spanned(found: Answer, question: LabelledQuestion) -> tuple[bool, bool, float]:
    """Return whether the reply opens with words in bold, whether they are right, and their overlap with the answer."""
    span, labels = found.bold, [each.text or each.author for each in question.answers]
    if span is None or not any(labels):
        return NO_SPAN
    right = any(holds(span.text, label) or holds(label, span.text) for label in labels)
    return True, right, max(overlap(span.text, label) for label in labels)


def overlap(one: str, other: str) -> float:
    """Return the F1 of the words that two texts have in common."""
    ours, theirs = Counter(words(one)), Counter(words(other))
    shared = (ours & theirs).total()
    return 2 * shared / max(ours.total() + theirs.total(), 1)


def figures(cases: Sequence[Case]) -> tuple[Figure, ...]:
    """Return shares of the questions, with intervals; a message is right if it holds the answer's words."""
    answerable = [case for case in cases if case.answerable]
    none = [case for case in cases if not case.answerable]
    return (*(_of_answers(answerable) if answerable else ()), *_of_confidence(cases), *(_of_none(none) if none else ()))


def _of_answers(cases: Sequence[Case]) -> tuple[Figure, ...]:
    ours, theirs = top(cases, "hits"), top(cases, "baseline")
    sure, first = np.array([case.confidence for case in cases]), ours[:, 0, 1]
    spans = np.array([case.span for case in cases], dtype=float)
    bold = spans[:, 0] > 0
    measures: dict[str, Callable[[NDArray[np.intp]], float]] = {
        "quoted message holds the answer": lambda rows: float(first[rows].mean()),
        "one of three does": lambda rows: float(ours[rows, :, 1].any(axis=1).mean()),
        "BM25: first message does": lambda rows: float(theirs[rows, 0, 1].mean()),
        "BM25: one of three does": lambda rows: float(theirs[rows, :, 1].any(axis=1).mean()),
        "ahead of BM25 at one message": lambda rows: float(first[rows].mean() - theirs[rows, 0, 1].mean()),
        "answered, of those ranked right": lambda rows: share((sure[rows] >= FOUND)[first[rows]]),
        "answered and right": lambda rows: float(((sure >= FOUND) & first)[rows].mean()),
        "opens with words in bold": lambda rows: float(bold[rows].mean()),
        "words in bold hold or lie in the answer": lambda rows: share(spans[rows, 1][bold[rows]]),
        "words in bold, overlap (F1)": lambda rows: share(spans[rows, 2][bold[rows]]),
    }
    return tuple(interval(name, metric, len(cases)) for name, metric in measures.items())


def _of_confidence(cases: Sequence[Case]) -> tuple[Figure, ...]:
    """Return what the confidence is worth: in the own channel, and over that and the other one."""
    sure, away = np.array([case.confidence for case in cases]), np.array([case.elsewhere for case in cases])
    first = top(cases, "hits")[:, 0, 1]
    both = np.concatenate([first, np.zeros(len(cases), dtype=bool)])
    measures: dict[str, Callable[[NDArray[np.intp]], float]] = {
        "not found, in another channel": lambda rows: float((away[rows] < FOUND).mean()),
        "expected calibration error": lambda rows: calibration_error(
            np.concatenate([sure[rows], away[rows]]), both[np.concatenate([rows, rows + len(cases)])]
        ),
        "the same in the own channel alone": lambda rows: calibration_error(sure[rows], first[rows]),
        f"wrong above {SURELY}, of all questions": lambda rows: float(((sure > SURELY) & ~first)[rows].mean()),
        "hedged": lambda rows: float(((sure >= FOUND) & (sure < SURE))[rows].mean()),
    }
    return tuple(interval(name, metric, len(cases)) for name, metric in measures.items())


def _of_none(cases: Sequence[Case]) -> tuple[Figure, ...]:
    sure = np.array([case.confidence for case in cases])
    return (
        interval(
            "not found, of what nobody answered there", lambda rows: float((sure[rows] < FOUND).mean()), len(cases)
        ),
    )


def share(values: NDArray[np.generic]) -> float:
    """Return the mean, 0 of nothing."""
    return float(values.mean()) if values.size else 0.0


def top(cases: Sequence[Case], field: str) -> NDArray[np.bool_]:
    """Return the judgements of all cases, shape (n, 3, 2)."""
    return np.stack([getattr(case, field) for case in cases])


def tables(cases: Sequence[Case]) -> tuple[Table, ...]:
    """Return how strictly it is judged, risk against coverage, what each threshold would do, and kinds of questions."""
    answerable = [case for case in cases if case.answerable]
    found = (strictness(answerable), risk_coverage(answerable), thresholds(cases)) if answerable else ()
    kinds = dict.fromkeys(case.kind for case in cases)
    return (*found, by_kind(cases)) if any(kinds) else found


def strictness(cases: Sequence[Case]) -> Table:
    """Return the share of right messages by either judgement."""
    systems = (top(cases, "hits"), top(cases, "baseline"))
    rows = [
        (f"a right message {name}", *(share for hits in systems for share in shares(hits[:, :, column])))
        for column, name in enumerate((STRICT, LOOSE))
    ]
    return Table("judged by", ("", "first", "of three", "BM25 first", "BM25 of three"), tuple(rows))


def shares(hits: NDArray[np.bool_]) -> tuple[float, float]:
    """Return how often the first of the ranked messages is right, and how often any is. `hits` has shape (n, 3)."""
    return float(hits[:, 0].mean()), float(hits.any(axis=1).mean())


def risk_coverage(cases: Sequence[Case]) -> Table:
    """Return the share of wrong quotations among the surest answers, each question in its own channel."""
    order = np.argsort([-case.confidence for case in cases], kind="stable")
    wrong = ~top(cases, "hits")[order, 0, 1]
    sure = np.array([case.confidence for case in cases])[order]
    counts = [max(round(share * len(cases)), 1) for share in SHARES]
    rows = tuple(
        (share, float(wrong[:count].mean()), float(sure[count - 1]))
        for share, count in zip(SHARES, counts, strict=True)
    )
    return Table("risk and coverage", ("answered", "of them wrong", "least confidence"), rows)


def thresholds(cases: Sequence[Case]) -> Table:
    """Return what other thresholds would answer and refuse."""
    right = np.array([case.confidence for case in cases if case.hits[0, 1]])
    away = np.array([case.elsewhere for case in cases])
    none = np.array([case.confidence for case in cases if not case.answerable])
    tried = sorted({0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, FOUND})
    rows = tuple((at, share(right >= at), share(away < at), share(none < at)) for at in tried)
    columns = ("threshold", "answered, of right", "not found, elsewhere", "not found, of what nobody answered")
    return Table("thresholds", columns, rows)


def by_kind(cases: Sequence[Case]) -> Table:
    """Return for each kind of question how many there are, are ranked right, and are found, rightly or at all."""
    rows = []
    for kind in dict.fromkeys(case.kind for case in cases):
        first = np.array([case.hits[0, 1] for case in cases if case.kind == kind])
        found = np.array([case.confidence >= FOUND for case in cases if case.kind == kind])
        rows.append((kind, len(first), share(first), share(first & found), share(~found)))
    return Table(
        "kinds of questions", ("kind", "questions", "ranked right", "found and right", "not found"), tuple(rows)
    )
