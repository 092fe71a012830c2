"""Says which language a text is in, or that it can't know: langdetect behind one guarded function.

langdetect alone calls "ok" Slovak and "bom dia" Estonian. Here markup goes first, a script that one language owns
decides by itself, langdetect is asked with what is already known as its prior (a channel's and an author's habit), and
a text too short for statistics must be confirmed by its everyday words or by that habit. Never raises.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
from bm25s.stopwords import (
    STOPWORDS_DUTCH,
    STOPWORDS_EN,
    STOPWORDS_FRENCH,
    STOPWORDS_GERMAN,
    STOPWORDS_ITALIAN,
    STOPWORDS_PORTUGUESE,
    STOPWORDS_SPANISH,
)
from langdetect import PROFILES_DIRECTORY, DetectorFactory
from langdetect.detector import Detector
from langdetect.lang_detect_exception import LangDetectException
from numpy.typing import NDArray

from nlp.text.masking import strip

LONGEST = 2000  # characters that are looked at
ENOUGH = 40  # letters from which statistics alone may decide
SURE = 0.9  # probability from which they do
LIKELY = 0.5  # probability that suffices where words or habit agree
HABIT = 200.0  # prior weight of a hinted language over any other
COMMON = 4.0  # prior weight of a language that has everyday words below
PLENTY, AHEAD = 4, 2  # everyday words of a language that settle it, and how many times those of any other
MANY = 6  # words among which a language has an everyday one
SEED = 0
LATIN = "LATIN"
UNKNOWN = "und"  # ISO 639-2's code for an unknown language

SCRIPTS = {
    "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "GREEK": "el", "HEBREW": "he", "THAI": "th", "BENGALI": "bn",
    "GUJARATI": "gu", "GURMUKHI": "pa", "KANNADA": "kn", "MALAYALAM": "ml", "TAMIL": "ta", "TELUGU": "te",
    "ARMENIAN": "hy", "GEORGIAN": "ka", "KHMER": "km", "LAO": "lo", "MYANMAR": "my", "SINHALA": "si", "CJK": "zh",
}  # fmt: skip

SHARED = {
    "CYRILLIC": ("ru", "uk", "be", "bg", "mk", "sr", "kk", "mn"),
    "ARABIC": ("ar", "fa", "ur", "ps"),
    "DEVANAGARI": ("hi", "mr", "ne"),
}

WORDS = {
    "en": "the and is are was were you your it its i'm it's don't this that these what when where why how who with "
    "for from of to in on at not but have has had do does did can could will would should there here they we "
    "my me be been yes thanks thank please hello hi good morning just about an our so if today tomorrow "
    "i a he she him his her them us who i've i'll that's he's she's you're they're can't didn't doesn't by "
    "all some any like love get got make one now then than more much very really oh well too back still",
    "pt": "o a os as um uma e é não você vocês eu ele ela nós de do da dos das em no na nos nas que com por para pra "
    "mas está estou estão foi ser ter tem isso isto aqui muito mais bom boa dia noite tarde obrigado obrigada "
    "valeu oi olá tudo bem hoje amanhã já também quando onde porque sim vou vai fazer gente então ao pela pelo são",
    "es": "el la los las un una y es no usted ustedes yo él ella nosotros de del en que con por para pero está estoy "
    "están fue ser tener tiene eso esto aquí muy más bueno buena buenos buenas día noche tarde gracias hola todo "
    "bien hoy mañana ya también cuando dónde porque sí voy va hacer entonces al lo le se mi tu su son",
    "fr": "le la les un une et est ne pas vous je il elle nous on de du des en que qui avec par pour mais c'est suis "
    "sont était être avoir ça ce cette ici très plus bon bonne bonjour bonsoir merci salut oui non tout bien "
    "aujourd'hui demain déjà aussi quand où parce vais va faire alors au aux dans sur j'ai mon ma",
    "it": "il lo la i gli le un una e è non tu voi io lui lei noi di del della in che con per ma sono sei ho ha hai "
    "questo questa qui molto più buono buona giorno sera notte grazie ciao tutto bene oggi domani già anche "
    "quando dove perché sì vado va fare allora al alla mi ti si nel nella sul",
    "de": "der die das ein eine und ist nicht sie du ich er wir ihr es von dem den des in im dass mit für auf aber bin "
    "sind war waren sein haben hat habe dies hier sehr mehr gut guten morgen abend nacht danke hallo ja nein "
    "alles heute schon auch wann wo warum gehe geht machen dann zum zur noch was wie kann",
    "nl": "de het een en is niet jij je ik hij zij wij we van in op dat die met voor maar ben zijn was waren hebben "
    "heeft heb dit hier zeer meer goed goede morgen avond dank bedankt hallo ja nee alles vandaag ook wanneer "
    "waar waarom gaat doen dan naar nog wat hoe kan geen",
    "hi": "hai hain nahi nahin kya kal yaar mein ka ki ko aur bhai acha achha accha theek thik kar karo raha rahe rahi "
    "haan matlab bhi toh abhi kaise kyun kyu mujhe tum aap hum mera meri tera apna bahut bohot koi kuch sab wala wale "
    "gaya tha milte chalo dekho batao karna kab kahan yahan wahan",
}  # fmt: skip
STOPWORDS = {
    "en": STOPWORDS_EN,
    "pt": STOPWORDS_PORTUGUESE,
    "es": STOPWORDS_SPANISH,
    "fr": STOPWORDS_FRENCH,
    "it": STOPWORDS_ITALIAN,
    "de": STOPWORDS_GERMAN,
    "nl": STOPWORDS_DUTCH,
}  # fmt: skip
LISTED = {language: frozenset(words.split()) for language, words in WORDS.items()}
SPOKEN = {language: listed | frozenset(STOPWORDS.get(language, ())) for language, listed in LISTED.items()}
EVERYDAY = {
    word: tuple(language for language, spoken in SPOKEN.items() if word in spoken)
    for word in frozenset().union(*LISTED.values())
}


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
    if own := by_script(words, hint if letters < ENOUGH else ()):
        return own
    spoken, clearly = by_words(words)
    if (spoken and clearly) or (letters < ENOUGH and (spoken or not hint)):
        return spoken  # without the statistics, which cost milliseconds a text and could not decide alone
    guess, sure = by_statistics(words, hint)
    if spoken and guess and (spoken == guess or denied(guess, spoken, words)):
        return spoken
    if guess and sure >= SURE and letters >= ENOUGH and not denied(guess, spoken, words):
        return guess
    return guess if guess and sure >= LIKELY and guess in hint else None


def denied(guess: str, spoken: str | None, words: str) -> bool:
    """Return whether many words, none of them everyday in the guessed language, or several of another, deny a guess."""
    distinct = set(tokens(words))
    own = sum(guess in EVERYDAY.get(token, ()) for token in distinct)
    other = sum(spoken in EVERYDAY.get(token, ()) for token in distinct) if spoken else 0
    return own == 0 and (other > 1 or (guess in WORDS and len(distinct) >= MANY))


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
    found = [detect(text, hint) for text in texts]
    habits: dict[str, Counter[str]] = {speaker: Counter() for speaker in speakers}
    everyone: Counter[str] = Counter()
    for speaker, language in zip(speakers, found, strict=True):
        if language:
            habits[speaker][language] += 1
            everyone[language] += 1
    usual = [language for language, _ in everyone.most_common()]
    return [
        language or detect(text, [*(own for own, _ in habits[speaker].most_common()), *usual, *hint])
        for text, speaker, language in zip(texts, speakers, found, strict=True)
    ]


def presumed(texts: Sequence[str], usual: str) -> list[str]:
    """Return the language of each text of a conversation, where every text must be taken for something.

    Somebody with more everyday words of `usual` than of any other language is taken to speak it, without statistics.
    An unclear text takes the language of most of the others, or `usual` where those are unclear too; if it isn't
    written in Latin letters, the likeliest by the statistics, and UNKNOWN where they find nothing.
    """
    found = [told(text, usual) for text in texts]
    known = Counter(language for language in found if language in WORDS)
    habit = known.most_common(1)[0][0] if known else usual
    return [language or habit for language in found]


def told(text: str, usual: str) -> str | None:
    """Return the language of a text, None for what has Latin letters and could be anything."""
    words = words_of(text)
    first, most, next_most = count_words(set(tokens(words)))
    if first == usual and most > max(1, next_most):
        return usual
    found = of_words(words)
    if found or not any(map(str.isalpha, words)) or script(words) == LATIN:
        return found
    return by_statistics(words, ())[0] or UNKNOWN


def script(words: str) -> str:
    """Return the script that most letters are written in, as Unicode names it. Kana anywhere makes Han Japanese."""
    if words.isascii():
        return LATIN
    names = (unicodedata.name(letter, "").partition(" ")[0] for letter in words if letter.isalpha())
    scripts = Counter(name.partition("-")[0] for name in names)
    if scripts["HIRAGANA"] + scripts["KATAKANA"]:
        scripts["HIRAGANA"] += scripts.pop("CJK", 0)
    return scripts.most_common(1)[0][0]


def by_script(words: str, hint: Sequence[str]) -> str | None:
    """Return the language that owns the script of a text with letters, or the hinted one among those that share it."""
    most = script(words)
    habits = [language for language in hint if language in SHARED.get(most, ())]
    return SCRIPTS.get(most) or next(iter(habits), None)


def by_words(words: str) -> tuple[str | None, bool]:
    """Return the one language whose everyday words are in the text more often than any other's, and whether clearly so.

    One word less than PLENTY will do where no other language has any.
    """
    first, most, next_most = count_words(tokens(words))
    clearly = most + (next_most == 0) >= PLENTY and most >= AHEAD * next_most
    return (first if most > next_most else None), clearly


def tokens(words: str) -> list[str]:
    """Return the words of a text as they are listed above."""
    return [token.strip('.,;:!?…()[]"“”*_~-').replace("\u2019", "'") for token in words.lower().split()]


def count_words(spoken: Iterable[str]) -> tuple[str, int, int]:
    """Return the language with the most everyday words, how many there are, and how many of the next."""
    counts = dict.fromkeys(WORDS, 0)
    for token in spoken:
        for language in EVERYDAY.get(token, ()):
            counts[language] += 1
    (first, most), (_, next_most) = sorted(counts.items(), key=lambda each: -each[1])[:2]
    return first, most, next_most


def by_statistics(words: str, hint: Sequence[str]) -> tuple[str | None, float]:
    """Return the likeliest language by langdetect, and how probable it finds it, given the hinted ones as a prior."""
    detector = factory().create()
    prior = dict.fromkeys(factory().get_lang_list(), 1.0) | dict.fromkeys(WORDS, COMMON)
    known = {code: HABIT for code in prior if code.partition("-")[0] in hint}
    detector.set_prior_map(prior | known)
    detector.append(words)
    try:
        found = detector.get_probabilities()
    except LangDetectException:
        return None, 0.0
    return (found[0].lang.partition("-")[0], float(found[0].prob)) if found else (None, 0.0)


class Profiles(DetectorFactory):
    """langdetect's factory with less memory: four n-grams of five are known from one language alone.

    For these the language's number and the frequency are kept, for the others a row of frequencies. As lists of 55
    numbers they take 62 MB instead of 32.
    """

    def add_profile(self, profile: Any, index: int, langsize: int) -> None:
        """Take in a language: `profile` is langdetect's, `index` its number of `langsize`."""
        self.langlist.append(profile.name)
        grams = self.word_lang_prob_map
        for gram, count in profile.freq.items():
            frequency = count / profile.n_words[len(gram) - 1]
            known = grams.get(gram)
            if known is None:
                grams[gram] = (index, frequency)
                continue
            if isinstance(known, tuple):
                grams[gram] = row = np.zeros(langsize)
                row[known[0]] = known[1]
            grams[gram][index] = frequency

    def _create_detector(self) -> Detector:
        return Rows(self)


class Rows(Detector):
    """langdetect's detector with numpy in its inner loop over the languages: the same arithmetic in half the time."""

    def _init_probability(self) -> NDArray[np.float64]:
        return np.array(super()._init_probability())

    def _update_lang_prob(self, prob: NDArray[np.float64], word: str, alpha: float) -> None:
        known, weight = self.word_lang_prob_map[word], alpha / self.BASE_FREQ
        if isinstance(known, tuple):
            only, frequency = known
            own = prob[only] * (weight + frequency)
            prob *= weight
            prob[only] = own
        else:
            prob *= weight + known

    def _normalize_prob(self, prob: NDArray[np.float64]) -> float:
        prob /= prob.sum()
        return float(prob.max())


@cache
def factory() -> DetectorFactory:
    """Return the profiles of langdetect, read once (0.3 s); seeded, so that a text always gets the same answer."""
    made = Profiles()
    made.load_profile(PROFILES_DIRECTORY)
    made.set_seed(SEED)
    return made
