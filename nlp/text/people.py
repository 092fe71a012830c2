"""Finds people's names in a sentence, also those that are words: "Summer joined", "ask Art", "a Graça pediu".

A word that may be a name is one where it has its capital inside a sentence, or where it does what only people do.
Names that no table knows are names behind an article, in languages that write other nouns small. Pure.
"""

import re
from functools import cache
from importlib.resources import files

from babel import Locale

CAPITALISED = re.compile(r"(?<!\w)[^\W\d_a-z][^\W\d_]+(?!\w)")
MONTHS = frozenset({"April", "May", "June", "August"})
CALENDAR = MONTHS | frozenset({"Summer", "Autumn", "Domingos", "Georgia", "Jordan", "Virginia", "Salvador", "Santos"})
NAMES = """
Amber Angel Art Basil Bishop Brook Buck Buddy Carter Chance Chase Cherry Chip Christian Cliff Coral Crystal Daisy
Dale Dean Destiny Drew Earl Fern Ford Forest Gene Ginger Glen Grant Harmony Hazel Heath Heather Holly Honey Hunter
Iris Ivy Jade Jasmine King Lance Lane Lily Mason Max Melody Miles Norm Olive Page Pat Pearl Penny Pierce Prince Ray
Reed River Rob Robin Royal Ruby Rusty Sage Sandy Skip Sky Star Storm Sue Trinity Violet Wade Ward West Wolf Willow
Young Bravo Campos Coelho Cordeiro Costa Guerra Justo Leal Lobo Machado Matos Monte Paz Prado Primo Ramos Ribeiro
Rocha Serra Valente Valentim Dom Rosa Aurora Conceição Cruz Dores Piedade Remédios Socorro Jasmim Pérola Safira
Esmeralda
"""
WORDS = CALENDAR | frozenset(NAMES.split())  # that are names as well
DATING = re.compile(r"\b(?:in|on|by|since|until|till|of|this|next|last|from|to|before|after|em|de|desde|até|\d{1,2}) $")
ARTICLED = re.compile(
    r"\b(?:the|an?|this|that|my|our|your|no|every|each|some|um|uma|este|esta|esse|essa) $", re.IGNORECASE
)
CALLED = re.compile(
    r",|:|'s\b|(?<!\s)\s+(?:is|was|has|will|can|said|says|thinks|wants|did|does|está|tá|é|foi|vai|disse|falou|acha)\b"
)
ACTS = re.compile(
    r" (?:(?:has|have|had|just|already|also|never|will|can|could|would|did|does|não|já|ainda|também|vai) )*"
    r"(?:(?:re)?joined|said|says?|asked|asks?|repl(?:y|ies|ied)|answers?|answered|wrote|writes?|wants?|wanted|thinks?"
    r"|thought|knows?|knew|tells?|told|agrees?|agreed|promised|suggests|suggested|confirmed|mentioned|pinged|reviewed"
    r"|merged|forgot|remembers?|texted|e-?mailed|invited|likes?|loves?|hates?|offered|complained|apologi[sz]ed|posted"
    r"|volunteered|commented|uploaded|bring|send|join|call|help|review|explain|pick|present|fix|quit|resigned"
    r"|disse|falou|pediu|perguntou|respondeu|escreveu|quer|queria|acha|achou|sabe|sabia|contou|concordou|prometeu"
    r"|sugeriu|confirmou|avisou|mandou|enviou|esqueceu|convidou|gostou|reclamou|publicou|comentou|entrou|saiu|chegou"
    r"|vem|ajudou)\b"
    r"| left (?:the|our|this|early|for)\b| (?:can't|cannot|won't|couldn't) (?:make|join|come|be|help)\b"
    r"| (?:is|was|isn't|está|tá) (?:on (?:call|vacation|leave)|out|sick|late|coming|joining|asking|waiting|working"
    r"|doente|de férias)\b"
    r"|, (?:can|could|would|please|you|are|did|do|have|thanks|what|when|where|how|why|is|você|cadê|pode|por favor"
    r"|obrigad[oa])\b"
)  # what only people do, and what only they are asked
ARTICLES = {
    language: re.compile(rf"(?<![\w'])(?:{articles}) ([^\W\d_a-z][a-z\u00df-\u00ff]+)(?![\w'-])")
    for language, articles in {
        "pt": "o|a|do|da|ao|pro|pra|para o|pelo|pela|[oa] sr\\.?|dona|seu",
        "es": "el|la|del|al|don|doña",
        "it": "il|la|del|della|al|alla",
        "fr": "le|la|du|au|à la|de la",
    }.items()
}  # behind which a capital begins a name
WITHOUT = {
    "do": "de",
    "da": "de",
    "ao": "a",
    "pelo": "por",
    "pela": "por",
    "pro": "para",
    "pra": "para",
    "para o": "para",
}
DROPS_ARTICLES = frozenset({"en", "es", "fr", "de", "nl"})  # languages in which a name has no article
SMALL_WORD = re.compile(r"(?<!\w)[a-zß-ÿ]{3,}(?!\w)")
FEASTS = frozenset(
    {"Natal", "Páscoa", "Carnaval", "Deus", "Europa", "Navidad", "Dios", "Natale", "Pasqua", "Dio", "Noël"}
)


def named(text: str, known: frozenset[str]) -> list[str]:
    """Return the people's names in a text, as far as they are meant as names; `known` are those of the channel."""
    listed = known | given_names()
    return [
        match[0]
        for match in CAPITALISED.finditer(text)
        if (match[0] in listed and is_name(text, match)) or (match[0] in WORDS and is_somebody(text, match))
    ]


def is_name(text: str, word: re.Match[str]) -> bool:
    """Return whether a word that is somebody's name is meant as one: not at the start of a sentence, and no month."""
    if word.start() == 0:
        return CALLED.match(text, word.end()) is not None
    return not (word[0] in MONTHS and DATING.search(text, 0, word.start()))


def is_somebody(text: str, word: re.Match[str]) -> bool:
    """Return whether a word that is seldom a name is meant as one: it acts, or has a capital among small words."""
    if ARTICLED.search(text, 0, word.start()):
        return False
    if ACTS.match(text, word.end()):
        return True
    if not re.search(r"[a-zß-ÿ,] $", text[: word.start()]):
        return False
    dated = word[0] in CALENDAR and (DATING.search(text, 0, word.start()) or word[0] in MONTHS)
    return not dated and not re.match(r" [^\W\d_a-z]", text[word.end() :])


def articled(text: str, language: str) -> frozenset[str]:
    """Return the capitalised words behind an article: names, in languages that write common nouns small."""
    if language not in ARTICLES or not SMALL_WORD.search(text):
        return frozenset()
    found = frozenset(match[1] for match in ARTICLES[language].finditer(text) if match[1][0].isupper())
    return found - translated_names(language) if found else found


def bare(text: str, names: frozenset[str]) -> str:
    """Return a Portuguese text without the articles before names: "a Vitória saiu" says "Vitória saiu"."""

    def without(match: re.Match[str]) -> str:
        if match[1] not in names:
            return match[0]
        kept = WITHOUT.get(match[0].removesuffix(match[1]).strip(), "")
        return f"{kept} {match[1]}" if kept else match[1]

    return ARTICLES["pt"].sub(without, text) if names else text


@cache
def translated_names(language: str) -> frozenset[str]:
    """Return the words of a language that have a capital and are translated all the same: countries, feasts."""
    countries = Locale.parse(language).territories.values()
    return frozenset(country.split()[0] for country in countries) | FEASTS


@cache
def given_names() -> frozenset[str]:
    """Return names of people that translators take for words."""
    return frozenset((files("nlp.text") / "given_names.txt").read_text(encoding="utf-8").split())
