"""Flags as languages: what somebody means who puts a country's flag under a message.

The likely language of a territory is Unicode's (CLDR, through langcodes). Pure; knows no platform but how Slack and
emoji write a flag.
"""

import re

from langcodes import Language

INDICATOR_A = ord("\N{REGIONAL INDICATOR SYMBOL LETTER A}")
FLAG = re.compile("[\N{REGIONAL INDICATOR SYMBOL LETTER A}-\N{REGIONAL INDICATOR SYMBOL LETTER Z}]{2}")
SLACK_SHORT = {"cn", "de", "es", "fr", "gb", "it", "jp", "kr", "ru", "us"}  # Slack's names without `flag-`
SLACK_OTHER = {"uk": "gb", "flag-uk": "gb", "flag-england": "gb", "flag-scotland": "gb"}
WELSH = "flag-wales"
NO_COUNTRY = {"eu", "un", "aq"}


def language_of_country(country: str) -> str | None:
    """Return the language that most people write in that country (ISO 3166 code), as an ISO 639 code."""
    if country in NO_COUNTRY:
        return None
    try:
        language = Language.get(f"und-{country}").maximize().language
    except ValueError:
        return None
    return language if language and language != "und" else None


def language_of_slack_name(name: str) -> str | None:
    """Return the language of a Slack emoji such as `flag-pt` or `jp`, or None for what isn't a flag."""
    if name == WELSH:
        return "cy"
    country = SLACK_OTHER.get(name) or (name if name in SLACK_SHORT else "")
    if not country and name.startswith("flag-") and len(name) == len("flag-pt"):
        country = name.removeprefix("flag-")
    return language_of_country(country) if country else None


def language_of_emoji(emoji: str) -> str | None:
    """Return the language of a flag as a character, such as 🇵🇹."""
    if not FLAG.fullmatch(emoji):
        return None
    return language_of_country("".join(chr(ord("a") + ord(char) - INDICATOR_A) for char in emoji))
