"""Parley's own words on Discord in the languages of its clients: names, descriptions, buttons and short sentences."""

from collections.abc import Mapping
from pathlib import Path

import discord
from discord import app_commands

from adapters.platform.words import SHARED, Words

LOCALES: Mapping[str, str] = {"de": "de", "es-ES": "es", "es-419": "es", "fr": "fr", "pt-BR": "pt"}
WORDS = Words.read(Path(__file__).with_name("words.toml"), SHARED)
say = WORDS.say


class Translator(app_commands.Translator):
    """The words, for the names and descriptions of app commands."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        """Return the words in that locale, or None, which means English, where there are none."""
        del context
        if locale.value not in LOCALES or string.message not in WORDS.table:
            return None
        return say(string.message, LOCALES[locale.value])
