"""Offers languages and windows while somebody types an option on Discord. Tables and a look-up."""

from collections.abc import Callable, Mapping, Sequence

MOST_CHOICES = 25
WINDOWS = ("last 50", "last 200", "since 2h", "today", "yesterday", "this week", "last 7 days", "unread")
LANGUAGES = (
    "en English", "pt Portuguese português", "es Spanish español", "de German Deutsch", "fr French français",
    "it Italian italiano", "nl Dutch Nederlands", "pl Polish polski", "ru Russian русский",
    "uk Ukrainian українська", "zh Chinese 中文", "ja Japanese 日本語", "ko Korean 한국어", "ar Arabic العربية",
    "tr Turkish Türkçe", "hi Hindi हिन्दी", "id Indonesian", "vi Vietnamese", "sv Swedish svenska",
    "da Danish dansk", "no Norwegian norsk", "fi Finnish suomi", "cs Czech čeština", "ro Romanian română",
    "hu Hungarian magyar", "el Greek ελληνικά", "bg Bulgarian български", "ca Catalan català",
    "hr Croatian hrvatski", "sr Serbian српски", "sk Slovak slovenčina", "sl Slovenian slovenščina",
    "et Estonian eesti", "lv Latvian latviešu", "lt Lithuanian lietuvių", "fa Persian فارسی", "he Hebrew עברית",
    "th Thai ไทย", "bn Bengali বাংলা", "ur Urdu", "ta Tamil", "sw Swahili",
)  # fmt: skip

Choice = tuple[str, str]  # what is shown, what is sent


def complete_language(typed: str, first: Sequence[str]) -> Sequence[Choice]:
    """Return the languages whose code or name begins with what was typed, then those that hold it.

    Those of the codes in `first` go before others as close.
    """
    wanted = typed.casefold().strip()
    languages = [entry for entry in LANGUAGES if wanted in entry.casefold()]

    def place(entry: str) -> tuple[bool, bool]:
        words = entry.casefold().split()
        return not any(word.startswith(wanted) for word in words), words[0] not in first

    closest = sorted(languages, key=place)[:MOST_CHOICES]
    return [(" · ".join(entry.split()[1:]), entry.split()[0]) for entry in closest]


def english_name(locale: str) -> str:
    """Return the English name of a locale's language (`pt-BR`: Portuguese), or "" where LANGUAGES lacks it."""
    code = locale.partition("-")[0]
    return next((entry.split()[1] for entry in LANGUAGES if entry.split()[0] == code), "")


def complete_window(typed: str, _: Sequence[str]) -> Sequence[Choice]:
    """Return windows in words that hold what was typed; what was typed itself where none does."""
    wanted = typed.casefold().strip()
    windows = [each for each in WINDOWS if wanted in each] or [typed[:100]]
    return [(each, each) for each in windows]


COMPLETIONS: Mapping[str, Callable[[str, Sequence[str]], Sequence[Choice]]] = {
    "language": complete_language,
    "window": complete_window,
}
