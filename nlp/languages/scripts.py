"""Tells a language by its letters: a script that one language owns, and letters that a language doesn't have."""

import unicodedata
from collections import Counter
from collections.abc import Sequence

LATIN = "LATIN"
SCRIPTS = {
    "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "GREEK": "el", "HEBREW": "he", "THAI": "th", "BENGALI": "bn",
    "GUJARATI": "gu", "GURMUKHI": "pa", "KANNADA": "kn", "MALAYALAM": "ml", "TAMIL": "ta", "TELUGU": "te",
    "ARMENIAN": "hy", "GEORGIAN": "ka", "KHMER": "km", "LAO": "lo", "MYANMAR": "my", "SINHALA": "si", "CJK": "zh",
}  # fmt: skip
SHARED = {
    "CYRILLIC": ("ru", "uk", "be", "bg", "mk", "sr", "kk", "mn", "ky", "tg", "tt"),
    "ARABIC": ("ar", "fa", "ur", "ps", "sd", "ug"),
    "DEVANAGARI": ("hi", "mr", "ne"),
}
ALSO_LATIN = {"sr", "kk", "tt", "ug"}  # languages of the tables above that are written in Latin letters too
ELSEWHERE = {*SCRIPTS.values(), *(each for shared in SHARED.values() for each in shared)} - ALSO_LATIN
FOREIGN = {
    "ru": "іїєґўђјљњћџѓќѕәғқңөұүһ",
    "uk": "ыэъёўђјљњћџѓќѕәғқңөұүһ",
    "be": "иїєґъщђјљњћџѓќѕәғқңөұүһ",
    "bg": "ыэёіїєґўђјљњћџѓќѕәғқңөұүһ",
    "mk": "ыэёйъьщюяіїєґўђћәғқңөұүһ",
    "sr": "ыэёйъьщюяіїєґўѓќѕәғқңөұүһ",
    "ar": "پچژگکیٹڈڑںےہھېښټډړځڅ",
    "fa": "ٹڈڑںےةېښټډړځڅ",
    "ur": "ةيكىېښټډړځڅ",
    "hi": "ळ",
}  # letters that none of a language's words have, among those of its script


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
    habits = [language for language in hint if language in SHARED.get(most, ()) and spells(language, words)]
    return SCRIPTS.get(most) or next(iter(habits), None)


def spells(language: str, words: str) -> bool:
    """Return whether a language has all letters of a text, as far as they are known to tell."""
    return not set(FOREIGN.get(language, "")).intersection(words.lower())


def writes(language: str, most: str) -> bool:
    """Return whether a language may be written in a script."""
    return language in SHARED[most] if most in SHARED else language not in ELSEWHERE
