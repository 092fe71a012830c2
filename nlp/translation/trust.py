"""Says how likely a translation misleads, by signs that cost no model: what the translator was unsure of, and of what.

A logistic regression over the signs; `benchmarks/fit_trust.py` fits its weights on judged lines of chat and writes
`trust.json`. Words that are translated wrongly most often are listed by language: particles of phrasal verbs, verbs of
many senses, and parts of the body, animals and things that idioms are made of.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from nlp.text.masking import find, strip
from nlp.translation.doubts import Doubt, doubts, sets, words

SIGNS = ("unsure", "least", "length", "growth", "carried", "senses", "idiomatic", "doubted", "pieces", "fragment")
LEAST_SCORE = -5.0  # of a token; below it the model just doesn't know
PLACEHOLDER_TOKENS = 3  # which a model writes as unwillingly as a word that it doesn't know, and that tell nothing
SENSES = sets(
    {
        "en": "up out off down over around through along get gets got getting take took run ran running break broke "
        "drop dropped hit call pull pulled kick blow blew throw threw hang stick stuck pick picked put turn "
        "turned go goes went gone fall fell bring brought keep kept catch caught settle wrap figure burn "
        "burned ping push pushed ship nail nailed crash roll hold held pass stand let look looking used could "
        "just right like fine",
        "pt": "dá deu dar dando dei fica ficou ficar fiquei rola rolou levou levar puxa puxar cai caiu cair pegou "
        "pegar passa passou passar manda mandou mandar bota botou tira tirou tirar sai saiu sair sobe subiu "
        "subir quebra quebrou bate bateu mete meteu solta soltou mexe mexer chama chamar liga ligar acha "
        "acham achei anda arrebentou arrasou toma tomou bora cheio meio acabou acaba acabava acabei faz fez "
        "fazer",
    }
)
IDIOMATIC = sets(
    {
        "en": "leg legs arm arms head heads ears eye eyes hand hands nose tongue face heart hair neck foot finger "
        "back boat ship train bag salt cake cat cats dog dogs horse bird fish cow bull bush moon sun cloud "
        "ball wheel bell straw bullet bridge fence ice fire bar wall nail hammer road mile corner ground air "
        "water tea beans pie cheese egg eggs bread nuts nightmare pain hell rope slack ride grain touch",
        "pt": "pé perna língua dentes cara olho olhos olhar mão mãos costas cabeça cabelo saco boca nariz ouvidos "
        "ouvido galho mosca pato boi vaca cavalo gato mico sapo sapos jaca água chuva nuvem nuvens bola trem "
        "bolo pão queijo abacaxi pepino batata banana mel fogo balde ficha vácuo lata muro pano pulga onça "
        "bicho papo peso barra dor canivete mamão açúcar estaca trilhos gás",
    }
)


@dataclass(frozen=True, slots=True)
class TrustWeights:
    """The fitted weights, and the risk from which a translation is doubted."""

    signs: Mapping[str, float]
    constant: float
    threshold: float


@cache
def weights() -> TrustWeights:
    """Return the weights that ship."""
    found = json.loads((files("nlp.translation") / "trust.json").read_text(encoding="utf-8"))
    return TrustWeights(found["signs"], found["constant"], found["threshold"])


def signs(source: str, text: str, scores: Sequence[float], languages: tuple[str, str]) -> tuple[float, ...]:
    """Return what speaks against a translation, each sign from 0 to about 1. `scores` are its tokens'."""
    before, after = words(strip(source)), words(strip(text))
    shielded = sum(1 for _ in find(source)) * PLACEHOLDER_TOKENS
    known = sorted(max(score, LEAST_SCORE) for score in scores)[shielded:]
    carried = [word for word in after if word in set(before)]
    return (
        min(1.0, -2 * sum(known) / max(len(known), 1)),
        -min(known, default=0.0) / -LEAST_SCORE,
        min(1.0, len(before) / 20),
        min(1.0, abs(math.log((len(after) + 1) / (len(before) + 1)))),
        len(carried) / max(len(after), 1),
        min(1.0, count(before, SENSES, languages[0]) / 3),
        min(1.0, count(before, IDIOMATIC, languages[0]) / 2),
        min(1.0, len([each for each in doubts(source, text, languages) if each is not Doubt.HEADLINE])),
        min(1.0, max(0.0, len(known) / (len(after) + 1) - 1) / 2),
        1 / max(len(before), 1),
    )


def count(told: Sequence[str], listed: Mapping[str, frozenset[str]], language: str) -> int:
    """Return how many words are among those listed of a language."""
    return sum(word in listed.get(language, ()) for word in told)


def risk(source: str, text: str, scores: Sequence[float], languages: tuple[str, str]) -> float:
    """Return the likelihood that a translation misleads, among as many wrong ones as right ones."""
    fitted = weights()
    found = zip(SIGNS, signs(source, text, scores, languages), strict=True)
    total = fitted.constant + sum(fitted.signs[name] * value for name, value in found)
    return 1 / (1 + math.exp(-total))


def unsure(source: str, text: str, scores: Sequence[float], languages: tuple[str, str]) -> bool:
    """Return whether a translation is so likely to mislead that a reader should know; False without scores."""
    return bool(scores) and risk(source, text, scores, languages) >= weights().threshold
