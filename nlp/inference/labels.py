"""Reads what a classifier's own labels mean as moods: positive, neutral or negative.

Recognised without the owner's help are the names of the three moods in the languages that Parley speaks, scales such
as "very negative" or "4 stars", and the emotions of GoEmotions and Ekman, grouped as GoEmotions' authors do; what is
ambiguous there (surprise, curiosity) counts as neutral. All else, `LABEL_0` first of all, is refused, not guessed: the
order of unnamed labels differs from model to model.
"""

import re
from collections.abc import Mapping, Sequence

from nlp.hub.checkpoint import refused
from nlp.jobs import Sentiment
from nlp.scheduler.family import Binding

MOODS = ("negative", "neutral", "positive")
NAMES = {
    "positive": "positive pos positiv positivo positiva positif positivity good",
    "neutral": "neutral neu neutro neutra neutre mixed objective",
    "negative": "negative neg negativ negativo negativa négatif negativity bad",
}
EMOTIONS = {
    "positive": "admiration amusement approval caring desire excitement gratitude joy love optimism pride relief "
    "happiness happy fun enthusiasm trust anticipation enjoyment satisfaction enjoyable joyful",
    "neutral": "surprise confusion curiosity realization surprised calm none other no_emotion no_emotions others",
    "negative": "anger annoyance disappointment disapproval disgust embarrassment fear grief nervousness remorse "
    "sadness sad angry worry hate boredom empty pessimism shame guilt fearful disgusted frustration frustrated anxiety",
}
MEANT = {word: mood for table in (NAMES, EMOTIONS) for mood, words in table.items() for word in words.split()}
STRENGTH = re.compile(r"(?:very|extremely|highly|strongly|somewhat|slightly|mostly|weakly)[ _-]+")
STARS = re.compile(r"([1-5])[ _-]*(?:stars?|⭐)")
BY_STARS = ("negative", "negative", "neutral", "positive", "positive")
SHOWN = 8  # labels that an error names


def moods(labels: Mapping[int, str], binding: Binding) -> list[str]:
    """Return the mood of each of the model's labels, in its order.

    Raises ModelRefused naming those that are unclear.
    """
    chosen = chosen_moods(labels, binding)
    recognised = [chosen.get(labels[place]) or mood(labels[place]) for place in sorted(labels)]
    unknown = [
        label for label, meant in zip((labels[place] for place in sorted(labels)), recognised, strict=True) if not meant
    ]
    if unknown:
        raise refused(binding, f"has labels whose mood is unclear ({listed(unknown)})", remedy(unknown))
    if not {"positive", "negative"} <= set(recognised):
        why = f"has no label for both a positive and a negative mood ({listed(list(labels.values()))})"
        raise refused(binding, why, remedy(list(labels.values())))
    return [meant for meant in recognised if meant]


def chosen_moods(labels: Mapping[int, str], binding: Binding) -> Mapping[str, str]:
    """Return the owner's `labels` option.

    Raises ModelRefused for a label the model lacks and for a mood that isn't one.
    """
    chosen = binding.options.get("labels", {})
    if not isinstance(chosen, Mapping):
        raise refused(binding, "has an option `labels` that is not a table", remedy(list(labels.values())))
    strange = [label for label in chosen if label not in labels.values()]
    if strange:
        why = f"has no label {listed(strange)}, which its option `labels` names"
        raise refused(binding, why, f"Its labels are {listed(list(labels.values()))}.")
    if not set(chosen.values()) <= set(MOODS):
        raise refused(binding, "has an option `labels` with other moods than these", f"Use {', '.join(MOODS)}.")
    return chosen


def mood(label: str) -> str | None:
    """Return what one label means, None where its name doesn't tell."""
    plain = label.strip().casefold()
    stars = STARS.fullmatch(plain)
    if stars:
        return BY_STARS[int(stars[1]) - 1]
    return MEANT.get(STRENGTH.sub("", plain))


def listed(labels: Sequence[str]) -> str:
    """Return the first labels by name, and how many more there are."""
    more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
    return ", ".join(str(label)[:40] for label in labels[:SHOWN]) + more


def remedy(labels: Sequence[str]) -> str:
    """Return how to write the option that says what labels mean."""
    example = ", ".join(f'"{label[:40]}" = "{MOODS[-(place % 2)]}"' for place, label in enumerate(labels[:2]))
    return f"Its model card says what they mean; name each: options = {{ labels = {{ {example} }} }}."


def named(scores: Sequence[float], labels: Sequence[str]) -> Sentiment:
    """Return probabilities in the labels' order as a Sentiment; labels of one name are added up."""
    total: dict[str, float] = {}
    for label, score in zip(labels, scores, strict=True):
        total[label] = total.get(label, 0.0) + score
    return Sentiment(max(total, key=total.__getitem__), total)
