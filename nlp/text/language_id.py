"""Says which language a text is in, or that it can't know.

langdetect alone calls "ok" Slovak and "bom dia" Estonian, and leaves "kto idzie na spotkanie?" unknown. Here markup
goes first, a script that one language owns decides by itself, and so do plenty of everyday words. Then fastText's
model and langdetect must agree, or fastText be sure. What is left takes the language that is already known to be
likely (a channel's and an author's habit), or stays unknown. Never raises.
"""

from collections import Counter
from collections.abc import Sequence

from nlp.languages.everyday import ARABIC_IN_LATIN, EVERYDAY, LISTED, by_words, count_words, own_words, tokens
from nlp.languages.ngrams import by_statistics, kin, probabilities
from nlp.languages.scripts import LATIN, SCRIPTS, SHARED, by_script, script
from nlp.languages.subwords import by_subwords
from nlp.text.masking import strip

LONGEST = 2000  # characters that are looked at
ENOUGH = 40  # letters from which habits decide nothing
SURE = 0.9  # probability from which one model decides alone
LIKELY = 0.5  # probability that suffices where words or habit agree
LEAST, AGREED = 0.4, 0.2  # probability that fastText must have, and the product of its and langdetect's
KINDRED = 0.3  # what langdetect's probability of a near relative of a language is worth
POSSIBLE = 0.1  # probability from which a model doesn't exclude a language
SEVERAL = 3  # words among which one everyday word of a language is no proof of it
MANY = 6  # words among which a language has an everyday one
BY_CHANCE = 2  # everyday words of another language in a text of one whose words aren't listed
UNKNOWN = "und"  # ISO 639-2's code for an unknown language


def detect(text: str, hint: Sequence[str] = ()) -> str | None:
    """Return the language of a text as an ISO 639-1 code, None where it can't be known.

    `hint` names languages that are likely here (the author's, the channel's), likeliest first.
    """
    return of_words(words_of(text), hint)


def words_of(text: str) -> str:
    """Return what is looked at of a text: its beginning without markup."""
    return strip(text[:LONGEST]).strip()


def of_words(words: str, hint: Sequence[str] = ()) -> str | None:
    """Return what `detect` does, for what `words_of` left."""
    letters = sum(map(str.isalpha, words))
    if not letters:
        return None
    short = letters < ENOUGH
    return by_script(words, hint if short else ()) or by_evidence(words, hint, short=short)


def by_evidence(words: str, hint: Sequence[str], *, short: bool) -> str | None:
    """Return the language by everyday words, the models and the hint, in this order, None where they don't tell."""
    spoken, clearly = by_words(words)
    if spoken and clearly:
        return known(spoken)  # without the models, which cost up to milliseconds a text
    guess, possible = by_models(words, hint if short else ())
    if guess and not denied(guess, spoken, words):
        return guess
    if short and (spoken or not hint):
        return known(spoken) if spoken and plainly(spoken, possible, words) else None
    guess, sure = by_statistics(words, hint)
    if spoken and guess and (spoken == guess or denied(guess, spoken, words)):
        return known(spoken)
    return guess if guess and sure >= LIKELY and guess in hint else None


def by_models(words: str, hint: Sequence[str]) -> tuple[str | None, set[str]]:
    """Return the language that fastText is sure of, or that it and langdetect find likely.

    Beside it stand the languages that either finds possible. A word alone has no language by them.
    """
    guess, sure = by_subwords(words, hint)
    alone = len(words.split()) == 1
    if guess and sure >= SURE and not alone:
        return guess, {guess}
    found = probabilities(words, hint)
    possible = {language for language, each in {guess or "": sure, **found}.items() if each >= POSSIBLE}
    if guess is None or sure < LEAST or alone:
        return None, possible
    second = max(found.get(guess, 0.0), KINDRED * sum(found.get(each, 0.0) for each in kin(guess)))
    return (guess if sure * second >= AGREED else None), possible


def plainly(spoken: str, possible: set[str], words: str) -> bool:
    """Return whether everyday words tell the language of a short text.

    One among several words needs a model that agrees. A word alone tells nothing in a script that languages share.
    """
    distinct = set(tokens(words))
    if len(distinct) == 1 and script(words) in SHARED:
        return False
    return spoken in possible or own_words(distinct, spoken) > 1 or len(distinct) < SEVERAL


def known(spoken: str) -> str | None:
    """Return the language that everyday words tell, None for one that no model reads as it is written."""
    return None if spoken == ARABIC_IN_LATIN else spoken


def denied(guess: str, spoken: str | None, words: str) -> bool:
    """Return whether a text's everyday words deny a guess: many words and none of its own, or more of another's."""
    distinct = set(tokens(words))
    own, other = own_words(distinct, guess), own_words(distinct, spoken) if spoken else 0
    if guess not in LISTED:
        return other > BY_CHANCE
    return other > (own + 1 if own else 0) or (own == 0 and len(distinct) >= MANY and script(words) == LATIN)


def surely(text: str, language: str) -> bool:
    """Return whether a text is in a language beyond doubt: by its script, or by a word that only this language has.

    A word that two languages share decides nothing, nor do statistics of a few words.
    """
    words = words_of(text)
    if SCRIPTS.get(script(words)) == language or language in SHARED.get(script(words), ()):
        return True
    owners = [EVERYDAY[token] for token in dict.fromkeys(tokens(words)) if token in EVERYDAY]
    own, others = owners.count((language,)), sum(language not in each for each in owners)
    if own or others:
        return own > others
    guess, sure = by_statistics(words, ())
    return guess == language and sure >= SURE and sum(map(str.isalpha, words)) >= ENOUGH


def resolved(text: str, found: str | None, target: str, sources: Sequence[str]) -> str | None:
    """Return the language to translate a text from into `target`, where `found` was guessed and models know `sources`.

    What may be in two languages is taken for the one that can be translated, if there is one such.
    """
    if found != target and found is not None:
        return found
    words = words_of(text)
    if found == target and surely(text, target):
        return target
    if len(sources) != 1 or not any(map(str.isalpha, words)) or script(words) != LATIN:
        return None
    guess, sure = by_statistics(words, (*sources, target))
    third = guess not in {*sources, target} and sure >= SURE and sum(map(str.isalpha, words)) >= ENOUGH
    return None if third else sources[0]


def detect_all(texts: Sequence[str], speakers: Sequence[str], hint: Sequence[str] = ()) -> list[str | None]:
    """Return the language of each text of a conversation; `speakers[i]` wrote `texts[i]`.

    What is clear is counted first; then the habit of its speaker and of all of them decides what isn't.
    """
    languages = [detect(text, hint) for text in texts]
    habits: dict[str, Counter[str]] = {speaker: Counter() for speaker in speakers}
    everyone: Counter[str] = Counter()
    for speaker, language in zip(speakers, languages, strict=True):
        if language:
            habits[speaker][language] += 1
            everyone[language] += 1
    usual = [language for language, _ in everyone.most_common()]
    return [
        language or detect(text, [*(own for own, _ in habits[speaker].most_common()), *usual, *hint])
        for text, speaker, language in zip(texts, speakers, languages, strict=True)
    ]


def presumed(texts: Sequence[str], usual: str) -> list[str]:
    """Return the language of each text of a conversation, where every text must be taken for something.

    Somebody with more everyday words of `usual` than of any other language is taken to speak it, without statistics.
    An unclear text takes the language of most of the others, or `usual` where those are unclear too; if it isn't
    written in Latin letters, the likeliest by the statistics, and UNKNOWN where they find nothing.
    """
    found = [told(text, usual) for text in texts]
    known = Counter(language for language in found if language in LISTED and language not in SHARED["CYRILLIC"])
    habit = known.most_common(1)[0][0] if known else usual
    return [language or habit for language in found]


def told(text: str, usual: str) -> str | None:
    """Return the language of a text, None for what has Latin letters and could be anything."""
    words = words_of(text)
    first, most, next_most = count_words(set(tokens(words)))
    if first == usual and most > max(1, next_most):
        return usual
    language = of_words(words)
    if language or not any(map(str.isalpha, words)) or script(words) == LATIN:
        return language
    return by_statistics(words, ())[0] or UNKNOWN
